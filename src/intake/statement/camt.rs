//! ISO 20022 camt.053, all versions: one message, any number of statements.
//!
//! Only booked entries count (`Sts` is `BOOK` or missing). `CdtDbtInd` is seen from the account:
//! `CRDT` is money in. A reversal (`RvslInd`) carries the direction of its own movement, so its
//! sign is not inverted. Amounts are converted from text to fen without an intermediate number.

use super::message::{Draft, add_text};
use super::{Format, Statement, StatementLine};
use crate::domain::calendar::{Date, parse_date};
use crate::domain::money::{Money, Total};
use crate::intake::decode::open_text;
use crate::intake::document::Document;
use crate::intake::xml::{Visitor, walk};
use crate::limits::MESSAGE_BYTES_MAX;
use crate::problem::Problem;
use compact_str::CompactString;

/// Reads every statement of a file.
///
/// # Errors
/// Invalid XML; `statement-balance-missing`, `amount-*`, `date-*` with their line;
/// `statement-empty` if there is no statement at all.
pub fn read(document: &Document) -> Result<Vec<Statement>, Problem> {
    document.check_size(MESSAGE_BYTES_MAX)?;
    let (source, _) = open_text(document, None)?;
    let mut reading = Reading::default();
    walk(source, &mut reading)?;
    if reading.done.is_empty() {
        return Err(Problem::data("statement-empty"));
    }
    Ok(reading.done)
}

#[derive(Default)]
struct Reading {
    done: Vec<Statement>,
    draft: Draft,
    balance: Parts,
    entry: Entry,
    /// Printed totals of money in and money out.
    totals: (Option<Money>, Option<Money>),
}

/// An amount with its direction and day.
#[derive(Default)]
struct Parts {
    kind: String,
    amount: Option<Money>,
    credit: Option<bool>,
    date: Option<Date>,
}

impl Parts {
    /// The amount with the sign that it has for the account.
    fn signed(&self) -> Result<Money, Problem> {
        let missing = |field| Problem::data("field-missing").with("field", field);
        let amount = self.amount.ok_or_else(|| missing("Amt"))?;
        let credit = self.credit.ok_or_else(|| missing("CdtDbtInd"))?;
        Ok(if credit { amount } else { amount.negated() })
    }
}

#[derive(Default)]
struct Entry {
    parts: Parts,
    value_date: Option<Date>,
    status: String,
    serial: CompactString,
    memo: CompactString,
    extra: CompactString,
    details: usize,
    /// Name and account of the debtor and of the creditor.
    debtor: (CompactString, CompactString),
    creditor: (CompactString, CompactString),
    line: u64,
}

/// The path below `Stmt`.
fn below(path: &[String]) -> Option<Vec<&str>> {
    let at = path.iter().position(|name| name == "Stmt")?;
    Some(path.iter().skip(at + 1).map(String::as_str).collect())
}

