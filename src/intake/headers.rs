//! Chinese and English names of columns, and Chinese words of closed lists, in one table each.
//!
//! A name may stand for several fields (`借据号` is the note of a loan in one table and the loan in
//! another); a table takes the first that it has a column for.

use crate::domain::event::COMMON_FIELDS;
use crate::domain::event::VOCABULARY;
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
    ("open-book", &["建账", "建立账本"]),
    ("join", &["加入"]),
    ("party", &["往来单位"]),
    ("change-party", &["变更往来单位", "往来单位信息变更"]),
    ("bank-account", &["银行账户", "开立银行专户"]),
    ("adopt-rules", &["启用规则"]),
    ("adopt-rates", &["启用利率", "启用参考利率表"]),
    ("qualify", &["认定资格", "企业取得资格"]),
    ("disqualify", &["取消资格", "企业失去资格"]),
    ("target", &["目标"]),
    ("commit", &["认缴", "认缴出资"]),
    ("contribute", &["出资", "出资到位"]),
    ("quota", &["补偿额度", "年度补偿额度", "核定年度补偿额度"]),
    ("budget", &["预算", "补贴预算", "补贴预算拨入", "财政预算拨入"]),
    ("return-budget", &["结余上缴", "补贴预算结余上缴"]),
    ("receive-deposit", &["收助保金", "收企业助保金"]),
    ("refund-deposit", &["退助保金", "贷款结清后退助保金"]),
    ("apply-deposit", &["动用助保金", "先用助保金偿还逾期本金"]),
    ("approve-withdrawal", &["批准退出", "批准出资方退出"]),
    ("pay-withdrawal", &["支付退出", "支付已批退出"]),
    ("transfer", &["跨县调剂", "池间划转"]),
    ("move", &["账户划转"]),
    ("unknown-receipt", &["待查收款"]),
    ("explain-receipt", &["查明收款", "查明待查收款"]),
    ("accrue-interest", &["计提利息", "计提存款利息"]),
    ("estimate-subsidy", &["暂估补贴"]),
    ("pool-interest", &["存款利息", "专户结息"]),
    ("pay-treasury", &["上缴国库", "上缴财政款"]),
    ("bank-charge", &["手续费", "银行手续费"]),
    ("trustee-fee", &["托管费", "委托管理费"]),
    ("apply-loan", &["申请备案"]),
    ("recommend-loan", &["推荐"]),
    ("reject-loan", &["不予备案"]),
    ("enrol", &["备案", "贷款备案"]),
    ("disburse", &["放款"]),
    ("repay", &["还款", "还本", "归还本金"]),
    ("interest-paid", &["付息", "企业付息"]),
    ("fee-paid", &["付担保费", "企业交担保费"]),
    ("fee-refunded", &["退担保费", "担保机构退还担保费"]),
    ("other-benefit", &["其他补贴", "享受其他补贴"]),
    ("reprice", &["调息", "合同利率变动"]),
    ("extend", &["展期"]),
    ("overdue", &["逾期", "本金逾期"]),
    ("npl", &["不良", "转为不良"]),
    ("cure", &["恢复", "恢复正常"]),
    ("remove", &["撤销", "撤销备案"]),
    ("change-rules", &["改用规则", "贷款改用规则"]),
    ("file-claim", &["申请代偿", "申请补偿"]),
    ("review-claim", &["补偿审查环节", "补偿审查"]),
    ("approve-claim", &["批准代偿", "批准补偿"]),
    ("release", &["解除暂停"]),
    ("run-off", &["收口", "资金池收口"]),
    ("liquidate", &["清算", "资金池清算"]),
    ("share-loss", &["损失分担", "损益分担给出资方"]),
    ("close-pool", &["关闭", "关闭资金池"]),
    ("settle-transfer", &["结清调剂", "结清池间往来"]),
    ("change-custodian", &["变更托管", "变更托管账户"]),
    ("reject-claim", &["驳回代偿", "不予补偿"]),
    ("withdraw-claim", &["撤回补偿申请"]),
    ("pay-claim", &["支付代偿", "支付补偿"]),
    ("cancel-rest", &["取消余额", "取消未付补偿"]),
    ("settle-claim", &["补偿清算"]),
    ("revoke-claim", &["撤销补偿"]),
    ("refund-claim", &["退回补偿", "收回应退补偿"]),
    ("recover-in-kind", &["以物抵债"]),
    ("recover", &["追偿", "追偿收回"]),
    ("recovery-cost", &["列支追偿费用"]),
    ("write-off", &["核销"]),
    ("close-claim", &["补偿终结", "终结"]),
    ("file-subsidy", &["申报补贴"]),
    ("review-subsidy", &["补贴审查环节", "补贴审查"]),
    ("checkpoint", &["存证", "做校验点"]),
    ("keep-checkpoint", &["送存校验点", "登记校验点由外单位保存"]),
    ("approve-subsidy", &["核定补贴"]),
    ("pay-subsidy", &["支付补贴"]),
    ("return-subsidy", &["退票", "补贴付款退票"]),
    ("reissue-subsidy", &["退票重付", "退票补贴重付"]),
    ("reduce-subsidy", &["核减补贴"]),
    ("claw-back", &["追回补贴"]),
    ("receive-clawback", &["收回追回款", "收到追回补贴"]),
    ("offset-clawback", &["追回抵扣", "追回款抵扣下期补贴"]),
    ("write-off-clawback", &["追回核销", "核销应追回补贴"]),
    ("soft", &["预结账"]),
    ("final", &["结账"]),
    ("keep", &["保持原规则", "不变"]),
    ("change", &["改用新规则"]),
    ("two", &["两人"]),
    ("three", &["三人"]),
    ("close", &["结账", "期末结账"]),
    ("reverse", &["冲销", "红冲", "冲销凭证"]),
    ("correct", &["更正", "更正贷款记录"]),
    ("import-statement", &["导入对账单", "登记对账单"]),
    ("undo-statement", &["撤销对账单", "撤回对账单"]),
    ("match-lines", &["确认勾对", "勾对"]),
    ("unmatch-lines", &["取消勾对", "撤销勾对"]),
    ("reconcile-settings", &["勾对参数", "对账参数"]),
    ("certify", &["核对确认", "对账确认"]),
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
    let mut codes = WORDS.iter().filter(|(_, names)| names.contains(&text.as_ref()));
    codes.find_map(|(code, _)| words.iter().find(|word| *word == code).copied())
}

/// The word as a field's value: its code, or the text as it stands, for the field to refuse.
pub fn word_value<'v>(text: &'v str, words: &[&'static str]) -> Value<'v> {
    Value::Text(word_of(text, words).map_or(Cow::Borrowed(text), Cow::Borrowed))
}

/// The code of an event word in either language, or the text as it stands.
pub fn event_word(text: &str) -> Cow<'_, str> {
    let known = VOCABULARY.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    word_of(text, &known).map_or(Cow::Borrowed(text), Cow::Borrowed)
}

/// Every field of the vocabulary once, for tables whose rows are events of any kind.
pub fn all_fields() -> Vec<FieldSpec> {
    let mut fields: Vec<FieldSpec> = COMMON_FIELDS.to_vec();
    for spec in VOCABULARY.iter().flat_map(|(_, own)| own.iter()) {
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
        for (word, _) in VOCABULARY {
            let (_, names) = WORDS.iter().find(|(code, _)| code == word).unwrap();
            assert_eq!(event_word(names.first().unwrap()), *word);
            assert_eq!(event_word(word), *word);
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
