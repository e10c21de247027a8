//! The words that mark rows which are not movements: totals, balances carried over, labels, marks
//! of direction, units.

use crate::intake::cell::half_width;
use crate::intake::heading::plain;

/// Kind of a row that is not a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The balance before the first movement.
    Opening,
    /// The balance after the last movement.
    Closing,
    /// A page carried over to the next or from the last.
    Carried,
    /// A total of the rows above.
    Total(Span),
}

/// The rows that a total covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// All rows, those of the page, or those since the total of the same name.
    Since,
    /// Those of the day.
    Day,
    /// Those of the month.
    Month,
    /// Those of the year, including amounts that the file does not show.
    Running,
}

/// Labels of the balance at the start, in a cell or a row of its own.
pub const OPENING: [&str; 23] = [
    "期初余额",
    "上期余额",
    "上期结余",
    "承前余额",
    "承前页",
    "上页余额",
    "承上页",
    "期初结存",
    "期初结余",
    "上年结转",
    "上月结转",
    "上期结转",
    "上年余额",
    "上日余额",
    "昨日余额",
    "月初余额",
    "年初余额",
    "上日结余",
    "上页结余",
    "上期结存",
    "上月余额",
    "上月结余",
    "上年结余",
];
/// Labels of the balance at the end.
pub const CLOSING: [&str; 11] = [
    "月末余额",
    "年末余额",
    "本期结余",
    "本期结存",
    "期末余额",
    "本期余额",
    "期末结余",
    "期末结存",
    "结转下年",
    "结转下期",
    "结转下月",
];
const CARRIED: [&str; 8] =
    ["过次页", "转次页", "过下页", "转下页", "承前页", "承上页", "承前余额", "上页余额"];
const TOTALS: [&str; 6] = ["小计", "合计", "总计", "共计", "累计", "页计"];
/// Length up to which a text may still be such a word with other text around it.
const LONGEST: usize = 24;

/// The kind of a row by the text in the column of days.
pub fn leading(text: &str) -> Option<Word> {
    let text = plain(text);
    if text.chars().count() > LONGEST {
        return None;
    }
    named(&text).or_else(|| {
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        match () {
            () if TOTALS.iter().any(|word| text.contains(word)) => Some(Word::Total(span(&text))),
            () if begins(&OPENING) => Some(Word::Opening),
            () if begins(&CLOSING) => Some(Word::Closing),
            () if begins(&CARRIED) => Some(Word::Carried),
            () => None,
        }
    })
}

/// The kind of a row by the whole text of another cell: beside a day, only the exact word counts.
pub fn whole(text: &str) -> Option<Word> {
    // Nearly every row has none of these words, and a million rows are tested.
    if text.len() > LONGEST || !text.contains(['计', '页', '余', '结']) {
        return None;
    }
    named(&plain(text))
}

fn named(text: &str) -> Option<Word> {
    let bare = text.trim_matches(|c: char| "[]【】():：-—*".contains(c));
    if CARRIED.contains(&bare) {
        return Some(if OPENING.contains(&bare) { Word::Opening } else { Word::Carried });
    }
    if OPENING.contains(&bare) {
        return Some(Word::Opening);
    }
    if CLOSING.contains(&bare) {
        return Some(Word::Closing);
    }
    let before = TOTALS.iter().find_map(|word| bare.strip_suffix(word))?;
    let of = [
        "", "本页", "当页", "本日", "当日", "日", "本月", "当月", "月", "本季", "本年", "年",
        "本期", "当期",
    ];
    of.contains(&before).then(|| Word::Total(span(bare)))
}

fn span(text: &str) -> Span {
    match () {
        () if text.contains("累计") || text.contains('年') => Span::Running,
        () if text.contains('日') => Span::Day,
        () if text.contains('月') => Span::Month,
        () => Span::Since,
    }
}

/// A printed figure of one side: `借方合计金额`, `总收入`, `贷方笔数`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// True for money in.
    pub into: bool,
    /// True for a number of movements; otherwise it is a sum.
    pub count: bool,
}

/// The meaning that a label gives to its value.
pub fn figure(label: &str) -> Option<Figure> {
    let label = plain(label);
    let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
    if !has(&["合计", "总", "累计", "笔数", "发生额"]) || has(&["余额", "均"]) {
        return None;
    }
    let into = has(&["收入", "贷方", "存入", "转入", "收方"]);
    let out = has(&["支出", "借方", "取出", "转出", "付出", "支取", "付方"]);
    (into != out).then(|| Figure { into, count: label.contains("笔数") })
}

/// Words of a bank's mark for money in, and for money out. Its 贷 is money into the account.
const IN: [&str; 14] =
    ["贷", "收", "来", "入", "存", "进", "转入", "汇入", "credit", "cr", "c", "in", "deposit", "+"];
const OUT: [&str; 15] = [
    "借",
    "支",
    "付",
    "往",
    "出",
    "取",
    "转出",
    "汇出",
    "debit",
    "dr",
    "d",
    "out",
    "withdrawal",
    "payment",
    "-",
];

