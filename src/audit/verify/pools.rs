//! Pools as a whole: what they may do in their stage, leverage at each enrolment and withdrawal (17),
//! losses shared back (E-82) and money that changes its custodian (E-13).
//!
//! Memory: one record an owner, and one row a bank account of a cell.

use super::FastMap;
use super::adopted::Adopted;
use super::breakers::Breakers;
use super::ceilings::Ceilings;
use super::checks::{Check, Tally};
use super::fact::{Fact, rounded, share_of};
use super::loans::{Loan, Part};
use crate::domain::account::{Account, Fund};
use crate::domain::entry::{Line, Warning};
use crate::domain::event::{Enrol, Kind, Settlement, ShareLoss};
use crate::domain::money::Total;
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::{LeverageBase, LeverageCounts};
use crate::domain::text::Id;
use compact_str::CompactString;

/// Capital by source, in the order in which a loss is shared.
const CAPITAL: [Account; 5] = [
    Account::CapitalProvince,
    Account::CapitalCity,
    Account::CapitalCounty,
    Account::CapitalGuarantor,
    Account::CapitalBank,
];

/// A stage that a pool entered by decision.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stage {
    RunOff,
    Liquidating,
    Closed,
}

/// The RISK cell of an owner.
#[derive(Default)]
struct Pool {
    /// Paid in and not taken out, by source.
    capital: [Total; 5],
    cash: Total,
    /// Income less expense and all other equity beside the capital.
    result: Total,
    /// Balances and undrawn commitments, and the pool's part of them.
    counted: Total,
    part: Total,
    stages: Vec<Stage>,
}

impl Pool {
    fn paid_in(&self) -> Total {
        self.capital.iter().copied().sum()
    }
}

/// All pools.
#[derive(Default)]
pub(super) struct Pools {
    pools: FastMap<Id, Pool>,
    banks: FastMap<(Id, Fund, Id), Total>,
    /// Contract amounts and number of each firm's live loans, over all owners and banks.
    firms: FastMap<CompactString, (Total, i64)>,
    breakers: Breakers,
}

impl Pools {
    /// Takes an entry in and checks it; `loan` as it stands now, with what it counted for before.
    pub fn take(
        &mut self,
        fact: &Fact<'_>,
        loan: Option<(&Loan, &Part)>,
        adopted: &Adopted,
        ceilings: &Ceilings,
        tally: &mut Tally,
    ) {
        if !fact.back {
            self.check_stage(fact, loan.map(|(loan, _)| &loan.owner), tally);
            self.check_limits(fact, loan.map(|(loan, _)| loan), adopted, ceilings, tally);
            if let Kind::ShareLoss(own) = &fact.event.kind {
                self.check_shared(fact, own, tally);
            }
        }
        self.check_closed(fact, tally);
        self.add_lines(fact);
        if let (Kind::ChangeCustodian(own), false) = (&fact.event.kind, fact.back) {
            self.check_left(fact, &own.from_bank_account, tally);
        }
        self.enter(fact);
        if let Kind::Release(own) = &fact.event.kind {
            self.breakers.release(fact, own, adopted);
        }
        let Some((loan, before)) = loan else { return };
        let after = loan.part();
        let pool = self.pools.entry(loan.owner.clone()).or_default();
        pool.counted += after.counted - before.counted;
        pool.part += after.pool - before.pool;
        let (contracts, live) = self.firms.entry(adopted.firm(&loan.firm)).or_default();
        *contracts += after.contract - before.contract;
        *live += after.live - before.live;
        self.breakers.moved(fact, loan, before, adopted);
    }

    fn stage(&self, owner: &Id) -> Option<Stage> {
        self.pools.get(owner).and_then(|pool| pool.stages.last().copied())
    }

    /// No new loan from the run-off on; no drawdown and no claim when the pool is wound up.
    fn check_stage(&self, fact: &Fact<'_>, owner: Option<&Id>, tally: &mut Tally) {
        let last = match &fact.event.kind {
            Kind::Enrol(_) => None,
            Kind::Disburse(_) | Kind::FileClaim(_) => Some(Stage::RunOff),
            Kind::ApproveClaim(_) | Kind::PayClaim(_) => Some(Stage::RunOff),
            _ => return,
        };
        let Some(owner) = owner else { return };
        tally.look(Check::PoolStage);
        let stage = self.stage(owner);
        if stage > last {
            let found = stage.map_or_else(String::new, |stage| format!("{stage:?}").to_lowercase());
            tally.find(Check::PoolStage, fact.seq, owner, fact.event.kind.word(), found);
        }
    }

