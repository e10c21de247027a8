//! The vocabulary: what can happen, with the fields of each event.
//!
//! One table (the macro `events!` below) makes the types, the reader, the writer and the field
//! list. The command line, the csv and JSON files, the mapping of foreign tables and the JSON Schema
//! are all made from that list, so there is one vocabulary. Within an event the fields stand in
//! alphabetical order, because that is the order of the stored bytes.

use crate::domain::account::Fund;
use crate::domain::calendar::{Date, parse_date};
use crate::domain::field::{FieldKind, FieldSpec, FieldType, Fields, Json, Reader, Value};
use crate::domain::json::Writer;
use crate::domain::money::Money;
use crate::domain::rate::{Rate, Share};
use crate::domain::text::Id;
use crate::domain::years::Years;
use crate::limits::ATTACHMENTS_MAX;
use crate::problem::Problem;
use compact_str::CompactString;

/// One thing that happened, as told by staff.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The caller's own name for it; the same id with the same content is recorded once.
    pub id: Id,
    /// Business date: the day on which it is booked.
    pub date: Date,
    /// True date of a fact that became known late, where it is earlier (生效日).
    pub effective: Option<Date>,
    /// Owner code; may be left out where the loan, claim or bank account names it, and for facts of
    /// the whole city.
    pub owner: Option<Id>,
    /// Number of the document it rests on (文号).
    pub document: Option<CompactString>,
    /// Summary (摘要).
    pub memo: Option<CompactString>,
    /// Names or hashes of attached papers (附件).
    pub attachments: Vec<CompactString>,
    /// Who prepared it (制单).
    pub maker: Option<CompactString>,
    /// Who checked it (复核).
    pub checker: Option<CompactString>,
    /// Who approved it (审批).
    pub approver: Option<CompactString>,
    /// What happened.
    pub kind: Kind,
}

/// The fields that every event may carry.
pub const COMMON_FIELDS: &[FieldSpec] = &[
    FieldSpec { name: "event", kind: FieldKind::Id, required: true },
    FieldSpec { name: "id", kind: FieldKind::Id, required: true },
    FieldSpec { name: "date", kind: FieldKind::Date, required: true },
    FieldSpec { name: "effective", kind: FieldKind::Date, required: false },
    FieldSpec { name: "owner", kind: FieldKind::Id, required: false },
    FieldSpec { name: "document", kind: FieldKind::Text, required: false },
    FieldSpec { name: "memo", kind: FieldKind::Text, required: false },
    FieldSpec { name: "attachments", kind: FieldKind::Texts, required: false },
    FieldSpec { name: "maker", kind: FieldKind::Text, required: false },
    FieldSpec { name: "checker", kind: FieldKind::Text, required: false },
    FieldSpec { name: "approver", kind: FieldKind::Text, required: false },
];

/// The event that only `init` records.
pub const OPENING: &str = "open-book";

mod spec;
mod whole;
mod words;
pub use spec::{EventSpec, Family, Pays, RecordKind, Undo};
pub use words::*;

