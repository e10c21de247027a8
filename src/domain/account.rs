//! The chart of accounts (科目表), closed. Four-digit heads follow the government
//! accounting system, so that a unit maps them one to one.

use std::fmt;

/// One of the three funds of an owner; they never pay for each other.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Fund {
    /// Risk pool (融资风险池基金).
    #[serde(rename = "RISK")]
    Risk,
    /// Interest discounts (贷款贴息).
    #[serde(rename = "INT")]
    Interest,
    /// Guarantee-fee subsidies (贷款担保补贴).
    #[serde(rename = "GFEE")]
    Fee,
}

impl Fund {
    /// All funds in the order of reports.
    pub const ALL: [Self; 3] = [Self::Risk, Self::Interest, Self::Fee];

    /// `RISK`, `INT` or `GFEE`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Risk => "RISK",
            Self::Interest => "INT",
            Self::Fee => "GFEE",
        }
    }

    /// The fund of a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fund| fund.code() == text)
    }

    /// The bank account head of the fund (银行存款).
    pub fn cash(self) -> Account {
        match self {
            Self::Risk => Account::CashRisk,
            Self::Interest => Account::CashInterest,
            Self::Fee => Account::CashFee,
        }
    }
}

impl fmt::Display for Fund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Debit or credit (借, 贷).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Debit (借).
    Debit,
    /// Credit (贷).
    Credit,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }

    /// `debit` or `credit`, as stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// What an account stands for in the accounting equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Money and claims (资产).
    Asset,
    /// Allowance against a claim (备抵).
    ContraAsset,
    /// Owed to others (负债).
    Liability,
    /// Fund capital and surplus (净资产).
    Fund,
    /// Income (收入).
    Income,
    /// Expense (支出).
    Expense,
    /// Off-balance register (表外).
    Memo,
}

macro_rules! chart {
    ($($variant:ident $code:literal $class:ident $side:ident $zh:literal $en:literal;)*) => {
        /// An account of the chart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant is documented by its code and names in the table")]
        pub enum Account { $($variant),* }

        impl Account {
            /// The whole chart, in the order of codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code, `1002.01`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The class.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),* }
            }

            /// The side on which the account normally stands.
            pub fn normal_side(self) -> Side {
                match self { $(Self::$variant => Side::$side),* }
            }

            /// The Chinese name.
            pub fn name_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),* }
            }

            /// The English name.
            pub fn name_en(self) -> &'static str {
                match self { $(Self::$variant => $en),* }
            }

            /// The account of a code. Cost: one comparison of short texts per match arm.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

