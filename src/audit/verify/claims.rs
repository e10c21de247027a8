//! Compensation: for whom (18), how much (19), once (21), the open right (22), recoveries (23).
//!
//! Amounts that an event leaves open are computed here again; what is taken back is read from the
//! lines, which are the exact opposite of what stood there. Memory: one record a claim.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, or, share_of};
use super::loans::{Class, Loans};
use crate::domain::account::{Account, Side};
use crate::domain::event::{FileClaim, InterestOwner, Kind, Origin};
use crate::domain::money::{Money, Total};
use crate::domain::rules::Sharing;
use crate::domain::text::Id;

/// The accounts that are kept by claim.
const KEPT: [Account; 7] = [
    Account::CompensationPayable,
    Account::RecoveryRight,
    Account::RecoveryAllowance,
    Account::CompensationRefund,
    Account::RecoveryUndistributed,
    Account::ClaimsInReview,
    Account::WrittenOff,
];

/// A claim by its events.
struct Claim {
    loan: Id,
    note: Id,
    sharing: Sharing,
    base: Total,
    /// Normal interest in the base.
    interest: Total,
    /// What collateral and other programmes bear of the same principal.
    outside: Total,
    claimed: Total,
    /// Pool, guarantor and bank: the rest to their shares of all of the loss so far.
    parts: [Total; 3],
    rejected: bool,
    revoked: bool,
    approved: Total,
    paid: Total,
    /// Net recoveries of all parties, the pool's part of them, and what of that closed the right.
    net: Total,
    recovered: Total,
    closed: Total,
    written_off: Total,
    due: Total,
    refunded: Total,
    /// Nothing is left to recover.
    ended: bool,
    /// What the lines say, in the order of [`KEPT`].
    lines: [Total; 7],
}

impl Claim {
    fn right(&self) -> Total {
        self.paid - self.closed - self.written_off - self.due
    }

    /// What is approved and not paid, and what is left to recover.
    fn open(&self) -> [Total; 2] {
        [self.approved - self.paid, self.right()]
    }

    /// Reported by the entry by which it falls below zero, not again by later ones.
    fn check_not_below_zero(&self, (seq, id): (u64, &Id), before: [Total; 2], tally: &mut Tally) {
        let checks = [Check::ClaimPayable, Check::ClaimRight];
        for ((check, before), after) in checks.into_iter().zip(before).zip(self.open()) {
            if after < Total::ZERO && after < before {
                tally.find(check, seq, id, ">= 0.00", after);
            }
        }
    }

    /// E-43, E-44: the amount paid, and whether it is the last of the claim.
    fn pay(&mut self, fact: &Fact<'_>, amount: Option<Money>) -> (Total, bool) {
        let open = self.approved - self.paid;
        let paid = fact.told(Account::CompensationPayable);
        let amount = if fact.back { paid } else { or(amount, open) };
        self.paid += fact.signed(amount);
        (amount, if fact.back { open == Total::ZERO } else { amount == open })
    }

    /// E-48: all that was paid and neither refunded nor recovered is to come back.
    fn revoke(&mut self, fact: &Fact<'_>) {
        self.revoked = !fact.back;
        let told = fact.told(Account::CompensationRefund);
        let out = self.paid - self.due - self.recovered;
        let of_register =
            if fact.back { -fact.told(Account::WrittenOff) } else { out - self.right() };
        self.due += fact.signed(if fact.back { told } else { out });
        self.written_off += -fact.signed(of_register);
    }

    fn expected(&self) -> [Total; 7] {
        let open = !self.rejected && self.approved == Total::ZERO && self.paid == Total::ZERO;
        let review = if open { self.claimed } else { Total::ZERO };
        let register = self.written_off - (self.recovered - self.closed);
        [
            -(self.approved - self.paid),
            self.right(),
            -self.right(),
            self.due - self.refunded,
            Total::ZERO,
            review,
            if self.ended { Total::ZERO } else { register },
        ]
    }
}

/// All claims.
#[derive(Default)]
pub(super) struct Claims {
    claims: FastMap<Id, Claim>,
    /// The claim of a note that is not refused or withdrawn.
    live: FastMap<(Id, Id), Id>,
    /// All claims of a note.
    of_note: FastMap<(Id, Id), Vec<Id>>,
}

/// Pool, guarantor and bank of an amount; the balancing party takes what rounding leaves.
fn parts(whole: Total, sharing: &Sharing) -> [Total; 3] {
    let mut parts = sharing.shares().map(|share| share_of(whole, share));
    let balancing = sharing.balancing as usize;
    let others: Total = (0..3).filter(|place| *place != balancing).map(|place| parts[place]).sum();
    parts[balancing] = whole - others;
    parts
}

