//! Every reason to say no, reached by one small case, in the order of their list, with the numbers
//! that it names.

use crate::support::book::{fingerprint, options};
use poolbook::book::RowGroup;
use poolbook::domain::refusal::Reason;
use poolbook::problem::Exit;

/// A reason, the stage at which it is reached, the event, and numbers that the refusal names.
pub type Case = (Reason, &'static str, &'static str, &'static [(&'static str, &'static str)]);

use Reason as R;
const CASES: &[Case] = &[
    (
        R::IdReused,
        "set up",
        r#"{"event":"join","id":"set-up-1","date":"2017-01-02","owner":"410821"}"#,
        &[("id", "set-up-1"), ("entry", "2"), ("fields", "date")],
    ),
    (
        R::BookOpen,
        "opened",
        r#"{"event":"open-book","date":"2017-01-01","city":"410900","name":"x","currency":"CNY"}"#,
        &[("city", "410800")],
    ),
    (
        R::BookNotOpen,
        "nothing",
        r#"{"event":"join","date":"2017-01-01","owner":"410821"}"#,
        &[("event", "join")],
    ),
    (
        R::EffectiveLater,
        "set up",
        r#"{"event":"commit","date":"2017-03-01","effective":"2017-03-02","owner":"410821","source":"city","amount":"1"}"#,
        &[("effective", "2017-03-02"), ("date", "2017-03-01")],
    ),
    (
        R::OwnerMissing,
        "set up",
        r#"{"event":"commit","date":"2017-03-01","source":"city","amount":"1"}"#,
        &[("event", "commit")],
    ),
    (
        R::OwnerUnknown,
        "set up",
        r#"{"event":"commit","date":"2017-03-01","owner":"410823","source":"city","amount":"1"}"#,
        &[("owner", "410823")],
    ),
    (
        R::OwnerNotJoined,
        "set up",
        r#"{"event":"commit","date":"2017-05-31","owner":"410822","source":"city","amount":"1"}"#,
        &[("owner", "410822"), ("joined", "2017-06-01"), ("date", "2017-05-31")],
    ),
    (
        R::OwnerExists,
        "set up",
        r#"{"event":"join","date":"2017-09-01","owner":"410822"}"#,
        &[("owner", "410822"), ("joined", "2017-06-01")],
    ),
    (
        R::FundMismatch,
        "set up",
        r#"{"event":"budget","date":"2017-03-01","owner":"410821","bank_account":"POOL","amount":"1"}"#,
        &[("event", "budget"), ("fund", "RISK"), ("allowed", "INT, GFEE")],
    ),
    (
        R::PartyUnknown,
        "set up",
        r#"{"event":"commit","date":"2017-03-01","owner":"410821","source":"city","amount":"1","party":"X"}"#,
        &[("party", "X")],
    ),
    (
        R::PartyKind,
        "set up",
        r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"M","firm":"BANK","bank":"BANK","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("party", "BANK"), ("kind", "bank"), ("expected", "firm")],
    ),
    (
        R::PartyExists,
        "set up",
        r#"{"event":"party","date":"2017-01-01","party":"GUAR","kind":"bank","name":"x"}"#,
        &[("party", "GUAR"), ("name", "担保")],
    ),
    (
        R::CreditCodeTaken,
        "set up",
        r#"{"event":"party","date":"2017-01-01","party":"F2","kind":"firm","name":"x","credit_code":"91410821MA40ABC13G"}"#,
        &[("credit_code", "91410821MA40ABC13G"), ("party", "FIRM")],
    ),
    (
        R::PartyUnchanged,
        "set up",
        r#"{"event":"change-party","date":"2017-03-01","document":"1号","party":"FIRM","name":"企业"}"#,
        &[("party", "FIRM")],
    ),
    // Another code would be another firm, whose cap of the year is not used.
    (
        R::CreditCodeUsed,
        "subsidy approved",
        r#"{"event":"change-party","date":"2018-03-01","document":"1号","party":"FIRM","credit_code":"91410882MA45XY2K8E","maker":"甲","checker":"乙"}"#,
        &[("party", "FIRM"), ("credit_code", "91410821MA40ABC13G"), ("by", "S")],
    ),
    (
        R::QualificationUnknown,
        "set up",
        r#"{"event":"disqualify","date":"2017-03-01","firm":"FIRM","from":"2017-03-01","reason":"x"}"#,
        &[("firm", "FIRM"), ("qualification", "-"), ("date", "2017-03-01")],
    ),
    (
        R::BankAccountUnknown,
        "set up",
        r#"{"event":"bank-charge","date":"2017-03-01","owner":"410821","bank_account":"X","amount":"1"}"#,
        &[("bank_account", "X")],
    ),
    (
        R::BankAccountExists,
        "set up",
        r#"{"event":"bank-account","date":"2017-03-01","owner":"410821","bank_account":"INT","fund":"RISK"}"#,
        &[("bank_account", "INT")],
    ),
    (
        R::BankAccountFund,
        "set up",
        r#"{"event":"bank-charge","date":"2017-03-01","owner":"410821","bank_account":"POOL","fund":"INT","amount":"1"}"#,
        &[("bank_account", "POOL"), ("fund", "RISK"), ("given", "INT")],
    ),
    (
        R::BankAccountOwner,
        "set up",
        r#"{"event":"bank-charge","date":"2017-07-01","owner":"410822","bank_account":"POOL","amount":"1"}"#,
        &[("bank_account", "POOL"), ("holder", "410821"), ("owner", "410822")],
    ),
    (
        R::RulesMissing,
        "set up",
        r#"{"event":"enrol","date":"2017-01-31","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("date", "2017-01-31")],
    ),
    (
        R::RulesExist,
        "set up",
        r#"{"event":"adopt-rules","date":"2018-02-01","rules":"@"}"#,
        &[("rules", "jiaozuo-demo")],
    ),
    (
        R::AmountZero,
        "set up",
        r#"{"event":"target","date":"2017-03-01","amount":"0.00","by":"2020-12-31"}"#,
        &[],
    ),
    (
        R::DateOrder,
        "set up",
        r#"{"event":"fee-paid","date":"2017-03-01","loan":"L","amount":"1","fee_rate":"1%","from":"2017-03-01","to":"2017-03-01"}"#,
        &[
            ("earlier", "2017-03-01"),
            ("later", "2017-03-01"),
            ("earlier_field", "from"),
            ("later_field", "to"),
        ],
    ),
    (
        R::DocumentMissing,
        "set up",
        r#"{"event":"transfer","date":"2017-07-01","owner":"410822","bank_account":"CITY","to_owner":"410821","amount":"1"}"#,
        &[("event", "transfer")],
    ),
    (
        R::LoanUnknown,
        "set up",
        r#"{"event":"overdue","date":"2017-07-01","loan":"M"}"#,
        &[("loan", "M")],
    ),
    (
        R::LoanExists,
        "set up",
        r#"{"event":"enrol","date":"2017-07-01","owner":"410822","loan":"L","firm":"FIRM","bank":"BANK","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("loan", "L"), ("owner", "410821"), ("enrolled", "2017-03-01")],
    ),
];

const AFTER_POOLS: &[Case] = &[
    (
        R::RenewalOther,
        "subsidy due",
        r#"{"event":"enrol","date":"2018-01-08","owner":"410821","loan":"L-3","renews":"L","firm":"FIRM-2","bank":"BANK","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("loan", "L"), ("firm", "FIRM"), ("given", "FIRM-2")],
    ),
    (
        R::LoanOwner,
        "drawn",
        r#"{"event":"overdue","date":"2017-07-01","owner":"410822","loan":"L"}"#,
        &[("given", "410822"), ("owner", "410821")],
    ),
    (
        R::NoteMissing,
        "notes two",
        r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#,
        &[("loan", "L"), ("notes", "2")],
    ),
    (
        R::NoteUnknown,
        "drawn",
        r#"{"event":"overdue","date":"2017-07-01","loan":"L","note":"X"}"#,
        &[("loan", "L"), ("note", "X")],
    ),
    (
        R::NoteExists,
        "drawn",
        r#"{"event":"disburse","date":"2017-03-01","loan":"L","note":"N","amount":"1"}"#,
        &[("loan", "L"), ("note", "N")],
    ),
    (
        R::LoanState,
        "overdue",
        r#"{"event":"extend","date":"2017-07-01","loan":"L","due":"2019-01-01"}"#,
        &[
            ("note", "N"),
            ("state", "overdue"),
            ("legal", "active, part-repaid, extended"),
            ("event", "extend"),
        ],
    ),
    (
        R::ApplicationDiffers,
        "applied",
        r#"{"event":"enrol","date":"2017-03-02","owner":"410821","loan":"M","firm":"FIRM-2","bank":"BANK","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("loan", "M"), ("kind", "firm"), ("applied", "FIRM"), ("name", "FIRM-2")],
    ),
    (
        R::DisburseAboveContract,
        "drawn",
        r#"{"event":"disburse","date":"2017-03-01","loan":"L","note":"N2","amount":"100000.01"}"#,
        &[("contract", "1,000,000.00"), ("drawn", "900,000.00"), ("amount", "100,000.01")],
    ),
    (
        R::FeeUnknown,
        "drawn",
        r#"{"event":"fee-refunded","date":"2017-03-02","loan":"L","amount":"1","from":"2017-03-01"}"#,
        &[("loan", "L"), ("from", "2017-03-01")],
    ),
    (
        R::RepayAboveBalance,
        "drawn",
        r#"{"event":"repay","date":"2017-03-01","loan":"L","amount":"900000.01"}"#,
        &[("balance", "900,000.00"), ("amount", "900,000.01")],
    ),
    (
        R::DepositHeld,
        "deposit held",
        r#"{"event":"refund-deposit","date":"2017-03-02","loan":"L","bank_account":"POOL","maker":"甲","checker":"乙"}"#,
        &[("loan", "L"), ("deposit", "18,000.00"), ("balance", "900,000.00")],
    ),
    (
        R::DepositFirst,
        "deposit overdue",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"1","lawsuit":"1号"}"#,
        &[("loan", "L"), ("deposit", "18,000.00")],
    ),
    (
        R::ClaimUnknown,
        "set up",
        r#"{"event":"approve-claim","date":"2017-03-01","claim":"X"}"#,
        &[("claim", "X")],
    ),
    (
        R::ClaimExists,
        "filed",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"1","lawsuit":"1号"}"#,
        &[("claim", "C"), ("filed", "2017-09-01")],
    ),
    (
        R::ClaimDuplicate,
        "filed",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"D","loan":"L","base":"1","lawsuit":"1号"}"#,
        &[("loan", "L"), ("note", "N"), ("claim", "C")],
    ),
    (
        R::ClaimState,
        "filed",
        r#"{"event":"write-off","date":"2017-09-01","claim":"C"}"#,
        &[
            ("claim", "C"),
            ("state", "filed"),
            ("legal", "paid-part, paid, recovering, settled"),
            ("event", "write-off"),
        ],
    ),
    (
        R::ClaimBaseAboveBalance,
        "overdue",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"900000.01","lawsuit":"1号"}"#,
        &[("base", "900,000.01"), ("balance", "900,000.00")],
    ),
    (
        R::ClaimBaseAboveLoss,
        "overdue",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","collateral":"60000.00","other":"40000.01","lawsuit":"1号"}"#,
        &[
            ("balance", "900,000.00"),
            ("collateral", "60,000.00"),
            ("other", "40,000.01"),
            ("earlier", "0.00"),
        ],
    ),
    (
        R::ClaimInterestExcluded,
        "overdue",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","interest":"0.01","lawsuit":"1号"}"#,
        &[("claim", "C"), ("interest", "0.01")],
    ),
    // 1,000.00 at 3.6% for the 91 days to the maturity.
    (
        R::ClaimInterestAbove,
        "capped",
        r#"{"event":"file-claim","date":"2017-09-01","claim":"C-6","loan":"L-6","base":"1009.11","interest":"9.11"}"#,
        &[("accrued", "9.10"), ("until", "2017-08-01"), ("paid", "0.00"), ("open", "9.10")],
    ),
    (
        R::ClaimSupplement,
        "filed",
        r#"{"event":"file-claim","date":"2017-09-02","claim":"C-2","loan":"L","base":"1.00","supplement":"C","lawsuit":"1号"}"#,
        &[("supplement", "C"), ("note", "N"), ("state", "filed")],
    ),
    // Overdue since 1 July: 60 days on 30 August, and more than 60 are required.
    (
        R::ClaimTooEarly,
        "overdue",
        r#"{"event":"file-claim","date":"2017-08-30","claim":"C","loan":"L","base":"1","lawsuit":"1号"}"#,
        &[("days", "60"), ("required", "60"), ("since", "2017-07-01")],
    ),
    (
        R::ClaimLawsuitMissing,
        "overdue",
        r#"{"event":"file-claim","date":"2017-08-31","claim":"C","loan":"L","base":"1"}"#,
        &[("claim", "C")],
    ),
    (
        R::CapUsedUp,
        "capped",
        r#"{"event":"approve-claim","date":"2017-09-10","claim":"C-5"}"#,
        &[
            ("kind", "bank-year-share"),
            ("subject", "BANK 2017"),
            ("ceiling", "0.00"),
            ("left", "0.00"),
            ("amount", "400.00"),
        ],
    ),
    (
        R::QuotaBelowUsed,
        "approved",
        r#"{"event":"quota","date":"2017-10-01","owner":"410821","year":2017,"amount":"119999.99","document":"x"}"#,
        &[("year", "2017"), ("held", "120,000.00"), ("amount", "119,999.99")],
    ),
    (
        R::ApprovalAboveLimit,
        "filed",
        r#"{"event":"approve-claim","date":"2017-09-10","claim":"C","amount":"320000.01"}"#,
        &[("amount", "320,000.01"), ("base", "800,000.00"), ("limit", "320,000.00")],
    ),
    (
        R::PayAboveApproved,
        "approved",
        r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL","amount":"120000.01","maker":"甲","checker":"乙"}"#,
        &[("approved", "120,000.00"), ("paid", "0.00"), ("amount", "120,000.01")],
    ),
    // Four tenths of 300,000.03 are 120,000.01, and 120,000.00 were paid.
    (
        R::RecoveryAboveCompensation,
        "paid",
        r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"300000.03"}"#,
        &[("paid", "120,000.00"), ("recovered", "0.00"), ("share", "120,000.01")],
    ),
    (
        R::CostAboveRecovery,
        "paid",
        r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"5","cost":"5"}"#,
        &[("gross", "5.00"), ("cost", "5.00")],
    ),
    // Four tenths of 100,000.00 came in on 120,000.00.
    (
        R::ClaimOpen,
        "recovered",
        r#"{"event":"close-claim","date":"2017-10-01","claim":"C","reason":"x","document":"1号"}"#,
        &[("claim", "C"), ("right", "80,000.00"), ("refund", "0.00")],
    ),
    (
        R::CostNotDeductible,
        "costs are borne",
        r#"{"event":"recover","date":"2017-10-01","claim":"C-3","bank_account":"POOL","gross":"50","cost":"5"}"#,
        &[("claim", "C-3"), ("cost", "5.00")],
    ),
    (
        R::ReceiptUnknown,
        "set up",
        r#"{"event":"explain-receipt","date":"2017-09-25","owner":"410821","receipt":"X","to":"interest"}"#,
        &[("receipt", "X")],
    ),
    // Four tenths of 30.00 are 12.00, and 10.00 arrived.
    (
        R::ReceiptShare,
        "receipt unknown",
        r#"{"event":"explain-receipt","date":"2017-09-26","receipt":"R","to":"recovery","claim":"C","gross":"30"}"#,
        &[("receipt", "R"), ("claim", "C"), ("share", "12.00"), ("amount", "10.00")],
    ),
    (
        R::AboveOpen,
        "receipt unknown",
        r#"{"event":"explain-receipt","date":"2017-09-26","receipt":"R","to":"interest","amount":"10.01"}"#,
        &[("what", "R"), ("open", "10.00"), ("amount", "10.01")],
    ),
    // Ten times the 89,999.99 that would be left are less than the 900,000.00 lent.
    (
        R::LeverageLimit,
        "drawn",
        r#"{"event":"approve-withdrawal","date":"2017-04-01","owner":"410821","source":"county","amount":"200000.01"}"#,
        &[("loans", "1,000,000.00"), ("pool", "99,999.99"), ("limit", "10")],
    ),
    (
        R::TrusteeFeeMax,
        "pool strict",
        r#"{"event":"trustee-fee","date":"2017-04-01","owner":"410821","bank_account":"POOL","amount":"3000.01","maker":"甲","checker":"乙"}"#,
        &[("used", "0.00"), ("limit", "3,000.00"), ("share", "1.00%"), ("pool", "300,000.00")],
    ),
    (
        R::SubsidyUnknown,
        "set up",
        r#"{"event":"pay-subsidy","date":"2018-01-06","subsidy":"X","bank_account":"INT"}"#,
        &[("subsidy", "X")],
    ),
    (
        R::SubsidyExists,
        "subsidy approved",
        r#"{"event":"approve-subsidy","date":"2018-01-05","loan":"L","amount":"1","period":"2017Q4","programme":"interest-discount"}"#,
        &[("loan", "L"), ("period", "2017Q4"), ("subsidy", "S")],
    ),
    // A supplement to the fourth quarter adds to nothing of the third.
    (
        R::SupplementOther,
        "subsidy approved",
        r#"{"event":"approve-subsidy","date":"2018-01-05","loan":"L","amount":"1","period":"2017Q3","programme":"interest-discount","supplement":"S"}"#,
        &[("subsidy", "S"), ("period", "2017Q4"), ("first", "S")],
    ),
    (
        R::SubsidyState,
        "subsidy paid",
        r#"{"event":"pay-subsidy","date":"2018-01-07","subsidy":"S","bank_account":"INT","amount":"1"}"#,
        &[("subsidy", "S"), ("state", "paid"), ("legal", "approved, noticed, ordered, paid-part")],
    ),
    (
        R::FilingApproved,
        "subsidy approved",
        r#"{"event":"pay-subsidy","date":"2018-01-06","subsidy":"F","bank_account":"INT"}"#,
        &[("subsidy", "F"), ("line", "S")],
    ),
    (
        R::OffsetOther,
        "subsidy due",
        r#"{"event":"offset-clawback","date":"2018-01-08","subsidy":"S","against":"S-2"}"#,
        &[("subsidy", "S"), ("against", "S-2"), ("other", "FIRM-2")],
    ),
    // 200,000.00 a firm and year; 150,000.00 are used in 2017.
    (
        R::FirmYearCap,
        "subsidy approved",
        r#"{"event":"approve-subsidy","date":"2018-01-05","loan":"L","amount":"50000.01","period":"2017Q3","programme":"interest-discount"}"#,
        &[("year", "2017"), ("cap", "200,000.00"), ("used", "150,000.00"), ("amount", "50,000.01")],
    ),
    // 100.00 less to keep, and 100.01 less of the cap.
    (
        R::FirmTotalCap,
        "capped",
        r#"{"event":"approve-subsidy","date":"2018-04-05","loan":"L-5","amount":"30000.01","period":"2018Q1","programme":"interest-discount"}"#,
        &[("cap", "80,000.00"), ("used", "50,000.00"), ("amount", "30,000.01")],
    ),
    (
        R::YearsShort,
        "subsidy approved",
        r#"{"event":"reduce-subsidy","date":"2018-01-06","subsidy":"S","amount":"100.00","reason":"x","years":"2017:100.01"}"#,
        &[("years", "2017:100.01"), ("used", "149,899.99"), ("kept", "149,900.00")],
    ),
    (
        R::ReverseUnknown,
        "set up",
        r#"{"event":"reverse","date":"2017-09-21","entry":"99","reason":"x"}"#,
        &[("entry", "99")],
    ),
    (
        R::ReverseReversal,
        "reversed",
        r#"{"event":"reverse","date":"2017-09-21","entry":"@back","reason":"x"}"#,
        &[],
    ),
    (
        R::ReverseTwice,
        "reversed",
        r#"{"event":"reverse","date":"2017-09-21","entry":"@payment","reason":"x"}"#,
        &[],
    ),
    (
        R::ReverseLater,
        "approved",
        r#"{"event":"reverse","date":"2017-09-21","entry":"@filing","reason":"x"}"#,
        &[],
    ),
    (
        R::ReverseKind,
        "set up",
        r#"{"event":"reverse","date":"2017-09-21","entry":"2","reason":"x"}"#,
        &[("entry", "2"), ("event", "join")],
    ),
    (
        R::CloseDate,
        "set up",
        r#"{"event":"close","date":"2017-03-30","owner":"410821","period":"2017-03","maker":"甲","checker":"乙"}"#,
        &[("period", "2017-03"), ("date", "2017-03-30"), ("last", "2017-03-31")],
    ),
    (
        R::PeriodClosedAlready,
        "close final",
        r#"{"event":"close","date":"2017-03-31","owner":"410821","period":"2017-03","maker":"甲","checker":"乙"}"#,
        &[("period", "2017-03"), ("through", "2017-03-31"), ("owner", "410821")],
    ),
    // 100.00 left the account on 31 January, one day before anything came in.
    (
        R::CloseBlocked,
        "close overdrawn",
        r#"{"event":"close","date":"2017-01-31","owner":"410821","period":"2017-01","maker":"甲","checker":"乙"}"#,
        &[("fund", "RISK"), ("bank_account", "POOL"), ("balance", "-100.00"), ("count", "1")],
    ),
    (
        R::PeriodClosed,
        "close final",
        r#"{"event":"commit","date":"2017-03-31","owner":"410821","source":"city","amount":"1"}"#,
        &[("date", "2017-03-31"), ("through", "2017-03-31"), ("open", "2017-04-01")],
    ),
    (
        R::PeriodSoftClosed,
        "close soft",
        r#"{"event":"commit","date":"2017-04-30","owner":"410821","source":"city","amount":"1","maker":"甲","approver":"甲"}"#,
        &[("date", "2017-04-30"), ("through", "2017-04-30"), ("open", "2017-05-01")],
    ),
    (
        R::CheckerMissing,
        "approved",
        r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL","maker":"甲"}"#,
        &[("event", "pay-claim"), ("who", "checker")],
    ),
    (
        R::CheckerSame,
        "set up",
        r#"{"event":"bank-charge","date":"2017-03-01","owner":"410821","bank_account":"POOL","amount":"1","maker":"甲","checker":"甲"}"#,
        &[("person", "甲"), ("given", "maker, checker")],
    ),
    // 300,000.00 of money, of which 120,000.00 are set aside for the claim.
    (
        R::AvailableShort,
        "approved",
        r#"{"event":"trustee-fee","date":"2017-09-20","owner":"410821","bank_account":"POOL","amount":"180000.01","maker":"甲","checker":"乙"}"#,
        &[
            ("cash", "300,000.00"),
            ("reserved", "120,000.00"),
            ("available", "180,000.00"),
            ("amount", "180,000.01"),
        ],
    ),
    (
        R::CashShort,
        "set up",
        r#"{"event":"move","date":"2017-03-01","owner":"410821","from_bank_account":"POOL","to_bank_account":"POOL-2","amount":"300000.01"}"#,
        &[("bank_account", "POOL"), ("balance", "300,000.00"), ("amount", "300,000.01")],
    ),
    // An amount is at most 10^15 yuan, and so is a balance.
    (
        R::BalanceRange,
        "set up",
        r#"{"event":"contribute","date":"2017-03-01","owner":"410821","source":"county","bank_account":"POOL","amount":"1000000000000000.00"}"#,
        &[("account", "1002.01"), ("balance", "1,000,000,000,300,000.00")],
    ),
];

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(crate::refusals_pools::CASES).chain(AFTER_POOLS)
}

