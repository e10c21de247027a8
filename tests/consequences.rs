//! What an entry sets off is said in its answer: in the library, in both languages, in every form.

use crate::errors::{must, shell};
use crate::pools::{city, enrol, of_loan, release};
use crate::support::book::{event, options};
use crate::support::tied::tied;
use crate::support::town::Town;
use poolbook::book::{Book, Options, RowGroup};
use poolbook::domain::consequence::{Code, Consequence};
use poolbook::report::{Lang, Locale, consequences};
use poolbook::store::MemoryStore;
use serde_json::{Value, json};
use std::path::Path;

/// What an event sets off.
fn set_off(book: &mut Book<MemoryStore>, value: Value) -> Vec<Consequence> {
    let mut value = value;
    if value["id"].is_null() {
        value["id"] = format!("c{}", book.head().count).into();
    }
    let told = event(&value.to_string());
    // Trying it out says the same and changes nothing.
    let dry = Options { dry_run: true, ..options() };
    let head = book.head();
    let tried = book.record(told.clone(), &dry).unwrap().1.consequences;
    assert_eq!(book.head(), head);
    let found = book.record(told, &options()).unwrap().1.consequences;
    assert_eq!(found, tried);
    found.listed()
}

/// Codes with owner, and one of the numbers.
fn shown(found: &[Consequence], number: &str) -> Vec<String> {
    let one = |one: &Consequence| {
        let value = one.facts.iter().find(|(name, _)| *name == number);
        let value = value.map_or("-", |(_, value)| value.as_str());
        format!("{} {} {value}", one.code.code(), one.owner.as_deref().unwrap_or("-"))
    };
    found.iter().map(one).collect()
}

fn drawn(book: &mut Book<MemoryStore>, loan: &str, amount: &str) {
    assert_eq!(set_off(book, enrol(loan, "410821", "B1", amount)), []);
    let draw = json!({"event": "disburse", "date": "2017-03-01", "loan": loan, "amount": amount});
    assert_eq!(set_off(book, draw), []);
}

/// Lines at 3% and 5%. 40 of 1,010 overdue are 3.96%; 50 of 1,010 are 4.95%, and of 1,000 they are 5%.
#[test]
fn a_breaker_is_told_when_it_warns_stops_and_is_released() {
    let mut book = city("[breaker]\nwarn = \"3%\"\nstop = \"5%\"\n");
    for (loan, amount) in [("A", "960.00"), ("B", "40.00"), ("C", "10.00")] {
        drawn(&mut book, loan, amount);
    }
    let late = set_off(&mut book, of_loan("overdue", "B", "2017-07-01"));
    assert_eq!(shown(&late, "percent"), ["pool-warning 410821 3.9603…%"]);
    assert_eq!(set_off(&mut book, of_loan("overdue", "C", "2017-07-01")), []);
    let repaid = json!({"event": "repay", "date": "2017-07-02", "loan": "A", "amount": "10.00"});
    let repaid = set_off(&mut book, repaid);
    assert_eq!(shown(&repaid, "percent"), ["pool-suspended 410821 5.00%"]);
    // It is suspended already.
    let more = json!({"event": "repay", "date": "2017-07-03", "loan": "A", "amount": "10.00"});
    assert_eq!(set_off(&mut book, more), []);
    let open = set_off(&mut book, release(Some("410821"), None));
    assert_eq!(shown(&open, "stop"), ["pool-reopened 410821 5.00%"]);
    // Taking the release back suspends it again.
    let released = book.head().count;
    let back = json!({"event": "reverse", "date": "2017-08-02", "entry": released.to_string(),
        "reason": "x"});
    assert_eq!(shown(&set_off(&mut book, back), "numerator"), ["pool-suspended 410821 50.00"]);
}

/// Rules that draw a line lower stop what is above it: 4% of 1,000 under a line of 3%.
#[test]
fn new_rules_may_suspend_a_pool() {
    let mut book = city("[breaker]\nwarn = \"30%\"\nstop = \"50%\"\n");
    drawn(&mut book, "A", "960.00");
    drawn(&mut book, "B", "40.00");
    assert_eq!(set_off(&mut book, of_loan("overdue", "B", "2017-07-01")), []);
    let rules = "id = \"s\"\nname = \"s\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n[breaker]\nwarn = \"2%\"\nstop = \"3%\"\n";
    let adopt = json!({"event": "adopt-rules", "date": "2017-08-01", "rules": rules});
    assert_eq!(shown(&set_off(&mut book, adopt), "percent"), ["pool-suspended 410821 4.00%"]);
}