/// The claim of an event that moves one.
pub(super) fn named(kind: &Kind) -> Option<&Id> {
    match kind {
        Kind::ReviewClaim(_) | Kind::RecoverInKind(_) => None,
        Kind::ExplainReceipt(own) if own.to != Origin::Recovery => None,
        _ => kind.claim(),
    }
}

impl Claims {
    /// The loan of a claim.
    pub fn loan(&self, claim: &Id) -> Option<&Id> {
        self.claims.get(claim).map(|claim| &claim.loan)
    }

    /// A claim on a note that was neither refused nor withdrawn.
    pub fn on_note(&self, loan: &Id, note: &Id) -> Option<&Id> {
        let ids = self.of_note.get(&(loan.clone(), note.clone())).into_iter().flatten();
        let mut kept = ids.filter(|id| self.claims.get(*id).is_some_and(|claim| !claim.rejected));
        kept.next()
    }

    /// Takes an entry in and checks it.
    pub fn take(
        &mut self,
        fact: &Fact<'_>,
        loans: &mut Loans,
        adopted: &Adopted,
        tally: &mut Tally,
    ) {
        let named = named(&fact.event.kind);
        if let (Kind::FileClaim(own), false) = (&fact.event.kind, fact.back) {
            self.file(fact, own, loans, tally);
        } else if let Some(id) = named {
            self.follow(fact, id, loans, adopted, tally);
        }
        self.compare(fact, named, tally);
    }

    /// What moves the loan of a claim, within a correction of that loan.
    pub fn take_again(&mut self, fact: &Fact<'_>, loans: &mut Loans, adopted: &Adopted) {
        if let Kind::PayClaim(_) | Kind::CancelRest(_) | Kind::CloseClaim(_) = &fact.event.kind
            && let Some(id) = named(&fact.event.kind)
        {
            self.follow(fact, id, loans, adopted, &mut Tally::default());
        }
    }

    fn file(&mut self, fact: &Fact<'_>, own: &FileClaim, loans: &Loans, tally: &mut Tally) {
        let loan = loans.get(&own.loan);
        let note = loan.and_then(|loan| loan.note(own.note.as_ref()));
        tally.look(Check::ClaimLoan);
        let (Some(loan), Some(note)) = (loan, note) else {
            tally.find(Check::ClaimLoan, fact.seq, &own.claim, "enrolled", "-");
            return;
        };
        if loan.removed.is_some() || !matches!(note.class, Class::Overdue | Class::Npl) {
            let found = match loan.removed {
                Some(day) => format!("removed {day}"),
                None => format!("{:?}", note.class).to_lowercase(),
            };
            tally.find(Check::ClaimLoan, fact.seq, &own.claim, "overdue, npl", found);
        }
        let base = Total::from(own.base);
        let told = |amount: Option<Money>| amount.map_or(Total::ZERO, Total::from);
        let (interest, outside) = (told(own.interest), told(own.collateral) + told(own.other));
        let principal = base - interest + outside;
        tally.at_most(Check::ClaimAboveBalance, fact.seq, &own.claim, note.balance, principal);
        tally.look(Check::ClaimTwice);
        let key = (own.loan.clone(), note.id.clone());
        // A supplement says itself which claim it adds to.
        if let Some(other) = self.live.get(&key).filter(|_| own.supplement.is_none()) {
            let subject = format_args!("{} {}", own.loan, note.id);
            tally.find(Check::ClaimTwice, fact.seq, subject, other, &own.claim);
        }
        self.live.insert(key.clone(), own.claim.clone());
        let parts = self.parts_of_loss(&key, base, &loan.sharing);
        let [claimed, ..] = parts;
        self.of_note.entry(key).or_default().push(own.claim.clone());
        let claim = Claim {
            loan: own.loan.clone(),
            note: note.id.clone(),
            sharing: loan.sharing,
            base,
            interest,
            outside,
            claimed,
            parts,
            rejected: false,
            revoked: false,
            approved: Total::ZERO,
            paid: Total::ZERO,
            net: Total::ZERO,
            recovered: Total::ZERO,
            closed: Total::ZERO,
            written_off: Total::ZERO,
            due: Total::ZERO,
            refunded: Total::ZERO,
            ended: false,
            lines: [Total::ZERO; 7],
        };
        self.claims.insert(own.claim.clone(), claim);
    }

