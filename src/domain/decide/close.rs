//! Closing a period (E-80, E-81), and what a closed period means for every other event.

use super::{Context, Decision, checkpoint, owner};
use crate::domain::account::{Account, Class, Fund};
use crate::domain::calendar::{Date, Month, next_day};
use crate::domain::digest::{self, Balances};
use crate::domain::event::{Close, Event, Kind, Stage};
use crate::domain::field::Json;
use crate::domain::money::{Money, Total};
use crate::domain::period::BookPeriod;
use crate::domain::person;
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Closing, Owner};
use crate::domain::state::{Cell, MonthEnd, State};
use crate::domain::text::Id;
use crate::planted::{Bug, planted};
use crate::problem::Problem;
use compact_str::CompactString;
use serde_json::json;

pub(super) fn close(
    state: &State,
    event: &Event,
    own: &Close,
    context: &Context<'_>,
) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    let period = BookPeriod::parse(&own.period).map_err(|problem| problem.in_column("period"))?;
    if event.date != period.to {
        return Err(Reason::CloseDate
            .refuse()
            .with("period", &own.period)
            .with("date", event.date)
            .with("last", period.to));
    }
    let stage = own.stage.unwrap_or(Stage::Final);
    check_new(state, owner, own, period, stage)?;
    let month = Month::of(period.to);
    let before = state.balances_until(&owner.code, month);
    let blocks = blocks(state, &owner.code, period, &before, stage);
    if let Some(first) = blocks.first() {
        return Err(Reason::CloseBlocked
            .refuse()
            .with("owner", &owner.code)
            .with("name", &owner.name)
            .with("period", &own.period)
            .with("item", first.item)
            .with("fund", first.fund)
            .with("subject", &first.subject)
            .with("amount", first.amount.grouped())
            .with("count", blocks.len()));
    }
    let mut balances = by_account(&before);
    let mut drafts = Vec::new();
    if stage == Stage::Final {
        for fund in Fund::ALL {
            drafts.push(carried(&owner.code, fund, period, &balances)?);
        }
    }
    let draft = drafts.into_iter().reduce(Draft::and);
    for line in draft.iter().flat_map(|draft| &draft.lines) {
        *balances.entry((line.fund, line.account)).or_default() += line.signed();
    }
    let journal = context.journal;
    let tree = context.seals.and_then(|seals| seals.of(&owner.code));
    let working = json!({
        "digest": digest::digest(&owner.code, period.to, &balances),
        "journal": { "entries": journal.entries, "root": digest::hex(&journal.root) },
        "owner_tree": checkpoint::tree(tree),
    });
    let decision = match draft {
        Some(draft) => Decision::entry(owner.code.clone(), draft),
        None => Decision::fact(Some(owner.code.clone())),
    };
    Ok(decision.working(Json::new(&working)?))
}

/// The period must lie behind what is closed; a year may follow the last of its months.
fn check_new(
    state: &State,
    owner: &Owner,
    own: &Close,
    period: BookPeriod,
    stage: Stage,
) -> Result<(), Problem> {
    let Some(closing) = state.closings.get(&owner.code) else { return Ok(()) };
    let year_end = |last: Date| {
        let open = closing.year.is_none_or(|year| year < period.to.year());
        stage == Stage::Final && period.is_year && last == period.to && open
    };
    let last = match stage {
        Stage::Final => closing.through,
        Stage::Soft => closing.soft.max(closing.through),
    };
    match last {
        Some((last, entry)) if period.to <= last && !year_end(last) => {
            Err(Reason::PeriodClosedAlready
                .refuse()
                .with("owner", &owner.code)
                .with("name", &owner.name)
                .with("period", &own.period)
                .with("through", last)
                .with("entry", entry))
        }
        _ => Ok(()),
    }
}

/// Something that no close of the stage passes over.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is, as a word.
    pub item: &'static str,
    /// Fund.
    pub fund: Fund,
    /// Bank account, receipt or account of the chart.
    pub subject: CompactString,
    /// Amount.
    pub amount: Total,
}

