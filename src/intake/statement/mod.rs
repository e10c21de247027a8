//! Bank statements: movements in the order of time, with balances that must agree.
//!
//! The balance chain (balance before + movement = balance after) is what makes a statement more
//! than a list: it shows rows that are missing, changed or misread, and the order of the rows.
//! Amounts are seen from the account owner's side: money in is positive. A bank's own words are the
//! other way round: its debit (借) is money out of the account, its credit (贷) money into it.
//!
//! [`read_file`] reads whatever file a bank provides and recognizes it by its content: tables (text
//! or workbook) through a profile, ISO 20022 camt.053, SWIFT MT940, or a zip of these.

mod amount;
mod camt;
mod chain;
mod columns;
pub mod draft;
pub mod look;
mod message;
mod mt940;
mod order;
pub mod passed;
pub mod proof;
mod table;
mod totals;
mod words;

use crate::domain::calendar::Date;
use crate::domain::money::Money;
use crate::intake::document::Document;
use crate::intake::profile::{Profile, choose};
pub use crate::intake::sniff::Format;
use crate::intake::sniff::{FileKind, kind_of, message_format};
use crate::intake::zipped;
use crate::limits::STATEMENT_BYTES_MAX;
use crate::problem::Problem;
use compact_str::CompactString;
use passed::Passed;
use proof::Proof;
use std::path::Path;

/// A bank statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Code of the bank account in the book; empty if the caller gave none.
    pub bank_account: String,
    /// Name of the file, without its folders.
    pub file: String,
    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Format of the file.
    pub format: Format,
    /// Printed currency, as its ISO 4217 code if it is known (`CNY`).
    pub currency: Option<String>,
    /// Printed account number, if there is one.
    pub number: Option<String>,
    /// Profile by which it was read; the format's name if there is none.
    pub profile: String,
    /// Balance before the first movement; may be negative.
    pub opening: Money,
    /// Balance after the last movement.
    pub closing: Money,
    /// First day, as printed or else of the first movement.
    pub from: Option<Date>,
    /// Last day, as printed or else of the last movement.
    pub to: Option<Date>,
    /// Movements in the order of time.
    pub lines: Vec<StatementLine>,
    /// Figures that disagree: `statement-arithmetic` with the row, the balance expected and found
    /// and the gap; `statement-total`, `statement-closing`, `statement-dates`,
    /// `statement-after-total`. A statement with breaks must not be trusted.
    pub breaks: Vec<Problem>,
    /// The proof of each column, and the list of what is not proved. A statement whose reading is
    /// not proved is not imported, unless the book knows the balance before it.
    pub proof: Proof,
    /// Changes to the rows that the user should know: `statement-dated-back`,
    /// `statement-reordered`.
    pub remarks: Vec<Problem>,
    /// Rows and sheets that are not movements.
    pub passed: Passed,
}

impl Statement {
    /// The reasons against importing it: breaks, then what is not proved.
    pub fn doubts(&self) -> impl Iterator<Item = &Problem> {
        self.breaks.iter().chain(&self.proof.undecided)
    }

    /// Accepts a balance that is known from the previous statement as proof of the derived opening
    /// balance, if they are equal.
    pub fn follows(&mut self, closing: Money) {
        if self.proof.by_opening && self.opening == closing && self.breaks.is_empty() {
            self.proof.undecided.clear();
            self.proof.opening = "opening-chain";
            let open = self.proof.columns.iter_mut().filter(|column| column.by == "not-proved");
            open.for_each(|column| column.by = "by-chain");
        }
    }

    /// Returns true if all figures agree and every column is proved.
    pub fn is_proved(&self) -> bool {
        self.breaks.is_empty() && self.proof.undecided.is_empty()
    }
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Day.
    pub date: Date,
    /// Amount; money in is positive.
    pub amount: Money,
    /// Balance after it.
    pub balance: Money,
    /// Purpose.
    pub memo: CompactString,
    /// The other party's name.
    pub name: CompactString,
    /// The other party's account number.
    pub account: CompactString,
    /// The bank's serial number of the movement.
    pub serial: Option<CompactString>,
    /// Row or line in the file, from 1.
    pub row: u64,
}