chart! {
    CashRisk "1002.01" Asset Debit "银行存款-风险池专户" "bank deposits, risk pool";
    CashInterest "1002.02" Asset Debit "银行存款-贴息资金" "bank deposits, interest discounts";
    CashFee "1002.03" Asset Debit "银行存款-担保费补贴资金" "bank deposits, guarantee-fee subsidies";
    InterestReceivable "1216" Asset Debit "应收利息-专户" "interest receivable";
    ContributionReceivable "1218.01" Asset Debit "其他应收款-应收出资款" "contributions receivable";
    RecoveryRight "1218.02" Asset Debit "其他应收款-追偿权" "recovery rights";
    CompensationRefund "1218.03" Asset Debit "其他应收款-应收合作机构退回补偿" "compensation to be refunded by partners";
    ClawbackReceivable "1218.04" Asset Debit "其他应收款-应追回补贴" "subsidies to be clawed back";
    InterPoolReceivable "1218.05" Asset Debit "池间往来-应收" "due from other pools";
    RecoveryAllowance "1219.02" ContraAsset Credit "坏账准备-追偿权备抵" "allowance for recovery rights";
    ClawbackAllowance "1219.04" ContraAsset Credit "坏账准备-应追回补贴备抵" "allowance for claw-backs";
    TreasuryPayable "2103" Liability Credit "应缴财政款" "payable to the treasury";
    DiscountPayable "2303.01" Liability Credit "应付政府补贴款-贷款贴息" "interest discounts payable";
    FeeSubsidyPayable "2303.02" Liability Credit "应付政府补贴款-担保费补贴" "guarantee-fee subsidies payable";
    CompensationPayable "2307.01" Liability Credit "其他应付款-已批未付补偿" "compensation approved, unpaid";
    FirmDeposits "2307.02" Liability Credit "其他应付款-企业助保金" "deposits of firms";
    RecoveryUndistributed "2307.03" Liability Credit "其他应付款-待分配追偿款" "recoveries to be distributed";
    UnknownReceipts "2307.04" Liability Credit "其他应付款-待查收款" "unknown receipts";
    WithdrawalPayable "2307.05" Liability Credit "其他应付款-应退出资" "withdrawals approved, unpaid";
    ReturnedPayments "2307.06" Liability Credit "其他应付款-退票待重付" "returned payments to be reissued";
    InterPoolPayable "2307.07" Liability Credit "池间往来-应付" "due to other pools";
    DiscountAccrued "2401.01" Liability Credit "预提费用-贴息" "interest discounts accrued";
    FeeSubsidyAccrued "2401.02" Liability Credit "预提费用-担保费补贴" "guarantee-fee subsidies accrued";
    CapitalProvince "3101.01" Fund Credit "专用基金-省出资" "capital, province";
    CapitalCity "3101.02" Fund Credit "专用基金-市出资" "capital, city";
    CapitalCounty "3101.03" Fund Credit "专用基金-县出资" "capital, county";
    CapitalGuarantor "3101.04" Fund Credit "专用基金-担保机构出资" "capital, guarantors";
    CapitalBank "3101.05" Fund Credit "专用基金-银行出资" "capital, banks";
    Surplus "3101.09" Fund Credit "专用基金-滚存" "accumulated surplus";
    PeriodResult "3301" Fund Credit "本期盈余" "result of the period";
    PriorYears "3501" Fund Credit "以前年度盈余调整" "adjustment of prior years";
    BudgetInterest "4001.02" Income Credit "财政拨款收入-贴息" "budget, interest discounts";
    BudgetFee "4001.03" Income Credit "财政拨款收入-担保费补贴" "budget, guarantee-fee subsidies";
    BudgetCompensation "4001.04" Income Credit "财政拨款收入-补偿" "budget, compensation (quota)";
    InterestIncome "4604" Income Credit "利息收入" "interest income";
    RecoveryIncome "4609.01" Income Credit "其他收入-追偿收回" "recoveries";
    Compensation "5001.01" Expense Debit "风险补偿支出" "compensation";
    DiscountExpense "5001.02" Expense Debit "贷款贴息支出" "interest discounts";
    FeeSubsidyExpense "5001.03" Expense Debit "担保费补贴支出" "guarantee-fee subsidies";
    RecoveryCost "5001.04" Expense Debit "追偿费用" "costs of recovery";
    TrusteeFee "5001.05" Expense Debit "委托管理费" "trustee fee";
    OtherExpense "5901" Expense Debit "其他费用-银行手续费等" "bank charges and other costs";
    Commitments "9001" Memo Debit "表外-承诺未到位出资" "memo: commitments not paid in";
    Quota "9002" Memo Debit "表外-年度补偿额度" "memo: compensation quota of the year";
    LoansNormal "9101" Memo Debit "表外-备案贷款余额-正常" "memo: enrolled loans, normal";
    LoansExtended "9102" Memo Debit "表外-备案贷款余额-展期" "memo: enrolled loans, extended";
    LoansOverdue "9103" Memo Debit "表外-备案贷款余额-逾期" "memo: enrolled loans, overdue";
    LoansNpl "9104" Memo Debit "表外-备案贷款余额-不良" "memo: enrolled loans, non-performing";
    Exposure "9111" Memo Debit "表外-池承担风险责任余额" "memo: risk borne by the pool";
    ClaimsInReview "9201" Memo Debit "表外-在审补偿申请" "memo: claims under review";
    WrittenOff "9301" Memo Debit "表外-账销案存" "memo: written off, still pursued";
    FirmYear "9401" Memo Debit "表外-企业年度补贴累计" "memo: subsidies of a firm in the year";
    BankYear "9402" Memo Debit "表外-银行年度补偿累计" "memo: compensation of a bank in the year";
    MemoCounter "9999" Memo Credit "表外对方" "memo: counter-account";
}

impl Account {
    /// True for off-balance accounts (90xx, 9999), which stand beside the books.
    pub fn is_memo(self) -> bool {
        self.class() == Class::Memo
    }

    /// True for the bank deposit heads.
    pub fn is_cash(self) -> bool {
        matches!(self, Self::CashRisk | Self::CashInterest | Self::CashFee)
    }

    /// True where what stands on the credit side is spoken for: approved and unpaid, or of others.
    pub fn is_reserving(self) -> bool {
        matches!(
            self,
            Self::TreasuryPayable
                | Self::DiscountPayable
                | Self::FeeSubsidyPayable
                | Self::CompensationPayable
                | Self::FirmDeposits
                | Self::RecoveryUndistributed
                | Self::UnknownReceipts
                | Self::WithdrawalPayable
                | Self::ReturnedPayments
        )
    }

    /// True for accounts whose sum is the balance of a cell: capital, income and expense.
    pub fn is_equity(self) -> bool {
        matches!(self.class(), Class::Fund | Class::Income | Class::Expense)
    }

    /// The position in the chart, for keys.
    pub fn index(self) -> u8 {
        self as u8
    }

    /// Back from [`Account::index`].
    pub fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Account {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::domain::text::deserialize_text(deserializer, |code| {
            Self::parse(code).ok_or_else(|| format!("no account {code}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_in_order_and_reads_back() {
        let codes: Vec<&str> = Account::ALL.iter().map(|account| account.code()).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        for account in Account::ALL {
            assert_eq!(Account::parse(account.code()), Some(*account));
            assert_eq!(Account::from_index(account.index()), Some(*account));
            assert_eq!(account.is_memo(), account.code().starts_with('9'));
        }
        assert_eq!(Account::parse("1002"), None);
    }
}
