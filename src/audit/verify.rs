//! Every entry rechecked in one pass, by itself and against those before it (the bytes,
//! the tree and the canonical form are checked by whoever reads the journal).
//!
//! All findings are listed; none stops the pass. Memory: 26 bytes an entry (the hash of its id with
//! its number, a sum of its lines, its year), and the cash movements per cell and day.

mod accounts;
mod adopted;
mod breakers;
mod carried;
mod ceilings;
mod charged;
mod checks;
mod claims;
mod closings;
mod days;
mod fact;
mod funding;
mod loans;
mod moved;
mod outcome;
mod passes;
mod periods;
mod pools;
mod slips;
mod statements;
mod subsidies;
mod subsidised;
mod terms;
mod workings;

pub use checks::CHECKS;
pub(in crate::audit) use loans::named;
pub use outcome::{Outcome, Summary};

use crate::audit::finding::Finding;
use crate::audit::flow::Placing;
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::Date;
use crate::domain::calendar::Month;
use crate::domain::entry::{Entry, Line, VoucherWord, id_hash};
use crate::domain::event::{Event, Kind, Origin, Pays, PeopleMode, Settlement, Stage};
use crate::domain::money::Total;
use crate::domain::person;
use crate::domain::rules::words::SMALL_CHARGE_MAX;
use crate::limits::{JOURNAL_LINE_MAX, LINES_MAX};
use crate::planted::{Bug, planted};
use checks::{Check, Tally};
use closings::{close, digests};
use days::CashDays;
use foldhash::fast::FixedState;
use jiff::Timestamp;
use passes::Passes;
use periods::Periods;
use statements::Statements;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

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
    /// The year of each entry.
    years: Vec<i16>,
    /// The last closed day of each owner.
    closed: FastMap<String, Date>,
    reversed: FastMap<u64, u64>,
    reversals: HashSet<u64>,
    bank_funds: FastMap<String, Fund>,
    cash: CashDays,
    /// Payments take an approver, too.
    three: bool,
    /// Scratch: sums per cell and register of the entry at hand.
    cells: Vec<(Cell, bool, Total)>,
    periods: Periods,
    passes: Passes,
    statements: Statements,
    tally: Tally,
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
        self.tally.findings()
    }

    fn find(
        &mut self,
        check: Check,
        entry: u64,
        subject: impl std::fmt::Display,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) {
        self.tally.find(check, entry, subject, expected, found);
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
        self.passes.take(seq, &carried::as_original(entry), &mut self.tally);
        self.statements.take(seq, entry, &mut self.tally);
        self.ids.push((id_hash(&entry.event.id), seq));
    }

    fn check_place(&mut self, seq: u64, bytes: usize, entry: &Entry) {
        use Check as C;
        for check in [C::EntrySeq, C::EntryTooLong, C::RecordedOrder, C::EntryGroupBroken] {
            self.tally.look(check);
        }
        self.tally.look(Check::IdDoubled);
        if entry.seq != seq {
            self.find(Check::EntrySeq, seq, "seq", seq, entry.seq);
        }
        if bytes > JOURNAL_LINE_MAX {
            self.find(Check::EntryTooLong, seq, "bytes", JOURNAL_LINE_MAX, bytes);
        }
        if let Some(last) = self.recorded.filter(|last| entry.recorded < *last) {
            self.find(Check::RecordedOrder, seq, "recorded", last, entry.recorded);
        }
        // The latest time so far, so that one clock set forward is found once, not hidden.
        self.recorded = self.recorded.max(Some(entry.recorded));
        if self.more > 0 && entry.more != self.more - 1 {
            self.find(Check::EntryGroupBroken, seq, "more", self.more - 1, entry.more);
        }
        self.more = entry.more;
    }

    fn check_lines(&mut self, seq: u64, entry: &Entry) {
        let (lines, memo) = (entry.lines.len(), entry.memo.len());
        self.summary.lines += lines as u64;
        self.summary.memo_lines += memo as u64;
        self.tally.look(Check::EntryLineCount);
        for check in [Check::LineAmount, Check::LineRegister, Check::LineFund] {
            self.tally.looks(check, lines + memo);
        }
        if lines == 1 || memo == 1 || lines + memo > LINES_MAX {
            self.find(
                Check::EntryLineCount,
                seq,
                "lines",
                format_args!("0, 2..{LINES_MAX}"),
                lines + memo,
            );
        }
        for (line, in_memo) in with_register(entry) {
            if !line.amount.is_positive() {
                self.find(Check::LineAmount, seq, line.account, "> 0.00", line.amount);
            }
            if line.account.is_memo() != in_memo {
                let name = |memo| if memo { "memo" } else { "lines" };
                let (expected, found) = (name(line.account.is_memo()), name(in_memo));
                self.find(Check::LineRegister, seq, line.account, expected, found);
            }
            if let Some(fund) = fund_of(line.account).filter(|fund| *fund != line.fund) {
                self.find(Check::LineFund, seq, line.account, fund, line.fund);
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
        for check in [Check::LineBankAccount, Check::LineBankAccountFund, Check::CellBelowZero] {
            self.tally.look(check);
        }
        match &line.bank_account {
            None => self.find(Check::LineBankAccount, seq, line.account, "bank_account", "-"),
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
                self.find(Check::LineBankAccountFund, seq, account, first, fund);
            }
        }
    }

    fn check_balance(&mut self, seq: u64, entry: &Entry) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        let placing = Placing::of(entry);
        let (mut sum_of_hashes, mut last) = (0_u64, None::<(&str, u32)>);
        let carried = carried::Carried::of(entry);
        for (place, (line, in_memo)) in with_register(entry).enumerate() {
            let owner = match last {
                Some((id, number)) if id == line.owner.as_str() => number,
                _ => self.owners.number(&line.owner),
            };
            last = Some((&line.owner, owner));
            let signed = line.signed();
            self.periods.add(owner, entry.event.date, line, placing);
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
            let account = carried.account(place, line);
            let hash = self.line_hash(line, account, owner, entry.reverses.is_some());
            sum_of_hashes = sum_of_hashes.wrapping_add(hash);
        }
        for ((owner, fund), in_memo, sum) in &cells {
            let check = if *in_memo { Check::MemoUnbalanced } else { Check::EntryUnbalanced };
            self.tally.look(check);
            if *sum != Total::ZERO && !planted(Bug::AuditorBlind) {
                let subject = format!("{} {fund}", self.owners.name(*owner));
                self.find(check, seq, subject, Total::ZERO, sum);
            }
        }
        self.cells = cells;
        self.line_sums.push(sum_of_hashes);
        self.years.push(entry.event.date.year());
    }

    /// Hash of all that a line says; a reversal's lines are turned, so that they give the hashes of
    /// the lines that they reverse; `account` is that of the original.
    fn line_hash(&self, line: &Line, account: Account, owner: u32, turned: bool) -> u64 {
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
                | u64::from(account.index()) << 16
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
        if word.is_some() || entry.voucher.is_some() {
            self.tally.look(Check::VoucherMissing);
        }
        let shown = |word: Option<VoucherWord>| word.map_or("-", VoucherWord::code);
        let Some(voucher) = &entry.voucher else {
            if word.is_some() {
                self.find(Check::VoucherMissing, seq, "voucher", shown(word), "-");
            }
            return;
        };
        for check in [Check::VoucherWord, Check::VoucherMonth, Check::VoucherNumber] {
            self.tally.look(check);
        }
        if word != Some(voucher.word) {
            self.find(Check::VoucherWord, seq, "voucher", shown(word), voucher.word.code());
        }
        let month = Month::of(entry.event.date);
        if voucher.month != month {
            self.find(Check::VoucherMonth, seq, "voucher", month, voucher.month);
        }
        let owner = self.owners.number(&voucher.owner);
        let last = self.vouchers.entry((owner, voucher.month, voucher.word)).or_default();
        let expected = last.saturating_add(1);
        // Go on from the higher number, so that a gap is found once.
        *last = voucher.number.max(*last);
        if voucher.number != expected && !planted(Bug::GapAccepted) {
            let subject = format!("{} {} {}", voucher.owner, voucher.month, voucher.word.code());
            self.find(Check::VoucherNumber, seq, subject, expected, voucher.number);
        }
    }

    fn check_reversal(&mut self, seq: u64, entry: &Entry) {
        let named = match &entry.event.kind {
            Kind::Reverse(reverse) => Some(reverse.entry.0),
            _ => None,
        };
        if named.is_some() && named != entry.reverses {
            let told = |seq: Option<u64>| seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
            self.find(Check::ReversalTarget, seq, "reverses", told(named), told(entry.reverses));
        }
        let Some(target) = entry.reverses else { return };
        use Check as C;
        for check in [C::ReversalTarget, C::ReversalTwice, C::ReversalOfReversal, C::ReversalLines]
        {
            self.tally.look(check);
        }
        self.reversals.insert(seq);
        let place = usize::try_from(target).ok().and_then(|target| target.checked_sub(1));
        // The entry's own sum stands last in the list and is no earlier entry.
        let sum =
            place.filter(|_| target < seq).and_then(|place| self.line_sums.get(place)).copied();
        let Some(sum) = sum else {
            self.find(
                Check::ReversalTarget,
                seq,
                "reverses",
                format_args!("1..{}", seq.saturating_sub(1)),
                target,
            );
            return;
        };
        if self.reversals.contains(&target) {
            self.find(Check::ReversalOfReversal, seq, "reverses", "-", target);
        } else if Some(&sum) != self.line_sums.last() {
            self.find(Check::ReversalLines, seq, "lines", format_args!("entry {target}"), "-");
        } else {
            let year = place.and_then(|place| self.years.get(place)).copied();
            let closed = entry.owner().and_then(|owner| self.closed.get(owner.as_str()));
            let closed = closed.zip(year).is_some_and(|(last, year)| {
                last.year() > year || { last.year() == year && *last == last.last_of_year() }
            });
            carried::check(seq, entry, closed, &mut self.tally);
        }
        if let Some(first) = self.reversed.insert(target, seq) {
            self.find(Check::ReversalTwice, seq, "reverses", "-", format_args!("entry {first}"));
        }
    }

    /// Somebody made every entry but the opening, which `init` records.
    fn check_maker(&mut self, seq: u64, entry: &Entry) {
        let (event, word) = (&entry.event, entry.event.kind.word());
        if matches!(event.kind, Kind::OpenBook(_)) {
            return;
        }
        self.tally.look(Check::EntryUnnamed);
        if event.maker.is_none() {
            let cash = entry.lines.iter().filter(|line| line.account.is_cash());
            let moved = cash.map(Line::signed).map(|sum| Total(sum.0.abs())).max();
            let moved = moved.map_or_else(|| "-".to_owned(), |moved| moved.grouped());
            self.find(Check::EntryUnnamed, seq, word, "maker", moved);
        }
    }

    /// A charge above the small amount of the rules in force is money out by order.
    fn is_large_charge(&self, event: &Event) -> bool {
        let amount = match &event.kind {
            Kind::BankCharge(own) => own.amount,
            Kind::TrusteeFee(own) => own.amount,
            _ => return false,
        };
        let rules = self.passes.rules_on(event.date);
        amount > rules.map_or(SMALL_CHARGE_MAX, |rules| rules.small_charge_max)
    }

    fn check_people(&mut self, seq: u64, entry: &Entry) {
        let event = &entry.event;
        let (maker, checker) = (event.maker.as_deref(), event.checker.as_deref());
        if maker.is_some() && checker.is_some() {
            self.tally.look(Check::MakerIsChecker);
        }
        let same = |one: Option<&str>, other: Option<&str>| {
            one.zip(other).is_some_and(|(one, other)| person::same(one, other))
        };
        self.check_maker(seq, entry);
        if let Some(person) = maker.filter(|_| same(maker, checker)) {
            self.find(Check::MakerIsChecker, seq, "checker", "-", person);
        }
        let returns = match &event.kind {
            Kind::ExplainReceipt(own) => own.to == Origin::Payer,
            Kind::SettleTransfer(own) => own.settlement == Settlement::Cash,
            _ => false,
        };
        let pays = match event.kind.spec().pays {
            Pays::Always => true,
            Pays::Sometimes => returns || self.is_large_charge(event),
            Pays::Never => false,
        };
        if let Kind::OpenBook(opened) = &event.kind {
            self.three = opened.people == Some(PeopleMode::Three);
        }
        let approver = event.approver.as_deref();
        let shown = |people: &[Option<&str>]| {
            people.iter().map(|person| person.unwrap_or("-")).collect::<Vec<_>>().join(" / ")
        };
        if pays {
            self.tally.look(Check::PaymentUnchecked);
        }
        if pays && self.three {
            self.tally.look(Check::PaymentUnapproved);
        }
        if pays && (maker.is_none() || checker.is_none()) {
            let found = shown(&[maker, checker]);
            self.find(Check::PaymentUnchecked, seq, event.kind.word(), "maker / checker", found);
        } else if pays
            && self.three
            && (approver.is_none() || same(approver, maker) || same(approver, checker))
        {
            let found = shown(&[maker, checker, approver]);
            let expected = "maker / checker / approver";
            self.find(Check::PaymentUnapproved, seq, event.kind.word(), expected, found);
        }
    }

    /// The digest of a close is that of the lines that stand in the journal (invariant 34).
    fn check_close(&mut self, seq: u64, entry: &Entry) {
        let Some((own, period, code)) = close(entry) else { return };
        if own.stage != Some(Stage::Soft) {
            self.closed.insert(code.to_owned(), period.to);
        }
        let balances = self.periods.balances(self.owners.number(code), period.to);
        let [expected, found] = digests(entry, period, code, &balances);
        let subject = format!("{code} {}", own.period);
        self.tally.same(Check::CloseDigest, seq, subject, expected, found);
    }

    /// What was found. Cost: sorts the hashes of ids and the days with cash movements.
    pub fn finish(mut self) -> Outcome {
        if self.more > 0 {
            let last = self.ids.last().map_or(0, |(_, seq)| *seq);
            self.find(Check::EntryGroupBroken, last, "more", 0, self.more);
        }
        let below_zero = self.cash.below_zero(|owner| self.owners.name(owner));
        self.tally.extend(below_zero);
        self.periods.finish(|owner| self.owners.name(owner), &mut self.tally);
        self.statements.finish(self.summary.entries, &mut self.tally);
        self.passes.finish(&mut self.tally);
        self.ids.sort_unstable();
        let runs = self.ids.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
        let same_hash = runs.map(|run| run.iter().map(|(_, seq)| *seq).collect()).collect();
        let (findings, looked) = self.tally.finish();
        Outcome { findings, summary: self.summary, looked, same_hash }
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
