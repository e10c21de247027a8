//! Every entry rechecked in one pass, by itself and against those before it (domain 7; the bytes,
//! the tree and the canonical form are checked by whoever reads the journal).
//!
//! All findings are listed; none stops the pass. Memory: 24 bytes an entry (the hash of its id with
//! its number, and a sum of its lines), and the cash movements per cell and day.

use crate::audit::finding::Finding;
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, Month};
use crate::domain::entry::{Entry, Line, VoucherWord, id_hash};
use crate::domain::event::Kind;
use crate::domain::money::Total;
use crate::limits::{JOURNAL_LINE_MAX, LINES_MAX};
use crate::problem::Problem;
use foldhash::fast::FixedState;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

/// Every check of this pass, by the code of its finding.
pub const CHECKS: &[&str] = &[
    "entry-seq",
    "entry-too-long",
    "recorded-order",
    "group-broken",
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
    "bank-account-fund",
    "maker-is-checker",
    "cell-below-zero",
];

type FastMap<K, V> = HashMap<K, V, FixedState>;

/// Sums over all entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Lines on balance.
    pub lines: u64,
    /// Lines off balance.
    pub memo_lines: u64,
    /// Debits on balance.
    pub debit: Total,
    /// Credits on balance.
    pub credit: Total,
}

/// What the pass found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All findings, in the order of entries; findings about days come last.
    pub findings: Vec<Finding>,
    /// Sums over all entries.
    pub summary: Summary,
    /// Entries whose ids have the same hash; [`Outcome::confirm`] reads them.
    pub same_hash: Vec<Vec<u64>>,
}

impl Outcome {
    /// Reads the entries whose ids may be the same and adds `id-doubled` for those that are.
    /// Cost: one read per candidate; a sound journal has none.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn confirm(
        &mut self,
        read: &mut dyn FnMut(u64) -> Result<Entry, Problem>,
    ) -> Result<(), Problem> {
        for candidates in std::mem::take(&mut self.same_hash) {
            let mut first: HashMap<String, u64> = HashMap::new();
            for number in candidates {
                let id = read(number)?.event.id.to_string();
                match first.get(&id) {
                    None => {
                        first.insert(id, number);
                    }
                    Some(other) => self.findings.push(Finding::new(
                        "id-doubled",
                        Some(number),
                        &id,
                        "-",
                        format_args!("entry {other}"),
                    )),
                }
            }
        }
        Ok(())
    }
}

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
    cash: FastMap<(Cell, Date), (Total, u64)>,
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
            self.find("group-broken", seq, "more", self.more - 1, entry.more);
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
        let cell = (self.owners.number(&line.owner), line.fund);
        let day = self.cash.entry((cell, entry.event.date)).or_default();
        day.0 += line.signed();
        if line.signed() < Total::ZERO {
            day.1 = seq;
        }
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
                self.find("bank-account-fund", seq, account, first, fund);
            }
        }
    }

    fn check_balance(&mut self, seq: u64, entry: &Entry) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        let (mut sum_of_hashes, mut last) = (0_u64, None::<(&str, u32)>);
        for (line, in_memo) in with_register(entry) {
            let owner = match last {
                Some((id, number)) if id == line.owner.as_str() => number,
                _ => self.owners.number(&line.owner),
            };
            last = Some((&line.owner, owner));
            let signed = line.signed();
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
        let same = event.maker.is_some() && event.maker == event.checker;
        if same && entry.lines.iter().any(is_money_out) {
            let maker = event.maker.as_deref().unwrap_or("-");
            self.find("maker-is-checker", seq, "checker", "-", maker);
        }
    }

    /// What was found. Cost: sorts the hashes of ids and the days with cash movements.
    pub fn finish(mut self) -> Outcome {
        if self.more > 0 {
            let last = self.summary.entries;
            self.find("group-broken", last, "more", 0, self.more);
        }
        self.check_days();
        self.ids.sort_unstable();
        let runs = self.ids.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
        let same_hash = runs.map(|run| run.iter().map(|(_, seq)| *seq).collect()).collect();
        Outcome { findings: self.findings, summary: self.summary, same_hash }
    }

    /// Finds each stretch of business days in whose evenings a cell's money stood below zero.
    fn check_days(&mut self) {
        let mut days: Vec<(&str, Fund, Date, Total, u64)> = Vec::with_capacity(self.cash.len());
        for (((owner, fund), date), (sum, entry)) in &self.cash {
            days.push((self.owners.name(*owner), *fund, *date, *sum, *entry));
        }
        days.sort_unstable();
        for cell in days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut balance = Total::ZERO;
            let mut stretch: Option<(Date, u64, Total)> = None;
            let mut stretches = Vec::new();
            for (_, _, date, sum, entry) in cell {
                balance += *sum;
                if balance < Total::ZERO {
                    let (_, _, lowest) = stretch.get_or_insert((*date, *entry, balance));
                    *lowest = balance.min(*lowest);
                } else {
                    stretches.extend(stretch.take().map(|found| (found, Some(*date))));
                }
            }
            stretches.extend(stretch.take().map(|found| (found, None)));
            let Some((owner, fund, ..)) = cell.first() else { continue };
            for ((from, entry, lowest), to) in stretches {
                let to = to.map_or_else(String::new, |to| to.to_string());
                let subject = format!("{owner} {fund} {from}..{to}");
                let finding =
                    Finding::new("cell-below-zero", Some(entry), subject, ">= 0.00", lowest);
                self.findings.push(finding);
            }
        }
    }
}