/// The direction that a mark shows (true is money in); `None` if it shows none.
pub fn direction(mark: &str) -> Option<bool> {
    let mark = half_width(mark).to_lowercase();
    let mark = mark.trim();
    let token = mark.split([' ', '/', '(']).next().unwrap_or_default();
    let says = |words: &[&str]| {
        words
            .iter()
            .any(|word| if word.is_ascii() { token == *word } else { mark.starts_with(word) })
    };
    match (says(&IN), says(&OUT)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Returns true for a text that is only a bank's mark (`支出`, `贷 Cr`), not a purpose that begins
/// with one.
pub fn is_mark(text: &str) -> bool {
    const REST: [&str; 12] = ["", "入", "出", "账", "帐", "方", "款", "取", "项", "记", "金", "转"];
    let text = half_width(text).to_lowercase();
    let token = text.split([' ', '/', '(']).next().unwrap_or_default();
    let long = token.is_ascii() || token.chars().count() <= 2;
    let rest = token.chars().skip(1).collect::<String>();
    long && direction(&text).is_some()
        && (token.is_ascii()
            || token.starts_with("转")
            || token.starts_with("汇")
            || REST.contains(&rest.as_str()))
}

/// A heading without its word of direction: `记账金额(收入)` and `记账金额(支出)` are a pair.
pub fn stem(name: &str) -> String {
    const WORDS: [&str; 16] = [
        "收入", "支出", "贷方", "借方", "存入", "取出", "支取", "转入", "转出", "付出", "credit",
        "debit", "收", "付", "贷", "借",
    ];
    let name = plain(name).to_lowercase();
    WORDS.into_iter().fold(name, |name, word| name.replace(word, ""))
}

/// A unit other than yuan that a heading or a line `单位：…` names.
pub fn unit(text: &str, heading: bool) -> Option<&'static str> {
    let text = plain(text);
    let units = ["万元", "千元", "百元", "亿元", "百万", "万美元"];
    let found = units.into_iter().find(|unit| text.contains(unit));
    let named = heading || text.contains("单位");
    found.filter(|_| named).or_else(|| {
        let short = ["(万)", "单位:万", "单位:千", "(千)"];
        (named && short.iter().any(|unit| text.contains(unit))).then_some("万元")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_they_are() {
        for (text, word) in [
            ("期初余额", Some(Word::Opening)),
            ("承前页", Some(Word::Opening)),
            ("过次页", Some(Word::Carried)),
            ("结转下年", Some(Word::Closing)),
            ("本页小计：", Some(Word::Total(Span::Since))),
            ("人民币合计", Some(Word::Total(Span::Since))),
            ("本日合计", Some(Word::Total(Span::Day))),
            ("【本月合计】", Some(Word::Total(Span::Month))),
            ("本年累计", Some(Word::Total(Span::Running))),
            ("2017-10-09", None),
            ("代偿", None),
        ] {
            assert_eq!(leading(text), word, "{text}");
        }
        // Beside a day, a purpose that contains such a word is still a purpose.
        assert_eq!(whole("支付合计三笔货款"), None);
        assert_eq!(whole("本月合计"), Some(Word::Total(Span::Month)));
        assert_eq!(whole("担保费合计"), None);
    }

    #[test]
    fn marks_say_which_way() {
        let marks = ["贷", "收", "收入", "来账", "入账", "转入", "CREDIT", "C", "贷 Cr", "存入"];
        assert!(marks.iter().all(|mark| direction(mark) == Some(true) && is_mark(mark)));
        let marks = ["借", "付", "支出", "往账", "出账", "转出", "DEBIT", "d", "借 Dr", "支取"];
        assert!(marks.iter().all(|mark| direction(mark) == Some(false) && is_mark(mark)));
        for text in ["转账", "结息", "ATM", ""] {
            assert_eq!(direction(text), None, "{text}");
        }
        assert!(!is_mark("支付货款") && !is_mark("收回贷款"));
    }

    #[test]
    fn headings_are_pairs() {
        for (one, other) in [
            ("记账金额(收入)", "记账金额（支出）"),
            ("贷方发生额/元(收入)", "借方发生额/元(支取)"),
            ("存入金额", "取出金额"),
            ("Credit Amount", "Debit Amount"),
        ] {
            assert_eq!(stem(one), stem(other), "{one}");
        }
        assert_ne!(stem("收入笔数"), stem("支出金额"));
        assert_ne!(stem("交易金额(收入)"), stem("记账金额(支出)"));
    }

    #[test]
    fn figures_and_units() {
        let into = |into, count| Some(Figure { into, count });
        assert_eq!(figure("总收入"), into(true, false));
        assert_eq!(figure("借方合计金额"), into(false, false));
        assert_eq!(figure("贷方 笔数"), into(true, true));
        assert_eq!(figure("收入"), None);
        assert_eq!(figure("借贷合计"), None);
        assert_eq!(unit("单位：万元", false), Some("万元"));
        assert_eq!(unit("收入金额（万元）", true), Some("万元"));
        assert_eq!(unit("注册资本100万元", false), None);
        assert_eq!(unit("单位：元", false), None);
    }
}