    /// What a new claim is of the loss on its note: every party's share of all that is borne, less
    /// what it bears already by claims that were neither refused nor withdrawn nor revoked.
    fn parts_of_loss(&self, note: &(Id, Id), base: Total, sharing: &Sharing) -> [Total; 3] {
        let ids = self.of_note.get(note).into_iter().flatten();
        let kept = ids.filter_map(|id| self.claims.get(id));
        let kept = kept.filter(|claim| !claim.rejected && !claim.revoked);
        let kept: Vec<&Claim> = kept.collect();
        let whole = base + kept.iter().map(|claim| claim.base).sum::<Total>();
        let mut rest = parts(whole, sharing);
        for claim in kept {
            for (rest, had) in rest.iter_mut().zip(claim.parts) {
                *rest = (*rest - had).max(Total::ZERO);
            }
        }
        let balancing = sharing.balancing as usize;
        let others = (0..3).filter(|place| *place != balancing).map(|place| rest[place]);
        rest[balancing] = base - others.sum::<Total>();
        rest
    }

    fn follow(
        &mut self,
        fact: &Fact<'_>,
        id: &Id,
        loans: &mut Loans,
        adopted: &Adopted,
        tally: &mut Tally,
    ) {
        let Some(claim) = self.claims.get_mut(id) else { return };
        let key = (claim.loan.clone(), claim.note.clone());
        let rules = loans.get(&key.0).and_then(|loan| loan.rules.as_ref());
        let rules = rules.and_then(|id| adopted.rules(id));
        let alone = rules.is_some_and(|rules| !rules.recovery.after_write_off);
        let before = claim.open();
        match &fact.event.kind {
            // Only taken back here.
            Kind::FileClaim(_) => {
                claim.rejected = true;
                self.live.remove(&key);
            }
            Kind::RejectClaim(_) | Kind::WithdrawClaim(_) => {
                claim.rejected = !fact.back;
                match fact.back {
                    true => drop(self.live.insert(key, id.clone())),
                    false => drop(self.live.remove(&key)),
                }
            }
            Kind::CloseClaim(_) => {
                claim.ended = !fact.back;
                loans.end(fact, (&key.0, &key.1));
                let left = claim.right() + (claim.due - claim.refunded);
                if claim.ended {
                    tally.same(Check::ClaimRight, fact.seq, id, Total::ZERO, left);
                }
            }
            Kind::ApproveClaim(own) => {
                let told = fact.told(Account::Compensation);
                claim.approved = if fact.back { Total::ZERO } else { told };
                if !fact.back {
                    tally.same(Check::ClaimPayable, fact.seq, id, or(own.amount, told), told);
                    check_approval(fact, id, claim, loans, adopted, tally);
                }
            }
            Kind::PayClaim(own) => {
                let (amount, last) = claim.pay(fact, own.amount);
                loans.compensate(fact, (&key.0, &key.1), claim.base - claim.interest, amount, last);
            }
            Kind::CancelRest(_) => {
                let open = claim.approved - claim.paid;
                let rest = if fact.back { fact.told(Account::CompensationPayable) } else { open };
                claim.approved += -fact.signed(rest);
                loans.compensate(fact, (&key.0, &key.1), claim.base - claim.interest, rest, true);
            }
            Kind::SettleClaim(own) => claim.due += fact.signed(own.amount),
            Kind::RevokeClaim(_) => claim.revoke(fact),
            Kind::RefundClaim(own) => {
                let told = -fact.told(Account::CompensationRefund);
                let open = claim.due - claim.refunded;
                claim.refunded += fact.signed(if fact.back { told } else { or(own.amount, open) });
            }
            Kind::WriteOff(_) => {
                let told = -fact.told(Account::RecoveryRight);
                claim.written_off += fact.signed(if fact.back { told } else { claim.right() });
            }
            kind => {
                if let Some(recovery) = Recovery::of(kind, alone) {
                    recovered(fact, id, claim, &recovery, tally);
                }
            }
        }
        claim.check_not_below_zero((fact.seq, id), before, tally);
    }

    /// Holds the lines of every claim that the entry touches against its events.
    fn compare(&mut self, fact: &Fact<'_>, named: Option<&Id>, tally: &mut Tally) {
        let mut touched = named;
        for line in fact.entry.all_lines() {
            let Some(place) = KEPT.iter().position(|account| *account == line.account) else {
                continue;
            };
            let claim = line.claim.as_ref().and_then(|id| self.claims.get_mut(id));
            match claim {
                Some(claim) => claim.lines[place] += line.signed(),
                None => {
                    let subject = line.claim.as_ref().map_or("-", |id| id.as_str());
                    let subject = format_args!("{subject} {}", line.account);
                    tally.find(Check::ClaimRight, fact.seq, subject, "-", line.signed());
                }
            }
            if line.claim.as_ref() != touched {
                self.hold(line.claim.as_ref(), fact, tally);
                touched = named;
            }
        }
        self.hold(touched, fact, tally);
    }

