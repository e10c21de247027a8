//! Records of subsidy lines approved and paid, and what they use of the firms' caps.

use super::*;

pub(super) fn add_cap_use(state: &mut State, line: &Subsidy, sign: fn(Money) -> Money) {
    let years = line.years.iter().map(|(year, amount)| (*year, sign(*amount)));
    add_cap_years(state, line, years.collect());
}

/// Adds to what a line's firm has used of its caps, by year.
pub(super) fn add_cap_years(state: &mut State, line: &Subsidy, years: Vec<(i16, Money)>) {
    let firm = state.firm_identity(&line.firm).to_owned();
    let total = cap::subsidy_total(line.programme, &firm);
    for (year, by) in years {
        cap::count(state, &total, by, Money::ZERO);
        let id = cap_id(line.programme, &firm, year);
        match state.caps.get_mut(&id) {
            Some(cap) => cap.used = cap.used.add(by).unwrap_or_default(),
            None => state.caps.insert(CapUse { id, used: by }),
        }
    }
}

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let event = &entry.event;
    match &event.kind {
        Kind::ApproveSubsidy(own) => {
            let Some(loan) = state.loans.get_mut(&own.loan) else { return };
            let line = Subsidy {
                id: event.id.clone(),
                programme: own.programme,
                owner: loan.owner.clone(),
                loan: loan.id.clone(),
                note: loan
                    .note(own.note.as_ref())
                    .map_or_else(|| loan.id.clone(), |note| note.id.clone()),
                firm: loan.firm.clone(),
                payee: own.payee.clone().unwrap_or_else(|| loan.firm.clone()),
                period: own.period.clone(),
                supplements: own.supplement.clone(),
                computed: own.working.is_some(),
                budget: own.working.as_ref().and_then(budget_left),
                years: cap_years_of(own).unwrap_or_default(),
                given: Vec::new(),
                released: Money::ZERO,
                returned: Money::ZERO,
                reissued: Money::ZERO,
                clawback: Money::ZERO,
                settled: Money::ZERO,
                offset: Money::ZERO,
                written_off: Money::ZERO,
                amount: own.amount,
                paid: Money::ZERO,
                state: SubsidyState::Approved,
                approved_on: event.date,
                trail: vec![entry.seq],
                before: vec![SubsidyState::Cancelled],
            };
            if let Some(note) = note_mut(loan, own.note.as_ref()) {
                let (programme, period) = (own.programme, own.period.clone());
                note.subsidised.push(Subsidised { programme, period, subsidy: event.id.clone() });
            }
            add_cap_use(state, &line, |amount| amount);
            review::approved(state, own, &line, entry.seq);
            state.subsidies.insert(line);
            if let Some(first) = own.supplement.as_ref().and_then(|id| state.subsidies.get_mut(id))
            {
                first.trail.push(entry.seq);
                first.before.push(first.state);
            }
        }
        Kind::PaySubsidy(own) => {
            let paid = paid_subsidy(entry);
            if let Some(line) = state.subsidies.get_mut(&own.subsidy) {
                line.trail.push(entry.seq);
                line.before.push(line.state);
                line.paid = line.paid.add(paid).unwrap_or_default();
                line.state = line.standing();
            }
        }
        _ => {}
    }
}

pub(super) fn paid_subsidy(entry: &Entry) -> Money {
    let payable = |account| sum(&entry.lines, account);
    payable(Account::DiscountPayable).max(payable(Account::FeeSubsidyPayable))
}
