//! Subsidy lines: caps of the firm (27), paid against an approval (28, 29), returned and clawed back.
//!
//! Memory: one record a line, and what each firm used of its caps by year.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, or};
use super::loans::Loans;
use super::subsidised::Subsidised;
use super::{charged, slips, workings};
use crate::domain::account::Account;
use crate::domain::calendar::Quarter;
use crate::domain::event::{ApproveSubsidy, InterestOwner, Kind, Programme};
use crate::domain::money::{Money, Total};
use crate::domain::rules::RuleSet;
use crate::domain::text::Id;
use crate::domain::years::Years;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// An approved line.
struct Line {
    programme: Programme,
    owner: Id,
    firm: CompactString,
    /// Year of the approval, in whose books the expense stands.
    year: i16,
    /// What it was approved for, less reductions.
    approved: Total,
    paid: Total,
    returned: Total,
    clawback: Total,
    settled: Total,
    /// What it used of the firm's caps by year, less what corrections gave back of each; and what else
    /// was given back since.
    years: BTreeMap<i16, Total>,
    released: Total,
    /// The cap of the firm in a year.
    cap: Option<Total>,
}

impl Line {
    /// Follows an event or takes it back, and says what it does to the cell. An amount that the event
    /// leaves open is computed; what is taken back is read from the lines. `unpaid` is what the line
    /// that this one is set off against leaves to pay.
    fn change(&mut self, fact: &Fact<'_>, unpaid: Total) -> Change {
        let open = self.clawback - self.settled;
        let by = |account: Account, sign: i128, told: Option<Money>, meant: Total| {
            let lines = Total(fact.told(account).0.saturating_mul(sign));
            fact.signed(if fact.back { lines } else { or(told, meant) })
        };
        let due = |told, meant| by(Account::ClawbackReceivable, -1, told, meant);
        let mut change = Change::default();
        let [payable, returned, receivable, register] = &mut change.standing;
        match &fact.event.kind {
            Kind::PaySubsidy(own) => {
                let account = accounts(self.programme).payable;
                let paid = by(account, 1, own.amount, self.approved - self.paid);
                self.paid += paid;
                *payable = -paid;
            }
            Kind::ReturnSubsidy(own) => {
                let meant = self.paid - self.returned;
                *returned = by(Account::ReturnedPayments, -1, own.amount, meant);
                self.returned += *returned;
            }
            Kind::ReissueSubsidy(own) => {
                *returned = -by(Account::ReturnedPayments, 1, own.amount, self.returned);
                self.returned += *returned;
            }
            Kind::ReduceSubsidy(own) => {
                let account = accounts(self.programme).payable;
                let amount = by(account, 1, own.amount, self.approved - self.paid);
                self.approved += -amount;
                let freed = self.give(fact, own.years.as_ref(), amount);
                (*payable, *register, change.expense) = (-amount, -freed, -amount);
            }
            Kind::ClawBack(own) => {
                let meant = self.paid - self.clawback;
                let amount = by(Account::ClawbackReceivable, 1, own.amount, meant);
                self.clawback += amount;
                *receivable = amount;
                // An expense of the year is taken back and frees the cap; an earlier one is not.
                let own_year = self.year >= fact.event.date.year();
                let otherwise = if own_year { amount } else { Total::ZERO };
                *register = -self.give(fact, own.years.as_ref(), otherwise);
                change.expense = -otherwise;
            }
            Kind::ReceiveClawback(own) => {
                let amount = due(own.amount, open);
                self.settled += amount;
                *receivable = -amount;
                // What belongs to the treasury was never the fund's.
                if own.to == Some(InterestOwner::Treasury) && self.year >= fact.event.date.year() {
                    change.expense = amount;
                }
            }
            Kind::OffsetClawback(own) => {
                let amount = due(own.amount, open.min(unpaid));
                self.settled += amount;
                (*payable, *receivable) = (-amount, -amount);
            }
            Kind::WriteOffClawback(_) => {
                let amount = due(None, open);
                self.settled += amount;
                *receivable = -amount;
            }
            _ => {}
        }
        change
    }

    /// What it uses of the caps now: less what corrections gave back year by year; what else was
    /// given back comes off the last year first.
    fn used(&self) -> BTreeMap<i16, Total> {
        let mut used = self.years.clone();
        let mut left = self.released;
        for (_, used) in used.iter_mut().rev().filter(|(_, used)| **used > Total::ZERO) {
            let taken = left.min(*used);
            left = left - taken;
            *used = *used - taken;
        }
        used
    }

    /// Gives room back to the firm's years: as told, else so much. Returns what leaves the register.
    fn give(&mut self, fact: &Fact<'_>, told: Option<&Years>, otherwise: Total) -> Total {
        let Some(told) = told else {
            self.released += otherwise;
            return otherwise;
        };
        for (year, given) in told.rows() {
            *self.years.entry(*year).or_default() += -fact.signed(*given);
        }
        fact.signed(told.total())
    }
}