    fn hold(&mut self, id: Option<&Id>, fact: &Fact<'_>, tally: &mut Tally) {
        let Some((id, claim)) = id.and_then(|id| Some((id, self.claims.get_mut(id)?))) else {
            return;
        };
        let expected = claim.expected();
        let checks = [
            Check::ClaimPayable,
            Check::ClaimRight,
            Check::ClaimAllowance,
            Check::ClaimRegister,
            Check::RecoveryUndistributed,
            Check::ClaimRegister,
            Check::ClaimRegister,
        ];
        for (place, check) in checks.into_iter().enumerate() {
            let subject = format_args!("{id} {}", KEPT[place]);
            // The allowance is held against the right itself: they mirror each other.
            let expected = if place == 2 { -claim.lines[1] } else { expected[place] };
            tally.same(check, fact.seq, subject, expected, claim.lines[place]);
        }
        // Told once, not again at every later entry of the claim.
        claim.lines = expected;
    }
}

/// At most the pool's part of the base and the cap of the rules, for what is still owed; the parts
/// of the working add up to the base.
fn check_approval(
    fact: &Fact<'_>,
    id: &Id,
    claim: &Claim,
    loans: &Loans,
    adopted: &Adopted,
    tally: &mut Tally,
) {
    let Some(loan) = loans.get(&claim.loan) else { return };
    if let Some(day) = loan.removed {
        tally.find(Check::ClaimLoan, fact.seq, id, "enrolled", format_args!("removed {day}"));
    }
    let owed = loan.note(Some(&claim.note)).map_or(Total::ZERO, |note| note.balance);
    let principal = claim.base - claim.interest + claim.outside;
    tally.at_most(Check::ClaimAboveBalance, fact.seq, id, owed, principal);
    let parts = claim.parts;
    let rules = loan.rules.as_ref().and_then(|id| adopted.rules(id));
    let cap = rules.and_then(|rules| rules.claim.caps.loan).map_or(parts[0], Total::from);
    tally.at_most(Check::ClaimAboveLimit, fact.seq, id, parts[0].min(cap), claim.approved);
    let Some(working) = fact.entry.working.as_ref().map(|working| working.value()) else { return };
    for (name, expected) in ["pool", "guarantor", "bank"].into_iter().zip(parts) {
        let text = working.pointer(&format!("/parts/{name}")).and_then(serde_json::Value::as_str);
        let found = text.and_then(|text| Money::parse(text).ok()).map_or(Total::ZERO, Total::from);
        tally.same(Check::ClaimParts, fact.seq, format_args!("{id} {name}"), expected, found);
    }
}

/// A recovery as its event tells it.
struct Recovery {
    gross: Money,
    cost: Option<Money>,
    /// Where the pool's share is credited: its own income or the treasury's (E-56).
    credit: Account,
    /// Rules that give the pool all that comes in after a write-off, until it has its money back.
    alone: bool,
}

impl Recovery {
    /// The recovery of an event, if it is one.
    fn of(kind: &Kind, alone: bool) -> Option<Self> {
        let (gross, cost, credit) = match kind {
            Kind::Recover(own) if own.to == Some(InterestOwner::Treasury) => {
                (own.gross, own.cost, Account::TreasuryPayable)
            }
            Kind::Recover(own) => (own.gross, own.cost, Account::RecoveryIncome),
            Kind::ExplainReceipt(own) => {
                (own.gross.unwrap_or_default(), own.cost, Account::RecoveryIncome)
            }
            _ => return None,
        };
        Some(Self { gross, cost, credit, alone })
    }
}

/// The pool's share of all net recoveries so far, less what it had (C-12); first it closes
/// the open right, the rest comes off the written-off register.
fn recovered(fact: &Fact<'_>, id: &Id, claim: &mut Claim, recovery: &Recovery, tally: &mut Tally) {
    let net = Total::from(recovery.gross) - recovery.cost.map_or(Total::ZERO, Total::from);
    let told = fact.side(recovery.credit, Side::Credit);
    if fact.back {
        claim.net += -net;
        claim.recovered += -told;
        claim.closed += fact.told(Account::RecoveryRight);
        return;
    }
    let pool = |net: Total| parts(net, &claim.sharing)[0];
    let out = claim.paid - claim.due - claim.recovered;
    let alone = recovery.alone && claim.written_off > Total::ZERO;
    if claim.net + net > claim.base {
        tally.find(Check::RecoveryShare, fact.seq, id, claim.base, claim.net + net);
    }
    let share = match alone || claim.net + net == claim.base {
        true => net.min(out),
        false => (pool(claim.net + net) - pool(claim.net)).min(out),
    };
    tally.same(Check::RecoveryShare, fact.seq, id, share, told);
    claim.closed += share.min(claim.right().max(Total::ZERO));
    claim.net += net;
    claim.recovered += share;
}
