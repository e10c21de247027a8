//! What the book knows now: everything that deciding needs, in memory, folded from the entries.
//!
//! `State` is changed by [`crate::domain::apply`] only. It remembers which records changed, so that
//! a batch of entries costs the store only what it touched.

mod around;

use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, Month};
use crate::domain::cap::{CapCount, Quota};
use crate::domain::entry::{Line, VoucherWord};
use crate::domain::event::{OwnerKind, PartyKind, PeopleMode, Programme, Source};
use crate::domain::loan::{Application, Loan};
use crate::domain::money::{Money, Total};
use crate::domain::months::Months;
use crate::domain::pool::{Pool, Suspension};
use crate::domain::rates::RateTable;
use crate::domain::registry::{
    AdoptedRates, AdoptedRules, BankAccount, CapUse, Checkpoint, Claim, Closing, Filing, Owner,
    Party, Qualification, Receipt, Subsidy, Target, tables,
};
use crate::domain::rules::RuleSet;
use crate::domain::statement::facts::Facts;
use crate::domain::table::{Numbers, Put, Table};
use crate::domain::text::Id;
use crate::limits::YEAR_MIN;
use compact_str::CompactString;
use foldhash::HashMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a book is created with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Code of the city.
    pub city: Id,
    /// Name of the city.
    pub name: CompactString,
    /// Currency with two decimals, `CNY`.
    pub currency: CompactString,
    /// How many people a payment takes; two where the book does not say.
    pub people: Option<PeopleMode>,
}

/// A cell: an owner's fund. Every entry balances inside each cell that it touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Owner.
    pub owner: Id,
    /// Fund.
    pub fund: Fund,
}

/// Everything the book knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Settings; none before the book is created.
    pub settings: Option<Settings>,
    /// Owners.
    pub owners: Table<Owner>,
    /// Firms, banks, guarantors, funders.
    pub parties: Table<Party>,
    /// Bank accounts.
    pub bank_accounts: Table<BankAccount>,
    /// Adopted rules texts.
    pub adopted_rules: Table<AdoptedRules>,
    /// Adopted rates texts; the last one is in force.
    pub adopted_rates: Table<AdoptedRates>,
    /// Targets.
    pub targets: Table<Target>,
    /// Loans.
    pub loans: Table<Loan>,
    /// Claims.
    pub claims: Table<Claim>,
    /// Subsidy lines.
    pub subsidies: Table<Subsidy>,
    /// What firms have had of their yearly caps.
    pub caps: Table<CapUse>,
    /// Unknown receipts.
    pub receipts: Table<Receipt>,
    /// What of each owner's books is closed.
    pub closings: Table<Closing>,
    /// Checkpoints, in the order of their entries.
    pub checkpoints: Table<Checkpoint>,
    months: Months,
    /// What the circuit breaker remembers.
    pub suspensions: Table<Suspension>,
    /// Stages that pools entered by decision.
    pub pools: Table<Pool>,
    sums: Numbers,
    /// What is used and held of the ceilings of compensation.
    pub cap_counts: Table<CapCount>,
    /// Quotas of compensation by owner and year.
    pub quotas: Table<Quota>,
    bank_balances: Numbers,
    /// Applications for loans to be covered.
    pub applications: Table<Application>,
    /// Filings for subsidies.
    pub filings: Table<Filing>,
    /// Qualifications of firms, granted and lost, in the order in which they were told.
    pub qualifications: Table<Qualification>,
    /// Statements of bank accounts, matches and certificates.
    pub statements: Facts,
    balances: Numbers,
    vouchers: Numbers,
    commitments: Numbers,
    withdrawals: Numbers,
    reversed: Numbers,
    codes: HashMap<CompactString, Id>,
    /// Places of the loans that a contract or note number may stand on.
    pub(super) papers: HashMap<u64, Vec<u32>>,
    /// A party's code was changed since the mark.
    recoded: bool,
    rules: Vec<RuleSet>,
    rates: RateTable,
    /// When the last entry was recorded.
    pub last_recorded: Option<Timestamp>,
    /// The latest business date of an entry with lines.
    pub youngest: Option<Date>,
    before_mark: Option<(Option<Settings>, Option<Timestamp>, Option<Date>)>,
}

