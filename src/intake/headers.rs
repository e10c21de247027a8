//! Chinese and English names of columns, and Chinese words of closed lists, in one table each.
//!
//! A name may stand for several fields (`借据号` is the note of a loan in one table and the loan in
//! another); a table takes the first that it has a column for.

use crate::domain::event::COMMON_FIELDS;
use crate::domain::event::{EventSpec, VOCABULARY};
use crate::domain::field::{FieldSpec, Value, nearest};
use crate::intake::cell::{half_width, trim};
use crate::problem::Problem;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Field names with the Chinese names of their columns. The first Chinese name is the one that
/// templates and messages use.
pub const HEADERS: &[(&str, &[&str])] = &[
    ("id", &["编号", "序号", "业务编号"]),
    ("event", &["事件", "业务类型", "事项"]),
    ("date", &["日期", "业务日期", "发生日期", "付息日", "还款日", "到账日期", "付费日"]),
    ("effective", &["生效日", "生效日期", "实际发生日"]),
    ("owner", &["县区", "县市区", "县(市、区)", "县(市)区", "区县", "所属县区", "县区代码"]),
    ("document", &["文号", "批文", "凭据号"]),
    ("memo", &["摘要", "备注", "说明"]),
    ("against", &["抵扣补贴编号", "抵扣的补贴"]),
    ("attachments", &["附件"]),
    ("maker", &["制单", "制单人", "经办", "经办人"]),
    ("checker", &["复核", "复核人", "审核", "审核人"]),
    ("approver", &["审批", "审批人", "批准人"]),
    ("account", &["收款账号"]),
    ("account_bank", &["收款银行", "收款开户行"]),
    ("asset", &["抵债资产"]),
    ("accrued", &["已计提利息", "其中已计提"]),
    (
        "amount",
        &[
            "金额",
            "贷款金额",
            "出资金额",
            "还款金额",
            "利息金额",
            "利息",
            "借款金额",
            "代偿金额",
            "担保费",
        ],
    ),
    ("approved_amount", &["核定金额", "批准金额"]),
    ("bank", &["银行", "贷款银行", "合作银行", "开户银行", "开户行"]),
    ("bank_account", &["银行账户", "账户", "资金账户"]),
    ("from_bank_account", &["转出账户"]),
    ("to_bank_account", &["转入账户"]),
    ("asset", &["抵债资产", "资产"]),
    ("base", &["代偿基数", "未偿本金", "逾期本金", "申请金额", "补偿基数"]),
    ("by", &["期限", "目标日期", "保存人", "保存单位"]),
    ("checkpoint", &["校验点序号", "校验点"]),
    ("city", &["城市代码"]),
    ("currency", &["币种"]),
    ("claim", &["代偿号", "代偿编号", "补偿申请号", "申请号", "补偿申请"]),
    ("collateral", &["已处置抵押物", "抵押物价款"]),
    ("contract", &["合同号", "贷款合同号", "合同编号"]),
    ("cost", &["追偿费用", "费用"]),
    ("credit_code", &["统一社会信用代码", "信用代码"]),
    ("day_count", &["计息方式", "计息天数口径"]),
    ("drawing_of", &["同合同贷款号", "同一合同的贷款"]),
    ("due", &["到期日", "到期日期", "展期到期日", "新到期日"]),
    ("entry", &["凭证序号", "分录号", "日记账序号"]),
    ("fee_rate", &["担保费率", "费率"]),
    ("filed", &["申请日", "申请日期", "申报日期"]),
    ("firm", &["企业", "企业代码", "借款企业", "借款人", "统一社会信用代码", "企业编号"]),
    ("firm_class", &["企业类型", "企业类别"]),
    ("firm_name", &["企业名称", "借款企业名称"]),
    ("first_loan", &["首贷", "是否首贷"]),
    ("from", &["起", "起始日", "开始日期", "起息日", "起日"]),
    ("fund", &["资金", "资金类别", "基金"]),
    ("gross", &["追偿额", "追回金额", "追偿总额", "回收总额", "回收金额", "收回总额"]),
    ("guarantor", &["担保机构", "担保公司"]),
    ("instalment", &["分次付款", "分笔付款"]),
    ("interest", &["正常利息", "基数利息"]),
    ("kind", &["类别", "类型"]),
    ("lawsuit", &["立案号", "起诉受理", "诉讼案号", "案号"]),
    ("opinion", &["意见", "审查意见", "审核意见"]),
    ("purpose", &["用途", "贷款用途"]),
    ("step", &["步骤", "环节", "审查环节"]),
    ("loans_between", &["其间备案的贷款", "期间备案贷款"]),
    ("loan", &["贷款号", "贷款编号", "借据号", "借据编号"]),
    ("name", &["名称"]),
    ("note", &["借据号", "借据编号", "提款号"]),
    ("number", &["账号", "银行账号"]),
    ("other", &["其他财政资金", "其他项目补偿"]),
    ("override_reason", &["例外原因", "采用理由"]),
    ("paid", &["支付日", "支付日期", "代偿日期", "拨付日期"]),
    ("party", &["往来单位", "单位代码"]),
    ("people", &["岗位分离"]),
    ("payee", &["收款人", "收款单位"]),
    ("period", &["期间"]),
    ("guarantor_share", &["担保分担比例", "担保机构分担比例"]),
    ("pool_share", &["风险池分担比例", "分担比例", "风险池比例", "池分担比例"]),
    ("prior_year", &["以前年度"]),
    ("programme", &["补贴项目", "项目"]),
    ("qualification", &["资格", "资质", "资格类别"]),
    ("rate", &["利率", "年利率", "贷款利率"]),
    ("rates", &["利率表"]),
    ("reason", &["原因", "理由"]),
    ("receipt", &["待查款编号", "待查收款编号"]),
    ("receives", &["到账方式", "入账口径"]),
    ("renews", &["续贷原贷款号", "原贷款号"]),
    ("rules", &["规则"]),
    ("scope", &["暂停范围"]),
    ("scheme", &["其他补贴政策", "其他政策"]),
    ("security", &["担保方式"]),
    ("settlement", &["结清方式"]),
    ("signed", &["签订日", "签订日期", "合同签订日"]),
    ("source", &["出资方", "资金来源", "来源"]),
    ("status", &["状态", "贷款状态"]),
    ("stage", &["结账程度"]),
    ("subsidy", &["补贴编号"]),
    ("supplement", &["原补偿申请", "补充的申请", "补充的补贴编号"]),
    ("years", &["上限年度"]),
    ("to", &["止", "至", "终止日", "截止日期", "归属", "止日"]),
    ("to_owner", &["转入县区"]),
    ("to_rules", &["改用的规则", "新规则"]),
    ("value", &["作价", "作价金额"]),
    ("working", &["计算过程"]),
    ("year", &["年度", "额度年度"]),
    ("age_warn_days", &["账龄提示天数"]),
    ("channel", &["取得渠道", "对账单渠道"]),
    ("closing", &["期末余额"]),
    ("days_far", &["最远相隔天数"]),
    ("days_near", &["相近天数"]),
    ("digest", &["校验值"]),
    ("fetched_by", &["取得人"]),
    ("figures", &["调节数据"]),
    ("file", &["文件名"]),
    ("gap_reason", &["缺口原因"]),
    ("lines", &["流水编号"]),
    ("match_score", &["勾对分数"]),
    ("matching", &["勾对编号"]),
    ("movements", &["流水明细"]),
    ("opening", &["期初余额"]),
    ("part", &["第几部分"]),
    ("parts", &["共几部分"]),
    ("postings", &["账面分录行"]),
    ("profile", &["版式"]),
    ("propose_score", &["建议分数"]),
    ("sha256", &["文件校验值"]),
    ("statement", &["对账单编号"]),
    ("steps_max", &["搜索步数上限"]),
    ("subset_max", &["组合笔数上限"]),
    ("enrolled", &["备案日", "备案日期"]),
    ("disbursed", &["放款日", "放款日期", "发放日期"]),
    ("approved", &["批准日", "审批日期", "批准日期"]),
];