/// The accounts of a cell that the lines of a programme make up.
#[derive(Clone, Copy)]
struct Accounts {
    payable: Account,
    expense: Account,
}

fn accounts(programme: Programme) -> Accounts {
    match programme {
        Programme::InterestDiscount => {
            Accounts { payable: Account::DiscountPayable, expense: Account::DiscountExpense }
        }
        Programme::GuaranteeFee => {
            Accounts { payable: Account::FeeSubsidyPayable, expense: Account::FeeSubsidyExpense }
        }
    }
}

/// What stands in a cell: payable, returned, to be clawed back, and the register of the year.
type Standing = [Total; 4];

/// What an event does to a cell and to its expense.
#[derive(Default)]
struct Change {
    standing: Standing,
    expense: Total,
}

/// All lines.
#[derive(Default)]
pub(super) struct Subsidies {
    lines: FastMap<Id, Line>,
    used: FastMap<(Programme, CompactString, i16), Total>,
    cells: FastMap<(Id, Programme), [Standing; 2]>,
    days: Subsidised,
}

/// The line of an event, and the line that it is set off against.
pub(super) fn named(kind: &Kind) -> Option<(&Id, Option<&Id>)> {
    match kind {
        Kind::ReviewSubsidy(_) => None,
        Kind::OffsetClawback(own) => Some((&own.subsidy, Some(&own.against))),
        _ => kind.subsidy().map(|line| (line, None)),
    }
}

/// The cap of a firm in a year.
fn year_cap(rules: &RuleSet, programme: Programme) -> Option<Money> {
    match programme {
        Programme::InterestDiscount => rules.interest_discount.as_ref()?.caps.year,
        Programme::GuaranteeFee => rules.fee_subsidy.as_ref()?.caps.year,
    }
}

impl Subsidies {
    /// Takes an entry in and checks it.
    pub fn take(&mut self, fact: &Fact<'_>, loans: &Loans, adopted: &Adopted, tally: &mut Tally) {
        if let Kind::ApproveSubsidy(own) = &fact.event.kind {
            self.approve(fact, own, loans, adopted, tally);
        } else if let Some((id, against)) = named(&fact.event.kind) {
            self.follow(fact, id, against, tally);
        } else {
            return;
        }
        self.compare(fact, tally);
    }

    fn approve(
        &mut self,
        fact: &Fact<'_>,
        own: &ApproveSubsidy,
        loans: &Loans,
        adopted: &Adopted,
        tally: &mut Tally,
    ) {
        let (Some(owner), Some(loan)) = (fact.owner(), loans.get(&own.loan)) else {
            let id = &fact.event.id;
            tally.find(Check::SubsidyUnapproved, fact.seq, id, "enrolled", &own.loan);
            return;
        };
        let id = &fact.event.id;
        let firm = adopted.firm(&loan.firm);
        let amount = Total::from(own.amount);
        let expense = fact.told(accounts(own.programme).expense);
        tally.same(Check::SubsidyExpense, fact.seq, id, amount, expense);
        let working = own.working.as_ref().map(|working| working.value());
        let computed = working.as_ref().filter(|working| working.get("segments").is_some());
        let years = workings::years(own, working.as_ref());
        self.count(
            own.programme,
            &firm,
            years.iter().map(|(year, part)| (*year, fact.signed(*part))),
        );
        self.cell(owner, own.programme)[0] += fact.signed(amount);
        let counted = own.years.as_ref().map_or(amount, Years::total);
        self.cell(owner, own.programme)[3] += fact.signed(counted);
        if fact.back {
            self.lines.remove(id);
            self.days.take_back(id);
            return;
        }
        let rules = loan.rules.as_ref().and_then(|id| adopted.rules(id));
        let cap = rules.and_then(|rules| year_cap(rules, own.programme)).map(Total::from);
        if let Some(first) = &own.supplement {
            tally.look(Check::SubsidyUnapproved);
            if !self.lines.contains_key(first) {
                tally.find(Check::SubsidyUnapproved, fact.seq, first, "approve-subsidy", "-");
            }
        }
        if let Some(working) = computed {
            workings::check(fact, own, working, loan.rules.as_ref(), adopted, tally);
            slips::check_interest(fact, own, working, loan, tally);
            slips::check_fees(fact, own, working, loan, tally);
            charged::check(fact, own, working, loan, rules, tally);
        }
        self.days.approve(fact, own, computed, loan, rules, tally);
        let line = Line {
            programme: own.programme,
            owner: owner.clone(),
            firm,
            year: fact.event.date.year(),
            approved: amount,
            paid: Total::ZERO,
            returned: Total::ZERO,
            clawback: Total::ZERO,
            settled: Total::ZERO,
            years: years.into_iter().collect(),
            released: Total::ZERO,
            cap,
        };
        self.room(fact, id, &line, line.years.keys(), tally);
        self.lines.insert(id.clone(), line);
    }

