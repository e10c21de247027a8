//! The quarterly run: compute, approve, pay. Computing is pure; this only brings state and run
//! together and turns lines into events.

use super::Book;
use crate::domain::calendar::{Date, Quarter};
use crate::domain::event::{ApproveSubsidy, Event, Kind, PaySubsidy, Programme};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, Total};
use crate::domain::registry::{Subsidy, SubsidyState};
use crate::domain::state::{Cell, State};
use crate::domain::subsidy::known::{Known, others};
use crate::domain::subsidy::{FirmKey, Run, SubsidyLine, compute};
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use compact_str::{CompactString, format_compact};
use std::collections::HashMap;

/// Computes the subsidies of a quarter that are not approved yet; writes nothing. Cost: linear in
/// the loans and their recorded changes.
pub fn compute_subsidies(
    state: &State,
    quarter: Quarter,
    programmes: &[Programme],
) -> Vec<SubsidyLine> {
    let period = format_compact!("{quarter}");
    let mut used: HashMap<FirmKey, Vec<(i16, Money)>> = HashMap::new();
    let mut budget: HashMap<(Programme, Id), Money> = HashMap::new();
    let live = state.subsidies.iter().filter(|line| line.state != SubsidyState::Cancelled);
    for line in live {
        let key = (line.programme, CompactString::new(state.firm_identity(&line.firm)));
        used.entry(key).or_default().extend(line.years_used());
    }
    for owner in state.owners.iter() {
        for programme in Programme::ALL {
            let cell = Cell { owner: owner.code.clone(), fund: programme.fund() };
            let left = state.available(&cell).max(Total::ZERO).money().unwrap_or(Money::MAX);
            budget.insert((*programme, owner.code.clone()), left);
        }
    }
    let approved = |programme: Programme, _: &Loan, note: &Note| {
        note.subsidised.iter().any(|line| line.programme == programme && line.period == period)
    };
    let run = Run {
        quarter,
        programmes,
        rates: state.rates(),
        rules: &|id: &Id| state.rules(id),
        firm_key: &|firm: &Id| CompactString::new(state.firm_identity(firm)),
        used: &used,
        budget: &budget,
        approved: &approved,
        budgeted: &|_, _, _| None,
        other: &|_, note, days| others(note, days),
        facts: &Known::new(state),
    };
    compute(&run, state.loans.iter())
}

/// The event that approves a line. Its id names programme, period, loan and note, so that the same
/// line is never approved twice.
///
/// # Errors
/// When the working is not sound JSON, which would be a bug.
pub fn approval(line: &SubsidyLine, date: Date) -> Result<Event, Problem> {
    let suffix = if line.note == line.loan { String::new() } else { format!("/{}", line.note) };
    let id = format!("{}/{}/{}{suffix}", line.fund, line.period, line.loan);
    Ok(event(
        &id,
        date,
        &line.owner,
        Kind::ApproveSubsidy(ApproveSubsidy {
            amount: line.amount,
            loan: line.loan.clone(),
            note: Some(line.note.clone()),
            payee: payee(line),
            period: line.period.clone(),
            programme: line.programme,
            supplement: None,
            working: Some(line.working.to_text()),
            years: None,
        }),
    ))
}

/// Who is paid, where it is not the firm.
pub(super) fn payee(line: &SubsidyLine) -> Option<Id> {
    (line.payee != line.firm).then(|| line.payee.clone())
}

/// The event that pays the open part of a line from a bank account.
pub fn payment(line: &Subsidy, date: Date, bank_account: &Id, amount: Money) -> Event {
    // What was paid before makes the id of a second part different from the first.
    let id = format!("pay/{}/{}", line.id, line.paid);
    let own = PaySubsidy {
        amount: Some(amount),
        bank_account: bank_account.clone(),
        subsidy: line.id.clone(),
    };
    event(&id, date, &line.owner, Kind::PaySubsidy(own))
}

pub(super) fn event(id: &str, date: Date, owner: &Id, kind: Kind) -> Event {
    Event {
        id: Id::joined(id),
        date,
        owner: Some(owner.clone()),
        document: None,
        effective: None,
        memo: None,
        attachments: Vec::new(),
        maker: None,
        checker: None,
        approver: None,
        kind,
    }
}

/// The lines of a quarter that are approved and not fully paid, with what is open.
pub fn unpaid(state: &State, quarter: Option<Quarter>) -> Vec<(&Subsidy, Money)> {
    let period = quarter.map(|quarter| quarter.to_string());
    let lines = state.subsidies.iter().filter(|line| {
        line.state.is_unpaid() && period.as_deref().is_none_or(|period| line.period == period)
    });
    lines.filter_map(|line| Some((line, line.amount.sub(line.paid).ok()?))).collect()
}

impl<S: Store> Book<S> {
    /// The event under an id that no reversed entry holds: `id`, else `id#2` and so on. What was
    /// approved or paid and then reversed can be approved or paid again, while what stands is still
    /// known by its id. Cost: a look-up for each time that it was reversed.
    ///
    /// # Errors
    /// The store's own, or an id that grew too long.
    pub fn once_more(&self, event: Event) -> Result<Event, Problem> {
        let mut id = event.id.clone();
        for attempt in 2_u32.. {
            match self.find(&id)? {
                Some(entry) if self.state().reversed_by(entry.seq).is_some() => {}
                _ => break,
            }
            id = Id::parse(&format!("{}#{attempt}", event.id))
                .map_err(|error| Problem::data(error.code()).with("text", &event.id))?;
        }
        Ok(Event { id, ..event })
    }

    /// The bank account of a cell that holds enough for a payment; the one with most money first.
    pub fn paying_account(&self, cell: &Cell, amount: Money) -> Option<&Id> {
        let state = self.state();
        let accounts = state.bank_accounts.iter().filter(|account| account.fund == cell.fund);
        let with_money = accounts.map(|account| {
            let held = state.balance(&cell.owner, cell.fund, cell.fund.cash(), Some(&account.id));
            (held, &account.id)
        });
        let best = with_money.max_by(|(a, first), (b, second)| a.cmp(b).then(second.cmp(first)))?;
        (best.0 >= Total::from(amount)).then_some(best.1)
    }
}
