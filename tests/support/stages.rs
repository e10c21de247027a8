//! The stages of a small book at which refusals are reached.

/// What must have happened before, by name; each stage stands on those before it.
pub const STAGES: &[(&str, &[&str])] = &[
    ("nothing", &[]),
    (
        "opened",
        &[
            r#"{"event":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
        ],
    ),
    (
        "set up",
        &[
            r#"{"event":"join","date":"2017-01-01","owner":"410821"}"#,
            r#"{"event":"join","date":"2017-06-01","owner":"410822"}"#,
            r#"{"event":"adopt-rules","date":"2017-02-01","rules":"@"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"BANK","kind":"bank","name":"银行"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"GUAR","kind":"guarantor","name":"担保"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"FIRM","kind":"firm","name":"企业","credit_code":"91410821MA40ABC13G"}"#,
            r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"POOL","fund":"RISK"}"#,
            r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"POOL-2","fund":"RISK"}"#,
            r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"INT","fund":"INT"}"#,
            r#"{"event":"bank-account","date":"2017-01-01","owner":"410800","bank_account":"CITY","fund":"RISK"}"#,
            r#"{"event":"contribute","date":"2017-02-01","owner":"410821","source":"county","bank_account":"POOL","amount":"300000.00"}"#,
            r#"{"event":"budget","date":"2017-02-01","owner":"410821","bank_account":"INT","amount":"250000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1000000.00","due":"2018-03-01","rate":"4.35%"}"#,
        ],
    ),
    (
        "statement taken",
        &[
            r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"NUMBERED","fund":"RISK","number":"6222021112"}"#,
            r#"{"event":"import-statement","id":"st","date":"2017-03-31","from":"2017-03-01","bank_account":"CITY","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","profile":"plain","fetched_by":"甲","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}"#,
            r#"{"event":"import-statement","id":"out","date":"2017-03-31","from":"2017-03-01","bank_account":"CITY","opening":"0.00","closing":"0.00","movements":[],"file":"a.csv","profile":"plain","fetched_by":"甲","sha256":"1111111111111111111111111111111111111111111111111111111111111111"}"#,
            r#"{"event":"undo-statement","date":"2017-03-31","statement":"out","reason":"x"}"#,
            r#"{"event":"match-lines","id":"m","date":"2017-03-31","bank_account":"POOL","lines":["0123456789ab"],"postings":["12.1"]}"#,
            r#"{"event":"match-lines","id":"back","date":"2017-03-31","bank_account":"POOL","lines":["0123456789ac"],"postings":["13.1"]}"#,
            r#"{"event":"unmatch-lines","date":"2017-03-31","matching":"back","reason":"x"}"#,
            r#"{"event":"reconcile-settings","date":"2017-03-31","days_far":3}"#,
            r#"{"event":"certify","date":"2017-03-31","checker":"乙","bank_account":"CITY","digest":"550aa02f5f3d57fa3704bf1e503e3a60a9e4d81833db03a2e6670374359372aa","figures":{"adjusted":"0.00","book":"0.00","channel":"net-bank","entries":22,"facts":"7e60465f0b24bd8708f8dee501f4c34a1d83c2dfa6cc7cf3208ef18b8c1a32ca","lines":0,"open":[],"postings":0,"statement":"0.00"}}"#,
        ],
    ),
    (
        "drawn",
        &[r#"{"event":"disburse","date":"2017-03-01","loan":"L","note":"N","amount":"900000.00"}"#],
    ),
    (
        "notes two",
        &[r#"{"event":"disburse","date":"2017-03-02","loan":"L","note":"N2","amount":"1.00"}"#],
    ),
    (
        "slips told",
        &[
            r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"L-8","firm":"FIRM","bank":"BANK","contract":"HT-2017-001","amount":"100000.00","due":"2018-03-01","rate":"4.35%"}"#,
            r#"{"event":"interest-paid","date":"2017-03-21","loan":"L","from":"2017-03-01","to":"2017-03-21","amount":"2000.00"}"#,
            r#"{"event":"fee-paid","date":"2017-03-01","loan":"L","from":"2017-03-01","to":"2018-03-01","amount":"9000.00","fee_rate":"1%"}"#,
            r#"{"event":"other-benefit","date":"2017-03-21","loan":"L","scheme":"省级贴息","from":"2017-03-01","to":"2017-03-21","amount":"5.00"}"#,
        ],
    ),
    (
        "applied",
        &[
            r#"{"event":"apply-loan","date":"2017-03-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"500000.00"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"FIRM-2","kind":"firm","name":"乙企业"}"#,
        ],
    ),
    (
        "subsidy approved",
        &[
            r#"{"event":"file-subsidy","id":"F","date":"2018-01-03","loan":"L","period":"2017Q4","programme":"interest-discount"}"#,
            r#"{"event":"approve-subsidy","id":"S","date":"2018-01-05","loan":"L","amount":"150000.00","period":"2017Q4","programme":"interest-discount"}"#,
        ],
    ),
    (
        "subsidy paid",
        &[
            r#"{"event":"pay-subsidy","date":"2018-01-06","subsidy":"S","bank_account":"INT","maker":"甲","checker":"乙"}"#,
        ],
    ),
    (
        "deposit held",
        &[
            r#"{"event":"receive-deposit","date":"2017-03-01","loan":"L","bank_account":"POOL","amount":"18000.00"}"#,
        ],
    ),
    (
        "close overdrawn",
        &[
            r#"{"event":"bank-charge","date":"2017-01-31","owner":"410821","bank_account":"POOL","amount":"100.00"}"#,
        ],
    ),
    (
        "close final",
        &[
            r#"{"event":"close","date":"2017-03-31","owner":"410821","period":"2017-03","maker":"甲","checker":"乙"}"#,
        ],
    ),
    (
        "close soft",
        &[
            r#"{"event":"close","date":"2017-04-30","owner":"410821","period":"2017-04","stage":"soft","maker":"甲","checker":"乙"}"#,
        ],
    ),
    ("deposit overdue", &[r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#]),
    (
        "deposit used",
        &[
            r#"{"event":"apply-deposit","date":"2017-07-02","loan":"L","bank_account":"POOL","maker":"甲","checker":"乙"}"#,
        ],
    ),
    // Every ceiling at once, and a bank that had lent nothing at the end of the year before.
    (
        "capped",
        &[
            r#"{"event":"adopt-rules","date":"2017-05-01","rules":"@scenarios/caps.toml"}"#,
            r#"{"event":"enrol","date":"2017-05-02","owner":"410821","loan":"L-5","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1000.00","due":"2017-08-01","rate":"3.6%"}"#,
            r#"{"event":"disburse","date":"2017-05-02","loan":"L-5","amount":"1000.00"}"#,
            r#"{"event":"overdue","date":"2017-08-01","loan":"L-5"}"#,
            r#"{"event":"file-claim","date":"2017-09-01","claim":"C-5","loan":"L-5","base":"1000.00"}"#,
            r#"{"event":"enrol","date":"2017-05-02","owner":"410821","loan":"L-6","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1000.00","due":"2017-08-01","rate":"3.6%"}"#,
            r#"{"event":"disburse","date":"2017-05-02","loan":"L-6","amount":"1000.00"}"#,
            r#"{"event":"overdue","date":"2017-08-01","loan":"L-6"}"#,
            r#"{"event":"approve-subsidy","id":"S-5","date":"2017-10-05","loan":"L-5","amount":"50000.00","period":"2017Q3","programme":"interest-discount"}"#,
        ],
    ),
    (
        "subsidy due",
        &[
            r#"{"event":"claw-back","date":"2018-01-07","subsidy":"S","reason":"x"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"FIRM-2","kind":"firm","name":"乙企业"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"L-2","firm":"FIRM-2","bank":"BANK","amount":"1000.00","due":"2018-03-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"L-2","amount":"1000.00"}"#,
            r#"{"event":"approve-subsidy","id":"S-2","date":"2018-01-05","loan":"L-2","amount":"10.00","period":"2017Q4","programme":"interest-discount"}"#,
        ],
    ),
    (
        "pool strict",
        &[r#"{"event":"adopt-rules","date":"2017-03-15","rules":"@scenarios/strict.toml"}"#],
    ),
    (
        "pool rates",
        &[r#"{"event":"adopt-rates","date":"2017-03-15","rates":"@jiaozuo-2017/rates.toml"}"#],
    ),
    (
        "pool late",
        &[
            r#"{"event":"enrol","date":"2017-06-02","owner":"410821","loan":"LATE","firm":"FIRM","bank":"BANK","amount":"1","due":"2018-03-01","rate":"4%"}"#,
        ],
    ),
    // Nothing is drawn of it, so it is revoked without a trace in the sums.
    (
        "pool stopped",
        &[
            r#"{"event":"remove","date":"2017-06-30","loan":"LATE","reason":"x"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#,
        ],
    ),
    (
        "pool run off",
        &[
            r#"{"event":"run-off","date":"2017-08-01","owner":"410821","reason":"x","document":"1号"}"#,
        ],
    ),
    (
        "pool wound up",
        &[
            r#"{"event":"repay","date":"2017-08-03","loan":"L","amount":"900000.00"}"#,
            r#"{"event":"liquidate","date":"2017-08-04","owner":"410821","document":"2号"}"#,
        ],
    ),
    (
        "item",
        &[r#"{"event":"adopt-rules","date":"2017-04-15","rules":"@scenarios/one-item.toml"}"#],
    ),
    ("overdue", &[r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#]),
    (
        "filed",
        &[
            r#"{"event":"file-claim","id":"filing","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","lawsuit":"1号"}"#,
        ],
    ),
    // Forty in a hundred of the base: 320,000.00; 120,000.00 of it are approved.
    (
        "approved",
        &[
            r#"{"event":"approve-claim","id":"approval","date":"2017-09-10","claim":"C","amount":"120000.00"}"#,
        ],
    ),
    (
        "paid",
        &[
            r#"{"event":"pay-claim","id":"payment","date":"2017-09-20","claim":"C","bank_account":"POOL","maker":"甲","checker":"乙"}"#,
        ],
    ),
    (
        "recovered",
        &[
            r#"{"event":"recover","date":"2017-09-25","claim":"C","bank_account":"POOL","gross":"100000.00"}"#,
        ],
    ),
    (
        "costs are borne",
        &[
            r#"{"event":"adopt-rules","date":"2017-03-02","rules":"@costs"}"#,
            r#"{"event":"release","date":"2017-07-02","owner":"410821","reason":"x","document":"1号"}"#,
            r#"{"event":"party","date":"2017-01-01","party":"FIRM-3","kind":"firm","name":"丙企业"}"#,
            r#"{"event":"enrol","date":"2017-03-03","owner":"410821","loan":"L-3","firm":"FIRM-3","bank":"BANK","amount":"1000.00","due":"2018-03-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-03","loan":"L-3","amount":"1000.00"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"L-3"}"#,
            r#"{"event":"file-claim","date":"2017-09-01","claim":"C-3","loan":"L-3","base":"1000.00","lawsuit":"1号"}"#,
            r#"{"event":"approve-claim","date":"2017-09-10","claim":"C-3"}"#,
            r#"{"event":"pay-claim","date":"2017-09-20","claim":"C-3","bank_account":"POOL","maker":"甲","checker":"乙"}"#,
        ],
    ),
    (
        "receipt unknown",
        &[
            r#"{"event":"unknown-receipt","id":"R","date":"2017-09-25","owner":"410821","bank_account":"POOL","amount":"10.00"}"#,
        ],
    ),
    (
        "reversed",
        &[r#"{"event":"reverse","id":"back","date":"2017-09-21","entry":"@payment","reason":"x"}"#],
    ),
];

/// The life of a stage that goes on beside the loan's: its subsidies, its deposit, a receipt, a
/// recovery, another note, slips, another loan, a loan under other rules, a close, a
/// bank statement.
pub fn beside(stage: &str) -> Option<&'static str> {
    let lives = [
        "subsidy",
        "deposit",
        "capped",
        "receipt",
        "recovered",
        "notes",
        "slips",
        "applied",
        "pool",
        "item",
        "costs",
        "close",
        "statement",
    ];
    lives.into_iter().find(|life| stage.starts_with(life))
}