/// A pool of 1,000,000.00 that may carry itself once: nine tenths are 900,000.00.
#[test]
fn leverage_is_told_at_nine_tenths_and_when_it_is_reached() {
    let mut book = city("[leverage]\nlimit = 1\n");
    let one = |loan: &str, amount: &str| enrol(loan, "410821", "B1", amount);
    assert_eq!(set_off(&mut book, one("A", "899999.99")), []);
    let near = set_off(&mut book, one("B", "0.01"));
    assert_eq!(shown(&near, "left"), ["leverage-near 410821 100,000.00"]);
    let full = set_off(&mut book, one("C", "100000.00"));
    assert_eq!(shown(&full, "most"), ["leverage-reached 410821 1,000,000.00"]);
}

fn approve(loan: &str, date: &str) -> Value {
    json!({"event": "approve-claim", "date": date, "claim": format!("K-{loan}")})
}

/// 60.00 of 66.66 are 90.009%; of 66.67 they are 89.996%.
#[test]
fn a_ceiling_is_told_when_it_is_nearly_used() {
    for (limit, expected) in [("66.66", Some("cap-near 410821 6.66")), ("66.67", None)] {
        let mut town = Town::new("principal", &format!("bank_year = \"{limit}\""));
        town.file("2017-10-01", "A-1", "100.00");
        let found = set_off(&mut town.book, approve("A-1", "2017-10-05"));
        assert_eq!(shown(&found, "left"), Vec::from_iter(expected), "{limit}");
    }
}

/// 100.00 a year for a bank: 60.00 and 60.00 less 20.00.
#[test]
fn a_ceiling_that_cuts_a_claim_is_told_and_that_it_is_used_up_and_freed() {
    let mut town = Town::new("principal", "bank_year = \"100.00\"");
    town.file("2017-10-01", "A-1", "100.00");
    town.file("2017-10-01", "B", "100.00");
    let first = town.approve("2017-10-05", "A-1").unwrap();
    let cut = set_off(&mut town.book, approve("B", "2017-10-05"));
    assert_eq!(
        (shown(&cut, "used"), shown(&cut, "held"), shown(&cut, "cut")),
        (
            vec!["cap-used-up 410822 0.00".into(), "claim-cut 410822 0.00".into()],
            vec!["cap-used-up 410822 100.00".into(), "claim-cut 410822 60.00".into()],
            vec!["cap-used-up 410822 -".into(), "claim-cut 410822 20.00".into()],
        )
    );
    let back = json!({"event": "reverse", "date": "2017-10-06", "entry": first.to_string(),
        "reason": "x"});
    assert_eq!(shown(&set_off(&mut town.book, back), "left"), ["cap-freed 410821 60.00"]);
}

/// A quota of 100.00: the second approval takes the last 40.00.
#[test]
fn a_quota_that_is_used_up_is_told() {
    let mut town = Town::new("principal", "");
    let quota = json!({"event": "quota", "owner": "410821", "year": 2017, "amount": "100.00",
        "document": "1号"});
    town.must("2017-09-01", quota);
    town.file("2017-10-01", "A-1", "100.00");
    town.file("2017-10-01", "A-2", "100.00");
    assert_eq!(set_off(&mut town.book, approve("A-1", "2017-10-05")), []);
    let full = set_off(&mut town.book, approve("A-2", "2017-10-05"));
    assert_eq!(shown(&full, "kind"), ["cap-used-up 410821 quota", "claim-cut 410821 quota"]);
}

/// All programmes cut by what others pay; that ceiling is the claim's alone, so nothing is used up.
#[test]
fn a_claim_that_other_programmes_cut_is_told() {
    let mut town = Town::new("principal", "all_programmes = \"80%\"");
    let file = json!({"event": "file-claim", "claim": "K-A-1", "loan": "A-1", "base": "100.00",
        "other": "150.00"});
    town.must("2017-10-01", file);
    let cut = set_off(&mut town.book, approve("A-1", "2017-10-05"));
    assert_eq!(shown(&cut, "approved"), ["claim-cut 410821 50.00"]);
}

