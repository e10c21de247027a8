//! Money between contributors, pools, banks and the treasury: funds that never pay for each other
//! (12), promises (13), the owner of interest (14), transfers (15), bank accounts (9).

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, or};
use crate::domain::account::{Account, Fund};
use crate::domain::entry::Line;
use crate::domain::event::{InterestOwner, Kind, Origin, Programme, Source};
use crate::domain::money::{Money, Total};
use crate::domain::text::Id;
use std::collections::BTreeMap;

/// Promises by owner and source, and unknown receipts that are open, as events tell them.
#[derive(Default)]
pub(super) struct Funding {
    receipts: FastMap<Id, Total>,
    promised: FastMap<(Id, Source), Total>,
    budgets: FastMap<(Id, Fund, Source), Budgets>,
}

/// What a source gave a fund of an owner, year by year.
#[derive(Default)]
struct Budgets(BTreeMap<i16, GivenIn>);

/// A year's budgets less what went back of them in it, and what went back in it of earlier years.
#[derive(Clone, Copy, Default)]
struct GivenIn {
    own: Total,
    prior: Total,
}

impl Budgets {
    /// What is left least once something went back in a year, of its own budget or of earlier ones:
    /// of the year itself, and at the end of every year since, of all that was given before it.
    fn least(&self, (year, prior): (i16, bool)) -> Total {
        let (mut kept, mut least) = (Total::ZERO, None::<Total>);
        for (of, given) in &self.0 {
            kept = kept - given.prior;
            let concerned = if prior { *of >= year } else { *of > year };
            if concerned {
                least = Some(least.map_or(kept, |least| least.min(kept)));
            }
            if *of == year && !prior {
                least = Some(given.own);
            }
            kept += given.own;
        }
        least.unwrap_or(kept)
    }
}

impl Funding {
    /// Takes an entry in and checks it.
    pub fn take(&mut self, fact: &Fact<'_>, adopted: &Adopted, tally: &mut Tally) {
        self.promise(fact, tally);
        self.budget(fact, tally);
        check_fund(fact, tally);
        check_interest(fact, adopted, tally);
        check_transfer(fact, tally);
        self.receipt(fact, tally);
        check_bank_accounts(fact, tally);
    }

    /// 2307.04 is what arrived and is not explained yet, receipt by receipt.
    fn receipt(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        let moved = -fact.moved(Account::UnknownReceipts);
        let (id, expected) = match &fact.event.kind {
            Kind::UnknownReceipt(own) => (&fact.event.id, fact.signed(own.amount)),
            Kind::ExplainReceipt(own) if fact.back => (&own.receipt, moved),
            Kind::ExplainReceipt(own) => {
                let open = self.receipts.get(&own.receipt).copied().unwrap_or_default();
                (&own.receipt, -or(own.amount, open))
            }
            _ => return,
        };
        tally.same(Check::ReceiptOpen, fact.seq, id, expected, moved);
        let open = self.receipts.entry(id.clone()).or_default();
        *open += moved;
        if *open < Total::ZERO {
            tally.find(Check::ReceiptOpen, fact.seq, id, ">= 0.00", *open);
        }
        if *open == Total::ZERO {
            self.receipts.remove(id);
        }
    }

    /// What goes back to a source is at most what it gave, of the year or of the years before, and
    /// leaves what went back later of them covered.
    fn budget(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        let source = |source: Option<Source>| source.unwrap_or(Source::County);
        let year = fact.event.date.year();
        let (source, amount, prior) = match &fact.event.kind {
            Kind::Budget(own) => (source(own.source), Total::from(own.amount), false),
            Kind::ExplainReceipt(own) if own.to == Origin::SubsidyBudget => {
                (source(own.source), fact.told(Account::UnknownReceipts), false)
            }
            Kind::ReturnBudget(own) => {
                (source(own.source), -Total::from(own.amount), own.prior_year == Some(true))
            }
            _ => return,
        };
        let (Some(owner), Some(line)) = (fact.owner(), fact.entry.lines.first()) else { return };
        let budgets = self.budgets.entry((owner.clone(), line.fund, source)).or_default();
        let amount = fact.signed(amount);
        let given = budgets.0.entry(year).or_default();
        if prior {
            given.prior = given.prior - amount;
        } else {
            given.own += amount;
        }
        tally.look(Check::BudgetGiven);
        let left = budgets.least((year, prior));
        if amount < Total::ZERO && left < Total::ZERO {
            let subject = format_args!("{owner} {} {source}", line.fund);
            tally.find(Check::BudgetGiven, fact.seq, subject, ">= 0.00", left);
        }
    }