/// All lines with whether they stand in the off-balance list.
fn with_register(entry: &Entry) -> impl Iterator<Item = (&Line, bool)> {
    let lines = entry.lines.iter().map(|line| (line, false));
    lines.chain(entry.memo.iter().map(|line| (line, true)))
}

/// Money that leaves a bank account.
fn is_money_out(line: &Line) -> bool {
    line.account.is_cash() && line.signed() < Total::ZERO
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
mod tests {
    use super::*;
    use crate::audit::sample::{
        OWNERS, any_entries, entry, line, pair, reader, reversed, scenario,
    };
    use crate::domain::account::Side;
    use crate::domain::entry::Voucher;
    use crate::domain::money::Money;
    use crate::domain::text::Id;

    /// Numbers vouchers as they should be: gapless per owner, month and word.
    fn numbered(mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut last: HashMap<(String, Month, &str), u32> = HashMap::new();
        for entry in &mut entries {
            let owner = entry.lines[0].owner.clone();
            let month = Month::of(entry.event.date);
            let number = last.entry((owner.to_string(), month, "记")).or_default();
            *number += 1;
            entry.voucher =
                Some(Voucher { month, number: *number, owner, word: VoucherWord::General });
        }
        entries
    }

    fn outcome(entries: &[Entry]) -> Outcome {
        let mut verifier = Verifier::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            verifier.check(place as u64 + 1, entry.to_bytes().len(), entry);
        }
        let mut outcome = verifier.finish();
        outcome.confirm(&mut |seq| reader(entries)(seq)).unwrap();
        outcome
    }

    fn found(entries: &[Entry]) -> Vec<String> {
        let told = |finding: &Finding| {
            let Finding { check, entry, subject, expected, found } = finding;
            format!("{check} {} [{subject}] {expected} | {found}", entry.unwrap_or(0))
        };
        outcome(entries).findings.iter().map(told).collect()
    }

    /// Plants a fault in the worked scenario and lists what is found.
    fn planted(fault: impl FnOnce(&mut Vec<Entry>)) -> Vec<String> {
        let mut entries = numbered(scenario());
        fault(&mut entries);
        found(&entries)
    }

    fn fen(fen: i64) -> Money {
        Money::from_fen(fen).unwrap()
    }

    #[test]
    fn a_sound_journal_has_no_findings() {
        assert_eq!(planted(|_| {}), [""; 0]);
        let outcome = outcome(&numbered(scenario()));
        assert_eq!((outcome.summary.entries, outcome.summary.lines), (8, 22));
        assert_eq!(outcome.summary.debit, outcome.summary.credit);
    }

    #[test]
    fn faults_of_amounts_and_lines() {
        assert_eq!(
            planted(|all| all[1].lines[0].amount = fen(600_000_001)),
            ["entry-unbalanced 2 [410821 RISK] 0.00 | 0.01"]
        );
        // Both sides are equal, but not within each cell.
        assert_eq!(
            planted(|all| all[1].lines[1].owner = Id::parse(OWNERS[2]).unwrap()),
            [
                "entry-unbalanced 2 [410821 RISK] 0.00 | 6000000.00",
                "entry-unbalanced 2 [410822 RISK] 0.00 | -6000000.00"
            ]
        );
        assert_eq!(
            planted(|all| {
                all[1].memo = vec![
                    line(OWNERS[1], Fund::Risk, Account::Commitments, Side::Debit, 5),
                    line(OWNERS[1], Fund::Risk, Account::MemoCounter, Side::Credit, 4),
                ];
            }),
            ["memo-unbalanced 2 [410821 RISK] 0.00 | 0.01"]
        );
        assert_eq!(
            planted(|all| all[2].lines.iter_mut().for_each(|line| line.amount = fen(0))),
            ["line-amount 3 [1002.01] > 0.00 | 0.00", "line-amount 3 [4604] > 0.00 | 0.00"]
        );
        assert_eq!(
            planted(|all| all[7].lines = vec![all[7].lines.clone(); 251].concat()),
            ["entry-line-count 8 [lines] 0, 2..500 | 502"]
        );
        assert_eq!(
            planted(|all| all[0].lines[1].account = Account::Commitments),
            ["line-register 1 [9001] memo | lines"]
        );
        assert_eq!(
            planted(|all| all[7].lines.iter_mut().for_each(|line| line.fund = Fund::Fee)),
            ["line-fund 8 [1219.02] RISK | GFEE", "line-fund 8 [1218.02] RISK | GFEE"]
        );
    }

    #[test]
    fn faults_of_bank_accounts() {
        assert_eq!(
            planted(|all| all[0].lines[0].bank_account = None),
            ["line-bank-account 1 [1002.01] bank_account | -"]
        );
        assert_eq!(
            planted(|all| {
                let (debit, credit) = (Account::CashInterest, Account::BudgetInterest);
                all[1].lines = pair(OWNERS[1], Fund::Interest, debit, credit, 600_000_000);
                all[1].lines[0].bank_account = Some(Id::parse("RISK").unwrap());
            }),
            ["bank-account-fund 2 [RISK] RISK | INT"]
        );
        assert_eq!(
            planted(|all| {
                all[4].event.maker = Some("甲".into());
                all[4].event.checker = Some("甲".into());
            }),
            ["maker-is-checker 5 [checker] - | 甲"]
        );
    }

    #[test]
    fn faults_of_numbers_and_order() {
        assert_eq!(planted(|all| all[3].seq = 9), ["entry-seq 4 [seq] 4 | 9"]);
        assert_eq!(
            planted(|all| all[3].recorded = "2018-01-05T07:59:59Z".parse().unwrap()),
            ["recorded-order 4 [recorded] 2018-01-05T08:00:00Z | 2018-01-05T07:59:59Z"]
        );
        assert_eq!(planted(|all| all[7].more = 2), ["group-broken 8 [more] 0 | 2"]);
        assert_eq!(planted(|all| all[3].more = 2), ["group-broken 5 [more] 1 | 0"]);
        assert_eq!(
            planted(|all| all[3].voucher.as_mut().unwrap().number = 3),
            ["voucher-number 4 [410821 2017-04 记] 1 | 3"]
        );
        assert_eq!(
            planted(|all| all[3].event.date = all[4].event.date),
            ["voucher-month 4 [voucher] 2017-05 | 2017-04"]
        );
        assert_eq!(planted(|all| all[3].voucher = None), ["voucher-missing 4 [voucher] 记 | -"]);
        let found = planted(|all| all[3].voucher.as_mut().unwrap().word = VoucherWord::Register);
        assert_eq!(found, ["voucher-word 4 [voucher] 记 | 备"]);
        assert_eq!(
            planted(|all| all[6].event.id = all[2].event.id.clone()),
            ["id-doubled 7 [T-3] - | entry 3"]
        );
    }

    #[test]
    fn faults_of_reversals() {
        let reversing = |target: usize, fault: fn(&mut Entry)| {
            planted(|all| {
                let mut reversal = reversed(&all[target - 1], 9);
                reversal.voucher.as_mut().unwrap().number = 2;
                fault(&mut reversal);
                all.push(reversal);
            })
        };
        assert_eq!(reversing(3, |_| {}), [""; 0]);
        // Lines in another order are the same lines.
        assert_eq!(reversing(3, |reversal| reversal.lines.reverse()), [""; 0]);
        let lines = "reversal-lines 9 [lines] entry 3 | -";
        assert_eq!(
            reversing(3, |reversal| {
                reversal.lines.iter_mut().for_each(|line| line.amount = fen(874_999));
            }),
            [lines]
        );
        assert_eq!(
            reversing(3, |reversal| reversal.lines[1].loan = Some(Id::parse("L1").unwrap())),
            [lines]
        );
        assert_eq!(
            reversing(3, |reversal| {
                reversal.lines.iter_mut().for_each(|line| line.side = line.side.opposite());
            }),
            [lines]
        );
        for target in [0, 9, 10, u64::MAX] {
            let found = planted(|all| {
                let mut reversal = reversed(&all[2], 9);
                reversal.voucher.as_mut().unwrap().number = 2;
                reversal.reverses = Some(target);
                all.push(reversal);
            });
            assert_eq!(found, [format!("reversal-target 9 [reverses] 1..8 | {target}")]);
        }
        let twice = |again: fn(&[Entry]) -> Entry| {
            planted(|all| {
                all.push(reversed(&all[2], 9));
                all[8].voucher.as_mut().unwrap().number = 2;
                let mut second = again(all);
                second.voucher.as_mut().unwrap().number = 3;
                all.push(second);
            })
        };
        assert_eq!(
            twice(|all| reversed(&all[2], 10)),
            ["reversal-twice 10 [reverses] - | entry 9"]
        );
        assert_eq!(
            twice(|all| reversed(&all[8], 10)),
            ["reversal-of-reversal 10 [reverses] - | 9"]
        );
    }

    #[test]
    fn days_below_zero() {
        // The county's money is dated after the payment; the city's does not come at all.
        let found = planted(|all| {
            all.remove(0);
            all[0].event.date = all[4].event.date;
            for (place, entry) in all.iter_mut().enumerate() {
                entry.seq = place as u64 + 1;
            }
            *all = numbered(all.clone());
        });
        // 8,750.00 - 493,827.16 from the payment to the county's money.
        assert_eq!(
            found,
            ["cell-below-zero 4 [410821 RISK 2017-05-12..2017-06-13] >= 0.00 | -485077.16"]
        );
        let found = planted(|all| {
            let lines =
                pair(OWNERS[1], Fund::Risk, Account::OtherExpense, Account::CashRisk, 962_758_458);
            all.push(entry(9, "2018-01-01", lines));
            *all = numbered(all.clone());
        });
        assert_eq!(found, ["cell-below-zero 9 [410821 RISK 2018-01-01..] >= 0.00 | -0.01"]);
    }

    #[test]
    fn findings_carry_a_known_code() {
        let source = include_str!("verify.rs");
        for check in CHECKS {
            assert!(source.matches(&format!("\"{check}\"")).count() > 1, "{check}");
        }
    }

    proptest::proptest! {
        /// One line changed by one fen, anywhere, is found in its entry.
        #[test]
        fn no_unbalanced_entry_is_missed(
            entries in any_entries(),
            which in proptest::prelude::any::<proptest::sample::Index>(),
            more in 1_i64..1_000_000,
        ) {
            let mut entries = entries;
            let place = which.index(entries.len());
            let line = &mut entries[place].lines[0];
            line.amount = Money::from_fen(line.amount.fen() + more).unwrap();
            let seq = Some(place as u64 + 1);
            let findings = outcome(&entries).findings;
            proptest::prop_assert!(
                findings.iter().any(|found| found.check == "entry-unbalanced" && found.entry == seq)
            );
            let balanced = |found: &Finding| found.check != "entry-unbalanced" || found.entry == seq;
            proptest::prop_assert!(findings.iter().all(balanced));
        }
    }
}
