//! Every reason to say no, reached by one small case, in the order of their list, with the numbers
//! that it names.

use crate::support::book::{fingerprint, options};
use poolbook::book::{People, RowGroup};
use poolbook::domain::refusal::Reason;
use poolbook::problem::Exit;
use poolbook::report::message::Message;
use poolbook::report::{Lang, Locale};

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
        R::CityOnly,
        "set up",
        r#"{"event":"adopt-rules","date":"2018-02-01","owner":"410821","rules":"@scenarios/strict.toml"}"#,
        &[("event", "adopt-rules"), ("owner", "410821")],
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
        R::RulesUnknown,
        "set up",
        r#"{"event":"change-rules","date":"2017-03-01","loan":"L","to_rules":"demo-2018"}"#,
        &[("rules", "demo-2018")],
    ),
    (
        R::RulesSame,
        "set up",
        r#"{"event":"change-rules","date":"2017-03-01","loan":"L","to_rules":"jiaozuo-demo"}"#,
        &[("loan", "L"), ("rules", "jiaozuo-demo"), ("entry", "14")],
    ),
    (
        R::RulesNotInForce,
        "pool strict",
        r#"{"event":"change-rules","date":"2017-06-01","loan":"L","to_rules":"strict"}"#,
        &[
            ("rules", "strict"),
            ("loan", "L"),
            ("enrolled", "2017-03-01"),
            ("in_force", "jiaozuo-demo"),
        ],
    ),
    (
        R::SharesUndefined,
        "set up",
        r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1","due":"2018-03-01","rate":"5%","pool_share":"30%"}"#,
        &[("loan", "M"), ("pool", "30.00%"), ("guarantor", "-")],
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
    (
        R::ContractTwice,
        "slips told",
        r#"{"event":"enrol","date":"2017-07-01","owner":"410822","loan":"L-9","firm":"FIRM","bank":"BANK","contract":"ht2017 001","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("loan", "L-8"), ("owner", "410821"), ("entry", "16"), ("given", "L-9")],
    ),
    (
        R::NoteTwice,
        "slips told",
        r#"{"event":"disburse","date":"2017-07-01","loan":"L-8","note":"n","amount":"1"}"#,
        &[("loan", "L"), ("note", "n"), ("entry", "15"), ("given", "L-8")],
    ),
    (
        R::DrawingOther,
        "slips told",
        r#"{"event":"enrol","date":"2017-07-01","owner":"410822","loan":"L-9","firm":"FIRM","bank":"BANK","contract":"HT-2017-002","drawing_of":"L-8","amount":"1","due":"2018-03-01","rate":"5%"}"#,
        &[("given", "L-9"), ("loan", "L-8"), ("number", "HT-2017-002"), ("found", "-")],
    ),
    (
        // 900,000.00 x 4.35% x 20/360 = 2,175.00.
        R::InterestSlipTwice,
        "slips told",
        r#"{"event":"interest-paid","date":"2017-03-25","loan":"L","from":"2017-03-01","to":"2017-03-21","amount":"175.03"}"#,
        &[("entry", "17"), ("together", "2,175.03"), ("owed", "2,175.00")],
    ),
    (
        R::FeeSlipTwice,
        "slips told",
        r#"{"event":"fee-paid","date":"2017-05-01","loan":"L","from":"2017-03-01","to":"2018-03-01","amount":"9000.00","fee_rate":"1%"}"#,
        &[("entry", "18"), ("together", "18,000.00"), ("rate", "2%")],
    ),
    (
        R::BenefitTwice,
        "slips told",
        r#"{"event":"other-benefit","date":"2017-05-01","loan":"L","scheme":"省级贴息","from":"2017-03-20","to":"2017-04-21","amount":"5.00"}"#,
        &[("entry", "19"), ("other_from", "2017-03-01"), ("other_to", "2017-03-21")],
    ),
    (
        // 27,000.00 on 1,000,000.00 for a year.
        R::FeeRateBelow,
        "set up",
        r#"{"event":"fee-paid","date":"2017-03-01","loan":"L","from":"2017-03-01","to":"2018-03-01","amount":"27000.00","fee_rate":"1.5%"}"#,
        &[("computed", "2.7%"), ("fee_rate", "1.5%"), ("days", "365")],
    ),
];

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(crate::refusals_pools::CASES).chain(crate::refusals_books::CASES)
}

pub use crate::support::staged::{book_at, read};

#[test]
fn every_reason_has_its_case_in_order() {
    let reasons: Vec<Reason> = cases().map(|(reason, ..)| *reason).collect();
    assert_eq!(reasons, Reason::ALL);
}

#[test]
pub fn every_reason_is_reached_and_names_its_numbers() {
    let locales = [Locale::new(Lang::Chinese), Locale::new(Lang::English)];
    for (reason, stage, json, args) in cases() {
        let mut book = book_at(stage);
        let mut options = options();
        if *reason == Reason::MakerMissing {
            options.people = People::default();
        }
        let event = read(&book, json, "refused");
        let before = fingerprint(&book);
        let problem = book.record(event.clone(), &options).map(|_| ()).unwrap_err();
        assert_eq!((problem.code, problem.exit), (reason.code(), Exit::Refused), "{problem}");
        for (name, value) in *args {
            assert_eq!(problem.arg(name), Some(*value), "{problem}");
        }
        // A dash stands where a text asks for a number that the refusal does not give.
        for locale in &locales {
            let text = Message::new(&problem, locale).line(locale.lang());
            assert!(!text.contains('—'), "{text}");
        }
        assert_eq!(before, fingerprint(&book), "{reason} left a trace");
        let row =
            book.record_row(vec![event.clone()], &options, &mut RowGroup::default(), &mut |_| {});
        assert_eq!(row, Err(problem.clone()));
        assert_eq!(before, fingerprint(&book), "{reason} left a trace as a row");
        let dry = poolbook::book::Options { dry_run: true, ..options.clone() };
        assert_eq!(book.record(event, &dry).map(|_| ()), Err(problem));
        assert_eq!(before, fingerprint(&book), "{reason} left a trace of a dry run");
    }
}