    /// 9001 is what was promised and not paid in, per owner and source, and never below zero.
    fn promise(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        let moved = fact.moved(Account::Commitments);
        let (source, told) = match &fact.event.kind {
            Kind::Commit(own) => (own.source, Total::from(own.amount)),
            Kind::Contribute(own) => (own.source, -Total::from(own.amount)),
            Kind::ExplainReceipt(own) if own.to == Origin::Contribution => {
                let Some(source) = own.source else { return };
                (source, -fact.told(Account::UnknownReceipts))
            }
            _ => {
                if moved != Total::ZERO {
                    tally.find(Check::CommitmentOpen, fact.seq, "9001", Total::ZERO, moved);
                }
                return;
            }
        };
        let Some(owner) = fact.owner() else { return };
        if moved == Total::ZERO && !self.promised.contains_key(&(owner.clone(), source)) {
            if matches!(fact.event.kind, Kind::Commit(_)) {
                tally.same(Check::CommitmentOpen, fact.seq, owner, fact.signed(told), moved);
            }
            return;
        }
        let open = self.promised.entry((owner.clone(), source)).or_default();
        let expected = match (fact.back, told > Total::ZERO) {
            // What a contribution took off the promise is given back whole.
            (true, false) => moved,
            (true, true) => -told,
            (false, true) => told,
            (false, false) => -(*open).max(Total::ZERO).min(-told),
        };
        *open += moved;
        let subject = format_args!("{owner} {source}");
        tally.same(Check::CommitmentOpen, fact.seq, subject, expected, moved);
        if *open < Total::ZERO {
            tally.find(Check::CommitmentOpen, fact.seq, subject, ">= 0.00", *open);
        }
    }
}

/// The fund of an event; none where any of them may be moved.
fn fund_of(kind: &Kind) -> Option<Fund> {
    match kind {
        Kind::Commit(_) | Kind::Contribute(_) | Kind::ApproveWithdrawal(_) => Some(Fund::Risk),
        Kind::PayWithdrawal(_) | Kind::ReceiveDeposit(_) | Kind::RefundDeposit(_) => {
            Some(Fund::Risk)
        }
        Kind::ApplyDeposit(_) | Kind::Disburse(_) | Kind::Repay(_) | Kind::Remove(_) => {
            Some(Fund::Risk)
        }
        Kind::Extend(_) | Kind::Overdue(_) | Kind::Npl(_) | Kind::Cure(_) => Some(Fund::Risk),
        Kind::FileClaim(_) | Kind::ApproveClaim(_) | Kind::RejectClaim(_) => Some(Fund::Risk),
        Kind::PayClaim(_) | Kind::CancelRest(_) | Kind::SettleClaim(_) => Some(Fund::Risk),
        Kind::RevokeClaim(_) | Kind::RefundClaim(_) | Kind::Recover(_) => Some(Fund::Risk),
        Kind::RecoveryCost(_) | Kind::WriteOff(_) | Kind::WithdrawClaim(_) => Some(Fund::Risk),
        Kind::CloseClaim(_) | Kind::Quota(_) | Kind::ShareLoss(_) => Some(Fund::Risk),
        Kind::ApproveSubsidy(own) => Some(Programme::fund(own.programme)),
        _ => None,
    }
}