macro_rules! events {
    ($($family:ident { $(
        $(#[$doc:meta])* $variant:ident $word:literal [$($chinese:literal),*] $(($($fact:ident),*))?
        { $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? }
    )* })*) => {
        $($(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            #[allow(missing_docs, reason = "the fields carry the names of the vocabulary")]
            pub struct $variant { $($(#[$fdoc])* pub $field: $type),* }

            impl $variant {
                const SPEC: EventSpec = EventSpec::new(
                    $word,
                    Family::$family,
                    &[$($chinese),*],
                    &[$(FieldSpec {
                        name: stringify!($field),
                        kind: <$type as FieldType>::KIND,
                        required: <$type as FieldType>::REQUIRED,
                    }),*],
                )$($(.$fact())*)?;
            }
        )*)*

        /// What happened: one variant an event of the vocabulary.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant wraps the documented struct of its name")]
        #[allow(clippy::large_enum_variant, reason = "events are moved once, boxes would cost more")]
        pub enum Kind { $($($variant($variant)),*),* }

        /// Every event, family by family.
        pub const VOCABULARY: &[EventSpec] = &[$($($variant::SPEC),*),*];

        impl Kind {
            /// The row of the vocabulary.
            pub fn spec(&self) -> &'static EventSpec {
                match self { $($(Self::$variant(_) => const { &$variant::SPEC },)*)* }
            }

            /// The event word: `contribute`.
            pub fn word(&self) -> &'static str {
                match self { $($(Self::$variant(_) => $word,)*)* }
            }

            /// The id that a field of this name holds.
            fn id_field(&self, name: &str) -> Option<&Id> {
                match self {
                    $($(Self::$variant(event) => {
                        $(if stringify!($field) == name {
                            return FieldType::as_id(&event.$field);
                        })*
                        let _ = event;
                        None
                    })*)*
                }
            }

            fn read(word: &str, reader: &mut Reader<'_, '_>) -> Result<Self, Problem> {
                match word {
                    $($($word => Ok(Self::$variant($variant {
                        $($field: reader.take(stringify!($field))?),*
                    })),)*)*
                    _ => Err(unknown_event(word)),
                }
            }

            /// Hands every field that is present to `visit`, in alphabetical order.
            pub fn visit(&self, visit: &mut dyn FnMut(&'static str, &dyn crate::domain::field::Shown)) {
                match self {
                    $($(Self::$variant(event) => {
                        $(if FieldType::is_present(&event.$field) {
                            visit(stringify!($field), &event.$field);
                        })*
                        let _ = (event, visit);
                    })*)*
                }
            }
        }
    };
}

fn unknown_event(word: &str) -> Problem {
    let near = crate::domain::field::nearest(word, VOCABULARY.iter().map(|spec| spec.word));
    Problem::data("event-unknown").with("event", word).with("nearest", near.unwrap_or("-"))
}

events! {
    SetUp {
        /// The book is opened: the first entry of every journal, recorded by `init`.
        OpenBook "open-book" ["建账", "建立账本"] (superseded) {
            city: Id, currency: CompactString, name: CompactString, people: Option<PeopleMode>,
        }
        /// An owner joins the book from the event's date on.
        Join "join" ["加入"] (superseded) { kind: Option<OwnerKind>, name: Option<CompactString> }
        /// A firm, bank, guarantor or funder becomes known. `override_reason` takes a credit code that
        /// fails its check digits, with the reason; `account` is where it is paid, at `account_bank`.
        Party "party" ["往来单位"] (superseded) {
            account: Option<CompactString>, account_bank: Option<CompactString>, credit_code: Option<CompactString>,
            kind: PartyKind, name: CompactString, override_reason: Option<CompactString>, party: Id,
        }
        /// Master data of a party change: what is named replaces what stands on file.
        ChangeParty "change-party" ["变更往来单位", "往来单位信息变更"] (superseded) {
            account: Option<CompactString>, account_bank: Option<CompactString>, credit_code: Option<CompactString>,
            name: Option<CompactString>, override_reason: Option<CompactString>, party: Id,
        }
        /// A bank account is opened for a fund of an owner.
        BankAccount "bank-account" ["银行账户", "开立银行专户"] (superseded) {
            bank: Option<Id>, bank_account: Id, fund: Fund, number: Option<CompactString>,
        }
        /// A rules text (TOML) comes into force on the event's date, or on its true date where that is
        /// earlier; then `loans_between` says whether the loans enrolled in between go over to it, each
        /// by an entry of its own (E-38), or keep what they were enrolled under.
        AdoptRules "adopt-rules" ["启用规则"] (superseded) {
            loans_between: Option<LoansBetween>, rules: LongText,
        }
        /// A table of reference rates (TOML) replaces the one before.
        AdoptRates "adopt-rates" ["启用利率", "启用参考利率表"] (superseded) { rates: LongText }
        /// A firm holds a qualification (资格) for the days `[from, to)`: a certificate or an entry in a list.
        Qualify "qualify" ["认定资格", "企业取得资格"] {
            firm: Id, from: Date, number: Option<CompactString>, qualification: Id, to: Date,
        }
        /// A firm has lost a qualification, or all of them, from a day on.
        Disqualify "disqualify" ["取消资格", "企业失去资格"] {
            firm: Id, from: Date, qualification: Option<Id>, reason: CompactString,
        }
        /// What the three funds together are to reach, and by when.
        Target "target" ["目标"] (superseded) { amount: Money, by: Date }
    }
    Funding {
        /// E-01 a contribution is promised (认缴).
        Commit "commit" ["认缴", "认缴出资"] {
            amount: Money, fund: Option<Fund>, party: Option<Id>, source: Source,
        }
        /// E-02 to E-04, E-08, E-09 a contribution is received (出资到位).
        Contribute "contribute" ["出资", "出资到位"] {
            amount: Money, bank_account: Id, fund: Option<Fund>, party: Option<Id>, source: Source,
        }
        /// E-46 the ceiling of the compensation that a pool may approve in a year (额度制); a second one
        /// for the same year replaces the first.
        Quota "quota" ["补偿额度", "年度补偿额度", "核定年度补偿额度"] { amount: Money, year: Year }
        /// E-60 a subsidy budget is received; E-46 money for compensation, where a quota is set.
        Budget "budget" ["预算", "补贴预算", "补贴预算拨入", "财政预算拨入"] {
            amount: Money, bank_account: Id, fund: Option<Fund>, source: Option<Source>,
        }
        /// E-73 what is left of a subsidy budget goes back to the treasury; `prior_year` says that it was
        /// received in an earlier year, whose accounts are closed.
        ReturnBudget "return-budget" ["结余上缴", "补贴预算结余上缴"] (pays) {
            amount: Money, bank_account: Id, fund: Option<Fund>, prior_year: Option<bool>, source: Option<Source>,
        }
        /// E-05 the firm pays its deposit (助保金) for a loan.
        ReceiveDeposit "receive-deposit" ["收助保金", "收企业助保金"] {
            amount: Money, bank_account: Id, loan: Id,
        }
        /// E-06 the deposit goes back to the firm, in full or in part, when the loan is settled.
        RefundDeposit "refund-deposit" ["退助保金", "贷款结清后退助保金"] (pays) {
            amount: Option<Money>, bank_account: Id, loan: Id,
        }
        /// E-07 the deposit pays overdue principal, before any compensation.
        ApplyDeposit "apply-deposit" ["动用助保金", "先用助保金偿还逾期本金"] (pays) {
            amount: Option<Money>, bank_account: Id, loan: Id, note: Option<Id>,
        }
        /// E-10 a contributor's withdrawal is approved (退出).
        ApproveWithdrawal "approve-withdrawal" ["批准退出", "批准出资方退出"] {
            amount: Money, party: Option<Id>, source: Source,
        }
        /// E-11 an approved withdrawal is paid, in full or in part.
        PayWithdrawal "pay-withdrawal" ["支付退出", "支付已批退出"] (pays) {
            amount: Option<Money>, bank_account: Id, party: Option<Id>, source: Source,
        }
        /// E-12 money goes from one owner's pool to another's.
        Transfer "transfer" ["跨县调剂", "池间划转"] (pays) {
            amount: Money, bank_account: Id, fund: Option<Fund>, to_bank_account: Option<Id>, to_owner: Id,
        }
        /// E-13 money goes from one bank account to another within the cell.
        Move "move" ["账户划转"] {
            amount: Money, from_bank_account: Id, fund: Option<Fund>, to_bank_account: Id,
        }
        /// E-14 money arrives and nobody knows what for (待查收款); the event's id names the receipt.
        UnknownReceipt "unknown-receipt" ["待查收款"] {
            amount: Money, bank_account: Id, fund: Option<Fund>,
        }
        /// E-15 an unknown receipt is explained, in full or in part: what it turns out `to` be. A
        /// contribution names its source, a deposit its loan, a recovery its claim and gross sum.
        ExplainReceipt "explain-receipt" ["查明收款", "查明待查收款"] (may_pay) {
            amount: Option<Money>, claim: Option<Id>, cost: Option<Money>, gross: Option<Money>, loan: Option<Id>,
            party: Option<Id>, receipt: Id, source: Option<Source>, to: Origin,
        }
        /// E-20, E-21 the bank credits interest on the pool's deposits.
        /// `accrued` is what of it was accrued before (E-22).
        PoolInterest "pool-interest" ["存款利息", "专户结息"] {
            accrued: Option<Money>, amount: Money, bank_account: Id, fund: Option<Fund>, to: Option<InterestOwner>,
        }
        /// E-22 interest that the bank owes and has not credited yet, by an optional accrual at a period's end.
        AccrueInterest "accrue-interest" ["计提利息", "计提存款利息"] {
            amount: Money, bank_account: Id, fund: Option<Fund>,
        }
        /// E-61 an optional estimate of a programme's subsidies at a quarter's end (暂估); it is reversed
        /// on the first day of the next period.
        EstimateSubsidy "estimate-subsidy" ["暂估补贴"] { amount: Money, programme: Programme }
        /// E-21 what belongs to the treasury is paid over, in full or in part.
        PayTreasury "pay-treasury" ["上缴国库", "上缴财政款"] (pays) {
            amount: Option<Money>, bank_account: Id, fund: Option<Fund>,
        }
        /// E-24 the bank charges a fee.
        BankCharge "bank-charge" ["手续费", "银行手续费"] (may_pay) {
            amount: Money, bank_account: Id, fund: Option<Fund>,
        }
        /// E-25 the trustee takes its fee.
        TrusteeFee "trustee-fee" ["托管费", "委托管理费"] (may_pay) {
            amount: Money, bank_account: Id, fund: Option<Fund>,
        }
    }
    Loan {
        /// L1 a firm or bank applies for a loan to be covered (申请).
        ApplyLoan "apply-loan" ["申请备案"] {
            amount: Money, bank: Id, firm: Id, guarantor: Option<Id>, loan: Id, purpose: Option<CompactString>,
        }
        /// L2 the bureau recommends the firm (推荐).
        RecommendLoan "recommend-loan" ["推荐"] { loan: Id }
        /// X2 the review refuses the application (拒绝).
        RejectLoan "reject-loan" ["不予备案"] { loan: Id, reason: CompactString }
        /// E-30 a loan is enrolled (备案). With a `pool_share` of its own it says what the guarantor bears
        /// (`guarantor_share`) where the rules give the guarantor something; the bank bears the rest. A
        /// bank's contract is enrolled once; `drawing_of` names the loan of the same contract beside
        /// which this one is another drawing.
        Enrol "enrol" ["备案", "贷款备案"] (superseded) {
            amount: Money, bank: Id, contract: Option<CompactString>, day_count: Option<ContractDays>,
            drawing_of: Option<Id>, due: Date, firm: Id, firm_class: Option<CompactString>,
            first_loan: Option<bool>, guarantor: Option<Id>, guarantor_share: Option<Share>, loan: Id,
            pool_share: Option<Share>, rate: Rate, renews: Option<Id>, security: Option<CompactString>,
            signed: Option<Date>,
        }
        /// E-31 the bank disburses; `note` is the drawdown note (借据), which a bank writes once;
        /// `drawing_of` names the loan whose note of that number is another one.
        Disburse "disburse" ["放款"] {
            amount: Money, drawing_of: Option<Id>, due: Option<Date>, loan: Id, note: Option<Id>,
        }
        /// E-32 principal is repaid.
        Repay "repay" ["还款", "还本", "归还本金"] { amount: Money, loan: Id, note: Option<Id> }
        /// The firm paid interest to the bank for the days `[from, to)`. `instalment` says that it is one
        /// of several payments for these days, and not the same slip again.
        InterestPaid "interest-paid" ["付息", "企业付息"] {
            amount: Money, from: Date, instalment: Option<bool>, loan: Id, note: Option<Id>, to: Date,
        }
        /// The firm paid the guarantee fee for the days `[from, to)`; `instalment` as above.
        FeePaid "fee-paid" ["付担保费", "企业交担保费"] {
            amount: Money, fee_rate: Rate, from: Date, instalment: Option<bool>, loan: Id, to: Date,
        }
        /// E-72 the guarantor gives back some of a fee, after an early repayment: less was really paid.
        /// `from` names the fee by its first day; left out, it is the last one.
        FeeRefunded "fee-refunded" ["退担保费", "担保机构退还担保费"] {
            amount: Money, from: Option<Date>, loan: Id,
        }
        /// Another programme (`scheme`) pays for the days `[from, to)` of a note.
        OtherBenefit "other-benefit" ["其他补贴", "享受其他补贴"] {
            amount: Money, from: Date, loan: Id, note: Option<Id>, scheme: CompactString, to: Date,
        }
        /// The contract rate changes from the event's date on.
        Reprice "reprice" ["调息", "合同利率变动"] { loan: Id, note: Option<Id>, rate: Rate }
        /// E-33 the term is extended; the original maturity is kept.
        Extend "extend" ["展期"] { due: Date, loan: Id, note: Option<Id> }
        /// E-34 principal is overdue.
        Overdue "overdue" ["逾期", "本金逾期"] { loan: Id, note: Option<Id> }
        /// E-35 the bank classifies the loan as non-performing (不良).
        Npl "npl" ["不良", "转为不良"] { loan: Id, note: Option<Id> }
        /// E-36 the loan is in order again.
        Cure "cure" ["恢复", "恢复正常"] { loan: Id, note: Option<Id> }
        /// E-37 the enrolment is revoked.
        Remove "remove" ["撤销", "撤销备案"] { loan: Id, reason: CompactString }
        /// E-38 the loan goes over to the rules that are in force on the day of its enrolment, because
        /// they were adopted later with effect from then.
        ChangeRules "change-rules" ["改用规则", "贷款改用规则"] { loan: Id, to_rules: Id }
    }
    Claim {
        /// E-40 the bank or guarantor claims compensation; `lawsuit` is the court's acceptance.
        /// `base` is what is left of the loss: overdue principal (and, where the rules say so, normal
        /// `interest`) less `collateral` already realised and what `other` public programmes pay. A
        /// second claim on a note is a `supplement` of an earlier one.
        FileClaim "file-claim" ["申请代偿", "申请补偿"] {
            base: Money, claim: Id, collateral: Option<Money>, interest: Option<Money>,
            lawsuit: Option<CompactString>, loan: Id, note: Option<Id>, other: Option<Money>,
            supplement: Option<Id>,
        }
        /// A step of the review of a claim, or of what follows its approval (审查).
        ReviewClaim "review-claim" ["补偿审查环节", "补偿审查"] {
            claim: Id, opinion: Option<CompactString>, step: ClaimStep,
        }
        /// E-41 the claim is approved, in full or for a smaller `amount`.
        ApproveClaim "approve-claim" ["批准代偿", "批准补偿"] { amount: Option<Money>, claim: Id }
        /// E-42 the claim is refused.
        RejectClaim "reject-claim" ["驳回代偿", "不予补偿"] { claim: Id, reason: CompactString }
        /// E-42 the claim is withdrawn by who filed it.
        WithdrawClaim "withdraw-claim" ["撤回补偿申请"] { claim: Id, reason: CompactString }
        /// E-43, E-44 compensation is paid, in full or in part.
        PayClaim "pay-claim" ["支付代偿", "支付补偿"] (pays) {
            amount: Option<Money>, bank_account: Id, claim: Id,
        }
        /// E-45 what is approved and not paid is cancelled; the bank bears it.
        CancelRest "cancel-rest" ["取消余额", "取消未付补偿"] { claim: Id, reason: CompactString }
        /// E-47 the final loss is lower than what was paid for (多退少补): `amount` is to come back.
        SettleClaim "settle-claim" ["补偿清算"] { amount: Money, claim: Id }
        /// E-48 a paid claim turns out irregular: what is left of it is to come back.
        RevokeClaim "revoke-claim" ["撤销补偿"] { claim: Id, reason: CompactString }
        /// E-47, E-48 the bank pays back what is to come back, in full or in part.
        RefundClaim "refund-claim" ["退回补偿", "收回应退补偿"] {
            amount: Option<Money>, bank_account: Id, claim: Id,
        }
        /// E-50, E-51 money is recovered from the borrower; E-56 `to` the treasury instead of the pool.
        Recover "recover" ["追偿", "追偿收回"] {
            bank_account: Id, claim: Id, cost: Option<Money>, gross: Money, receives: Option<Receives>,
            to: Option<InterestOwner>,
        }
        /// E-55 something of `value` is taken in place of money (以物抵债); no income until it is sold.
        RecoverInKind "recover-in-kind" ["以物抵债"] { asset: CompactString, claim: Id, value: Money }
        /// E-52 the pool bears a cost of recovery.
        RecoveryCost "recovery-cost" ["列支追偿费用"] (pays) {
            amount: Money, bank_account: Id, claim: Id,
        }
        /// E-53 the rest of the recovery right is written off (核销).
        WriteOff "write-off" ["核销"] { claim: Id }
        /// L14 nothing is left to recover (终结): claim and loan leave the registers.
        CloseClaim "close-claim" ["补偿终结", "终结"] { claim: Id, reason: CompactString }
    }
    Subsidy {
        /// The firm files for a subsidy (申报); the event's id names the filing.
        FileSubsidy "file-subsidy" ["申报补贴"] {
            loan: Id, note: Option<Id>, period: CompactString, programme: Programme,
        }
        /// A step of the review of a filing, or of what follows the approval of a line (初审、公示、支付令).
        ReviewSubsidy "review-subsidy" ["补贴审查环节", "补贴审查"] {
            opinion: Option<CompactString>, step: SubsidyStep, subsidy: Id,
        }
        /// E-62 a subsidy line is approved; the event's id names the line. `payee`: who is paid where it
        /// is not the firm, such as the bank that nets it off (E-64) or the guarantor. A `supplement`
        /// adds to the line of that id; `years` says which years of the firm's caps it takes.
        ApproveSubsidy "approve-subsidy" ["核定补贴"] {
            amount: Money, loan: Id, note: Option<Id>, payee: Option<Id>, period: CompactString,
            programme: Programme, supplement: Option<Id>, working: Option<Json>, years: Option<Years>,
        }
        /// E-63 an approved line is paid.
        PaySubsidy "pay-subsidy" ["支付补贴"] (pays) {
            amount: Option<Money>, bank_account: Id, subsidy: Id,
        }
        /// E-65 the bank returns a payment (退票).
        ReturnSubsidy "return-subsidy" ["退票", "补贴付款退票"] {
            amount: Option<Money>, bank_account: Id, reason: Option<CompactString>, subsidy: Id,
        }
        /// E-65 a returned payment is made again.
        ReissueSubsidy "reissue-subsidy" ["退票重付", "退票补贴重付"] (pays) {
            amount: Option<Money>, bank_account: Id, subsidy: Id,
        }
        /// E-66 an approval is reduced before payment, by `amount` or by all that is unpaid; a line
        /// reduced to nothing is cancelled. `years` says to which years of the firm's caps it goes back.
        ReduceSubsidy "reduce-subsidy" ["核减补贴"] {
            amount: Option<Money>, reason: CompactString, subsidy: Id, working: Option<Json>, years: Option<Years>,
        }
        /// E-67, E-68 what was paid wrongly is to come back (追回); `years` as above.
        ClawBack "claw-back" ["追回补贴"] {
            amount: Option<Money>, reason: CompactString, subsidy: Id, working: Option<Json>,
            years: Option<Years>,
        }
        /// E-69 the firm pays it back, for the fund or for the treasury.
        ReceiveClawback "receive-clawback" ["收回追回款", "收到追回补贴"] {
            amount: Option<Money>, bank_account: Id, subsidy: Id, to: Option<InterestOwner>,
        }
        /// E-70 it is set off `against` an approved line of the same firm, which is paid by so much.
        OffsetClawback "offset-clawback" ["追回抵扣", "追回款抵扣下期补贴"] {
            against: Id, amount: Option<Money>, subsidy: Id,
        }
        /// E-71 the rest of it cannot be collected.
        WriteOffClawback "write-off-clawback" ["追回核销", "核销应追回补贴"] {
            reason: CompactString, subsidy: Id,
        }
    }
    Pool {
        /// Enrolments stopped by the circuit breaker are released by a document; `scope` says
        /// what was stopped, by default what the rules in force watch.
        Release "release" ["解除暂停"] { bank: Option<Id>, reason: CompactString, scope: Option<Scope> }
        /// The pool takes no new loans any more (收口).
        RunOff "run-off" ["收口", "资金池收口"] { reason: CompactString }
        /// All loans are settled; the pool is wound up (清算).
        Liquidate "liquidate" ["清算", "资金池清算"] { reason: Option<CompactString> }
        /// E-82 what was lost, or gained, is shared back to the contributors by what they paid in.
        ShareLoss "share-loss" ["损失分担", "损益分担给出资方"] { amount: Option<Money> }
        /// E-83 the balance is returned and the pool is closed (关闭).
        ClosePool "close-pool" ["关闭", "关闭资金池"] { reason: Option<CompactString> }
        /// E-12 a transfer is settled: cash goes back, or the debt is turned into fund. Owner and
        /// `to_owner` as in the transfer.
        SettleTransfer "settle-transfer" ["结清调剂", "结清池间往来"] (may_pay) {
            amount: Option<Money>, bank_account: Option<Id>, fund: Option<Fund>, settlement: Settlement,
            source: Option<Source>, to_bank_account: Option<Id>, to_owner: Id,
        }
        /// E-13 every cell's money on a bank account goes to another one (变更托管).
        ChangeCustodian "change-custodian" ["变更托管", "变更托管账户"] {
            from_bank_account: Id, to_bank_account: Id,
        }
    }
    Books {
        /// E-80, E-81 an owner's period is closed: a month, a quarter or a year, dated its last day.
        Close "close" ["结账", "期末结账"] (superseded) { period: CompactString, stage: Option<Stage> }
        /// The journal is sealed for a checkpoint that leaves the house; the program makes the figures.
        Checkpoint "checkpoint" ["存证", "做校验点"] (superseded) {}
        /// The checkpoint of an entry is kept outside the office, `by` whom.
        KeepCheckpoint "keep-checkpoint" ["送存校验点", "登记校验点由外单位保存"] {
            by: CompactString, checkpoint: Seq,
        }
        /// E-90 an entry is reversed by its exact opposite; at most once, never a reversal itself.
        Reverse "reverse" ["冲销", "红冲", "冲销凭证"] (superseded) { entry: Seq, reason: CompactString }
        /// E-91 the fact of a loan that an entry recorded is corrected: what is named replaces what was
        /// recorded, `effective` the true date; what followed is undone and done again, and only the
        /// differences are posted.
        Correct "correct" ["更正", "更正贷款记录"] {
            amount: Option<Money>, due: Option<Date>, entry: Seq, fee_rate: Option<Rate>, from: Option<Date>,
            instalment: Option<bool>, rate: Option<Rate>, reason: CompactString, scheme: Option<CompactString>,
            to: Option<Date>,
        }
    }
    Statement {
        /// One part of a statement as the bank gave it, dated its last day; the movements of all parts
        /// lead from `opening` to `closing`. `channel` is the way by which it was got, `gap_reason` lets
        /// it stand though the statement before it is missing, `number` and `currency` are what the bank
        /// printed.
        ImportStatement "import-statement" ["导入对账单", "登记对账单"] (opposite) {
            bank_account: Id, channel: Option<Id>, closing: Signed, currency: Option<CompactString>,
            fetched_by: Option<CompactString>, file: CompactString, from: Date,
            gap_reason: Option<CompactString>, movements: Json,
            number: Option<CompactString>, opening: Signed, part: Option<Count>, parts: Option<Count>,
            profile: CompactString, sha256: CompactString,
        }
        /// A statement does not count any more, with all of its parts.
        UndoStatement "undo-statement" ["撤销对账单", "撤回对账单"] (opposite) {
            reason: CompactString, statement: Id,
        }
        /// Lines of the statement and lines of the book (`118.2`: line 2 of entry 118) are the same money.
        MatchLines "match-lines" ["确认勾对", "勾对"] (opposite) {
            bank_account: Id, lines: Option<Vec<CompactString>>, postings: Option<Vec<CompactString>>,
            reason: Option<CompactString>,
        }
        /// They are not, after all.
        UnmatchLines "unmatch-lines" ["取消勾对", "撤销勾对"] (opposite) {
            matching: Id, reason: CompactString,
        }
        /// How lines are matched from now on; what is not named stands as it stood.
        ReconcileSettings "reconcile-settings" ["勾对参数", "对账参数"] (opposite) {
            age_warn_days: Option<Count>, days_far: Option<Count>, days_near: Option<Count>,
            match_score: Option<Count>, propose_score: Option<Count>, steps_max: Option<Count>,
            subset_max: Option<Count>,
        }
        /// A bank account is tied as of the event's date: the figures of its reconciliation, by which it
        /// can be made again.
        Certify "certify" ["核对确认", "对账确认"] (opposite) {
            bank_account: Id, digest: CompactString, figures: Json,
        }
    }
}

impl Kind {
    /// The working that an event of a subsidy line carries.
    pub fn working(&self) -> Option<&Json> {
        match self {
            Self::ApproveSubsidy(own) => own.working.as_ref(),
            Self::ReduceSubsidy(own) => own.working.as_ref(),
            Self::ClawBack(own) => own.working.as_ref(),
            _ => None,
        }
    }
}

impl Programme {
    /// The fund that pays it.
    pub fn fund(self) -> Fund {
        match self {
            Self::InterestDiscount => Fund::Interest,
            Self::GuaranteeFee => Fund::Fee,
        }
    }
}

/// The number of an entry in the journal, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// A calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Year(pub i16);

/// A whole number: a count, a score, days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(pub u64);

/// A balance, which may stand below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signed(pub Money);

/// A text of several lines, bounded by [`crate::limits::RULES_TEXT_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongText(pub String);

impl Event {
    /// The day on which it truly happened: the effective date of a late fact, else its date.
    pub fn happened(&self) -> Date {
        self.effective.unwrap_or(self.date)
    }

    /// Reads an event from named values, wherever they came from.
    ///
    /// # Errors
    /// A [`Problem`] naming the field: unknown event, missing, unknown or malformed field.
    pub fn from_fields(fields: &Fields<'_>) -> Result<Self, Problem> {
        let mut reader = Reader::new(fields);
        let word: Id = reader.take("event")?;
        let attachments: Option<Vec<CompactString>> = reader.take("attachments")?;
        let attachments = attachments.unwrap_or_default();
        if attachments.len() > ATTACHMENTS_MAX {
            return Err(Problem::data("too-many-attachments")
                .with("count", attachments.len())
                .with("limit", ATTACHMENTS_MAX));
        }
        let event = Self {
            id: reader.take("id")?,
            date: reader.take("date")?,
            effective: reader.take("effective")?,
            owner: reader.take("owner")?,
            document: reader.take("document")?,
            memo: reader.take("memo")?,
            attachments,
            maker: reader.take("maker")?,
            checker: reader.take("checker")?,
            approver: reader.take("approver")?,
            kind: Kind::read(&word, &mut reader)?,
        };
        reader.finish(|| EventSpec::of(&word).map_or(&[][..], |spec| spec.fields))?;
        Ok(event)
    }

    /// Reads one JSON object.
    ///
    /// # Errors
    /// A [`Problem`]: not a JSON object, or as [`Event::from_fields`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Problem> {
        Self::from_fields(&Fields::from_json(bytes)?)
    }

    /// Writes the part of the event that an entry keeps under `event`: the word, the owner and memo
    /// as given, and the event's own fields, keys in order. The other common fields stand in the
    /// entry itself.
    pub fn write_own(&self, out: &mut Writer<'_>) {
        let common: [(&str, Option<&str>); 3] = [
            ("event", Some(self.kind.word())),
            ("memo", self.memo.as_deref()),
            ("owner", self.owner.as_deref()),
        ];
        let mut common =
            common.into_iter().filter_map(|(key, value)| Some((key, value?))).peekable();
        out.begin_object();
        self.kind.visit(&mut |name, value| {
            while let Some((key, text)) = common.next_if(|(key, _)| *key < name) {
                out.key(key);
                out.string(text);
            }
            out.key(name);
            value.write(out);
        });
        for (key, text) in common {
            out.key(key);
            out.string(text);
        }
        out.end_object();
    }
}

/// The date of a text value, as the reader of fields needs it.
pub(crate) fn date_value(text: &str) -> Result<Date, Problem> {
    parse_date(text).map_err(|error| Problem::data(error.code()).with("text", text))
}

/// The values of an event file row that is missing or blank.
pub(crate) fn is_blank(value: &Value<'_>) -> bool {
    matches!(value, Value::Null) || matches!(value, Value::Text(text) if text.is_empty())
}

#[cfg(test)]
mod tests;
