//! Ceilings on compensation (19, 20): what claims use and hold, counted a second time from their
//! events, and the register of the yearly quota (9002).
//!
//! Memory: one record a claim, one row a ceiling, one a bank and year.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, share_of};
use super::loans::{Loan, Loans};
use crate::domain::account::Account;
use crate::domain::event::Kind;
use crate::domain::money::{Money, Total};
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::ClaimYear;
use crate::domain::text::Id;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Cap {
    Loan,
    Firm,
    FirmYear,
    BankYear,
    OwnerYear,
    Quota,
}

/// A ceiling: of whom, and in which year where years are counted apart.
type Key = (Cap, CompactString, Option<i16>);

/// A claim by its events, as far as it counts for ceilings.
struct Claim {
    loan: Id,
    filed: i16,
    base: Total,
    /// What other programmes pay of the same loss.
    other: Total,
    approved_in: i16,
    approved: Total,
    /// Payments with their years, in order.
    payments: Vec<(i16, Total)>,
    refunded: Total,
    cancelled: Option<(i16, Total)>,
}

impl Claim {
    fn paid(&self) -> Total {
        self.payments.iter().map(|(_, amount)| *amount).sum()
    }

    /// What it uses and holds of the ceilings by year, and of the quota of the year of its approval.
    fn counts(&self, basis: ClaimYear) -> (BTreeMap<i16, Total>, Total) {
        let decided = if basis == ClaimYear::Filing { self.filed } else { self.approved_in };
        let (open, mut back) = (self.approved - self.paid(), self.refunded);
        let mut years = BTreeMap::from([(decided, open)]);
        for (year, amount) in self.payments.iter().rev() {
            let taken = back.min(*amount);
            back = back - taken;
            let year = if basis == ClaimYear::Payment { *year } else { decided };
            *years.entry(year).or_default() += *amount - taken;
        }
        let late = self.cancelled.filter(|(year, _)| *year != self.approved_in);
        (years, self.approved + late.map_or(Total::ZERO, |(_, rest)| rest))
    }
}

/// All claims and ceilings.
#[derive(Default)]
pub(super) struct Ceilings {
    claims: FastMap<Id, Claim>,
    taken: FastMap<Key, Total>,
    /// Movements of the enrolled balance of a bank by year.
    banks: FastMap<Id, BTreeMap<i16, Total>>,
    quotas: FastMap<(Id, i16), Vec<Money>>,
}

fn rules_of<'a>(loan: &Loan, adopted: &'a Adopted) -> Option<&'a RuleSet> {
    loan.rules.as_ref().and_then(|id| adopted.rules(id))
}

impl Ceilings {
    /// The quota of an owner in a year, where there is one.
    pub fn quota(&self, owner: &Id, year: i16) -> Option<Total> {
        let amounts = self.quotas.get(&(owner.clone(), year))?;
        amounts.last().copied().map(Total::from)
    }

    /// Takes an entry in and checks it; `claim` is the one that its event names.
    pub fn take(
        &mut self,
        fact: &Fact<'_>,
        claim: Option<&Id>,
        loans: &Loans,
        adopted: &Adopted,
        tally: &mut Tally,
    ) {
        self.banks(fact, loans);
        self.register(fact, claim, loans, tally);
        let Some(id) = claim else { return };
        let before = self.items(id, loans, adopted);
        self.follow(fact, id);
        let after = self.items(id, loans, adopted);
        for (key, by) in before.iter().map(|(key, by)| (key, -*by)) {
            *self.taken.entry(key.clone()).or_default() += by;
        }
        for (key, by) in &after {
            *self.taken.entry(key.clone()).or_default() += *by;
        }
        let Some(claim) = self.claims.get(id) else { return };
        let Some(loan) = loans.get(&claim.loan) else { return };
        let rules = rules_of(loan, adopted);
        for (key, by) in &after {
            // Only what takes more than before needs room.
            if before.get(key).is_none_or(|had| had < by) {
                self.hold(fact, id, key, rules, loan, tally);
            }
        }
        let all = rules.and_then(|rules| rules.claim.caps.all_programmes);
        if let (Kind::ApproveClaim(_), false, Some(share)) = (&fact.event.kind, fact.back, all) {
            let limit = share_of(claim.base + claim.other, share);
            let subject = format_args!("{id} all-programmes");
            let together = claim.approved + claim.other;
            tally.at_most(Check::ClaimCeiling, fact.seq, subject, limit, together);
        }
    }

    /// What a claim uses and holds of each ceiling.
    fn items(&self, id: &Id, loans: &Loans, adopted: &Adopted) -> BTreeMap<Key, Total> {
        let mut items = BTreeMap::new();
        let Some(claim) = self.claims.get(id) else { return items };
        let Some(loan) = loans.get(&claim.loan) else { return items };
        let basis = rules_of(loan, adopted).map_or(ClaimYear::Approval, |it| it.claim.caps.year);
        let (years, quota) = claim.counts(basis);
        let whole: Total = years.values().copied().sum();
        let firm = adopted.firm(&loan.firm);
        let mut put = |cap: Cap, of: &str, year: Option<i16>, amount: Total| {
            if amount != Total::ZERO {
                items.insert((cap, of.into(), year), amount);
            }
        };
        put(Cap::Loan, &claim.loan, None, whole);
        put(Cap::Firm, &firm, None, whole);
        for (year, amount) in years {
            put(Cap::FirmYear, &firm, Some(year), amount);
            put(Cap::BankYear, &loan.bank, Some(year), amount);
            put(Cap::OwnerYear, &loan.owner, Some(year), amount);
        }
        put(Cap::Quota, &loan.owner, Some(claim.approved_in), quota);
        items
    }

