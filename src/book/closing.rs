//! What stands in the way of a close, before it is tried (invariant 31).

use super::subsidies::compute_subsidies;
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::Month;
use crate::domain::decide::{Block, blocks};
use crate::domain::event::{Programme, Stage};
use crate::domain::money::{Money, Total};
use crate::domain::period::BookPeriod;
use crate::domain::registry::ClaimState;
use crate::domain::state::State;
use crate::domain::text::Id;
use compact_str::CompactString;

/// How much a matter weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The close is refused.
    Blocking,
    /// The close goes through, and the matter is carried over.
    Open,
}

impl Severity {
    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Open => "open",
        }
    }
}

/// One matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Matter {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is, as a word.
    pub item: &'static str,
    /// Fund.
    pub fund: Fund,
    /// Bank account, receipt, account of the chart, claim or quarter.
    pub subject: CompactString,
    /// Amount.
    pub amount: Total,
}

/// Liabilities that should be settled before a period is closed.
const OPEN_ACCOUNTS: &[(&str, &[Account])] = &[
    (
        "approved-unpaid",
        &[
            Account::CompensationPayable,
            Account::DiscountPayable,
            Account::FeeSubsidyPayable,
            Account::WithdrawalPayable,
            Account::TreasuryPayable,
        ],
    ),
    ("returned-payments", &[Account::ReturnedPayments]),
];

/// Everything that stands in the way of closing an owner's period to a stage: blocking matters first. Balances
/// are those at the end of the period; claims are those that stand in review now.
/// Cost: what the owner's open months hold, and the subsidies of the quarters that end in it.
pub fn matters(state: &State, owner: &Id, period: BookPeriod, stage: Stage) -> Vec<Matter> {
    let balances = state.balances_until(owner, Month::of(period.to));
    let blocks = |stage| blocks(state, owner, period, &balances, stage);
    let blocking = blocks(stage);
    let of = |block: Block| Matter {
        severity: if blocking.contains(&block) { Severity::Blocking } else { Severity::Open },
        item: block.item,
        fund: block.fund,
        subject: block.subject,
        amount: block.amount,
    };
    let mut found: Vec<Matter> = blocks(Stage::Final).into_iter().map(of).collect();
    let open = |item, fund, subject: &str, amount| Matter {
        severity: Severity::Open,
        item,
        fund,
        subject: subject.into(),
        amount,
    };
    for fund in Fund::ALL {
        for (item, accounts) in OPEN_ACCOUNTS {
            for account in *accounts {
                let balance = balances.get(&(fund, *account, None)).copied().unwrap_or_default();
                if balance != Total::ZERO {
                    found.push(open(item, fund, account.code(), -balance));
                }
            }
        }
    }
    let claims = state.claims.iter().filter(|claim| {
        claim.owner == *owner && claim.state == ClaimState::Filed && claim.filed <= period.to
    });
    found.extend(
        claims.map(|claim| open("claim-in-review", Fund::Risk, &claim.id, claim.claimed.into())),
    );
    for quarter in period.quarters() {
        let lines = compute_subsidies(state, quarter, Programme::ALL);
        for fund in [Fund::Interest, Fund::Fee] {
            let own = lines.iter().filter(|line| line.owner == *owner && line.fund == fund);
            let unapproved = own.filter(|line| line.is_payable());
            let amount: Total = unapproved.map(|line: &_| Total::from(line.amount)).sum();
            if amount > Total::from(Money::ZERO) {
                found.push(open("subsidies-not-approved", fund, &quarter.to_string(), amount));
            }
        }
    }
    found
}