/// An event touches the lines of one fund only, and of its own where it has one. A close touches all
/// cells of its owner, each of which balances by itself.
fn check_fund(fact: &Fact<'_>, tally: &mut Tally) {
    if matches!(fact.event.kind, Kind::Close(_)) {
        return;
    }
    let Some(first) = fact.entry.all_lines().next() else { return };
    let fund = fund_of(&fact.event.kind).unwrap_or(first.fund);
    tally.look(Check::EventFund);
    if let Some(line) = fact.entry.all_lines().find(|line| line.fund != fund) {
        let word = fact.event.kind.word();
        tally.find(Check::EventFund, fact.seq, word, fund, line.fund);
    }
}

/// What the bank credits belongs to the pool (4604) or to the treasury (2103), as the event says or
/// the rules in force.
fn check_interest(fact: &Fact<'_>, adopted: &Adopted, tally: &mut Tally) {
    let (owner, amount) = match &fact.event.kind {
        Kind::PoolInterest(own) => {
            let rules = fact.entry.rules.as_ref().and_then(|id| adopted.rules(id));
            let owner = own.to.or_else(|| rules.map(|rules| rules.pool_interest));
            let new = Total::from(own.amount) - own.accrued.map_or(Total::ZERO, Total::from);
            (owner.unwrap_or(InterestOwner::Pool), new)
        }
        Kind::ExplainReceipt(own) => match own.to {
            Origin::Interest => (InterestOwner::Pool, fact.told(Account::UnknownReceipts)),
            Origin::Treasury => (InterestOwner::Treasury, fact.told(Account::UnknownReceipts)),
            _ => return,
        },
        _ => return,
    };
    let account = match owner {
        InterestOwner::Pool => Account::InterestIncome,
        InterestOwner::Treasury => Account::TreasuryPayable,
    };
    tally.same(Check::InterestWithoutOwner, fact.seq, account, amount, -fact.told(account));
}

/// A transfer rests on a document, and what one pool is owed the other owes.
fn check_transfer(fact: &Fact<'_>, tally: &mut Tally) {
    let side = |account: Account, owner: &Id| -> Total {
        let lines = fact.entry.lines.iter();
        lines.filter(|line| line.account == account && line.owner == *owner).map(Line::signed).sum()
    };
    if let Kind::Transfer(own) = &fact.event.kind {
        tally.look(Check::TransferDocument);
        if fact.event.document.is_none() {
            tally.find(Check::TransferDocument, fact.seq, "transfer", "document", "-");
        }
        let Some(owner) = fact.owner() else { return };
        let due = fact.signed(side(Account::InterPoolReceivable, owner));
        let owed = fact.signed(-side(Account::InterPoolPayable, &own.to_owner));
        let amount = Total::from(own.amount);
        tally.look(Check::TransferSides);
        if (due, owed) != (amount, amount) {
            let subject = format_args!("{owner} {}", own.to_owner);
            tally.find(
                Check::TransferSides,
                fact.seq,
                subject,
                amount,
                format_args!("{due} / {owed}"),
            );
        }
        return;
    }
    let both = fact.moved(Account::InterPoolReceivable) + fact.moved(Account::InterPoolPayable);
    if both != Total::ZERO {
        tally.find(Check::TransferSides, fact.seq, fact.event.kind.word(), Total::ZERO, both);
    }
}

/// A movement on a bank account as an event tells it: the account, and the amount where it is told.
type Told<'a> = (&'a Id, Option<Total>);

