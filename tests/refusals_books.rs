//! The refusals of loans and claims, subsidies, reversals, people and money, in the order of the list
//! of reasons.

use crate::refusals::Case;
use poolbook::domain::refusal::Reason as R;

pub const CASES: &[Case] = &[
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
    // The county's budget of this book is of 2017; in 2018 it gave nothing.
    (
        R::BudgetNotGiven,
        "set up",
        r#"{"event":"return-budget","date":"2018-09-25","owner":"410821","bank_account":"INT","amount":"5","maker":"甲","checker":"乙"}"#,
        &[("amount", "5.00"), ("given", "0.00"), ("years", "2018")],
    ),
    // The loss is 800,000.00.
    (
        R::RecoveryAboveLoss,
        "paid",
        r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"800000.01"}"#,
        &[("loss", "800,000.00"), ("recovered", "0.00"), ("net", "800,000.01")],
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
        R::ReverseStatement,
        "statement taken",
        r#"{"event":"reverse","date":"2017-09-21","entry":"16","reason":"x"}"#,
        &[("entry", "16"), ("event", "import-statement")],
    ),
    (
        R::CorrectReversed,
        "reversed",
        r#"{"event":"correct","date":"2017-09-21","entry":"@payment","amount":"1.00","reason":"x"}"#,
        &[],
    ),
    (
        R::CorrectKind,
        "set up",
        r#"{"event":"correct","date":"2017-09-21","entry":"2","amount":"1.00","reason":"x"}"#,
        &[("entry", "2"), ("event", "join")],
    ),
    (
        R::CorrectNothing,
        "drawn",
        r#"{"event":"correct","date":"2017-09-21","entry":"@drawn-1","reason":"x"}"#,
        &[("event", "disburse"), ("fields", "effective, amount, due")],
    ),
    (
        R::CorrectSame,
        "drawn",
        r#"{"event":"correct","date":"2017-09-21","entry":"@drawn-1","amount":"900000.00","due":"2018-02-01","reason":"x"}"#,
        &[("field", "amount"), ("value", "900000.00")],
    ),
    (
        R::CorrectLater,
        "approved",
        r#"{"event":"correct","date":"2017-09-21","entry":"@drawn-1","amount":"200000.00","reason":"x"}"#,
        &[("later_event", "file-claim"), ("because", "claim-base-above-balance")],
    ),
    // All of the deposit, 18,000.00, was applied; of 10,000.00 owed it could have been 10,000.00.
    (
        R::CorrectMoney,
        "deposit used",
        r#"{"event":"correct","date":"2017-09-21","entry":"@drawn-1","amount":"10000.00","reason":"x"}"#,
        &[("later_event", "apply-deposit"), ("moved", "18,000.00"), ("would", "10,000.00")],
    ),
    (
        R::StatementNumber,
        "statement taken",
        r#"{"event":"import-statement","date":"2017-03-31","from":"2017-03-01","bank_account":"NUMBERED","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","number":"6222021113","profile":"plain","fetched_by":"甲","sha256":"2222222222222222222222222222222222222222222222222222222222222222"}"#,
        &[("bank_account", "NUMBERED"), ("number", "6222021112"), ("printed", "6222021113")],
    ),
    (
        R::StatementCurrency,
        "statement taken",
        r#"{"event":"import-statement","date":"2017-03-31","from":"2017-03-01","bank_account":"CITY","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","currency":"USD","profile":"plain","fetched_by":"甲","sha256":"5555555555555555555555555555555555555555555555555555555555555555"}"#,
        &[("currency", "USD"), ("expected", "CNY")],
    ),
    (
        R::StatementPart,
        "statement taken",
        r#"{"event":"import-statement","date":"2017-03-31","from":"2017-03-01","bank_account":"CITY","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","profile":"plain","fetched_by":"甲","sha256":"4444444444444444444444444444444444444444444444444444444444444444","part":2,"parts":2}"#,
        &[("part", "2"), ("parts", "2"), ("expected", "1")],
    ),
    (
        R::StatementPerson,
        "statement taken",
        r#"{"event":"import-statement","date":"2017-03-31","from":"2017-03-01","bank_account":"CITY","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","profile":"plain","fetched_by":"甲","sha256":"3333333333333333333333333333333333333333333333333333333333333333","channel":"counter"}"#,
        &[("person", "甲"), ("channel", "counter"), ("first", "net-bank"), ("entry", "16")],
    ),
    (
        R::StatementUnknown,
        "statement taken",
        r#"{"event":"undo-statement","date":"2017-03-31","statement":"none","reason":"x"}"#,
        &[("statement", "none")],
    ),
    (
        R::StatementUndone,
        "statement taken",
        r#"{"event":"undo-statement","date":"2017-03-31","statement":"out","reason":"x"}"#,
        &[("statement", "out"), ("entry", "18")],
    ),
    (
        R::MatchCount,
        "statement taken",
        r#"{"event":"match-lines","date":"2017-03-31","bank_account":"POOL","lines":["0123456789ad"],"postings":[]}"#,
        &[("lines", "1"), ("postings", "0"), ("limit", "100")],
    ),
    (
        R::MatchTwice,
        "statement taken",
        r#"{"event":"match-lines","date":"2017-03-31","bank_account":"POOL","lines":["0123456789ab"],"postings":["13.1"]}"#,
        &[("line", "0123456789ab"), ("entry", "19")],
    ),
    (
        R::PostingUnknown,
        "statement taken",
        r#"{"event":"match-lines","date":"2017-03-31","bank_account":"POOL","lines":["0123456789ad"],"postings":["24.1"]}"#,
        &[("line", "24.1")],
    ),
    (
        R::MatchUnknown,
        "statement taken",
        r#"{"event":"unmatch-lines","date":"2017-03-31","matching":"none","reason":"x"}"#,
        &[("matching", "none")],
    ),
    (
        R::MatchUndone,
        "statement taken",
        r#"{"event":"unmatch-lines","date":"2017-03-31","matching":"back","reason":"x"}"#,
        &[("matching", "back"), ("entry", "21")],
    ),
    (
        R::SettingsOrder,
        "statement taken",
        r#"{"event":"reconcile-settings","date":"2017-03-31","days_near":4}"#,
        &[("low", "4"), ("high", "3"), ("low_field", "days_near"), ("high_field", "days_far")],
    ),
    (
        R::CertifyStale,
        "statement taken",
        r#"{"event":"certify","date":"2017-03-31","bank_account":"CITY","digest":"550aa02f5f3d57fa3704bf1e503e3a60a9e4d81833db03a2e6670374359372aa","figures":{"adjusted":"0.00","book":"0.00","channel":"net-bank","entries":22,"facts":"7e60465f0b24bd8708f8dee501f4c34a1d83c2dfa6cc7cf3208ef18b8c1a32ca","lines":0,"open":[],"postings":0,"statement":"0.00"}}"#,
        &[("entries", "22"), ("now", "23")],
    ),
    (
        R::CertifyOpen,
        "statement taken",
        r#"{"event":"certify","date":"2017-03-31","bank_account":"CITY","digest":"d777e696b77c7fc3861c7e1c9e84b7eacacc7568e30e38cf214946ff217bab59","figures":{"adjusted":"0.00","book":"5.00","channel":"net-bank","entries":23,"facts":"7e60465f0b24bd8708f8dee501f4c34a1d83c2dfa6cc7cf3208ef18b8c1a32ca","lines":0,"open":[],"postings":0,"statement":"0.00"}}"#,
        &[("statement", "0.00"), ("book", "5.00"), ("difference", "-5.00")],
    ),
    (
        R::CertifyUncovered,
        "statement taken",
        r#"{"event":"certify","date":"2017-04-01","bank_account":"CITY","digest":"c60d67f9ad036956468e37c9eea8d419a2f98e32de23a26350c1bd64f45abf78","figures":{"adjusted":"0.00","book":"0.00","channel":"net-bank","entries":23,"facts":"7e60465f0b24bd8708f8dee501f4c34a1d83c2dfa6cc7cf3208ef18b8c1a32ca","lines":0,"open":[],"postings":0,"statement":"0.00"}}"#,
        &[("date", "2017-04-01"), ("channel", "net-bank")],
    ),
    (
        R::CertifiedAlready,
        "statement taken",
        r#"{"event":"certify","date":"2017-03-31","bank_account":"CITY","digest":"7df582a98b4b53cb5fb62cef256f9735ec9b04b4e00cf9eaf2ede245af253ae8","figures":{"adjusted":"0.00","book":"0.00","channel":"net-bank","entries":23,"facts":"7e60465f0b24bd8708f8dee501f4c34a1d83c2dfa6cc7cf3208ef18b8c1a32ca","lines":0,"open":[],"postings":0,"statement":"0.00"}}"#,
        &[("date", "2017-03-31"), ("entry", "23")],
    ),
    (
        R::OwnerNeedless,
        "set up",
        r#"{"event":"checkpoint","date":"2017-09-21","owner":"410821"}"#,
        &[("owner", "410821")],
    ),
    (
        R::CheckpointUnknown,
        "set up",
        r#"{"event":"keep-checkpoint","date":"2017-09-21","checkpoint":"2","by":"市审计局"}"#,
        &[("entry", "2"), ("last", "none")],
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
        &[("item", "below-zero"), ("subject", "POOL"), ("amount", "-100.00"), ("count", "1")],
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
        R::MakerMissing,
        "set up",
        r#"{"event":"commit","date":"2017-03-01","owner":"410821","source":"city","amount":"1","checker":"乙"}"#,
        &[("event", "commit")],
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