    /// Nothing moves in a pool that is closed.
    fn check_closed(&self, fact: &Fact<'_>, tally: &mut Tally) {
        let of_closed = |line: &&Line| {
            line.fund == Fund::Risk && self.stage(&line.owner) == Some(Stage::Closed)
        };
        if let Some(line) = fact.entry.all_lines().find(of_closed) {
            tally.find(Check::PoolStage, fact.seq, &line.owner, fact.event.kind.word(), "closed");
        }
    }

    fn enter(&mut self, fact: &Fact<'_>) {
        let stage = match &fact.event.kind {
            Kind::RunOff(_) => Stage::RunOff,
            Kind::Liquidate(_) => Stage::Liquidating,
            Kind::ClosePool(_) => Stage::Closed,
            _ => return,
        };
        let Some(owner) = fact.event.owner.as_ref() else { return };
        let stages = &mut self.pools.entry(owner.clone()).or_default().stages;
        if fact.back {
            stages.pop();
        } else {
            stages.push(stage);
        }
    }

    /// Breaker and leverage of a new loan; leverage of what leaves the capital.
    fn check_limits(
        &mut self,
        fact: &Fact<'_>,
        loan: Option<&Loan>,
        adopted: &Adopted,
        ceilings: &Ceilings,
        tally: &mut Tally,
    ) {
        let in_force = || adopted.on(fact.event.date);
        match (&fact.event.kind, loan) {
            (Kind::Enrol(own), Some(loan)) => {
                let rules = loan.rules.as_ref().and_then(|id| adopted.rules(id));
                let Some(rules) = rules else { return };
                self.breakers.enrol(fact, own, rules, tally);
                self.check_sums(fact, own, (loan, rules), adopted, tally);
                let (amount, part) = (Total::from(own.amount), loan.sharing.pool);
                let new = [amount, share_of(amount, part)];
                self.check_leverage(fact, rules, (&loan.owner, Total::ZERO, new), ceilings, tally);
            }
            (Kind::ApproveWithdrawal(own), _) => {
                let (Some(rules), Some(owner)) = (in_force(), fact.owner()) else { return };
                let out = (owner, Total::from(own.amount), [Total::ZERO; 2]);
                self.check_leverage(fact, rules, out, ceilings, tally);
            }
            (Kind::SettleTransfer(own), _) if own.settlement == Settlement::Fund => {
                let (Some(rules), Some(owner)) = (in_force(), fact.owner()) else { return };
                let amount = -fact.moved(Account::InterPoolReceivable);
                self.check_leverage(
                    fact,
                    rules,
                    (owner, amount, [Total::ZERO; 2]),
                    ceilings,
                    tally,
                );
            }
            _ => {}
        }
    }

    /// What an enrolment says its limits were tested with, and the limits of its firm.
    fn check_sums(
        &self,
        fact: &Fact<'_>,
        own: &Enrol,
        (loan, rules): (&Loan, &RuleSet),
        adopted: &Adopted,
        tally: &mut Tally,
    ) {
        if let Some(breaker) = &rules.breaker {
            self.breakers.told(fact, own, breaker, tally);
        }
        let working = fact.entry.working.as_ref().map(|working| working.value());
        let told = working.as_ref().and_then(|working| working.get("leverage"));
        if let (Some(leverage), Some(told)) = (rules.leverage, told) {
            let sums = self.pools.get(&loan.owner).map(|pool| (pool.counted, pool.part));
            let (whole, part) = sums.unwrap_or_default();
            let before = match leverage.counts {
                LeverageCounts::LoanBalance => whole,
                LeverageCounts::PoolPart => part,
            };
            let found = told.get("loans_before").and_then(|text| text.as_str()).unwrap_or("-");
            let subject = format_args!("{} loans_before", own.loan);
            tally.same(Check::EnrolSums, fact.seq, subject, before.to_string().as_str(), found);
        }
        let firm = self.firms.get(&adopted.firm(&own.firm)).copied();
        let (contracts, live) = firm.unwrap_or_default();
        if let Some(limit) = rules.enrolment.firm_max {
            let after = contracts + own.amount.into();
            tally.at_most(Check::FirmLimit, fact.seq, &own.firm, Total::from(limit), after);
        }
        if rules.enrolment.one_item {
            tally.same(Check::FirmLimit, fact.seq, &own.firm, 0, live);
        }
    }