/// The movements of an event, money in positive; none where it names no bank account.
fn told(kind: &Kind) -> [Option<Told<'_>>; 2] {
    let into = |bank, amount: Money| [Some((bank, Some(Total::from(amount)))), None];
    let out = |bank, amount: Option<Money>| {
        [Some((bank, amount.map(|amount| -Total::from(amount)))), None]
    };
    match kind {
        Kind::Contribute(own) => into(&own.bank_account, own.amount),
        Kind::Budget(own) => into(&own.bank_account, own.amount),
        Kind::ReceiveDeposit(own) => into(&own.bank_account, own.amount),
        Kind::UnknownReceipt(own) => into(&own.bank_account, own.amount),
        Kind::PoolInterest(own) => into(&own.bank_account, own.amount),
        Kind::ReturnBudget(own) => out(&own.bank_account, Some(own.amount)),
        Kind::BankCharge(own) => out(&own.bank_account, Some(own.amount)),
        Kind::TrusteeFee(own) => out(&own.bank_account, Some(own.amount)),
        Kind::RecoveryCost(own) => out(&own.bank_account, Some(own.amount)),
        Kind::RefundDeposit(own) => out(&own.bank_account, own.amount),
        Kind::ApplyDeposit(own) => out(&own.bank_account, own.amount),
        Kind::PayWithdrawal(own) => out(&own.bank_account, own.amount),
        Kind::PayTreasury(own) => out(&own.bank_account, own.amount),
        Kind::PayClaim(own) => out(&own.bank_account, own.amount),
        Kind::PaySubsidy(own) => out(&own.bank_account, own.amount),
        Kind::ReissueSubsidy(own) => out(&own.bank_account, own.amount),
        Kind::Recover(own) => [Some((&own.bank_account, None)), None],
        Kind::RefundClaim(own) => [Some((&own.bank_account, own.amount.map(Total::from))), None],
        Kind::ReturnSubsidy(own) => [Some((&own.bank_account, own.amount.map(Total::from))), None],
        Kind::ReceiveClawback(own) => {
            [Some((&own.bank_account, own.amount.map(Total::from))), None]
        }
        Kind::Move(own) => {
            let amount = Total::from(own.amount);
            [
                Some((&own.from_bank_account, Some(-amount))),
                Some((&own.to_bank_account, Some(amount))),
            ]
        }
        Kind::ChangeCustodian(own) => {
            [Some((&own.from_bank_account, None)), Some((&own.to_bank_account, None))]
        }
        Kind::SettleTransfer(own) => match (&own.bank_account, &own.to_bank_account) {
            (Some(lent), Some(owed)) if lent != owed => [
                Some((lent, own.amount.map(Total::from))),
                Some((owed, own.amount.map(|amount| -Total::from(amount)))),
            ],
            // Both owners' money lies on one account, on which nothing moves.
            (Some(lent), _) => [Some((lent, Some(Total::ZERO))), None],
            _ => [None, None],
        },
        Kind::Transfer(own) => {
            let amount = Total::from(own.amount);
            match own.to_bank_account.as_ref().filter(|to| **to != own.bank_account) {
                Some(to) => [Some((&own.bank_account, Some(-amount))), Some((to, Some(amount)))],
                // Both owners' money lies on one account, on which nothing moves.
                None => [Some((&own.bank_account, Some(Total::ZERO))), None],
            }
        }
        _ => [None, None],
    }
}

/// What the cells' lines move on a bank account is what the event tells of it. So the cells' money in
/// an account adds up to what was told of the account, entry by entry.
fn check_bank_accounts(fact: &Fact<'_>, tally: &mut Tally) {
    let told = told(&fact.event.kind);
    let [Some((first, _)), second] = told else { return };
    let net = |bank: &Id| -> Total {
        let lines = fact.entry.lines.iter();
        lines.filter(|line| line.bank_account.as_ref() == Some(bank)).map(Line::signed).sum()
    };
    // The event of a move may name one account twice.
    let one = second.is_some_and(|(bank, _)| bank == first);
    for (bank, amount) in told.into_iter().flatten() {
        let expected = if one { Some(Total::ZERO) } else { amount };
        if let Some(expected) = expected {
            let found = fact.signed(net(bank));
            tally.same(Check::BankAccountSum, fact.seq, bank, expected, found);
        }
    }
    if matches!(fact.event.kind, Kind::Transfer(_)) && second.is_none() {
        return;
    }
    let named = |line: &&Line| {
        told.iter().flatten().any(|(bank, _)| line.bank_account.as_ref() == Some(*bank))
    };
    let mut cash = fact.entry.lines.iter().filter(|line| line.bank_account.is_some());
    if let Some(line) = cash.find(|line| !named(line)) {
        let found = line.bank_account.as_ref().map_or("-", |bank| bank.as_str());
        tally.find(Check::BankAccountSum, fact.seq, fact.event.kind.word(), first, found);
    }
}
