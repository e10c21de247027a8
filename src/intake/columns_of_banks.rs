//! The names that banks give to the columns of their statements, for guesses that the figures then
//! prove.

/// A possible meaning of a column, and the parts of a name that indicate it.
pub struct Meaning {
    /// Key of the profile.
    pub key: &'static str,
    /// Lists of parts; the name must contain one part of each list.
    pub any_of: &'static [&'static [&'static str]],
    /// Parts that the name must not contain.
    pub none_of: &'static [&'static str],
    /// Required contents of the column.
    pub holds: Holds,
}

/// Required contents of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Anything.
    Text,
    /// Days, unless the column is empty.
    Days,
    /// Amounts, unless the column is empty.
    Amounts,
}

const fn meaning(
    key: &'static str,
    any_of: &'static [&'static [&'static str]],
    none_of: &'static [&'static str],
    holds: Holds,
) -> Meaning {
    Meaning { key, any_of, none_of, holds }
}

/// Words for the other party, never for the own account.
const OTHER: &[&str] = &[
    "对方",
    "对手",
    "往来",
    "收(付)方",
    "付(收)方",
    "收付方",
    "收/付方",
    "付/收方",
    "他行",
    "counterparty",
];
const NUMBER: &[&str] = &["账号", "帐号", "卡号", "账户", "帐户", "account"];
const NAME: &[&str] = &["户名", "名称", "姓名", "单位", "账户名", "账号名", "名", "name"];
/// Words that can occur beside money but do not mean money: times, people, counts, running sums,
/// ways of payment.
const NO_MONEY: &[&str] = &[
    "时间", "日期", "日", "户", "账号", "帐号", "卡号", "笔数", "次数", "累计", "人", "名", "行号",
    "银行", "号", "方式", "渠道", "类型", "类别", "标志", "标识", "方向", "用途", "摘要", "附言",
    "备注", "余额", "币种", "款方", "款人", "款行", "税", "汇率",
];

/// The only names of the column of the own account number.
pub const OWN: &[&str] = &[
    "账号",
    "帐号",
    "卡号",
    "账户号",
    "账户号码",
    "账户账号",
    "银行账号",
    "本方账号",
    "本方帐号",
    "我方账号",
    "查询账号",
    "本账号",
    "开户账号",
    "客户账号",
    "本方卡号",
    "交易账号",
    "交易卡号",
    "账号/卡号",
];

/// The meanings in the order in which columns are assigned. If several columns may have one
/// meaning, the plainer name comes first, and the figures decide.
///
/// A bank's 借 is money out of the account, its 贷 money in.
pub const MEANINGS: &[Meaning] = &[
    meaning(
        "flag",
        &[&[
            "借贷",
            "借/贷",
            "收支",
            "收/支",
            "收付",
            "收/付",
            "出入账",
            "出入帐",
            "来往账",
            "往来账",
            "存取",
            "进出",
            "借方/贷方",
            "d/c",
            "dr/cr",
            "debit/credit",
        ]],
        &["金额", "发生额", "余额", "方名", "方户", "方账", "方帐", "单位"],
        Holds::Text,
    ),
    meaning("payer-name", &[&["付款"], NAME], &["行名", "行号", "银行"], Holds::Text),
    meaning("payer-account", &[&["付款"], NUMBER], &["行号", "名"], Holds::Text),
    meaning("payee-name", &[&["收款"], NAME], &["行名", "行号", "银行"], Holds::Text),
    meaning("payee-account", &[&["收款"], NUMBER], &["行号", "名"], Holds::Text),
    meaning("account", &[OTHER, NUMBER], &["名", "行", "姓"], Holds::Text),
    meaning("name", &[OTHER, NAME], &["账号", "帐号", "卡号", "开户", "行"], Holds::Text),
    meaning("name", &[&["账号名", "账户名"], OTHER], &[], Holds::Text),
    meaning(
        "name",
        &[OTHER],
        &["号", "行", "地", "摘要", "用途", "附言", "备注", "类型"],
        Holds::Text,
    ),
    meaning(
        "balance-before",
        &[
            &["余额", "结余", "结存", "balance"],
            &["上笔", "上次", "交易前", "前余额", "变动前", "发生前", "before", "previous"],
        ],
        &["可用"],
        Holds::Amounts,
    ),
    meaning(
        "balance",
        &[&["余额", "结余", "结存", "balance"]],
        &[
            "上笔",
            "上次",
            "上期",
            "上日",
            "上月",
            "前余额",
            "期初",
            "可用",
            "冻结",
            "日均",
            "透支",
            "交易前",
            "变动前",
            "before",
            "available",
        ],
        Holds::Amounts,
    ),
    meaning(
        "charge",
        &[&["手续费", "服务费", "工本费", "汇划费", "邮电费", "费用金额", "收费金额"]],
        &["日期", "号", "名", "类型", "方式"],
        Holds::Amounts,
    ),
    meaning(
        "in",
        &[&[
            "贷方", "收入", "转入", "存入", "入账", "入帐", "收方", "收款", "汇入", "进账", "收到",
            "来账", "收进", "流入", "增加", "credit", "deposit", "moneyin", "paidin",
        ]],
        NO_MONEY,
        Holds::Amounts,
    ),
    meaning(
        "out",
        &[&[
            "借方",
            "支出",
            "转出",
            "支取",
            "取出",
            "付出",
            "付款",
            "支付",
            "汇出",
            "出账",
            "出帐",
            "付方",
            "取款",
            "往账",
            "扣账",
            "扣款",
            "流出",
            "减少",
            "debit",
            "withdrawal",
            "moneyout",
            "paidout",
        ]],
        NO_MONEY,
        Holds::Amounts,
    ),
    meaning(
        "amount",
        &[&["金额", "发生额", "amount"]],
        &["余额", "大写", "笔数", "累计", "balance"],
        Holds::Amounts,
    ),
    meaning(
        "date",
        &[&["交易日", "交易时间", "日期", "date"]],
        &["起息", "记账", "入账", "打印", "value"],
        Holds::Days,
    ),
    meaning("date", &[&["记账日", "入账日", "时间", "日期"]], &["打印"], Holds::Days),
    meaning("serial", &[&["流水号", "serial", "reference number"]], &["企业"], Holds::Text),
    meaning("currency", &[&["币种", "币别", "货币", "currency"]], &[], Holds::Text),
    meaning(
        "memo",
        &[&["摘要", "用途", "附言", "备注", "description", "remark"]],
        &[],
        Holds::Text,
    ),
];

/// Names of columns with amounts that do not change a balance.
pub const IDLE: &[&str] = &[
    "笔数",
    "次数",
    "累计",
    "余额",
    "结余",
    "结存",
    "序号",
    "顺序号",
    "号",
    "汇率",
    "利率",
    "税率",
    "积数",
    "code",
    "no",
];