pub use crate::support::staged::{book_at, read};

#[test]
fn every_reason_has_its_case_in_order() {
    let reasons: Vec<Reason> = cases().map(|(reason, ..)| *reason).collect();
    assert_eq!(reasons, Reason::ALL);
}

#[test]
fn every_reason_is_reached_and_names_its_numbers() {
    for (reason, stage, json, args) in cases() {
        let mut book = book_at(stage);
        let event = read(&book, json, "refused");
        let before = fingerprint(&book);
        let problem = book.record(event.clone(), &options()).map(|_| ()).unwrap_err();
        assert_eq!((problem.code, problem.exit), (reason.code(), Exit::Refused), "{problem}");
        for (name, value) in *args {
            assert_eq!(problem.arg(name), Some(*value), "{problem}");
        }
        assert_eq!(before, fingerprint(&book), "{reason} left a trace");
        let row =
            book.record_row(vec![event.clone()], &options(), &mut RowGroup::default(), &mut |_| {});
        assert_eq!(row, Err(problem.clone()));
        assert_eq!(before, fingerprint(&book), "{reason} left a trace as a row");
        let dry = poolbook::book::Options { dry_run: true, ..options() };
        assert_eq!(book.record(event, &dry).map(|_| ()), Err(problem));
        assert_eq!(before, fingerprint(&book), "{reason} left a trace of a dry run");
    }
}
