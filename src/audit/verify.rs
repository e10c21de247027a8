//! Every entry rechecked in one pass, by itself and against those before it (domain 7; the bytes,
//! the tree and the canonical form are checked by whoever reads the journal).
//!
//! All findings are listed; none stops the pass. Memory: 24 bytes an entry (the hash of its id with
//! its number, and a sum of its lines), and the cash movements per cell and day.

mod closings;
mod days;
mod outcome;

pub use outcome::{Outcome, Summary};

use crate::audit::finding::Finding;
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::Month;
use crate::domain::entry::{Entry, Line, VoucherWord, id_hash};
use crate::domain::event::{Kind, Origin, PeopleMode};
use crate::domain::money::Total;
use crate::limits::{JOURNAL_LINE_MAX, LINES_MAX};
use closings::{Closings, close};
use days::CashDays;
use foldhash::fast::FixedState;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

/// Every check of this pass, by the code of its finding.
pub const CHECKS: &[&str] = &[
    "entry-seq",
    "entry-too-long",
    "recorded-order",
    "entry-group-broken",
    "entry-line-count",
    "line-amount",
    "line-register",
    "entry-unbalanced",
    "memo-unbalanced",
    "voucher-missing",
    "voucher-number",
    "voucher-month",
    "voucher-word",
    "id-doubled",
    "reversal-target",
    "reversal-twice",
    "reversal-of-reversal",
    "reversal-lines",
    "line-fund",
    "line-bank-account",
    "line-bank-account-fund",
    "maker-is-checker",
    "payment-unchecked",
    "payment-unapproved",
    "close-digest",
    "cell-below-zero",
];

type FastMap<K, V> = HashMap<K, V, FixedState>;

/// Small numbers for texts that repeat.
#[derive(Default)]
struct Interner {
    numbers: FastMap<String, u32>,
    names: Vec<String>,
}

impl Interner {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("-", String::as_str)
    }
}

/// One (owner, fund) pair; owners by their small number.
type Cell = (u32, Fund);

/// The pass. Feed every entry from the first on, then [`Verifier::finish`].
#[derive(Default)]
pub struct Verifier {
    hasher: FixedState,
    summary: Summary,
    recorded: Option<Timestamp>,
    more: u64,
    owners: Interner,
    vouchers: FastMap<(u32, Month, VoucherWord), u32>,
    ids: Vec<(u64, u64)>,
    /// Sum of the hashes of each entry's lines, which does not depend on their order.
    line_sums: Vec<u64>,
    reversed: FastMap<u64, u64>,
    reversals: HashSet<u64>,
    bank_funds: FastMap<String, Fund>,
    cash: CashDays,
    closings: Closings,
    /// Payments take an approver, too.
    three: bool,
    /// Scratch: sums per cell and register of the entry at hand.
    cells: Vec<(Cell, bool, Total)>,
    findings: Vec<Finding>,
}

impl Verifier {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with room for as many entries as the journal holds.
    pub fn with_capacity(entries: usize) -> Self {
        let (ids, line_sums) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        Self { ids, line_sums, ..Self::default() }
    }

