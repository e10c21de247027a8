//! The three funds together, per owner, against what they are to reach (资金规模).

use crate::audit::balance::{Cells, Column, OwnerName, balance};
use crate::audit::movements::{Movements, Span};
use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::domain::text::Id;
use crate::problem::Problem;

/// What the three funds together are to reach, and by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Owner it is set for; none for the whole city.
    pub owner: Option<Id>,
    /// Day by which.
    pub by: Date,
    /// Amount.
    pub amount: Money,
}

/// Contributions and budgets received by an owner, per fund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Owner code.
    pub owner: Id,
    /// Owner name.
    pub name: String,
    /// Received for each fund, in the order of [`Fund::ALL`].
    pub funds: [Total; 3],
    /// Received in all.
    pub total: Total,
}

/// How far a target is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The target.
    pub target: Target,
    /// Received up to the day of the report.
    pub received: Total,
    /// Still missing; 0.00 when reached.
    pub missing: Total,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Day of the report, counted.
    pub date: Date,
    /// A row for every owner given.
    pub rows: Vec<Row>,
    /// Sums of the rows per fund.
    pub funds: [Total; 3],
    /// Sum of all.
    pub total: Total,
    /// Each target, in the order given.
    pub targets: Vec<Reached>,
}

/// What was received up to a day, against the targets.
///
/// # Errors
/// Those of the source.
pub fn scale(
    source: &(impl Movements + ?Sized),
    owners: &[OwnerName],
    targets: &[Target],
    date: Date,
) -> Result<Scale, Problem> {
    let report = balance(source, owners, Cells::default(), Span::until(date))?;
    let mut rows: Vec<Row> = Vec::new();
    let mut sums = [Total::ZERO; 3];
    for owner in owners {
        let mut funds = [Total::ZERO; 3];
        for row in report.rows.iter().filter(|row| row.owner == owner.code) {
            let received = row.columns.get(Column::Contributions) + row.columns.get(Column::Budget);
            let place = Fund::ALL.iter().position(|fund| *fund == row.fund);
            for list in [&mut funds, &mut sums] {
                if let Some(sum) = place.and_then(|place| list.get_mut(place)) {
                    *sum += received;
                }
            }
        }
        let total = funds.into_iter().sum();
        rows.push(Row { owner: owner.code.clone(), name: owner.name.clone(), funds, total });
    }
    let total = sums.into_iter().sum();
    let reached = |target: &Target| {
        let received = match &target.owner {
            None => total,
            Some(owner) => rows.iter().filter(|row| row.owner == *owner).map(|row| row.total).sum(),
        };
        let missing = (Total::from(target.amount) - received).max(Total::ZERO);
        Reached { target: target.clone(), received, missing }
    };
    let targets = targets.iter().map(reached).collect();
    Ok(Scale { date, rows, funds: sums, total, targets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{OWNERS, delta, entry, owners, pair, scenario};
    use crate::domain::account::Account;
    use crate::domain::calendar::parse_date;

    #[test]
    fn contributions_and_budgets_count_and_nothing_else() {
        let mut entries = scenario();
        let budget =
            pair(OWNERS[2], Fund::Interest, Account::CashInterest, Account::BudgetInterest, 50_000);
        entries.push(entry(9, "2017-09-01", budget));
        let target = Target {
            owner: None,
            by: parse_date("2017-12-31").unwrap(),
            amount: Money::parse("43,000,000").unwrap(),
        };
        let at = |day| {
            scale(
                &delta(&entries),
                &owners(),
                std::slice::from_ref(&target),
                parse_date(day).unwrap(),
            )
            .unwrap()
        };
        assert_eq!(at("2017-01-31").total.to_string(), "4000000.00");
        let year = at("2017-12-31");
        assert_eq!(year.total.to_string(), "10000500.00");
        assert_eq!(year.rows[2].funds.map(|sum| sum.0), [0, 50_000, 0]);
        assert_eq!(year.targets[0].missing.to_string(), "32999500.00");
    }
}
