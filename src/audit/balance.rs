//! Balances per owner and fund as a roll-forward (分县余额): what was there, what came in, what went
//! out, what is left, and what it consists of.
//!
//! Two identities tie every row, and they rest on different lines of the entries:
//! opening + in - out = closing (capital, income and expense), and
//! closing = bank + receivable - payable (money and debts).

use crate::audit::flow::Flow;
use crate::audit::movements::{Movements, Span, collect};
use crate::audit::turnover::{Key, Turnover};
use crate::domain::account::{Account, Class, Fund};
use crate::domain::money::Total;
use crate::domain::text::Id;
use crate::problem::Problem;

/// A column of the report, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Balance before the first day (期初).
    Opening,
    /// Contributions (出资).
    Contributions,
    /// Budget received (财政拨款).
    Budget,
    /// Interest (利息).
    Interest,
    /// Recoveries (追偿收回).
    Recoveries,
    /// Other increases (其他增加).
    OtherIn,
    /// Compensation (补偿支出).
    Compensation,
    /// Subsidies (补贴支出).
    Subsidies,
    /// Withdrawals (退出).
    Withdrawals,
    /// Costs (费用).
    Costs,
    /// Other decreases (其他减少).
    OtherOut,
    /// Balance after the last day (期末).
    Closing,
    /// Of which bank deposits (银行存款).
    Bank,
    /// Of which other assets less their allowances.
    Receivable,
    /// Less what is owed.
    Payable,
    /// Bank deposits less what is approved but unpaid or set apart (可用余额).
    Available,
}

impl Column {
    /// Every column, in the order of the report.
    pub const ALL: [Self; 16] = [
        Self::Opening,
        Self::Contributions,
        Self::Budget,
        Self::Interest,
        Self::Recoveries,
        Self::OtherIn,
        Self::Compensation,
        Self::Subsidies,
        Self::Withdrawals,
        Self::Costs,
        Self::OtherOut,
        Self::Closing,
        Self::Bank,
        Self::Receivable,
        Self::Payable,
        Self::Available,
    ];

    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Contributions => "contributions",
            Self::Budget => "budget",
            Self::Interest => "interest",
            Self::Recoveries => "recoveries",
            Self::OtherIn => "other_in",
            Self::Compensation => "compensation",
            Self::Subsidies => "subsidies",
            Self::Withdrawals => "withdrawals",
            Self::Costs => "costs",
            Self::OtherOut => "other_out",
            Self::Closing => "closing",
            Self::Bank => "bank",
            Self::Receivable => "receivable",
            Self::Payable => "payable",
            Self::Available => "available",
        }
    }

    /// The column of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.code() == text)
    }

    /// The flow that the column counts, if it counts one.
    pub fn flow(self) -> Option<Flow> {
        Some(match self {
            Self::Contributions => Flow::Contributions,
            Self::Budget => Flow::Budget,
            Self::Interest => Flow::Interest,
            Self::Recoveries => Flow::Recoveries,
            Self::OtherIn => Flow::OtherIn,
            Self::Compensation => Flow::Compensation,
            Self::Subsidies => Flow::Subsidies,
            Self::Withdrawals => Flow::Withdrawals,
            Self::Costs => Flow::Costs,
            Self::OtherOut => Flow::OtherOut,
            _ => return None,
        })
    }

    /// True when a movement of this key counts in the column; `before` says that it is dated before
    /// the first day.
    pub fn counts(self, key: Key, before: bool) -> bool {
        let class = key.account.class();
        match self {
            Self::Opening => before && key.account.is_equity(),
            Self::Closing => key.account.is_equity(),
            Self::Bank => key.account.is_cash(),
            Self::Receivable => {
                matches!(class, Class::Asset | Class::ContraAsset) && !key.account.is_cash()
            }
            Self::Payable => class == Class::Liability,
            Self::Available => key.account.is_cash() || is_reserved(key.account),
            flow => !before && flow.flow() == Some(key.flow),
        }
    }

    /// The amount with the column's sign.
    pub fn signed(self, sum: Turnover) -> Total {
        let debit_positive = match self.flow() {
            Some(flow) => flow.is_out(),
            None => matches!(self, Self::Bank | Self::Receivable | Self::Available),
        };
        if debit_positive { sum.net() } else { -sum.net() }
    }
}