    /// A ceiling has room for all that is used and held of it.
    fn hold(
        &self,
        fact: &Fact<'_>,
        id: &Id,
        key: &Key,
        rules: Option<&RuleSet>,
        loan: &Loan,
        tally: &mut Tally,
    ) {
        let (cap, of, year) = key;
        let caps = rules.map(|rules| &rules.claim.caps);
        let told = |of: fn(&crate::domain::rules::ClaimCaps) -> Option<Money>| {
            caps.and_then(of).map(Total::from)
        };
        let limit = match cap {
            Cap::Loan => told(|caps| caps.loan),
            Cap::Firm => told(|caps| caps.firm),
            Cap::FirmYear => told(|caps| caps.firm_year),
            Cap::BankYear => {
                let share = caps.and_then(|caps| caps.bank_year_share);
                let end = self.year_end(&loan.bank, year.unwrap_or_default());
                let share = share.map(|share| share_of(end.max(Total::ZERO), share));
                [told(|caps| caps.bank_year), share].into_iter().flatten().min()
            }
            Cap::OwnerYear => told(|caps| caps.owner_year),
            Cap::Quota => self.quota(&loan.owner, year.unwrap_or_default()),
        };
        let Some(limit) = limit else { return };
        let taken = self.taken.get(key).copied().unwrap_or_default();
        let year = year.map_or_else(String::new, |year| format!(" {year}"));
        let subject = format_args!("{id} {cap:?} {of}{year}");
        tally.at_most(Check::ClaimCeiling, fact.seq, subject, limit, taken);
    }

    /// What a bank's enrolled loans came to at the end of the year before.
    fn year_end(&self, bank: &Id, year: i16) -> Total {
        let years = self.banks.get(bank);
        years.map_or(Total::ZERO, |years| years.range(..year).map(|(_, by)| *by).sum())
    }

    fn follow(&mut self, fact: &Fact<'_>, id: &Id) {
        let year = fact.event.date.year();
        if let (Kind::FileClaim(own), false) = (&fact.event.kind, fact.back) {
            let claim = Claim {
                loan: own.loan.clone(),
                filed: fact.event.happened().year(),
                base: own.base.into(),
                other: own.other.map_or(Total::ZERO, Total::from),
                approved_in: year,
                approved: Total::ZERO,
                payments: Vec::new(),
                refunded: Total::ZERO,
                cancelled: None,
            };
            self.claims.insert(id.clone(), claim);
            return;
        }
        let Some(claim) = self.claims.get_mut(id) else { return };
        match &fact.event.kind {
            Kind::ApproveClaim(_) => {
                claim.approved_in = year;
                claim.approved += fact.moved(Account::Compensation);
            }
            Kind::PayClaim(_) if fact.back => drop(claim.payments.pop()),
            Kind::PayClaim(_) => {
                claim.payments.push((year, fact.moved(Account::CompensationPayable)));
            }
            Kind::CancelRest(_) => {
                let rest = fact.told(Account::CompensationPayable);
                claim.cancelled = (!fact.back).then_some((year, rest));
                claim.approved += -fact.signed(rest);
            }
            Kind::RefundClaim(_) => claim.refunded += -fact.moved(Account::CompensationRefund),
            _ => {}
        }
    }

    fn banks(&mut self, fact: &Fact<'_>, loans: &Loans) {
        for line in &fact.entry.memo {
            let lent = matches!(
                line.account,
                Account::LoansNormal
                    | Account::LoansExtended
                    | Account::LoansOverdue
                    | Account::LoansNpl
            );
            let loan = line.loan.as_ref().filter(|_| lent).and_then(|id| loans.get(id));
            if let Some(loan) = loan {
                let years = self.banks.entry(loan.bank.clone()).or_default();
                *years.entry(fact.entry.event.date.year()).or_default() += line.signed();
            }
        }
    }

    /// 9002 is the quota less what was approved of its year; a rest cancelled within the year goes
    /// back to it.
    fn register(&mut self, fact: &Fact<'_>, claim: Option<&Id>, loans: &Loans, tally: &mut Tally) {
        let moved = fact.moved(Account::Quota);
        let year = fact.event.date.year();
        let expected = match (&fact.event.kind, fact.owner()) {
            (Kind::Quota(own), Some(owner)) => {
                let key = (owner.clone(), own.year.0);
                let counted = (Cap::Quota, owner.as_str().into(), Some(own.year.0));
                let spent = self.taken.get(&counted).copied().unwrap_or_default();
                let amounts = self.quotas.entry(key).or_default();
                if fact.back {
                    amounts.pop();
                    moved
                } else {
                    let before = amounts.last().copied().map_or(spent, Total::from);
                    amounts.push(own.amount);
                    tally.at_most(Check::ClaimCeiling, fact.seq, owner, own.amount.into(), spent);
                    Total::from(own.amount) - before
                }
            }
            (Kind::ApproveClaim(_) | Kind::CancelRest(_), _) if fact.back => moved,
            (Kind::ApproveClaim(_) | Kind::CancelRest(_), _) => {
                let claim = claim.and_then(|id| self.claims.get(id));
                let Some(claim) = claim else { return };
                let of_year =
                    !matches!(fact.event.kind, Kind::CancelRest(_)) || claim.approved_in == year;
                let owner = loans.get(&claim.loan).map(|loan| &loan.owner);
                let quota = owner.filter(|_| of_year).and_then(|owner| self.quota(owner, year));
                // Approved out of it; cancelled into it.
                quota.map_or(Total::ZERO, |_| fact.moved(Account::CompensationPayable))
            }
            _ => Total::ZERO,
        };
        if expected != Total::ZERO || moved != Total::ZERO {
            tally.same(Check::QuotaRegister, fact.seq, "9002", expected, moved);
        }
    }
}
