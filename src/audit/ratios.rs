//! Ratios of the pool as exact pairs: what is divided, and by what. Rounding is left
//! to whoever prints them.

use crate::audit::balance::{Cells, Column};
use crate::audit::movements::{Movements, Span, collect};
use crate::domain::account::{Account, Fund};
use crate::domain::money::Total;
use crate::problem::Problem;

/// A ratio with both its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// What is divided.
    pub numerator: Total,
    /// By what; a ratio over 0.00 does not exist.
    pub denominator: Total,
}

/// The ratios of the risk pool at the end of a day, of one owner or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratios {
    /// Enrolled loan balance over money paid in (放大倍数).
    pub leverage: Ratio,
    /// Risk borne by the pool over money paid in.
    pub borne: Ratio,
    /// Non-performing balance over enrolled balance (不良率).
    pub non_performing: Ratio,
    /// Overdue balance over enrolled balance (逾期率).
    pub overdue: Ratio,
    /// Recoveries over compensation, both since the beginning (追偿回收率).
    pub recovered: Ratio,
    /// Compensation less recoveries over money paid in (池消耗率).
    pub consumed: Ratio,
}

/// The ratios up to and with the last day of `span`; its first day does not matter.
///
/// # Errors
/// Those of the source.
pub fn ratios(
    source: &(impl Movements + ?Sized),
    owner: Option<u16>,
    span: Span,
) -> Result<Ratios, Problem> {
    let cells = Cells { owner, fund: Some(Fund::Risk) };
    let mut accounts = std::collections::BTreeMap::<Account, Total>::new();
    let (mut paid_in, mut compensation, mut recoveries) = Default::default();
    collect(source, owner, &[span.to()], &mut |key, _, sum| {
        if !cells.hold(key.owner, key.fund) {
            return;
        }
        *accounts.entry(key.account).or_default() += sum.net();
        let columns = [
            (Column::Contributions, &mut paid_in),
            (Column::Compensation, &mut compensation),
            (Column::Recoveries, &mut recoveries),
        ];
        for (column, total) in columns {
            if column.counts(key, false) {
                *total += column.signed(sum);
            }
        }
    })?;
    let balance = |account: Account| accounts.get(&account).copied().unwrap_or_default();
    let [overdue, bad] = [balance(Account::LoansOverdue), balance(Account::LoansNpl)];
    let loans = balance(Account::LoansNormal) + balance(Account::LoansExtended) + overdue + bad;
    let over = |numerator, denominator| Ratio { numerator, denominator };
    Ok(Ratios {
        leverage: over(loans, paid_in),
        borne: over(balance(Account::Exposure), paid_in),
        non_performing: over(bad, loans),
        overdue: over(overdue, loans),
        recovered: over(recoveries, compensation),
        consumed: over(compensation - recoveries, paid_in),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{OWNERS, delta, pair, scenario};
    use crate::domain::calendar::parse_date;

    /// The worked scenario of one county beside 40,000,000.00 of loans, a tenth of them bad.
    #[test]
    fn parts_of_the_worked_scenario() {
        let mut entries = scenario();
        let register =
            |account, fen| pair(OWNERS[1], Fund::Risk, account, Account::MemoCounter, fen);
        entries[0].memo = [
            register(Account::LoansNormal, 3_600_000_000),
            register(Account::LoansNpl, 400_000_000),
            register(Account::Exposure, 1_600_000_000),
        ]
        .concat();
        let span = Span::until(parse_date("2017-12-31").unwrap());
        let found = ratios(&delta(&entries), Some(1), span).unwrap();
        let shown = |ratio: Ratio| format!("{} / {}", ratio.numerator, ratio.denominator);
        assert_eq!(shown(found.leverage), "40000000.00 / 10000000.00");
        assert_eq!(shown(found.borne), "16000000.00 / 10000000.00");
        assert_eq!(shown(found.non_performing), "4000000.00 / 40000000.00");
        assert_eq!(shown(found.overdue), "0.00 / 40000000.00");
        assert_eq!(shown(found.recovered), "112661.73 / 493827.16");
        assert_eq!(shown(found.consumed), "381165.43 / 10000000.00");
        assert_eq!(ratios(&delta(&entries), Some(2), span).unwrap(), Ratios::default());
    }
}