/// Reads every statement of a file of any supported kind. A table holds one statement; the message
/// formats may hold several, also of several accounts ([`Statement::number`] distinguishes them).
/// Time and memory grow with the file; see [`crate::limits`].
///
/// # Errors
/// A file whose kind, size, encoding or form is not allowed, each fault with its place;
/// `profile-missing` and `profile-ambiguous` for tables; every row that cannot be read, at most a
/// hundred.
pub fn read_file(
    path: &Path,
    bank_account: Option<&str>,
    profiles: &[Profile],
) -> Result<Vec<Statement>, Vec<Problem>> {
    let document = evidence(path).map_err(|problem| vec![problem])?;
    read_document(&document, bank_account, profiles)
}

/// Opens a bank's file, once. All that the book keeps of it, above all its hash, comes from these
/// bytes.
///
/// # Errors
/// The errors of [`Document::evidence`].
pub fn evidence(path: &Path) -> Result<Document, Problem> {
    Document::evidence(path, STATEMENT_BYTES_MAX)
}

/// Like [`read_file`], for a file that is already open.
///
/// # Errors
/// The errors of [`read_file`].
pub fn read_document(
    document: &Document,
    bank_account: Option<&str>,
    profiles: &[Profile],
) -> Result<Vec<Statement>, Vec<Problem>> {
    let (account, path) = (bank_account.unwrap_or_default(), document.path());
    let named = |problem: Problem| vec![problem.in_file(path.display().to_string())];
    if let Some(parts) = zipped::parts(document).map_err(named)? {
        return read_parts(document, &parts, (bank_account, profiles));
    }
    let messages = match message_format(document).map_err(named)? {
        None => {
            let profile = choose(document, profiles).map_err(named)?;
            return read_table(document, account, profile).map(|statement| vec![statement]);
        }
        Some(Format::Mt940) => mt940::read(document),
        Some(_) => camt::read(document),
    };
    let (hash, file) = (document.sha256().map_err(named)?, path.display().to_string());
    let mut statements = messages.map_err(named)?;
    for statement in &mut statements {
        account.clone_into(&mut statement.bank_account);
        statement.file = file_name(path);
        statement.sha256.clone_from(&hash);
        for list in [&mut statement.breaks, &mut statement.remarks] {
            let told = std::mem::take(list).into_iter();
            *list = told.map(|problem| problem.in_file(file.as_str())).collect();
        }
    }
    Ok(statements)
}