/// Balances at the end of a month, by fund, account and bank account.
pub type MonthEnd = BTreeMap<(Fund, Account, Option<Id>), Total>;

/// The same call on every table of a state.
macro_rules! each_table {
    ($state:ident, $call:ident) => {
        $state.owners.$call();
        $state.parties.$call();
        $state.bank_accounts.$call();
        $state.adopted_rules.$call();
        $state.adopted_rates.$call();
        $state.targets.$call();
        $state.loans.$call();
        $state.claims.$call();
        $state.subsidies.$call();
        $state.caps.$call();
        $state.receipts.$call();
        $state.closings.$call();
        $state.checkpoints.$call();
        $state.months.$call();
        $state.suspensions.$call();
        $state.pools.$call();
        $state.sums.$call();
        $state.cap_counts.$call();
        $state.quotas.$call();
        $state.bank_balances.$call();
        $state.applications.$call();
        $state.filings.$call();
        $state.qualifications.$call();
        $state.statements.$call();
        $state.balances.$call();
        $state.vouchers.$call();
        $state.commitments.$call();
        $state.withdrawals.$call();
        $state.reversed.$call();
    };
}

/// Key of a balance: owner number, fund, account, bank account number (0: none).
fn balance_key(owner: u32, fund: Fund, account: Account, bank: u32) -> u64 {
    u64::from(owner) << 40
        | (fund as u64) << 32
        | u64::from(account.index()) << 24
        | u64::from(bank & 0xff_ffff)
}