    /// The loans are at most so many times the pool, when `out` leaves it and a loan comes in.
    fn check_leverage(
        &self,
        fact: &Fact<'_>,
        rules: &RuleSet,
        (owner, out, new): (&Id, Total, [Total; 2]),
        ceilings: &Ceilings,
        tally: &mut Tally,
    ) {
        let Some(leverage) = rules.leverage else { return };
        let none = Pool::default();
        let pool = self.pools.get(owner).unwrap_or(&none);
        if self.stage(owner) == Some(Stage::Liquidating) {
            return;
        }
        let money = match leverage.base {
            LeverageBase::PaidIn => pool.paid_in(),
            LeverageBase::Balance => pool.cash,
        };
        let quota = ceilings.quota(owner, fact.event.date.year()).unwrap_or_default();
        let [whole, part] = new;
        let loans = match leverage.counts {
            LeverageCounts::LoanBalance => pool.counted + whole,
            LeverageCounts::PoolPart => pool.part + part,
        };
        tally.look(Check::Leverage);
        let most = Total((money + quota - out).0.saturating_mul(i128::from(leverage.limit)));
        if loans > most && !fact.entry.has_warning(Warning::LeverageExceeded) {
            tally.find(Check::Leverage, fact.seq, owner, format_args!("<= {most}"), loans);
        }
    }

    /// Shared by what each source has paid in; the last takes the rest.
    fn check_shared(&self, fact: &Fact<'_>, own: &ShareLoss, tally: &mut Tally) {
        let Some(pool) = fact.owner().and_then(|owner| self.pools.get(owner)) else { return };
        let sign = pool.result.0.signum();
        let whole = own.amount.map_or(Total(pool.result.0.abs()), Total::from);
        let (paid_in, mut rest) = (pool.paid_in(), whole);
        let last = pool.capital.iter().rposition(|paid| *paid > Total::ZERO);
        for (place, paid) in pool.capital.iter().enumerate() {
            let part = match last {
                Some(last) if last == place => rest,
                _ => Total(rounded(whole.0.saturating_mul(paid.0.max(0)), paid_in.0)),
            };
            rest = rest - part;
            let (account, expected) = (CAPITAL[place], Total(part.0.saturating_mul(sign)));
            tally.same(Check::EventAmount, fact.seq, account, expected, -fact.moved(account));
        }
    }

    /// Nothing of any cell is left with the old custodian.
    fn check_left(&self, fact: &Fact<'_>, from: &Id, tally: &mut Tally) {
        let mut left: Vec<_> = self.banks.iter().filter(|((.., bank), _)| bank == from).collect();
        left.sort_by_key(|(key, _)| *key);
        for ((owner, fund, bank), left) in left {
            let subject = format_args!("{owner} {fund} {bank}");
            tally.same(Check::EventAmount, fact.seq, subject, Total::ZERO, *left);
        }
    }

    fn add_lines(&mut self, fact: &Fact<'_>) {
        for line in &fact.entry.lines {
            if let Some(bank) = &line.bank_account {
                let key = (line.owner.clone(), line.fund, bank.clone());
                *self.banks.entry(key).or_default() += line.signed();
            }
            if line.fund != Fund::Risk {
                continue;
            }
            let capital = CAPITAL.iter().position(|account| *account == line.account);
            let cash = line.account == Account::CashRisk;
            if capital.is_none() && !cash && !line.account.is_equity() {
                continue;
            }
            if !self.pools.contains_key(&line.owner) {
                self.pools.insert(line.owner.clone(), Pool::default());
            }
            let Some(pool) = self.pools.get_mut(&line.owner) else { continue };
            let sum = match capital {
                Some(place) => &mut pool.capital[place],
                None if cash => {
                    pool.cash += line.signed();
                    continue;
                }
                None => &mut pool.result,
            };
            *sum += -line.signed();
        }
    }
}