/// Words of closed lists: the code in files, then what stands for it.
pub const WORDS: &[(&str, &[&str])] = &[
    ("RISK", &["风险池", "风险池基金", "融资风险池基金"]),
    ("INT", &["贴息", "贷款贴息", "贴息资金"]),
    ("GFEE", &["担保费补贴", "贷款担保补贴", "担保补贴"]),
    ("province", &["省", "省级"]),
    ("city", &["市", "市级", "市本级"]),
    ("county", &["县", "县级", "县区"]),
    ("county-city", &["县级市"]),
    ("district", &["区", "市辖区"]),
    ("zone", &["开发区", "示范区", "高新区", "功能区"]),
    ("firm", &["企业"]),
    ("bank", &["银行"]),
    ("guarantor", &["担保机构", "担保公司", "担保"]),
    ("funder", &["出资人", "出资单位"]),
    ("pool", &["风险池", "留存", "归池", "滚存入池", "资金池"]),
    ("owner", &["本县区", "县区资金池"]),
    ("bank-of-owner", &["县区内银行"]),
    ("cash", &["现金", "现金归还"]),
    ("fund", &["转基金", "转为基金"]),
    ("treasury", &["国库", "财政", "上缴财政"]),
    ("contribution", &["出资款", "出资"]),
    ("subsidy-budget", &["补贴预算款", "补贴预算"]),
    ("interest", &["利息款", "利息"]),
    ("deposit", &["助保金", "企业助保金"]),
    ("recovery", &["追偿款"]),
    ("payer", &["原付款人", "非本单位款，退原付款人"]),
    ("share", &["份额", "仅池内份额"]),
    ("gross", &["全额", "回收总额"]),
    ("act-360", &["实际天数/360"]),
    ("act-365", &["实际天数/365"]),
    ("by-month", &["对年对月对日"]),
    ("interest-discount", &["贷款贴息", "贴息"]),
    ("guarantee-fee", &["担保费补贴", "担保补贴"]),
    ("in-review", &["审查中", "受理审查"]),
    ("sent-back", &["退回补正", "补正"]),
    ("resubmitted", &["补正后重报"]),
    ("site-checked", &["已现场核查", "现场核查"]),
    ("reviewed", &["审查通过", "初审"]),
    ("noticed", &["已公示", "公示"]),
    ("ordered", &["已下支付令", "支付令"]),
    ("soft", &["预结账"]),
    ("final", &["结账"]),
    ("keep", &["保持原规则", "不变"]),
    ("change", &["改用新规则"]),
    ("two", &["两人"]),
    ("three", &["三人"]),
];