/// 10,000.00 in the pool and nothing else.
#[test]
fn the_last_available_money_of_a_cell_is_told() {
    let mut town = Town::new("principal", "");
    let approve = |amount: &str| {
        json!({"event": "approve-withdrawal", "date": "2017-10-05", "owner": "410821",
            "source": "county", "amount": amount, "document": "1号", "maker": "甲",
            "checker": "乙"})
    };
    assert_eq!(set_off(&mut town.book, approve("9999.99")), []);
    let last = set_off(&mut town.book, approve("0.01"));
    assert_eq!(shown(&last, "reserved"), ["money-used-up 410821 10,000.00"]);
}

#[test]
fn a_fact_of_a_closed_period_is_told() {
    let mut book = city("");
    let close = json!({"event": "close", "date": "2017-03-31", "owner": "410821",
        "period": "2017-03", "maker": "甲", "checker": "乙"});
    assert_eq!(set_off(&mut book, close), []);
    let paid = |happened: &str| {
        json!({"event": "contribute", "date": "2017-04-05", "effective": happened,
            "owner": "410821", "source": "county", "bank_account": "POOL-410821",
            "amount": "1.00"})
    };
    let late = set_off(&mut book, paid("2017-03-31"));
    assert_eq!(shown(&late, "closed"), ["after-close 410821 2017-03-31"]);
    assert_eq!(set_off(&mut book, paid("2017-04-01")), []);
}

/// 31 March is certified: a charge of that day touches it, one of the day after does not.
#[test]
fn a_certified_day_that_is_touched_is_told() {
    let mut book = tied();
    let charge = |date: &str| {
        json!({"event": "bank-charge", "date": date, "owner": "410821", "bank_account": "POOL",
            "amount": "1.00"})
    };
    assert_eq!(set_off(&mut book, charge("2017-04-01")), []);
    let found = set_off(&mut book, charge("2017-03-31"));
    assert_eq!(shown(&found, "days"), ["certificate-touched 410821 1"]);
}

/// A refused row leaves nothing behind, and what is too much is counted.
#[test]
fn a_row_that_is_refused_sets_nothing_off() {
    let mut book = city("[leverage]\nlimit = 1\n");
    let (mut group, dry) = (RowGroup::default(), options());
    let one = |loan: &str, amount: &str| {
        let mut value = enrol(loan, "410821", "B1", amount);
        value["id"] = loan.into();
        event(&value.to_string())
    };
    let rows = [vec![one("A", "950000.00"), one("B", "60000.00")], vec![one("C", "950000.00")]];
    let taken = rows.map(|row| book.record_row(row, &dry, &mut group, &mut |_| {}).is_ok());
    assert_eq!(taken, [false, true]);
    let found = book.finish_rows(&dry, group).unwrap().consequences.listed();
    assert_eq!(shown(&found, "loans"), ["leverage-near 410821 950,000.00"]);
}

/// Every code has its wording in both languages, with every number that it names.
#[test]
fn every_consequence_is_worded() {
    for (lang, tag) in [(Lang::Chinese, "zh-CN"), (Lang::English, "en")] {
        let locale = Locale::new(lang);
        for code in Code::ALL {
            let key = format!("set-off-{}", code.code());
            assert_ne!(locale.text(&key, &[]), key, "{tag}");
        }
        let mut book = city("[breaker]\nwarn = \"3%\"\nstop = \"5%\"\n");
        drawn(&mut book, "A", "95.00");
        drawn(&mut book, "B", "5.00");
        let mut late = of_loan("overdue", "B", "2017-07-01");
        late["id"] = "late".into();
        let told = book.record(event(&late.to_string()), &options()).unwrap().1.consequences;
        let poolbook::report::Cell::SetOff(said) = consequences::cell(told, &locale) else {
            panic!("no consequences")
        };
        let expected = match lang {
            Lang::Chinese => {
                "注意（第 17 笔）：修武县（410821）资金池自 2017-07-01 起暂停备案（熔断）：逾期比例 5.00%，已达停办线 5.00%（5.00 ÷ 100.00）；书面解除后记 release"
            }
            Lang::English => {
                "Note (entry 17): the pool of 修武县 (410821) takes no new loans from 2017-07-01 on (circuit breaker): the ratio “overdue” is 5.00% and reaches the stop line 5.00% (5.00 over 100.00); record release once a document releases it"
            }
        };
        let lines: Vec<String> = said.iter().map(|one| one.line(&locale)).collect();
        assert_eq!(lines, [expected]);
    }
}