impl State {
    /// A state with settings and the city's own code, and nothing else.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Some(settings), ..Self::default() }
    }

    /// From now on, what changes can be taken back.
    pub fn mark(&mut self) {
        self.before_mark = Some((self.settings.clone(), self.last_recorded, self.youngest));
        self.recoded = false;
        each_table!(self, mark);
    }

    /// What changed since the mark stays.
    pub fn keep(&mut self) {
        self.before_mark = None;
        each_table!(self, keep);
    }

    /// Takes back what changed since the mark. Cost: linear in the changes.
    pub fn take_back(&mut self) {
        if let Some((settings, last, youngest)) = self.before_mark.take() {
            self.settings = settings;
            self.last_recorded = last;
            self.youngest = youngest;
        }
        let (rates, parties) = (self.adopted_rates.len(), self.parties.len());
        each_table!(self, take_back);
        self.rules.truncate(self.adopted_rules.len());
        if self.adopted_rates.len() != rates {
            let last =
                self.adopted_rates.iter().last().map(|adopted| RateTable::parse(&adopted.text));
            self.rates = last.and_then(Result::ok).unwrap_or_default();
        }
        if std::mem::take(&mut self.recoded) {
            self.codes.clear();
            let all: Vec<Party> = self.parties.iter().cloned().collect();
            all.iter().for_each(|party| self.note_code(party));
        } else if self.parties.len() != parties {
            let known = &self.parties;
            self.codes.retain(|_, id| known.get(id).is_some());
        }
    }

    /// The city's code; empty before the book is created.
    pub fn city(&self) -> &str {
        self.settings.as_ref().map_or("", |settings| &settings.city)
    }

    /// How many people a payment takes.
    pub fn people(&self) -> PeopleMode {
        let mode = self.settings.as_ref().and_then(|settings| settings.people);
        mode.unwrap_or(PeopleMode::Two)
    }

    /// The number of an owner in order of joining.
    pub fn owner_number(&self, code: &str) -> Option<u32> {
        self.owners.number(code)
    }

    /// The number of a bank account, counted from 1; 0 stands for none.
    pub fn bank_number(&self, id: Option<&Id>) -> u32 {
        id.and_then(|id| self.bank_accounts.number(id)).map_or(0, |number| number + 1)
    }

    /// Net debit of an account in a cell, on one bank account (or none).
    pub fn balance(&self, owner: &str, fund: Fund, account: Account, bank: Option<&Id>) -> Total {
        let Some(owner) = self.owner_number(owner) else { return Total::ZERO };
        Total(self.balances.get(balance_key(owner, fund, account, self.bank_number(bank))))
    }

    /// Cash of a cell over its bank accounts. Cost: linear in the number of bank accounts.
    pub fn cash(&self, cell: &Cell) -> Total {
        let accounts = self.bank_accounts.iter().filter(|account| account.fund == cell.fund);
        accounts
            .map(|account| {
                self.balance(&cell.owner, cell.fund, cell.fund.cash(), Some(&account.id))
            })
            .sum()
    }

    /// What of a cell's cash is spoken for: approved and unpaid, and money of others (ring-fenced).
    pub fn reserved(&self, cell: &Cell) -> Total {
        let credit = |account: &Account| -self.balance(&cell.owner, cell.fund, *account, None);
        Account::ALL.iter().filter(|account| account.is_reserving()).map(credit).sum()
    }

    /// Cash less what is spoken for.
    pub fn available(&self, cell: &Cell) -> Total {
        self.cash(cell) - self.reserved(cell)
    }

    /// Adds a line to its balance and to the sums of its owner's month, from which a close is made.
    /// Unknown owners are left out; `decide` refuses them and `verify` finds them.
    pub(crate) fn add_line(&mut self, month: Month, line: &Line) {
        let Some(owner) = self.owner_number(&line.owner) else { return };
        let bank = self.bank_number(line.bank_account.as_ref());
        self.balances.add(balance_key(owner, line.fund, line.account, bank), line.signed().0);
        let key = bank << 16 | (line.fund as u32) << 8 | u32::from(line.account.index());
        let owner = u16::try_from(owner).unwrap_or(u16::MAX);
        self.months.add(owner, month.index(), key, line.signed().0);
    }

    /// An owner's balances at the end of a month, by fund, account and bank account; those that are
    /// zero left out. Cost: what its open months hold. Only an owner's open months can be asked for.
    pub fn balances_until(&self, owner: &str, last: Month) -> MonthEnd {
        let Some(number) = self.owner_number(owner) else { return MonthEnd::new() };
        let sums = self.months.until(u16::try_from(number).unwrap_or(u16::MAX), last.index());
        let banks: Vec<&Id> = self.bank_accounts.iter().map(|account| &account.id).collect();
        let read = |(key, sum): (u32, i128)| {
            let [high, low, fund, account] = key.to_be_bytes();
            let bank = usize::from(u16::from_be_bytes([high, low])).checked_sub(1);
            let bank = bank.and_then(|place| banks.get(place)).map(|id| (*id).clone());
            let fund = Fund::ALL.into_iter().find(|known| *known as u8 == fund)?;
            let account = Account::ALL.get(usize::from(account)).copied()?;
            Some(((fund, account, bank), Total(sum)))
        };
        sums.into_iter().filter(|(_, sum)| *sum != 0).filter_map(read).collect()
    }

    /// The owner's months up to `last` are closed and need not be told apart any more.
    pub(crate) fn fold_months(&mut self, owner: &str, last: Month) {
        let Some(number) = self.owner_number(owner) else { return };
        self.months.fold(u16::try_from(number).unwrap_or(u16::MAX), last.index());
    }

    fn voucher_key(&self, owner: &str, month: Month, word: VoucherWord) -> u64 {
        let owner = u64::from(self.owner_number(owner).unwrap_or(u32::MAX));
        owner << 32 | u64::from(month.index()) << 8 | word as u64
    }

    /// The last voucher number of a run; 0 before the first.
    pub fn last_voucher(&self, owner: &str, month: Month, word: VoucherWord) -> u32 {
        u32::try_from(self.vouchers.get(self.voucher_key(owner, month, word))).unwrap_or(u32::MAX)
    }

    pub(crate) fn count_voucher(&mut self, owner: &str, month: Month, word: VoucherWord) {
        let key = self.voucher_key(owner, month, word);
        self.vouchers.add(key, 1);
    }

    fn source_key(&self, owner: &str, source: Source) -> u64 {
        u64::from(self.owner_number(owner).unwrap_or(u32::MAX)) << 8 | source as u64
    }

    /// What a source has promised to an owner's pool and not yet paid in.
    pub fn commitment(&self, owner: &str, source: Source) -> Total {
        Total(self.commitments.get(self.source_key(owner, source)))
    }

    pub(crate) fn add_commitment(&mut self, owner: &str, source: Source, by: Total) {
        let key = self.source_key(owner, source);
        self.commitments.add(key, by.0);
    }

    /// What a source may take out of an owner's pool by approval and has not been paid yet.
    pub fn withdrawal(&self, owner: &str, source: Source) -> Total {
        Total(self.withdrawals.get(self.source_key(owner, source)))
    }

    pub(crate) fn add_withdrawal(&mut self, owner: &str, source: Source, by: Total) {
        let key = self.source_key(owner, source);
        self.withdrawals.add(key, by.0);
    }

    /// A sum by which a limit is tested; see [`crate::domain::pool::Sum`].
    pub fn sum(&self, key: u64) -> i128 {
        self.sums.get(key)
    }

    pub(crate) fn add_sum(&mut self, key: u64, by: i128) {
        if by != 0 {
            self.sums.add(key, by);
        }
    }

    /// The entry that reversed an entry, if one did.
    pub fn reversed_by(&self, seq: u64) -> Option<u64> {
        u64::try_from(self.reversed.get(seq)).ok().filter(|by| *by > 0)
    }

    /// The entries that reversed another, in no order.
    pub fn reversals(&self) -> impl Iterator<Item = u64> + '_ {
        self.reversed.iter().filter_map(|(_, by)| u64::try_from(by).ok())
    }

    pub(crate) fn set_reversed(&mut self, seq: u64, by: u64) {
        self.reversed.add(seq, i128::from(by));
    }

    /// The rules in force on a day: those adopted last with a date not after it.
    pub fn rules_on(&self, day: Date) -> Option<&RuleSet> {
        let in_force =
            self.adopted_rules.iter().zip(&self.rules).filter(|(adopted, _)| adopted.from <= day);
        in_force.max_by_key(|(adopted, _)| adopted.from).map(|(_, rules)| rules)
    }

    /// The day from which the rules in force on a day hold.
    pub fn rules_since(&self, day: Date) -> Option<Date> {
        let begun = self.adopted_rules.iter().map(|adopted| adopted.from);
        begun.filter(|from| *from <= day).max()
    }

    /// The rules of an id.
    pub fn rules(&self, id: &str) -> Option<&RuleSet> {
        self.adopted_rules.number(id).and_then(|number| self.rules.get(number as usize))
    }

    /// The reference rates in force.
    pub fn rates(&self) -> &RateTable {
        &self.rates
    }

    pub(crate) fn adopt_rules(&mut self, adopted: AdoptedRules, rules: RuleSet) {
        if self.adopted_rules.number(&adopted.id).is_none() {
            self.rules.push(rules);
            self.adopted_rules.insert(adopted);
        }
    }

    pub(crate) fn adopt_rates(&mut self, adopted: AdoptedRates, rates: RateTable) {
        self.adopted_rates.insert(adopted);
        self.rates = rates;
    }

    /// Takes a party in.
    pub(crate) fn add_party(&mut self, party: Party) {
        self.note_code(&party);
        self.parties.insert(party);
    }

    /// Changes the master data of a party.
    pub(crate) fn change_party(&mut self, id: &Id, change: impl FnOnce(&mut Party)) {
        let Some(party) = self.parties.get_mut(id) else { return };
        let (kind, before) = (party.kind, party.credit_code.clone());
        change(party);
        let party = party.clone();
        if before == party.credit_code {
            return;
        }
        if let Some(before) = before {
            self.codes.remove(&code_key(kind, &before));
        }
        self.note_code(&party);
        self.recoded = true;
    }

    fn note_code(&mut self, party: &Party) {
        if let Some(code) = &party.credit_code {
            self.codes.insert(code_key(party.kind, code), party.id.clone());
        }
    }

    /// The party of a kind that has a credit code. Cost: one hash look-up.
    pub fn party_of_code(&self, kind: PartyKind, code: &str) -> Option<&Party> {
        self.codes.get(&code_key(kind, code)).and_then(|id| self.parties.get(id))
    }

    /// Kind of an owner.
    pub fn owner_kind(&self, code: &str) -> Option<OwnerKind> {
        self.owners.get(code).map(|owner| owner.kind)
    }

    /// What a firm has been approved of a programme in a cap year.
    pub fn cap_used(&self, programme: Programme, firm: &str, year: i16) -> Total {
        self.caps.get(&cap_id(programme, firm, year)).map_or(Total::ZERO, |cap| cap.used.into())
    }

    /// Adds to the enrolled balance of a loan's bank, in the year of the business date.
    pub(crate) fn add_bank_balance(&mut self, loan: &str, year: i16, by: Total) {
        let bank = self.loans.get(loan).map(|loan| loan.bank.as_str());
        let Some(key) = bank.and_then(|bank| self.bank_year_key(bank, year)) else { return };
        self.bank_balances.add(key, by.0);
    }

    fn bank_year_key(&self, bank: &str, year: i16) -> Option<u64> {
        let number = u64::from(self.parties.number(bank)?);
        Some(number << 16 | u64::try_from(year).ok()?)
    }

    /// What the enrolled loans of a bank owed at the end of a year. Cost: a look-up a year.
    pub fn bank_balance(&self, bank: &str, year: i16) -> Total {
        let keys = (YEAR_MIN..=year).filter_map(|year| self.bank_year_key(bank, year));
        keys.map(|key| Total(self.bank_balances.get(key))).sum()
    }

    /// The quota of an owner in a year, where one is set.
    pub fn quota(&self, owner: &str, year: i16) -> Option<Money> {
        self.quotas.get(&Quota::id(owner, year)).and_then(|quota| quota.amounts.last().copied())
    }

    /// True when an owner's compensation comes out of a quota, in any year.
    pub fn has_quota(&self, owner: &str) -> bool {
        self.quotas.iter().any(|quota| *quota.owner == *owner && !quota.amounts.is_empty())
    }

    /// The identity by which a firm's caps count.
    pub fn firm_identity<'s>(&'s self, firm: &'s str) -> &'s str {
        self.parties.get(firm).map_or(firm, |party| party.identity())
    }

    /// The checkpoint of an entry.
    pub fn checkpoint(&self, entry: u64) -> Option<&Checkpoint> {
        self.checkpoints.get(&Checkpoint::id_of(entry))
    }

    /// The application for a loan, unless it was taken back.
    pub fn application(&self, loan: &str) -> Option<&Application> {
        self.applications.get(loan).filter(|application| !application.trail.is_empty())
    }

    /// Puts of everything that changed since the last call. Cost: linear in what changed.
    pub fn drain(&mut self) -> Vec<Put> {
        let mut puts = Vec::new();
        self.owners.drain(&mut puts);
        self.parties.drain(&mut puts);
        self.bank_accounts.drain(&mut puts);
        self.adopted_rules.drain(&mut puts);
        self.adopted_rates.drain(&mut puts);
        self.targets.drain(&mut puts);
        self.loans.drain(&mut puts);
        self.claims.drain(&mut puts);
        self.subsidies.drain(&mut puts);
        self.caps.drain(&mut puts);
        self.receipts.drain(&mut puts);
        self.closings.drain(&mut puts);
        self.checkpoints.drain(&mut puts);
        self.months.drain(tables::MONTH, &mut puts);
        self.suspensions.drain(&mut puts);
        self.pools.drain(&mut puts);
        self.sums.drain(tables::POOL_SUM, &mut puts);
        self.cap_counts.drain(&mut puts);
        self.quotas.drain(&mut puts);
        self.bank_balances.drain(tables::BANK_BALANCE, &mut puts);
        self.applications.drain(&mut puts);
        self.filings.drain(&mut puts);
        self.qualifications.drain(&mut puts);
        self.statements.drain(&mut puts);
        self.balances.drain(tables::BALANCE, &mut puts);
        self.vouchers.drain(tables::VOUCHER, &mut puts);
        self.commitments.drain(tables::COMMITMENT, &mut puts);
        self.withdrawals.drain(tables::WITHDRAWAL, &mut puts);
        self.reversed.drain(tables::REVERSED, &mut puts);
        // Nothing was ever recorded in an empty book, so its index is empty, too.
        if let Some(last) = self.last_recorded {
            let settings = (&self.settings, Some(last.as_second()), self.youngest);
            let value = postcard::to_allocvec(&settings).unwrap_or_default();
            puts.push((vec![tables::SETTINGS], value));
        }
        puts
    }

    /// Takes one stored put back in; puts come in the order of their keys.
    ///
    /// # Errors
    /// `None` when the bytes are not what [`State::drain`] writes.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match *key.first()? {
            tables::SETTINGS => {
                let (settings, second, youngest): (Option<Settings>, Option<i64>, Option<Date>) =
                    postcard::from_bytes(value).ok()?;
                self.settings = settings;
                self.youngest = youngest;
                self.last_recorded = second.and_then(|second| Timestamp::from_second(second).ok());
                Some(())
            }
            tables::OWNER => self.owners.load(value),
            tables::PARTY => {
                let known = self.parties.len();
                self.parties.load(value)?;
                let new: Vec<Party> = self.parties.iter().skip(known).cloned().collect();
                new.iter().for_each(|party| self.note_code(party));
                Some(())
            }
            tables::BANK_ACCOUNT => self.bank_accounts.load(value),
            tables::RULES => {
                self.adopted_rules.load(value)?;
                self.rules.clear();
                for adopted in self.adopted_rules.iter() {
                    self.rules.push(RuleSet::parse(&adopted.text).ok()?);
                }
                Some(())
            }
            tables::RATES => {
                self.adopted_rates.load(value)?;
                let last = self.adopted_rates.iter().last()?;
                self.rates = RateTable::parse(&last.text).ok()?;
                Some(())
            }
            tables::TARGET => self.targets.load(value),
            tables::LOAN => self.load_loans(value),
            tables::CLAIM => self.claims.load(value),
            tables::SUBSIDY => self.subsidies.load(value),
            tables::CAP => self.caps.load(value),
            tables::RECEIPT => self.receipts.load(value),
            tables::CLOSING => self.closings.load(value),
            tables::CHECKPOINT => self.checkpoints.load(value),
            tables::MONTH => self.months.load(key, value),
            tables::SUSPENSION => self.suspensions.load(value),
            tables::POOL => self.pools.load(value),
            tables::POOL_SUM => self.sums.load(key, value),
            tables::CAP_COUNT => self.cap_counts.load(value),
            tables::QUOTA => self.quotas.load(value),
            tables::BANK_BALANCE => self.bank_balances.load(key, value),
            tables::APPLICATION => self.applications.load(value),
            tables::FILING => self.filings.load(value),
            tables::QUALIFICATION => self.qualifications.load(value),
            tables::IMPORT..=tables::CERTIFIED => self.statements.load(key, value),
            tables::WITHDRAWAL => self.withdrawals.load(key, value),
            tables::BALANCE => self.balances.load(key, value),
            tables::VOUCHER => self.vouchers.load(key, value),
            tables::COMMITMENT => self.commitments.load(key, value),
            tables::REVERSED => self.reversed.load(key, value),
            _ => None,
        }
    }

    /// The first bytes of all keys that [`State::load`] takes.
    pub fn tables() -> std::ops::RangeInclusive<u8> {
        tables::SETTINGS..=tables::MONTH
    }
}

fn code_key(kind: PartyKind, code: &str) -> CompactString {
    compact_str::format_compact!("{kind}/{code}")
}

/// Id of the record that counts a firm's yearly cap.
pub fn cap_id(programme: Programme, firm: &str, year: i16) -> Id {
    Id::joined(&format!("{}/{firm}/{year}", programme.fund()))
}