impl Visitor for Reading {
    fn begin(
        &mut self,
        path: &[String],
        attributes: &[(String, String)],
        line: u64,
    ) -> Result<(), Problem> {
        let Some(own) = below(path) else { return Ok(()) };
        match own.as_slice() {
            [] => {
                self.draft = Draft::after(&self.done, line);
                self.totals = (None, None);
            }
            ["Bal"] => self.balance = Parts::default(),
            ["Ntry"] => self.entry = Entry { line, ..Entry::default() },
            ["Ntry", "NtryDtls", "TxDtls"] => self.entry.details += 1,
            ["Bal" | "Ntry", "Amt"] => {
                for (_, currency) in attributes.iter().filter(|(name, _)| name == "Ccy") {
                    self.draft.currency(currency)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, path: &[String], text: &str, _line: u64) -> Result<(), Problem> {
        let Some(own) = below(path) else { return Ok(()) };
        match own.as_slice() {
            [] => self.finish()?,
            ["Bal"] => self.take_balance()?,
            ["Ntry"] => self.take_entry().map_err(|problem| problem.in_row(self.entry.line))?,
            [_] => {}
            ["Acct", rest @ ..] => self.account(rest, text)?,
            ["FrToDt", rest @ ..] => self.span(rest, text)?,
            ["TxsSummry", side, "Sum"] => match *side {
                "TtlCdtNtries" => self.totals.0 = Some(amount(text)?),
                "TtlDbtNtries" => self.totals.1 = Some(amount(text)?),
                _ => {}
            },
            ["Bal", rest @ ..] => match rest {
                ["Tp", "CdOrPrtry", "Cd"] => text.clone_into(&mut self.balance.kind),
                ["Tp", "SubTp", "Cd"] => self.balance.kind.push_str(&format!(" {text}")),
                _ => parts(&mut self.balance, rest, text)?,
            },
            ["Ntry", rest @ ..] => self.entry(rest, text)?,
            _ => {}
        }
        Ok(())
    }
}

/// Reads the amount, direction and day, which balances and entries have in common.
fn parts(to: &mut Parts, path: &[&str], text: &str) -> Result<(), Problem> {
    match path {
        ["Amt"] => to.amount = Some(amount(text)?),
        ["CdtDbtInd"] => {
            to.credit = match text {
                "CRDT" => Some(true),
                "DBIT" => Some(false),
                _ => return Err(Problem::data("statement-flag").with("text", text.escape_debug())),
            }
        }
        ["Dt" | "BookgDt", "Dt" | "DtTm"] => to.date = Some(day(text)?),
        _ => {}
    }
    Ok(())
}

/// An amount in XML: up to five decimals, of which those after the second must be zeros.
fn amount(text: &str) -> Result<Money, Problem> {
    let amount = super::amount::of_message(text, text, "Amt")?;
    if amount < Money::ZERO {
        let problem = Problem::data("message-amount").with("text", text.escape_debug());
        return Err(problem.with("field", "Amt"));
    }
    Ok(amount)
}

/// A day, or the day of a time stamp.
fn day(text: &str) -> Result<Date, Problem> {
    let day = text.get(..10).unwrap_or(text);
    parse_date(day).map_err(|error| Problem::data(error.code()).with("text", text.escape_debug()))
}

impl Reading {
    fn account(&mut self, path: &[&str], text: &str) -> Result<(), Problem> {
        match path {
            ["Id", "IBAN"] | ["Id", "Othr", "Id"] if !text.is_empty() => {
                self.draft.number.get_or_insert_with(|| text.to_owned());
            }
            ["Ccy"] if !text.is_empty() => self.draft.currency(text)?,
            _ => {}
        }
        Ok(())
    }

    fn span(&mut self, path: &[&str], text: &str) -> Result<(), Problem> {
        match path {
            ["FrDtTm" | "FrDt"] => self.draft.period.0 = Some(day(text)?),
            ["ToDtTm" | "ToDt"] => self.draft.period.1 = Some(day(text)?),
            _ => {}
        }
        Ok(())
    }

    /// Reads the opening or closing balance; a page in the middle has interim ones.
    fn take_balance(&mut self) -> Result<(), Problem> {
        let balance = std::mem::take(&mut self.balance);
        let kind = balance.kind.as_str();
        let opening = matches!(kind, "OPBD" | "PRCD" | "OPBD INTM");
        let interim = kind == "ITBD" || kind.starts_with("ITBD ");
        let closing = kind == "CLBD" || kind.starts_with("CLBD ");
        if opening || (interim && self.draft.opening.is_none() && self.draft.lines.is_empty()) {
            let known = (balance.signed()?, balance.date);
            // The day of the previous closing balance is not a day of this statement.
            let known = if kind == "PRCD" { (known.0, None) } else { known };
            if kind == "PRCD" {
                self.draft.opening.get_or_insert(known);
            } else {
                self.draft.opening = Some(known);
            }
        } else if closing || interim {
            self.draft.closing = Some((balance.signed()?, balance.date));
        }
        Ok(())
    }

    fn entry(&mut self, path: &[&str], text: &str) -> Result<(), Problem> {
        let entry = &mut self.entry;
        match path {
            ["Sts"] if !text.is_empty() => text.clone_into(&mut entry.status),
            ["Sts", "Cd"] => text.clone_into(&mut entry.status),
            ["ValDt", "Dt" | "DtTm"] => entry.value_date = Some(day(text)?),
            ["AcctSvcrRef"] => entry.serial = text.into(),
            ["AddtlNtryInf"] => add_text(&mut entry.extra, text),
            ["NtryDtls", "TxDtls", rest @ ..] => detail(entry, rest, text),
            rest => parts(&mut entry.parts, rest, text)?,
        }
        Ok(())
    }

    fn take_entry(&mut self) -> Result<(), Problem> {
        let mut entry = std::mem::take(&mut self.entry);
        // Pending entries are not part of the balance.
        if !matches!(entry.status.as_str(), "" | "BOOK") {
            return Ok(());
        }
        let amount = entry.parts.signed()?;
        let missing = || Problem::data("field-missing").with("field", "BookgDt");
        let date = entry.parts.date.or(entry.value_date).ok_or_else(missing)?;
        // The other party of money in is the debtor, who pays; of money out it is the creditor.
        let mut other = if amount.is_positive() { entry.debtor } else { entry.creditor };
        if entry.details > 1 {
            other = Default::default();
        }
        let extra = std::mem::take(&mut entry.extra);
        add_text(&mut entry.memo, &extra);
        let serial = Some(entry.serial).filter(|serial| !serial.is_empty());
        self.draft.push(StatementLine {
            date,
            amount,
            balance: Money::ZERO,
            memo: entry.memo,
            name: other.0,
            account: other.1,
            serial,
            row: entry.line,
        })
    }

    fn finish(&mut self) -> Result<(), Problem> {
        let mut draft = std::mem::take(&mut self.draft);
        let side = |keep: fn(&Money) -> bool| {
            let amounts = draft.lines.iter().map(|line| line.amount).filter(keep);
            amounts.map(Total::from).sum::<Total>()
        };
        let sums = (side(|amount| amount.is_positive()), -side(|amount| !amount.is_positive()));
        let totals = [("in", self.totals.0, sums.0), ("out", self.totals.1, sums.1)];
        for (side, printed, sum) in totals {
            let broken = super::totals::total_problem(side, printed, sum);
            draft.breaks.extend(broken.map(|problem| problem.in_row(draft.line)));
        }
        self.done.push(draft.finish(Format::Camt053)?);
        Ok(())
    }
}

/// Reads a field of a transaction inside an entry.
fn detail(entry: &mut Entry, path: &[&str], text: &str) {
    match path {
        ["RmtInf", "Ustrd"] | ["AddtlTxInf"] => add_text(&mut entry.memo, text),
        ["Refs", "AcctSvcrRef" | "TxId"] if entry.serial.is_empty() => entry.serial = text.into(),
        ["RltdPties", party, rest @ ..] => {
            let (side, account) = match *party {
                "Dbtr" => (&mut entry.debtor, false),
                "DbtrAcct" => (&mut entry.debtor, true),
                "Cdtr" => (&mut entry.creditor, false),
                "CdtrAcct" => (&mut entry.creditor, true),
                _ => return,
            };
            match (account, rest) {
                (false, ["Nm"] | ["Pty", "Nm"]) => side.0 = text.into(),
                (true, ["Id", "IBAN"] | ["Id", "Othr", "Id"]) => side.1 = text.into(),
                _ => {}
            }
        }
        _ => {}
    }
}