/// True for debts that money must be kept for: approved and unpaid, or other people's. Estimates
/// (2401) are not approved yet, and money from another pool (2307.07) was sent to be spent.
fn is_reserved(account: Account) -> bool {
    matches!(
        account,
        Account::TreasuryPayable
            | Account::DiscountPayable
            | Account::FeeSubsidyPayable
            | Account::CompensationPayable
            | Account::FirmDeposits
            | Account::RecoveryUndistributed
            | Account::UnknownReceipts
            | Account::WithdrawalPayable
            | Account::ReturnedPayments
    )
}

/// The amounts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns([Total; Column::ALL.len()]);

impl Columns {
    /// The amount of a column.
    pub fn get(&self, column: Column) -> Total {
        self.0.get(column as usize).copied().unwrap_or_default()
    }

    /// Every column with its amount, in the order of the report.
    pub fn iter(&self) -> impl Iterator<Item = (Column, Total)> {
        Column::ALL.into_iter().zip(self.0)
    }

    /// Opening + in - out - closing: 0.00 when the row rolls forward.
    pub fn roll_forward_gap(&self) -> Total {
        let flows = self.iter().filter_map(|(column, amount)| {
            let flow = column.flow()?;
            Some(if flow.is_in() { amount } else { -amount })
        });
        self.get(Column::Opening) + flows.sum() - self.get(Column::Closing)
    }

    /// Closing - bank - receivable + payable: 0.00 when the balance is covered.
    pub fn cover_gap(&self) -> Total {
        self.get(Column::Closing) - self.get(Column::Bank) - self.get(Column::Receivable)
            + self.get(Column::Payable)
    }

    /// True when both identities hold.
    pub fn ties(&self) -> bool {
        self.roll_forward_gap() == Total::ZERO && self.cover_gap() == Total::ZERO
    }

    fn count(&mut self, key: Key, before: bool, sum: Turnover) {
        for (column, amount) in Column::ALL.into_iter().zip(&mut self.0) {
            if column.counts(key, before) {
                *amount += column.signed(sum);
            }
        }
    }

    fn add(&mut self, other: &Self) {
        for (amount, more) in self.0.iter_mut().zip(other.0) {
            *amount += more;
        }
    }
}

/// An owner as reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerName {
    /// Dense number, as in the tables.
    pub number: u16,
    /// Division code.
    pub code: Id,
    /// Name.
    pub name: String,
}

/// Which cells are asked for; nothing set means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Number of one owner.
    pub owner: Option<u16>,
    /// One fund.
    pub fund: Option<Fund>,
}

impl Cells {
    /// True when the cell is asked for.
    pub fn hold(self, owner: u16, fund: Fund) -> bool {
        self.owner.is_none_or(|one| one == owner) && self.fund.is_none_or(|one| one == fund)
    }
}

/// One cell of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Owner code.
    pub owner: Id,
    /// Owner name.
    pub name: String,
    /// Fund.
    pub fund: Fund,
    /// Amounts.
    pub columns: Columns,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Days that it covers.
    pub span: Span,
    /// A row for every cell asked for, also without movements; owners as given, funds in order.
    pub rows: Vec<Row>,
    /// Sums of the rows of each fund asked for.
    pub funds: Vec<(Fund, Columns)>,
    /// Sums of all rows.
    pub totals: Columns,
}

