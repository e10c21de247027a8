//! What a correction says of the firm's caps by year, and the line that a supplement adds to.

use super::subsidy::firm_year_cap;
use super::{out_of_range, room, within};
use crate::domain::event::{ApproveSubsidy, Programme};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, Total};
use crate::domain::refusal::Reason;
use crate::domain::registry::Subsidy;
use crate::domain::state::State;
use crate::domain::years::{Years, add_year};
use crate::problem::Problem;

/// The lines approved for one period of a note, supplements included.
fn lines_of<'s>(
    state: &'s State,
    note: &'s Note,
    programme: Programme,
    period: &str,
) -> impl Iterator<Item = &'s Subsidy> {
    let own = note.subsidised.iter();
    let own = own.filter(move |line| line.programme == programme && line.period == *period);
    own.filter_map(|line| state.subsidies.get(&line.subsidy)).collect::<Vec<_>>().into_iter()
}

/// A supplement adds to the first line of the same note, programme and period.
pub(super) fn supplemented(
    state: &State,
    own: &ApproveSubsidy,
    note: &Note,
) -> Result<(), Problem> {
    let Some(id) = &own.supplement else { return Ok(()) };
    let unknown = || Reason::SubsidyUnknown.refuse().with("subsidy", id);
    let line = state.subsidies.get(id).ok_or_else(unknown)?;
    let same = lines_of(state, note, own.programme, &own.period).any(|of| of.id == line.id);
    if same && line.supplements.is_none() {
        return Ok(());
    }
    Err(Reason::SupplementOther
        .refuse()
        .with("subsidy", id)
        .with("programme", line.programme)
        .with("loan", &line.loan)
        .with("note", &line.note)
        .with("period", &line.period)
        .with("first", line.supplements.as_ref().unwrap_or(&line.id)))
}

/// A firm's year must have room for what it is to take.
pub(super) fn firm_years(
    state: &State,
    loan: &Loan,
    programme: Programme,
    years: &[(i16, Money)],
) -> Result<(), Problem> {
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    let firm = state.firm_identity(&loan.firm);
    let Some(cap) = rules.and_then(|rules| firm_year_cap(rules, programme)) else { return Ok(()) };
    for (year, amount) in years.iter().filter(|(_, amount)| amount.is_positive()) {
        let used = state.cap_used(programme, firm, *year);
        if used + Total::from(*amount) > Total::from(cap) {
            return Err(Reason::FirmYearCap
                .refuse()
                .with("firm", firm)
                .with("year", year)
                .with("cap", cap.grouped())
                .with("used", used.grouped())
                .with("amount", amount.grouped()));
        }
    }
    room::check_total(state, loan, programme, years)
}

/// Years told by hand or by a recomputation: no year is given back more than the lines of the period
/// use of it, and what they still use covers what the firm may keep of them.
pub(super) fn years_hold(
    state: &State,
    note: &Note,
    (programme, period): (Programme, &str),
    (takes, told): (&Years, &Years),
    keeps: Total,
) -> Result<(), Problem> {
    let (mut used, mut kept) = (Vec::new(), keeps);
    for line in lines_of(state, note, programme, period) {
        line.years_used().into_iter().for_each(|row| add_year(&mut used, row));
        kept += line.kept();
    }
    let before = Years::of(used.iter().copied());
    for (year, takes) in takes.rows().iter().filter(|(_, takes)| *takes < Money::ZERO) {
        let open = used.iter().find(|(of, _)| of == year).map_or(Money::ZERO, |(_, open)| *open);
        within(format_args!("{} {period} / {year}", note.id), takes.negated(), open)?;
    }
    let covered = before.total() + takes.total();
    if covered >= kept {
        return Ok(());
    }
    Err(Reason::YearsShort
        .refuse()
        .with("period", period)
        .with("years", told)
        .with("used", covered.grouped())
        .with("kept", kept.grouped()))
}

/// What a reduction or claw-back frees of the firm's caps: as its years say, else `otherwise`.
///
/// # Errors
/// When the years do not fit the line, or a cap has no room for what they take.
pub(super) fn freed(
    state: &State,
    line: &Subsidy,
    years: Option<&Years>,
    amount: Money,
    otherwise: Money,
) -> Result<Money, Problem> {
    let (Some(years), Some(loan)) = (years, state.loans.get(&line.loan)) else {
        return Ok(otherwise);
    };
    let of_line = |note: &&Note| note.subsidised.iter().any(|own| own.subsidy == line.id);
    let Some(note) = loan.notes.iter().find(of_line) else { return Ok(otherwise) };
    let takes = years.turned();
    firm_years(state, loan, line.programme, takes.rows())?;
    let period = (line.programme, line.period.as_str());
    years_hold(state, note, period, (&takes, years), -Total::from(amount))?;
    years.total().money().map_err(out_of_range)
}
