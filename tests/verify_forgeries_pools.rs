//! Journals forged for the checks of pools as a whole: closes, leverage, the breaker, ceilings.

/// A year of two funds, closed.
pub const CLOSED: &[&str] = &[
    r#"{"event":"join","id":"j1","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"bank-account","id":"a1","date":"2017-01-01","owner":"410821","bank_account":"P1","fund":"RISK"}"#,
    r#"{"event":"bank-account","id":"a2","date":"2017-01-01","owner":"410821","bank_account":"I1","fund":"INT"}"#,
    r#"{"event":"pool-interest","id":"i","date":"2017-03-21","owner":"410821","bank_account":"P1","amount":"5.00"}"#,
    r#"{"event":"budget","id":"b","date":"2017-04-01","owner":"410821","bank_account":"I1","amount":"9.00"}"#,
    r#"{"event":"bank-charge","id":"c","date":"2017-05-01","owner":"410821","bank_account":"I1","fund":"INT","amount":"1.00"}"#,
    r#"{"event":"close","id":"z","date":"2017-12-31","owner":"410821","period":"2017","maker":"甲","checker":"乙"}"#,
];