/// A header in the form in which names are compared: NFC, plain widths, no blanks, lower case, the
/// unit yuan cut off (`金额(元)`); other units stay, so that `金额(万元)` is not taken for yuan.
pub(super) fn plain(header: &str) -> String {
    let text: String = header.nfc().collect();
    let text: String = half_width(&text)
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let text = text.replace('-', "_");
    text.strip_suffix("(元)").map_or(text.clone(), str::to_owned)
}

/// The field that a header names, among the fields of a table.
///
/// # Errors
/// `header-unknown` with the nearest known name.
pub fn field_of<'t>(header: &str, fields: &'t [FieldSpec]) -> Result<&'t FieldSpec, Problem> {
    let word = plain(header);
    if let Some(spec) = fields.iter().find(|spec| spec.name == word) {
        return Ok(spec);
    }
    let named = HEADERS.iter().filter(|(_, names)| names.iter().any(|name| plain(name) == word));
    let mut found = named.filter_map(|(field, _)| fields.iter().find(|spec| spec.name == *field));
    found.next().ok_or_else(|| {
        let english = fields.iter().map(|spec| spec.name);
        let chinese = fields.iter().flat_map(|spec| chinese_of(spec.name).iter().copied());
        let near = nearest(&word, english.chain(chinese)).unwrap_or("-");
        Problem::data("header-unknown")
            .with("header", header.escape_debug())
            .with("nearest", near)
            .in_column(header)
    })
}