/// What blocks a close (invariant 31): bank accounts below zero at the end of the period and, where
/// the close is final, recoveries not distributed by then and money that arrived by then and is not
/// explained yet. An explanation may be dated later than the period that it lets close.
/// Cost: the bank accounts of the cells; where an unknown receipt is open, all receipts.
pub fn blocks(
    state: &State,
    owner: &Id,
    period: BookPeriod,
    balances: &MonthEnd,
    stage: Stage,
) -> Vec<Block> {
    let below = balances
        .iter()
        .filter(|((_, account, _), net)| account.is_cash() && **net < Total::ZERO)
        .map(|((fund, _, bank), balance)| Block {
            item: "below-zero",
            fund: *fund,
            subject: bank.as_deref().unwrap_or("-").into(),
            amount: *balance,
        });
    let mut blocks: Vec<Block> = below.collect();
    if stage == Stage::Soft {
        return blocks;
    }
    let suspense = Account::UnknownReceipts;
    if Fund::ALL.iter().any(|fund| state.balance(owner, *fund, suspense, None) != Total::ZERO) {
        let open = state.receipts.iter().filter(|receipt| {
            receipt.owner == *owner && receipt.received <= period.to && receipt.open > Money::ZERO
        });
        blocks.extend(open.map(|receipt| Block {
            item: "unknown-receipts",
            fund: receipt.fund,
            subject: receipt.id.as_str().into(),
            amount: receipt.open.into(),
        }));
    }
    let undistributed = balances.iter().filter(|((_, account, _), net)| {
        *account == Account::RecoveryUndistributed && **net != Total::ZERO
    });
    blocks.extend(undistributed.map(|((fund, account, _), net)| Block {
        item: "undistributed-recoveries",
        fund: *fund,
        subject: account.code().into(),
        amount: -*net,
    }));
    blocks
}

/// The balances of accounts over their bank accounts.
fn by_account(balances: &MonthEnd) -> Balances {
    let mut sums = Balances::new();
    for ((fund, account, _), net) in balances {
        *sums.entry((*fund, *account)).or_default() += *net;
    }
    sums
}

/// The closing lines of a cell.
fn carried(
    owner: &Id,
    fund: Fund,
    period: BookPeriod,
    balances: &Balances,
) -> Result<Draft, Problem> {
    let money = |net: Total| net.money().map_err(super::out_of_range);
    let of = |account| balances.get(&(fund, account)).copied().unwrap_or_default();
    let mut draft = Draft::new(&Cell { owner: owner.clone(), fund });
    let mut result = of(Account::PeriodResult);
    for account in Account::ALL {
        if matches!(account.class(), Class::Income | Class::Expense) {
            result += of(*account);
            draft = posting::close_result(draft, *account, money(of(*account))?);
        }
    }
    if period.is_year {
        for (account, net) in
            [(Account::PeriodResult, result), (Account::PriorYears, of(Account::PriorYears))]
        {
            draft = posting::close_year(draft, account, money(net)?);
        }
    }
    Ok(draft)
}

/// No event lands in a closed period (invariant 6), whosever money it moves; in one that is closed
/// to all but adjustments it takes an approver who did not make it.
pub(super) fn check_open(state: &State, event: &Event, decision: &Decision) -> Result<(), Problem> {
    // What the bank says of a closed period is no change of it, and a seal books nothing.
    let is_seal =
        matches!(event.kind, Kind::Close(_) | Kind::Checkpoint(_) | Kind::KeepCheckpoint(_));
    let open = state.closings.is_empty() || planted(Bug::ClosedPeriodOpen);
    if open || is_seal || event.kind.is_of_statements() {
        return Ok(());
    }
    let owner = decision.owner.as_ref().or(event.owner.as_ref());
    // A fact of nobody's is the city's.
    let owner = owner.map_or(state.city(), |owner| owner.as_str());
    let draft = decision.draft.iter();
    let lines = draft.flat_map(|draft| draft.lines.iter().chain(&draft.memo));
    let owners = std::iter::once(owner).chain(lines.map(|line| line.owner.as_str()));
    for closing in owners.filter_map(|owner| state.closings.get(owner)) {
        if let Some((through, entry)) = closing.through.filter(|(day, _)| event.date <= *day) {
            return Err(refusal(Reason::PeriodClosed, state, event, closing, (through, entry)));
        }
        let (maker, approver) = (event.maker.as_ref(), event.approver.as_ref());
        let adjusted = maker.and(approver).is_some() && !person::same_named(maker, approver);
        if let Some(soft) = closing.soft.filter(|(day, _)| event.date <= *day && !adjusted) {
            return Err(refusal(Reason::PeriodSoftClosed, state, event, closing, soft));
        }
    }
    Ok(())
}

fn refusal(
    reason: Reason,
    state: &State,
    event: &Event,
    closing: &Closing,
    (through, entry): (Date, u64),
) -> Problem {
    let name = state.owners.get(&closing.owner).map_or("-", |owner| owner.name.as_str());
    reason
        .refuse()
        .with("owner", &closing.owner)
        .with("name", name)
        .with("date", event.date)
        .with("through", through)
        .with("entry", entry)
        .with("open", next_day(through).map_or_else(|_| "-".to_owned(), |day| day.to_string()))
}