const RULES: &str = "id = \"r\"\nname = \"r\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n[leverage]\nlimit = 1\n";

pub fn small(dir: &Path) {
    std::fs::write(dir.join("rules.toml"), RULES).unwrap();
    let set_up = "poolbook init --city 410800 --date 2017-01-01
        poolbook adopt-rules --date 2017-01-01 --rules rules.toml
        poolbook join --owner 410821 --date 2017-01-01
        poolbook party --party B1 --kind bank --name 甲行 --date 2017-01-01
        poolbook party --party F1 --kind firm --name 甲企业 --date 2017-01-01
        poolbook bank-account --owner 410821 --fund RISK --bank-account P --date 2017-01-01
        poolbook contribute --owner 410821 --source county --bank-account P --amount 100 --date 2017-01-01";
    must(set_up, dir, dir);
}

const ENROL: &str = "enrol --id L --loan L --owner 410821 --firm F1 --bank B1 --amount 95.00 --date 2017-03-01 --due 2018-03-01 --rate 4%";

/// In JSON as data and text, in the text form as a line, in csv on stderr; dry runs too.
#[test]
fn every_form_of_an_answer_says_it() {
    let dir = tempfile::tempdir().unwrap();
    small(dir.path());
    let line = "Note (entry 8): the pool of 修武县 (410821) is near its leverage: loans of 95.00, at most 100.00, 5.00 left";
    let (_, table, err) = shell(&format!("poolbook --dry-run {ENROL}"), dir.path(), "en");
    assert!(table.lines().any(|found| found == line), "{table}{err}");
    let csv = format!("poolbook --dry-run --format csv {ENROL}");
    let (_, out, err) = shell(&csv, dir.path(), "en");
    assert!(err.lines().any(|found| found == line) && !out.contains("Note"), "{out}{err}");
    let (code, out, _) = shell(&format!("poolbook --format json {ENROL}"), dir.path(), "en");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    let expected = json!([{
        "code": "leverage-near", "entry": 8, "owner": "410821", "name": "修武县",
        "numbers": {"loans": "95.00", "pool": "100.00", "most": "100.00", "left": "5.00"},
        "text": "the pool of 修武县 (410821) is near its leverage: loans of 95.00, at most 100.00, 5.00 left",
    }]);
    assert_eq!(found["consequences"], expected);
    // Recorded before, it sets nothing off; a voucher that is looked at does not know.
    let again = format!("poolbook --format json {ENROL}; poolbook --format json voucher 8");
    let (_, out, _) = shell(&again, dir.path(), "en");
    let (again, looked) = out.split_at(out.rfind("{\n \"schema\"").unwrap());
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap()["consequences"].clone();
    assert_eq!((value(again), value(looked)), (json!([]), Value::Null));
}

#[test]
fn a_file_of_events_says_it_for_all_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    small(dir.path());
    let row = |loan: &str, amount: &str| {
        let mut value = enrol(loan, "410821", "B1", amount);
        value["id"] = loan.into();
        format!("{value}\n")
    };
    let rows = [row("L", "95.00"), row("M", "5.00")].concat();
    std::fs::write(dir.path().join("e.jsonl"), &rows).unwrap();
    for options in ["", "--rejects r.jsonl"] {
        let run = format!("poolbook --dry-run --format json record e.jsonl {options}");
        let (_, out, err) = shell(&run, dir.path(), "en");
        let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
        let codes = found["consequences"].as_array().unwrap().iter();
        let codes: Vec<String> =
            codes.map(|one| format!("{} {}", one["code"], one["entry"])).collect();
        assert_eq!(codes, ["\"leverage-near\" 8", "\"leverage-reached\" 9"], "{options}");
    }
}