    /// Counts amounts for the years of a firm.
    fn count(
        &mut self,
        programme: Programme,
        firm: &CompactString,
        years: impl Iterator<Item = (i16, Total)>,
    ) {
        for (year, by) in years {
            *self.used.entry((programme, firm.clone(), year)).or_default() += by;
        }
    }

    /// The firm's years have room for what a line takes of them.
    fn room<'y>(
        &self,
        fact: &Fact<'_>,
        id: &Id,
        line: &Line,
        years: impl Iterator<Item = &'y i16>,
        tally: &mut Tally,
    ) {
        let Some(cap) = line.cap else { return };
        for year in years {
            let used = self.used.get(&(line.programme, line.firm.clone(), *year));
            let used = used.copied().unwrap_or_default();
            let subject = format_args!("{id} {} {} {year}", line.programme, line.firm);
            tally.at_most(Check::SubsidyFirmYear, fact.seq, subject, cap, used);
        }
    }

    fn cell(&mut self, owner: &Id, programme: Programme) -> &mut Standing {
        &mut self.cells.entry((owner.clone(), programme)).or_default()[0]
    }

    fn follow(&mut self, fact: &Fact<'_>, id: &Id, against: Option<&Id>, tally: &mut Tally) {
        for id in [Some(id), against].into_iter().flatten() {
            tally.look(Check::SubsidyUnapproved);
            if !self.lines.contains_key(id) {
                tally.find(Check::SubsidyUnapproved, fact.seq, id, "approve-subsidy", "-");
            }
        }
        let unpaid =
            against.and_then(|id| self.lines.get(id)).map(|line| line.approved - line.paid);
        let Some(line) = self.lines.get_mut(id) else { return };
        let before = line.used();
        let change = line.change(fact, unpaid.unwrap_or_default());
        let expense = fact.moved(accounts(line.programme).expense);
        tally.same(Check::SubsidyExpense, fact.seq, id, change.expense, expense);
        let (programme, owner, firm) = (line.programme, line.owner.clone(), line.firm.clone());
        let after = line.used();
        let was = before.iter().map(|(year, part)| (*year, -*part));
        let grown =
            after.iter().filter(|(year, part)| before.get(year).is_none_or(|was| was < part));
        let grown: Vec<i16> = grown.map(|(year, _)| *year).collect();
        self.count(programme, &firm, was.chain(after.iter().map(|(year, part)| (*year, *part))));
        if let Some(line) = self.lines.get(id) {
            self.room(fact, id, line, grown.iter(), tally);
        }
        if let Some(other) = against.and_then(|id| self.lines.get_mut(id)) {
            other.paid += -change.standing[0];
        }
        for (sum, by) in self.cell(&owner, programme).iter_mut().zip(change.standing) {
            *sum += by;
        }
        for id in [Some(id), against].into_iter().flatten() {
            self.bounds(fact, id, tally);
        }
    }

    /// Nothing is paid beyond the approval, returned beyond the payment, settled beyond the debt.
    fn bounds(&self, fact: &Fact<'_>, id: &Id, tally: &mut Tally) {
        let Some(line) = self.lines.get(id) else { return };
        tally.at_most(Check::SubsidyPayable, fact.seq, id, line.approved, line.paid);
        tally.at_most(Check::SubsidyReturned, fact.seq, id, line.paid, line.returned);
        tally.at_most(
            Check::SubsidyReturned,
            fact.seq,
            id,
            line.returned,
            line.returned.max(Total::ZERO),
        );
        tally.at_most(Check::SubsidyClawback, fact.seq, id, line.paid, line.clawback);
        tally.at_most(Check::SubsidyClawback, fact.seq, id, line.clawback, line.settled);
    }

    /// Holds the accounts of the cell against its lines.
    fn compare(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        let Some(owner) = fact.owner() else { return };
        let Some(fund) = fact.entry.lines.first().map(|line| line.fund) else { return };
        let Some(programme) = Programme::ALL.iter().find(|programme| programme.fund() == fund)
        else {
            return;
        };
        let moved = [
            (Check::SubsidyPayable, -fact.moved(accounts(*programme).payable)),
            (Check::SubsidyReturned, -fact.moved(Account::ReturnedPayments)),
            (Check::SubsidyClawback, fact.moved(Account::ClawbackReceivable)),
            (Check::SubsidyRegister, fact.moved(Account::FirmYear)),
        ];
        let [expected, found] = self.cells.entry((owner.clone(), *programme)).or_default();
        for ((sum, expected), (check, moved)) in found.iter_mut().zip(expected.iter()).zip(moved) {
            *sum += moved;
            tally.same(check, fact.seq, format_args!("{owner} {fund}"), *expected, *sum);
            *sum = *expected;
        }
    }
}

/// The year of a period such as `2017Q4`.
pub(super) fn year_of(period: &str) -> Option<i16> {
    Quarter::parse(period).ok().map(Quarter::year)
}