/// The Chinese names of a field, the first one preferred.
pub fn chinese_of(field: &str) -> &'static [&'static str] {
    HEADERS.iter().find(|(name, _)| *name == field).map_or(&[], |(_, names)| names)
}

/// The code of a word of a closed list; a code stands for itself.
pub fn word_of<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let folded = text.to_ascii_lowercase();
    if let Some(code) = words.iter().find(|code| code.to_ascii_lowercase() == folded) {
        return Some(code);
    }
    let text = half_width(trim(text));
    let events = VOCABULARY.iter().map(|spec| (spec.word, spec.chinese));
    let mut codes = WORDS.iter().copied().chain(events);
    codes.find_map(|(code, names)| {
        let word = words.iter().find(|word| **word == code);
        word.copied().filter(|_| names.contains(&text.as_ref()))
    })
}

/// The word as a field's value: its code, or the text as it stands, for the field to refuse.
pub fn word_value<'v>(text: &'v str, words: &[&'static str]) -> Value<'v> {
    Value::Text(word_of(text, words).map_or(Cow::Borrowed(text), Cow::Borrowed))
}

/// The code of an event word in either language, or the text as it stands.
pub fn event_word(text: &str) -> Cow<'_, str> {
    let folded = text.to_ascii_lowercase();
    let plain = half_width(trim(text));
    let is_code = |spec: &&EventSpec| spec.word == folded;
    let is_word = |spec: &&EventSpec| spec.chinese.contains(&plain.as_ref());
    let known = VOCABULARY.iter().find(is_code).or_else(|| VOCABULARY.iter().find(is_word));
    known.map_or(Cow::Borrowed(text), |spec| Cow::Borrowed(spec.word))
}

/// Every field of the vocabulary once, for tables whose rows are events of any kind.
pub fn all_fields() -> Vec<FieldSpec> {
    let mut fields: Vec<FieldSpec> = COMMON_FIELDS.to_vec();
    for spec in VOCABULARY.iter().flat_map(|known| known.fields) {
        if !fields.iter().any(|known| known.name == spec.name) {
            fields.push(*spec);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_word_of_the_vocabulary_has_a_chinese_name() {
        for spec in all_fields() {
            assert!(!chinese_of(spec.name).is_empty(), "{}", spec.name);
            if let crate::domain::field::FieldKind::Word(words) = spec.kind {
                for word in words {
                    let (_, names) = WORDS.iter().find(|(code, _)| code == word).unwrap();
                    assert_eq!(word_of(names.first().unwrap(), words), Some(*word), "{word}");
                }
            }
        }
        for spec in VOCABULARY {
            assert!(!spec.chinese.is_empty(), "{}", spec.word);
            for name in spec.chinese.iter().chain([&spec.word]) {
                assert_eq!(event_word(name), spec.word, "{name} names two events");
            }
        }
    }

    #[test]
    fn headers_are_found_in_both_languages() {
        let fields = all_fields();
        let name = |header: &str| field_of(header, &fields).map(|spec| spec.name);
        assert_eq!(name("Amount"), Ok("amount"));
        assert_eq!(name("金额（元）"), Ok("amount"));
        assert_eq!(name(" 县（市、区） "), Ok("owner"));
        assert_eq!(name("bank-account"), Ok("bank_account"));
        let problem = field_of("金额(万元)", &fields).unwrap_err();
        assert_eq!(problem.code, "header-unknown");
        assert_eq!(field_of("amuont", &fields).unwrap_err().arg("nearest"), Some("amount"));
        let loans =
            [FieldSpec { name: "loan", kind: crate::domain::field::FieldKind::Id, required: true }];
        assert_eq!(field_of("借据号", &loans).unwrap().name, "loan");
    }

    #[test]
    fn a_word_means_what_its_list_says() {
        assert_eq!(word_of("风险池", &["RISK", "INT"]), Some("RISK"));
        assert_eq!(word_of("风险池", &["pool", "treasury"]), Some("pool"));
        assert_eq!(word_of("risk", &["RISK"]), Some("RISK"));
        assert_eq!(word_of("县级市", &["county", "county-city"]), Some("county-city"));
        assert_eq!(word_of("不知", &["RISK"]), None);
    }
}
