//! How banks name the columns of their statements, for guesses that a person looks through.

/// What a column may mean, and by which parts of its name that is told.
pub struct Meaning {
    /// Key of the profile.
    pub key: &'static str,
    /// Parts that its name must hold.
    pub all_of: &'static [&'static str],
    /// Parts of which its name must hold one.
    pub any_of: &'static [&'static str],
    /// Parts that it must not hold.
    pub none_of: &'static [&'static str],
    /// More than one column may mean it.
    pub several: bool,
}

const fn meaning(
    key: &'static str,
    all_of: &'static [&'static str],
    any_of: &'static [&'static str],
    none_of: &'static [&'static str],
) -> Meaning {
    Meaning { key, all_of, any_of, none_of, several: false }
}

/// In the order in which columns are given away: the plainer name first.
///
/// A bank's 借 is money out of the account, its 贷 money in.
pub const MEANINGS: &[Meaning] = &[
    meaning("flag", &[], &["借贷", "借/贷", "收支", "收/支", "d/c"], &["金额"]),
    meaning("payer-name", &["付款"], &["名", "name"], &["行名", "行号"]),
    meaning("payer-account", &["付款"], &["账号", "帐号"], &["行号"]),
    meaning("payee-name", &["收款"], &["名", "name"], &["行名", "行号"]),
    meaning("payee-account", &["收款"], &["账号", "帐号"], &["行号"]),
    meaning("balance", &[], &["余额", "balance"], &["上", "期初", "可用"]),
    meaning(
        "in",
        &[],
        &["贷方", "收入", "转入", "存入", "credit", "入账"],
        &["时间", "日期", "户", "账号"],
    ),
    meaning(
        "out",
        &[],
        &["借方", "支出", "转出", "支取", "debit"],
        &["时间", "日期", "户", "账号"],
    ),
    meaning("amount", &[], &["金额", "发生额", "amount"], &["余额", "大写"]),
    meaning(
        "date",
        &[],
        &["交易日", "交易时间", "日期", "date"],
        &["起息", "记账", "入账", "打印", "value"],
    ),
    meaning("date", &[], &["记账日", "入账日", "时间"], &["打印"]),
    meaning(
        "name",
        &[],
        &[
            "对方户名",
            "对方名称",
            "对方单位",
            "对手户名",
            "对方账户名",
            "对方账号名",
            "counterparty",
        ],
        &["行"],
    ),
    meaning("name", &["对方"], &["名"], &["账号", "帐号", "行"]),
    meaning(
        "name",
        &[],
        &["交易对手", "对方"],
        &["号", "行", "地", "摘要", "用途", "附言", "备注"],
    ),
    meaning("account", &[], &["对方账号", "对方帐号", "对手账号", "对方账户"], &["名"]),
    meaning("serial", &[], &["流水号", "serial", "reference number"], &["企业"]),
    meaning("own", &[], &["本方账号", "账号", "帐号"], &["对方", "收款", "付款", "名"]),
    meaning("currency", &[], &["币种", "币别", "货币", "currency"], &[]),
    Meaning {
        key: "memo",
        all_of: &[],
        any_of: &["摘要", "用途", "附言", "备注", "description", "remark"],
        none_of: &[],
        several: true,
    },
];