    /// Findings so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn find(
        &mut self,
        check: &'static str,
        entry: u64,
        subject: impl std::fmt::Display,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) {
        self.findings.push(Finding::new(check, Some(entry), subject, expected, found));
    }

    /// Checks the entry that stands at place `seq` (from 1) with `bytes` bytes.
    pub fn check(&mut self, seq: u64, bytes: usize, entry: &Entry) {
        self.summary.entries += 1;
        self.summary.bytes += bytes as u64;
        self.check_place(seq, bytes, entry);
        self.check_lines(seq, entry);
        self.check_balance(seq, entry);
        self.check_voucher(seq, entry);
        self.check_reversal(seq, entry);
        self.check_people(seq, entry);
        self.check_close(seq, entry);
        self.ids.push((id_hash(&entry.event.id), seq));
    }

    fn check_place(&mut self, seq: u64, bytes: usize, entry: &Entry) {
        if entry.seq != seq {
            self.find("entry-seq", seq, "seq", seq, entry.seq);
        }
        if bytes > JOURNAL_LINE_MAX {
            self.find("entry-too-long", seq, "bytes", JOURNAL_LINE_MAX, bytes);
        }
        if let Some(last) = self.recorded.filter(|last| entry.recorded < *last) {
            self.find("recorded-order", seq, "recorded", last, entry.recorded);
        }
        // The latest time so far, so that one clock set forward is found once, not hidden.
        self.recorded = self.recorded.max(Some(entry.recorded));
        if self.more > 0 && entry.more != self.more - 1 {
            self.find("entry-group-broken", seq, "more", self.more - 1, entry.more);
        }
        self.more = entry.more;
    }

    fn check_lines(&mut self, seq: u64, entry: &Entry) {
        let (lines, memo) = (entry.lines.len(), entry.memo.len());
        self.summary.lines += lines as u64;
        self.summary.memo_lines += memo as u64;
        if lines == 1 || memo == 1 || lines + memo > LINES_MAX {
            self.find(
                "entry-line-count",
                seq,
                "lines",
                format_args!("0, 2..{LINES_MAX}"),
                lines + memo,
            );
        }
        for (line, in_memo) in with_register(entry) {
            if !line.amount.is_positive() {
                self.find("line-amount", seq, line.account, "> 0.00", line.amount);
            }
            if line.account.is_memo() != in_memo {
                let name = |memo| if memo { "memo" } else { "lines" };
                let (expected, found) = (name(line.account.is_memo()), name(in_memo));
                self.find("line-register", seq, line.account, expected, found);
            }
            if let Some(fund) = fund_of(line.account).filter(|fund| *fund != line.fund) {
                self.find("line-fund", seq, line.account, fund, line.fund);
            }
            if line.account.is_cash() {
                self.check_cash_line(seq, entry, line);
            }
        }
        if let Kind::BankAccount(opened) = &entry.event.kind {
            self.check_bank_fund(seq, &opened.bank_account, opened.fund);
        }
    }

    fn check_cash_line(&mut self, seq: u64, entry: &Entry, line: &Line) {
        match &line.bank_account {
            None => self.find("line-bank-account", seq, line.account, "bank_account", "-"),
            Some(account) => self.check_bank_fund(seq, account, line.fund),
        }
        let owner = self.owners.number(&line.owner);
        self.cash.add(owner, line.fund, entry.event.date, line.signed(), seq);
    }

    /// A bank account serves one fund, whoever owns the money in it.
    fn check_bank_fund(&mut self, seq: u64, account: &str, fund: Fund) {
        match self.bank_funds.get(account) {
            None => {
                self.bank_funds.insert(account.to_owned(), fund);
            }
            Some(first) if *first == fund => {}
            Some(first) => {
                let first = *first;
                self.find("line-bank-account-fund", seq, account, first, fund);
            }
        }
    }

    fn check_balance(&mut self, seq: u64, entry: &Entry) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        let month = Month::of(entry.event.date);
        let (mut sum_of_hashes, mut last) = (0_u64, None::<(&str, u32)>);
        for (line, in_memo) in with_register(entry) {
            let owner = match last {
                Some((id, number)) if id == line.owner.as_str() => number,
                _ => self.owners.number(&line.owner),
            };
            last = Some((&line.owner, owner));
            let signed = line.signed();
            self.closings.add(owner, month, line);
            if !in_memo {
                match line.side {
                    crate::domain::account::Side::Debit => self.summary.debit += signed,
                    crate::domain::account::Side::Credit => self.summary.credit += -signed,
                }
            }
            let cell = (owner, line.fund);
            match cells.iter_mut().find(|(known, memo, _)| *known == cell && *memo == in_memo) {
                Some((_, _, sum)) => *sum += signed,
                None => cells.push((cell, in_memo, signed)),
            }
            let hash = self.line_hash(line, owner, entry.reverses.is_some());
            sum_of_hashes = sum_of_hashes.wrapping_add(hash);
        }
        for ((owner, fund), in_memo, sum) in &cells {
            if *sum != Total::ZERO {
                let check = if *in_memo { "memo-unbalanced" } else { "entry-unbalanced" };
                let subject = format!("{} {fund}", self.owners.name(*owner));
                self.find(check, seq, subject, Total::ZERO, sum);
            }
        }
        self.cells = cells;
        self.line_sums.push(sum_of_hashes);
    }

    /// Hash of all that a line says; a reversal's lines are turned, so that they give the hashes of
    /// the lines that they reverse.
    fn line_hash(&self, line: &Line, owner: u32, turned: bool) -> u64 {
        let side = if turned { line.side.opposite() } else { line.side };
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(line.amount.fen().cast_unsigned());
        let flags = [
            line.bank_account.is_some(),
            line.claim.is_some(),
            line.loan.is_some(),
            line.party.is_some(),
        ];
        let flags = flags.iter().fold(0_u64, |bits, flag| bits << 1 | u64::from(*flag));
        hasher.write_u64(
            u64::from(owner) << 32
                | u64::from(line.account.index()) << 16
                | u64::from(line.fund as u8) << 12
                | u64::from(side as u8) << 8
                | line.source.map_or(0, |source| source as u64 + 1) << 4
                | flags,
        );
        for id in [&line.bank_account, &line.claim, &line.loan, &line.party].into_iter().flatten() {
            id.as_str().hash(&mut hasher);
        }
        hasher.finish()
    }

    fn check_voucher(&mut self, seq: u64, entry: &Entry) {
        let word = match (entry.lines.is_empty(), entry.memo.is_empty()) {
            (true, true) => None,
            (false, _) => Some(VoucherWord::General),
            (true, false) => Some(VoucherWord::Register),
        };
        let shown = |word: Option<VoucherWord>| word.map_or("-", VoucherWord::code);
        let Some(voucher) = &entry.voucher else {
            if word.is_some() {
                self.find("voucher-missing", seq, "voucher", shown(word), "-");
            }
            return;
        };
        if word != Some(voucher.word) {
            self.find("voucher-word", seq, "voucher", shown(word), voucher.word.code());
        }
        let month = Month::of(entry.event.date);
        if voucher.month != month {
            self.find("voucher-month", seq, "voucher", month, voucher.month);
        }
        let owner = self.owners.number(&voucher.owner);
        let last = self.vouchers.entry((owner, voucher.month, voucher.word)).or_default();
        let expected = last.saturating_add(1);
        // Go on from the higher number, so that a gap is found once.
        *last = voucher.number.max(*last);
        if voucher.number != expected {
            let subject = format!("{} {} {}", voucher.owner, voucher.month, voucher.word.code());
            self.find("voucher-number", seq, subject, expected, voucher.number);
        }
    }

    fn check_reversal(&mut self, seq: u64, entry: &Entry) {
        let named = match &entry.event.kind {
            Kind::Reverse(reverse) => Some(reverse.entry.0),
            _ => None,
        };
        if named.is_some() && named != entry.reverses {
            let told = |seq: Option<u64>| seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
            self.find("reversal-target", seq, "reverses", told(named), told(entry.reverses));
        }
        let Some(target) = entry.reverses else { return };
        self.reversals.insert(seq);
        let place = usize::try_from(target).ok().and_then(|target| target.checked_sub(1));
        // The entry's own sum stands last in the list and is no earlier entry.
        let sum =
            place.filter(|_| target < seq).and_then(|place| self.line_sums.get(place)).copied();
        let Some(sum) = sum else {
            self.find(
                "reversal-target",
                seq,
                "reverses",
                format_args!("1..{}", seq.saturating_sub(1)),
                target,
            );
            return;
        };
        if self.reversals.contains(&target) {
            self.find("reversal-of-reversal", seq, "reverses", "-", target);
        } else if Some(&sum) != self.line_sums.last() {
            self.find("reversal-lines", seq, "lines", format_args!("entry {target}"), "-");
        }
        if let Some(first) = self.reversed.insert(target, seq) {
            self.find("reversal-twice", seq, "reverses", "-", format_args!("entry {first}"));
        }
    }

    fn check_people(&mut self, seq: u64, entry: &Entry) {
        let event = &entry.event;
        let (maker, checker) = (event.maker.as_deref(), event.checker.as_deref());
        if let Some(person) = maker.filter(|maker| checker == Some(maker)) {
            self.find("maker-is-checker", seq, "checker", "-", person);
        }
        let pays = matches!(
            event.kind,
            Kind::Transfer(_)
                | Kind::TrusteeFee(_)
                | Kind::PayClaim(_)
                | Kind::PaySubsidy(_)
                | Kind::ReturnBudget(_)
                | Kind::RefundDeposit(_)
                | Kind::ApplyDeposit(_)
                | Kind::PayWithdrawal(_)
                | Kind::ReissueSubsidy(_)
                | Kind::RecoveryCost(_)
                | Kind::PayTreasury(_)
        ) || matches!(&event.kind, Kind::ExplainReceipt(own) if own.to == Origin::Payer);
        if let Kind::OpenBook(opened) = &event.kind {
            self.three = opened.people == Some(PeopleMode::Three);
        }
        let approver = event.approver.as_deref();
        let shown = |people: &[Option<&str>]| {
            people.iter().map(|person| person.unwrap_or("-")).collect::<Vec<_>>().join(" / ")
        };
        if pays && (maker.is_none() || checker.is_none()) {
            let found = shown(&[maker, checker]);
            self.find("payment-unchecked", seq, event.kind.word(), "maker / checker", found);
        } else if pays && self.three && [None, maker, checker].contains(&approver) {
            let found = shown(&[maker, checker, approver]);
            let expected = "maker / checker / approver";
            self.find("payment-unapproved", seq, event.kind.word(), expected, found);
        }
    }

    /// The digest of a close is that of the lines that stand in the journal (invariant 34).
    fn check_close(&mut self, seq: u64, entry: &Entry) {
        let (Some(own), Some(code)) = (close(entry), entry.owner()) else { return };
        let owner = self.owners.number(code);
        if let Some(compared) = self.closings.compare(owner, own, entry) {
            let (subject, expected) = (compared.subject, compared.expected);
            self.find("close-digest", seq, subject, expected, compared.found);
        }
    }

    /// What was found. Cost: sorts the hashes of ids and the days with cash movements.
    pub fn finish(mut self) -> Outcome {
        if self.more > 0 {
            let last = self.summary.entries;
            self.find("entry-group-broken", last, "more", 0, self.more);
        }
        let below_zero = self.cash.below_zero(|owner| self.owners.name(owner));
        self.findings.extend(below_zero);
        self.ids.sort_unstable();
        let runs = self.ids.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
        let same_hash = runs.map(|run| run.iter().map(|(_, seq)| *seq).collect()).collect();
        Outcome { findings: self.findings, summary: self.summary, same_hash }
    }
}

/// All lines with whether they stand in the off-balance list.
fn with_register(entry: &Entry) -> impl Iterator<Item = (&Line, bool)> {
    let lines = entry.lines.iter().map(|line| (line, false));
    lines.chain(entry.memo.iter().map(|line| (line, true)))
}

/// The only fund that may use an account (专款专用); none where any may.
fn fund_of(account: Account) -> Option<Fund> {
    use Account as A;
    match account {
        A::CashRisk
        | A::RecoveryRight
        | A::CompensationRefund
        | A::RecoveryAllowance
        | A::CompensationPayable
        | A::FirmDeposits
        | A::RecoveryUndistributed
        | A::BudgetCompensation
        | A::RecoveryIncome
        | A::Compensation
        | A::RecoveryCost => Some(Fund::Risk),
        A::CashInterest
        | A::DiscountPayable
        | A::DiscountAccrued
        | A::BudgetInterest
        | A::DiscountExpense => Some(Fund::Interest),
        A::CashFee
        | A::FeeSubsidyPayable
        | A::FeeSubsidyAccrued
        | A::BudgetFee
        | A::FeeSubsidyExpense => Some(Fund::Fee),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