/// Balances of the cells over a span.
/// Cost: the rows of the tables for these owners, whatever the length of the journal.
///
/// # Errors
/// Those of the source.
pub fn balance(
    source: &(impl Movements + ?Sized),
    owners: &[OwnerName],
    cells: Cells,
    span: Span,
) -> Result<Balance, Problem> {
    let mut rows: Vec<(u16, Row)> = Vec::new();
    for owner in owners {
        for fund in Fund::ALL.into_iter().filter(|fund| cells.hold(owner.number, *fund)) {
            let (code, name) = (owner.code.clone(), owner.name.clone());
            let columns = Columns::default();
            rows.push((owner.number, Row { owner: code, name, fund, columns }));
        }
    }
    let mut places = std::collections::BTreeMap::new();
    for (place, (owner, row)) in rows.iter().enumerate() {
        places.insert((*owner, row.fund), place);
    }
    collect(source, cells.owner, &[span.eve(), span.to()], &mut |key, bucket, sum| {
        let place = places.get(&(key.owner, key.fund)).copied();
        if let Some((_, row)) = place.and_then(|place| rows.get_mut(place)) {
            row.columns.count(key, bucket == 0, sum);
        }
    })?;
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    let mut totals = Columns::default();
    let mut funds: Vec<(Fund, Columns)> = Fund::ALL
        .into_iter()
        .filter(|fund| cells.fund.is_none_or(|one| one == *fund))
        .map(|fund| (fund, Columns::default()))
        .collect();
    for row in &rows {
        totals.add(&row.columns);
        for (_, sum) in funds.iter_mut().filter(|(fund, _)| *fund == row.fund) {
            sum.add(&row.columns);
        }
    }
    Ok(Balance { span, rows, funds, totals })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{OWNERS, delta, owners, pair, reversed, scenario};
    use crate::domain::calendar::parse_date;

    fn risk(entries: &[crate::domain::entry::Entry], from: &str, to: &str) -> Columns {
        let span = Span::new(parse_date(from).unwrap(), parse_date(to).unwrap()).unwrap();
        let cells = Cells { owner: Some(1), fund: Some(Fund::Risk) };
        let balance = balance(&delta(entries), &owners(), cells, span).unwrap();
        assert_eq!(balance.rows.len(), 1);
        assert_eq!(balance.totals, balance.rows[0].columns);
        balance.totals
    }

    fn shown(columns: &Columns) -> String {
        let not_zero = columns.iter().filter(|(_, amount)| *amount != Total::ZERO);
        not_zero
            .map(|(column, amount)| format!("{} {amount}", column.code()))
            .collect::<Vec<_>>()
            .join(" | ")
    }

    /// Worked scenario of one county: 0 + 10,000,000.00 + 8,750.00 - 493,827.16 + 112,661.73 = 9,627,584.57.
    #[test]
    fn the_worked_scenario_to_the_fen() {
        let columns = risk(&scenario(), "2017-01-01", "2017-12-31");
        assert_eq!(
            shown(&columns),
            "contributions 10000000.00 | interest 8750.00 | recoveries 112661.73 | \
             compensation 493827.16 | closing 9627584.57 | bank 9627584.57 | available 9627584.57"
        );
        assert!(columns.ties());
        // Between approval and payment the money is still there, but not available.
        let columns = risk(&scenario(), "2017-03-01", "2017-04-30");
        assert_eq!(
            shown(&columns),
            "opening 10000000.00 | interest 8750.00 | compensation 493827.16 | \
             closing 9514922.84 | bank 10008750.00 | payable 493827.16 | available 9514922.84"
        );
        assert!(columns.ties());
    }

    #[test]
    fn a_reversal_is_a_negative_amount_in_the_same_column() {
        let mut entries = scenario();
        entries.push(reversed(&entries[2], 9));
        let columns = risk(&entries, "2017-01-01", "2017-12-31");
        assert_eq!(columns.get(Column::Interest), Total::ZERO);
        assert_eq!(columns.get(Column::OtherOut), Total::ZERO);
        assert_eq!(columns.get(Column::Closing).to_string(), "9618834.57");
        assert!(columns.ties());
    }

    #[test]
    fn an_unbalanced_book_does_not_tie() {
        let mut entries = scenario();
        let mut lines = pair(OWNERS[1], Fund::Risk, Account::CashRisk, Account::CapitalCity, 5);
        lines.pop();
        entries.push(crate::audit::sample::entry(9, "2017-09-01", lines));
        assert!(!risk(&entries, "2017-01-01", "2017-12-31").ties());
    }

    #[test]
    fn money_of_others_is_not_available_and_money_of_another_pool_is() {
        use Account as A;
        let mut entries = scenario();
        let mut receive = |debit, credit, fen| {
            let lines = pair(OWNERS[1], Fund::Risk, debit, credit, fen);
            entries.push(crate::audit::sample::entry(
                entries.len() as u64 + 1,
                "2017-09-01",
                lines,
            ));
        };
        receive(A::CashRisk, A::TreasuryPayable, 100);
        receive(A::CashRisk, A::FirmDeposits, 2_000);
        receive(A::CashRisk, A::InterPoolPayable, 30_000);
        let columns = risk(&entries, "2017-01-01", "2017-12-31");
        assert_eq!(columns.get(Column::Bank).to_string(), "9627905.57");
        assert_eq!(columns.get(Column::Payable).to_string(), "321.00");
        assert_eq!(columns.get(Column::Available).to_string(), "9627884.57");
        assert_eq!(columns.get(Column::Closing).to_string(), "9627584.57");
        assert!(columns.ties());
    }

    #[test]
    fn column_names_read_back() {
        for column in Column::ALL {
            assert_eq!(Column::parse(column.code()), Some(column));
        }
    }
}