/// Reads the statements of a zip: each of its files as a file of its own; the evidence is the zip.
fn read_parts(
    document: &Document,
    parts: &[Document],
    (bank_account, profiles): (Option<&str>, &[Profile]),
) -> Result<Vec<Statement>, Vec<Problem>> {
    let hash = document.sha256().map_err(|problem| vec![problem])?;
    let outer = file_name(document.path());
    let (mut statements, mut problems) = (Vec::new(), Vec::new());
    for part in parts {
        // A zip inside a zip is not opened.
        if zipped::is_of_files(part).unwrap_or(false) {
            let file = part.path().display().to_string();
            problems.push(Problem::data("file-kind").with("kind", "zip").in_file(file));
            continue;
        }
        match read_document(part, bank_account, profiles) {
            Ok(read) => statements.extend(read),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for statement in &mut statements {
        statement.file = format!("{outer}/{}", statement.file);
        statement.sha256.clone_from(&hash);
    }
    Ok(statements)
}

/// Reads a file as one statement of one account. Several statements in a file (one per day, for
/// example) are joined in the order of their days; if one does not begin with the balance that the
/// previous one ends with, a break reports it.
///
/// # Errors
/// The errors of [`read_file`]; `statement-accounts` if they belong to more than one account.
pub fn read_any(
    path: &Path,
    bank_account: &str,
    profiles: &[Profile],
) -> Result<Statement, Vec<Problem>> {
    let mut statements = read_file(path, Some(bank_account), profiles)?;
    let in_file = |problem: Problem| problem.in_file(path.display().to_string());
    statements.sort_by_key(|statement| (statement.from, statement.to));
    let mut rest = statements.into_iter();
    let first = rest.next().ok_or_else(|| vec![in_file(Problem::data("statement-empty"))])?;
    rest.try_fold(first, |mut all, next| {
        if all.number.as_deref().map(table::digits) != next.number.as_deref().map(table::digits) {
            let number = |of: &Option<String>| of.clone().unwrap_or_else(|| "—".to_owned());
            let problem = Problem::data("statement-accounts")
                .with("number", number(&all.number))
                .with("other", number(&next.number));
            return Err(vec![in_file(problem)]);
        }
        if all.closing != next.opening {
            all.breaks.push(in_file(gap(&all, &next)));
        }
        all.closing = next.closing;
        all.to = all.to.max(next.to);
        all.lines.extend(next.lines);
        all.breaks.extend(next.breaks);
        all.remarks.extend(next.remarks);
        all.proof.undecided.extend(next.proof.undecided);
        Ok(all)
    })
}

/// Lets consecutive statements of one account prove each other's opening balances.
pub fn prove_in_order(statements: &mut [Statement]) {
    let mut order: Vec<usize> = (0..statements.len()).collect();
    order.sort_by_key(|at| statements.get(*at).map(|s| (s.number.clone(), s.from, s.to)));
    for pair in order.windows(2) {
        let [before, after] = pair else { continue };
        let Some(known) = statements.get(*before).filter(|before| before.is_proved()) else {
            continue;
        };
        let (number, to, closing) = (known.number.clone(), known.to, known.closing);
        if let Some(after) = statements.get_mut(*after)
            && after.number == number
            && to <= after.from
        {
            after.follows(closing);
        }
    }
}

/// `statement-gap`: a statement that does not begin with the closing balance of the previous one.
pub fn gap(before: &Statement, after: &Statement) -> Problem {
    let account = [&before.bank_account, before.number.as_ref().unwrap_or(&before.file)];
    let account = account.into_iter().find(|text| !text.is_empty());
    Problem::data("statement-gap")
        .with("bank_account", account.map_or("—", String::as_str))
        .with("closing", before.closing.grouped())
        .with("opening", after.opening.grouped())
        .with("date", after.from.map_or_else(|| "—".to_owned(), |day| day.to_string()))
}

/// Reads a table as a statement, by a profile.
///
/// # Errors
/// Every row that cannot be read; `statement-header` if the columns are not found;
/// `statement-empty` if there is neither a movement nor an opening balance.
pub fn read(path: &Path, bank_account: &str, profile: &Profile) -> Result<Statement, Vec<Problem>> {
    let document = evidence(path).map_err(|problem| vec![problem])?;
    read_table(&document, bank_account, profile)
}

/// Like [`read`], for a file that is already open.
fn read_table(
    document: &Document,
    bank_account: &str,
    profile: &Profile,
) -> Result<Statement, Vec<Problem>> {
    let mut statement = table::read(document, profile)?;
    let file = document.path().display().to_string();
    let named = |problem: Problem| vec![problem.in_file(file.as_str())];
    statement.bank_account = bank_account.to_owned();
    statement.sha256 = document.sha256().map_err(named)?;
    statement.format = match kind_of(document).map_err(named)? {
        FileKind::Text => Format::Text,
        FileKind::Xlsx => Format::Xlsx,
        FileKind::Xls => Format::Xls,
        FileKind::Html => Format::Html,
        FileKind::SpreadsheetMl => Format::SpreadsheetMl,
        FileKind::Mhtml => Format::Mhtml,
    };
    Ok(statement)
}

/// The name of a file without its folders.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
