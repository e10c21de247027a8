//! Bank statements as facts of the book: taken in, taken out, matched, certified, looked at again.

use crate::support::book::{CLERK, audited, blank, event, fingerprint, options, record, rows};
use crate::support::tied::{day, funded, sheet, tied};
use poolbook::book::statements::{CertificateStanding, Status, check_match};
use poolbook::book::{Book, RowGroup};
use poolbook::domain::event::{Event, Kind};
use poolbook::domain::money::Money;
use poolbook::domain::statement::Sheet;
use poolbook::domain::text::Id;
use poolbook::store::MemoryStore;
use serde_json::json;

const MARCH: [&str; 2] = ["03-01", "03-31"];

fn march() -> Sheet {
    sheet('a', MARCH, "0.00", &[("03-01", "1000.00", "财政局"), ("03-02", "-10.00", "")])
}

fn april() -> Sheet {
    sheet('b', ["04-01", "04-30"], "990.00", &[("04-05", "5.00", ""), ("04-05", "5.00", "")])
}

fn lines(book: &Book<MemoryStore>) -> Vec<String> {
    let channel = book.channel("POOL", None, None).unwrap();
    channel.lines.iter().map(|line| line.id.to_string()).collect()
}

fn take(book: &mut Book<MemoryStore>, sheet: &Sheet) -> (u64, bool) {
    let taken = book.take_statement(sheet, &options()).unwrap();
    (taken.entry, taken.already)
}

fn undo(book: &mut Book<MemoryStore>, id: &str, statement: &str) -> Result<(), &'static str> {
    let json = json!({"event": "undo-statement", "id": id, "date": "2017-05-01",
        "statement": statement, "reason": "错"});
    try_out(book, &json)
}

fn try_out(book: &mut Book<MemoryStore>, json: &serde_json::Value) -> Result<(), &'static str> {
    let event = Event::from_json(json.to_string().as_bytes()).map_err(|problem| problem.code)?;
    book.record(event, &options()).map(|_| ()).map_err(|problem| problem.code)
}

#[test]
fn the_order_of_files_does_not_matter_and_a_file_twice_changes_nothing() {
    let (mut one, mut other) = (funded(), funded());
    assert_eq!(take(&mut one, &march()), (8, false));
    assert_eq!(take(&mut one, &april()), (9, false));
    assert_eq!(take(&mut other, &april()), (8, false));
    assert_eq!(lines(&other).len(), 2);
    take(&mut other, &march());
    assert_eq!(lines(&one), lines(&other));
    assert_eq!(lines(&one).len(), 4, "true twins both stay");
    let before = fingerprint(&one);
    let copy = Sheet { file: "copy of a.csv".into(), profile: "other".into(), ..march() };
    assert_eq!(take(&mut one, &copy), (8, true));
    assert_eq!(fingerprint(&one), before);
    assert_eq!(audited(one.store()), []);
}

#[test]
fn a_statement_that_waits_stands_by_itself_once_the_missing_one_is_there() {
    let mut book = funded();
    let may = sheet('d', ["05-01", "05-31"], "1000.00", &[("05-02", "1.00", "")]);
    take(&mut book, &march());
    take(&mut book, &may);
    let status =
        |book: &Book<MemoryStore>| book.channel("POOL", None, None).unwrap().batches[1].status;
    let Status::Waiting(waiting) = status(&book) else { panic!() };
    assert_eq!((waiting.gap().to_string(), waiting.row), ("10.00".to_owned(), Some(2)));
    let found: Vec<&str> = audited(book.store()).iter().map(|finding| finding.check).collect();
    assert_eq!(found, ["statement-chain"]);
    take(&mut book, &april());
    assert_eq!(status(&book), Status::Standing);
    assert_eq!(audited(book.store()), []);
}

#[test]
fn a_reason_lets_a_waiting_statement_stand_over_the_gap() {
    let mut book = funded();
    let may = sheet('d', ["05-01", "05-31"], "1000.00", &[("05-02", "1.00", "")]);
    take(&mut book, &march());
    take(&mut book, &may);
    let known = Sheet { gap_reason: Some("银行系统切换".into()), ..may };
    assert_eq!(take(&mut book, &known), (11, false), "taken out and in again in one group");
    let channel = book.channel("POOL", None, None).unwrap();
    assert_eq!(channel.runs.len(), 2);
    assert_eq!(channel.lines.len(), 3);
    assert_eq!(channel.balance(day("04-15")), None, "nothing covers the gap");
    assert_eq!(take(&mut book, &known), (11, true));
}

#[test]
fn a_statement_taken_out_can_come_in_again() {
    let mut book = funded();
    take(&mut book, &march());
    take(&mut book, &april());
    let all = lines(&book);
    let id = "statement/POOL/net-bank/aaaaaaaaaaaaaaaa";
    assert_eq!(undo(&mut book, "out", id), Ok(()));
    assert_eq!(undo(&mut book, "out-2", id), Err("statement-undone"));
    assert_eq!(undo(&mut book, "out-3", "statement/none"), Err("statement-unknown"));
    assert_eq!(lines(&book), all[2..]);
    let taken = book.take_statement(&march(), &options()).unwrap();
    assert_eq!((taken.id.as_str(), taken.already), (format!("{id}:1").as_str(), false));
    assert_eq!(lines(&book), all);
    // As it was known before each of these entries.
    let known = |count| book.channel("POOL", None, Some(count)).unwrap().lines.len();
    assert_eq!([known(7), known(8), known(9), known(10), known(11)], [0, 2, 4, 2, 4]);
}

#[test]
fn parts_of_a_file_stand_one_behind_the_other() {
    let long = "长".repeat(600);
    let rows: Vec<(&str, &str, &str)> =
        (0..900).map(|_| ("03-05", "0.01", long.as_str())).collect();
    let whole = sheet('e', MARCH, "0.00", &rows);
    let events = whole.events(0).unwrap();
    assert!(events.len() > 2);
    let mut book = funded();
    assert_eq!(take(&mut book, &whole), (8, false));
    let import = book.state().statements.imports.iter().next().unwrap();
    assert_eq!((import.lines, import.recorded), (900, events.len() as u64));
    assert_eq!(lines(&book).len(), 900);
    assert_eq!(audited(book.store()), []);
    // The second part alone, or with something between, is refused.
    let mut other = funded();
    let refused = other.record(events[1].clone(), &options()).unwrap_err();
    assert_eq!((refused.code, refused.arg("expected")), ("statement-part", Some("1")));
    record(&mut other, &events[..1]);
    assert_eq!(other.channel("POOL", None, None).unwrap().batches[0].status, Status::Incomplete);
    record(
        &mut other,
        &[event(r#"{"event":"reconcile-settings","id":"s","date":"2017-03-01","days_near":3}"#)],
    );
    assert_eq!(other.record(events[1].clone(), &options()).unwrap_err().code, "statement-part");
    let mut group = RowGroup::default();
    let again = whole.events(1).unwrap();
    other.record_row(again, &options(), &mut group, &mut |_| {}).unwrap();
    other.finish_rows(&options(), group).unwrap();
    assert_eq!(lines(&other).len(), 900);
}

/// Days without movement between two statements that meet are covered: 990.00 closes March on the
/// 25th and opens April on the 3rd. Where the balances do not meet, nobody knows the days between.
#[test]
fn quiet_days_between_two_statements_that_meet_are_covered() {
    for (opening, expected) in [("990.00", Ok(())), ("989.00", Err("certify-uncovered"))] {
        let mut book = funded();
        let march = sheet(
            'a',
            ["03-01", "03-25"],
            "0.00",
            &[("03-01", "1000.00", "in"), ("03-03", "-10.00", "out")],
        );
        take(&mut book, &march);
        let april = sheet('b', ["04-03", "04-30"], opening, &[("04-05", "5.00", "in")]);
        let april = Sheet { gap_reason: Some("x".into()), ..april };
        take(&mut book, &april);
        let figures = poolbook::domain::statement::figures::Figures {
            adjusted: Money::parse("990.00").unwrap(),
            book: Money::parse("990.00").unwrap(),
            channel: "net-bank".into(),
            entries: book.head().count,
            facts: "0".repeat(64),
            lines: 2,
            open: Vec::new(),
            postings: 2,
            statement: Money::parse("990.00").unwrap(),
        };
        let json = json!({"event": "certify", "id": "quiet", "date": "2017-03-31", "checker": "乙",
            "bank_account": "POOL", "digest": figures.digest("POOL", day("03-31")),
            "figures": serde_json::from_str::<serde_json::Value>(figures.json().as_str()).unwrap()});
        assert_eq!(try_out(&mut book, &json), expected, "{opening}");
    }
}

/// A statement of which parts are missing covers nothing, whoever made the certificate.
#[test]
fn a_statement_with_missing_parts_covers_no_day() {
    let long = "长".repeat(600);
    let rows: Vec<(&str, &str, &str)> =
        (0..900).map(|_| ("03-05", "0.01", long.as_str())).collect();
    let events = sheet('e', MARCH, "0.00", &rows).events(0).unwrap();
    let mut book = funded();
    record(&mut book, &events[..1]);
    assert_eq!(book.tie("POOL", day("03-31"), None).unwrap_err().code, "certify-uncovered");
    let figures = poolbook::domain::statement::figures::Figures {
        adjusted: Money::ZERO,
        book: Money::ZERO,
        channel: "net-bank".into(),
        entries: book.head().count,
        facts: "0".repeat(64),
        lines: 0,
        open: Vec::new(),
        postings: 0,
        statement: Money::ZERO,
    };
    let json = json!({"event": "certify", "id": "early", "date": "2017-03-31", "checker": "乙",
        "bank_account": "POOL", "digest": figures.digest("POOL", day("03-31")),
        "figures": serde_json::from_str::<serde_json::Value>(figures.json().as_str()).unwrap()});
    assert_eq!(try_out(&mut book, &json), Err("certify-uncovered"));
}

/// A statement as an event, with some of its fields changed.
fn changed(change: impl Fn(&mut serde_json::Value)) -> serde_json::Value {
    let event = &march().events(0).unwrap()[0];
    let mut json: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
    change(&mut json);
    json
}

#[test]
fn a_statement_that_does_not_hold_is_refused_whatever_made_the_event() {
    let mut book = funded();
    let before = fingerprint(&book);
    let mut refuse = |expected: &str, change: &dyn Fn(&mut serde_json::Value)| {
        assert_eq!(
            try_out(&mut book, &changed(change)),
            Err(expected).map_err(|code| {
                // Codes are static; the table holds them as such.
                CODES.iter().find(|known| **known == code).copied().unwrap()
            })
        );
        assert_eq!(fingerprint(&book), before);
    };
    refuse("bank-account-unknown", &|json| json["bank_account"] = "NONE".into());
    refuse("statement-number", &|json| json["number"] = "6222021113".into());
    refuse("statement-arithmetic", &|json| json["movements"][1]["balance"] = "990.01".into());
    refuse("statement-arithmetic", &|json| json["closing"] = "990.01".into());
    refuse("statement-arithmetic", &|json| json["opening"] = "-1.00".into());
    refuse("statement-dates", &|json| json["movements"][1]["date"] = "2017-02-28".into());
    refuse("statement-dates", &|json| json["date"] = "2017-03-01".into());
    refuse("date-order", &|json| json["from"] = "2017-04-01".into());
    refuse("statement-movement", &|json| json["movements"][0]["amount"] = "1000".into());
    refuse("hash-format", &|json| json["sha256"] = "abc".into());
    refuse("statement-part", &|json| json["part"] = 2.into());
    refuse("text-too-long", &|json| json["file"] = "x".repeat(101).into());
    assert_eq!(try_out(&mut book, &changed(|json| json["number"] = "6222-****12".into())), Ok(()));
}

const CODES: &[&str] = &[
    "bank-account-unknown",
    "statement-number",
    "statement-arithmetic",
    "statement-dates",
    "date-order",
    "statement-movement",
    "hash-format",
    "statement-part",
    "text-too-long",
];

#[test]
fn a_second_source_takes_another_person() {
    let mut book = funded();
    take(&mut book, &march());
    let counter = |person: Option<&str>| Sheet {
        channel: Some(Id::parse("counter").unwrap()),
        fetched_by: person.map(Into::into),
        ..march()
    };
    let refused = |book: &mut Book<MemoryStore>, sheet: &Sheet| {
        book.take_statement(sheet, &options()).unwrap_err().code
    };
    assert_eq!(refused(&mut book, &counter(Some("甲"))), "statement-person");
    assert_eq!(refused(&mut book, &counter(Some("甲。"))), "statement-person");
    // Of other days it proves nothing about these.
    let may = Sheet {
        from: day("05-01"),
        to: day("05-31"),
        movements: Vec::new(),
        ..counter(Some("甲"))
    };
    assert!(book.take_statement(&Sheet { closing: Money::ZERO, ..may }, &options()).is_ok());
    take(&mut book, &counter(Some("丙")));
    assert_eq!(book.channels("POOL", None), ["net-bank", "counter"]);
}

#[test]
fn matches_name_lines_once_and_come_to_the_same() {
    let mut book = funded();
    take(&mut book, &march());
    take(&mut book, &april());
    let ids = lines(&book);
    let matching = |id: &str, lines: &[&str], postings: &[&str]| {
        json!({"event": "match-lines", "id": id, "date": "2017-04-30", "bank_account": "POOL",
            "lines": lines, "postings": postings})
    };
    let channel = book.channel("POOL", None, None).unwrap();
    let known = book.book_lines("POOL", None).unwrap();
    let checked = |json: &serde_json::Value| {
        let event = Event::from_json(json.to_string().as_bytes()).unwrap();
        let Kind::MatchLines(own) = &event.kind else { panic!() };
        check_match(own, &channel, &known).map_err(|problem| problem.code)
    };
    assert_eq!(checked(&matching("m", &[&ids[0]], &["5.1"])), Ok(()));
    assert_eq!(checked(&matching("m", &[&ids[0]], &["6.2"])), Err("match-differs"));
    assert_eq!(checked(&matching("m", &["0123456789ab"], &["6.2"])), Err("match-line-unknown"));
    assert_eq!(checked(&matching("m", &[&ids[0]], &["5.2"])), Err("posting-unknown"));
    let mut tried = |json: serde_json::Value| try_out(&mut book, &json);
    assert_eq!(tried(matching("m1", &[&ids[1]], &["6.2"])), Ok(()));
    assert_eq!(tried(matching("m2", &[&ids[1]], &["5.1"])), Err("match-twice"));
    assert_eq!(tried(matching("m2", &[&ids[0]], &["6.2"])), Err("match-twice"));
    assert_eq!(tried(matching("m2", &[&ids[0], &ids[0]], &["5.1"])), Err("match-twice"));
    assert_eq!(tried(matching("m2", &[&ids[0]], &[])), Err("match-count"));
    assert_eq!(tried(matching("m2", &[&ids[0]], &["99.1"])), Err("posting-unknown"));
    assert_eq!(tried(matching("m2", &["xyz"], &["5.1"])), Err("match-line-format"));
    assert_eq!(tried(matching("m2", &[&ids[0]], &["5"])), Err("match-line-format"));
    let back = |id: &str, matching: &str| {
        json!({"event": "unmatch-lines", "id": id, "date": "2017-04-30",
        "matching": matching, "reason": "错"})
    };
    assert_eq!(tried(back("b", "m9")), Err("match-unknown"));
    assert_eq!(tried(back("b", "m1")), Ok(()));
    assert_eq!(tried(back("b2", "m1")), Err("match-undone"));
    assert_eq!(tried(matching("m3", &[&ids[1]], &["6.2"])), Ok(()));
    assert_eq!(book.confirmed("POOL", None).len(), 1);
    assert_eq!(book.confirmed("POOL", Some(10))[0].entry, 10, "as it was known then");
}

#[test]
fn settings_stand_until_they_are_changed() {
    let mut book = funded();
    let mut set = |id: &str, own: serde_json::Value| {
        let mut json = json!({"event": "reconcile-settings", "id": id, "date": "2017-03-01"});
        json.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        try_out(&mut book, &json)
    };
    assert_eq!(set("a", json!({"match_score": 80, "days_near": 3})), Ok(()));
    assert_eq!(set("b", json!({"propose_score": 81})), Err("settings-order"));
    assert_eq!(set("b", json!({"days_far": 2})), Err("settings-order"));
    assert_eq!(set("b", json!({"propose_score": 50, "days_far": -1})), Err("number-not-text"));
    assert_eq!(set("b", json!({"propose_score": 50, "days_far": 10})), Ok(()));
    let now = book.thresholds(None).unwrap();
    assert_eq!((now.match_score, now.propose_score), (Some(80), Some(50)));
    assert_eq!((now.days_near, now.days_far, now.subset_max), (Some(3), Some(10), None));
    assert_eq!(book.thresholds(Some(8)).unwrap().propose_score, None);
    assert_eq!(book.thresholds(Some(7)), None);
}

/// By hand: the bank has 995.00, the book 990.00; 5.00 that the bank received on 31 March came into
/// the book on 5 April.
#[test]
fn a_certificate_holds_the_figures_of_its_day() {
    let book = tied();
    let tie = book.tie("POOL", day("03-31"), None).unwrap();
    assert!(tie.agrees());
    let figures = &tie.figures;
    let shown = [figures.statement, figures.book, figures.adjusted].map(|money| money.to_string());
    assert_eq!(shown, ["995.00", "990.00", "995.00"]);
    assert_eq!((figures.lines, figures.postings), (3, 2));
    let open: Vec<String> = figures
        .open
        .iter()
        .map(|item| format!("{} {} {}", item.kind, item.date, item.amount))
        .collect();
    assert_eq!(open, ["bank-received 2017-03-31 5.00"]);
    let [certificate] = book.certificates("POOL") else { panic!() };
    assert_eq!((certificate.date, certificate.touched.len()), (day("03-31"), 0));
    let standing = book.certificate_standing("POOL", certificate).unwrap();
    assert_eq!(standing, CertificateStanding::Holds);
    assert_eq!(audited(book.store()), []);
    // At the end of April all has cleared, and the same day still has its open item.
    let later = book.tie("POOL", day("04-30"), None).unwrap();
    assert!(later.agrees() && later.figures.open.is_empty());
}

fn standing(book: &Book<MemoryStore>) -> CertificateStanding {
    let certificate = &book.certificates("POOL")[0];
    book.certificate_standing("POOL", certificate).unwrap()
}

fn broken(book: &Book<MemoryStore>) -> Vec<String> {
    let findings = audited(book.store());
    let broken = findings.iter().filter(|finding| finding.check == "certificate-broken");
    broken.map(|finding| finding.found.clone()).collect()
}

#[test]
fn what_changes_a_certified_day_breaks_the_certificate_and_nothing_else_does() {
    let charge = |id: &str, account: &str, date: &str| {
        json!({"event": "bank-charge", "id": id, "date": date, "owner": "410821",
            "bank_account": account, "amount": "1.00"})
    };
    let contribute = json!({"event": "contribute", "id": "x", "date": "2017-01-02", "owner": "410821",
        "source": "city", "bank_account": "POOL-2", "amount": "9.00"});
    let mut book = tied();
    // Another account, and a later day.
    assert_eq!(try_out(&mut book, &contribute), Ok(()));
    assert_eq!(try_out(&mut book, &charge("c1", "POOL-2", "2017-03-05")), Ok(()));
    assert_eq!(try_out(&mut book, &charge("c2", "POOL", "2017-04-01")), Ok(()));
    // The same lines once more by another file touch the day, and change nothing.
    let rows =
        [("03-01", "1000.00", "财政局"), ("03-02", "-10.00", ""), ("03-31", "5.00", "财政局")];
    take(&mut book, &sheet('f', MARCH, "0.00", &rows));
    assert_eq!(book.certificates("POOL")[0].touched, [17]);
    assert_eq!((standing(&book), broken(&book)), (CertificateStanding::Holds, vec![]));
    assert_eq!(try_out(&mut book, &charge("c3", "POOL", "2017-03-31")), Ok(()));
    assert_eq!(standing(&book), CertificateStanding::BrokenBy(18));
    assert_eq!(broken(&book), ["entry 18"]);
    // Statement taken out; both files must go before the lines do.
    let mut book = tied();
    take(&mut book, &sheet('f', MARCH, "0.00", &rows));
    undo(&mut book, "u1", "statement/POOL/net-bank/aaaaaaaaaaaaaaaa").unwrap();
    assert_eq!(standing(&book), CertificateStanding::Holds);
    undo(&mut book, "u2", "statement/POOL/net-bank/ffffffffffffffff").unwrap();
    assert_eq!(standing(&book), CertificateStanding::BrokenBy(16));
    // A match taken back that was known.
    let mut book = tied();
    let back = json!({"event": "unmatch-lines", "id": "b", "date": "2017-05-01", "matching": "match", "reason": "x"});
    assert_eq!(try_out(&mut book, &back), Ok(()));
    assert_eq!(standing(&book), CertificateStanding::BrokenBy(14));
    assert_eq!(broken(&book), ["entry 14"]);
    // A reversal is booked on its own day.
    let mut book = tied();
    let reverse = |date: &str| json!({"event": "reverse", "id": "r", "date": date, "entry": 6, "reason": "x"});
    assert_eq!(try_out(&mut book, &reverse("2017-04-30")), Ok(()));
    assert_eq!(standing(&book), CertificateStanding::Holds);
    let mut book = tied();
    assert_eq!(try_out(&mut book, &reverse("2017-03-30")), Ok(()));
    assert_eq!(standing(&book), CertificateStanding::BrokenBy(14));
}

#[test]
fn a_certificate_that_does_not_hold_is_refused() {
    let mut book = tied();
    let certificate = |book: &Book<MemoryStore>, date: &str, id: &str| {
        let tie = book.tie("POOL", day(date), None).unwrap();
        let mut event = tie.event(&Id::parse("POOL").unwrap(), day(date)).unwrap();
        event.id = Id::parse(id).unwrap();
        event.checker = Some("乙".into());
        serde_json::from_str::<serde_json::Value>(&event.to_json()).unwrap()
    };
    let sound = certificate(&book, "03-31", "again");
    assert_eq!(try_out(&mut book, &sound), Err("certified-already"));
    let april = certificate(&book, "04-30", "april");
    for (pointer, value) in [("/digest", "0"), ("/figures/book", "1.00"), ("/figures/lines", "x")] {
        let mut forged = april.clone();
        *forged.pointer_mut(pointer).unwrap() = value.into();
        assert_eq!(try_out(&mut book, &forged), Err("certify-figures"), "{pointer}");
    }
    assert_eq!(book.tie("POOL", day("05-31"), None).unwrap_err().code, "certify-uncovered");
    let mut uncovered = april.clone();
    uncovered["date"] = "2017-05-31".into();
    let figures: poolbook::domain::statement::figures::Figures =
        serde_json::from_value(april["figures"].clone()).unwrap();
    uncovered["digest"] = figures.digest("POOL", day("05-31")).into();
    assert_eq!(try_out(&mut book, &uncovered), Err("certify-uncovered"));
    let charge = json!({"event": "bank-charge", "id": "c", "date": "2017-03-31", "owner": "410821",
        "bank_account": "POOL", "amount": "1.00"});
    assert_eq!(try_out(&mut book, &charge), Ok(()));
    assert_eq!(try_out(&mut book, &april), Err("certify-stale"));
    // The day was touched, so it can be certified anew.
    let again = certificate(&book, "03-31", "again");
    let mut alone = again.clone();
    alone.as_object_mut().unwrap().remove("checker");
    assert_eq!(try_out(&mut book, &alone), Err("checker-missing"));
    alone["checker"] = CLERK.into();
    assert_eq!(try_out(&mut book, &alone), Err("checker-same"));
    assert_eq!(try_out(&mut book, &again), Ok(()));
    assert_eq!(broken(&book), [""; 0], "only the last certificate of a day counts");
    let mut open = certificate(&book, "04-30", "april");
    let mut figures: poolbook::domain::statement::figures::Figures =
        serde_json::from_value(open["figures"].clone()).unwrap();
    figures.open.clear();
    open["figures"] = serde_json::from_str(figures.json().as_str()).unwrap();
    open["digest"] = figures.digest("POOL", day("04-30")).into();
    assert_eq!(try_out(&mut book, &open), Err("certify-open"));
}

#[test]
fn facts_about_statements_enter_closed_periods_and_are_not_reversed() {
    let mut book = tied();
    let close = json!({"event": "close", "id": "z", "date": "2017-12-31", "owner": "410821",
        "period": "2017", "maker": "甲", "checker": "乙"});
    assert_eq!(try_out(&mut book, &close), Ok(()));
    let rows =
        [("03-01", "1000.00", "财政局"), ("03-02", "-10.00", ""), ("03-31", "5.00", "财政局")];
    take(&mut book, &sheet('f', MARCH, "0.00", &rows));
    assert_eq!(undo(&mut book, "u", "statement/POOL/net-bank/ffffffffffffffff"), Ok(()));
    for entry in [8, 11, 12] {
        let reverse = json!({"event": "reverse", "id": "r", "date": "2018-01-01", "entry": entry, "reason": "x"});
        assert_eq!(try_out(&mut book, &reverse), Err("reverse-statement"), "{entry}");
    }
}

#[test]
fn the_index_is_the_same_after_a_replay_and_a_row_taken_back() {
    let mut book = tied();
    let before = rows(book.store());
    book.reindex().unwrap();
    assert_eq!(rows(book.store()), before);
    let mut group = RowGroup::default();
    let mut events = sheet('f', MARCH, "0.00", &[("03-01", "1.00", "")]).events(0).unwrap();
    events.push(event(r#"{"event":"join","id":"twice","date":"2017-01-01","owner":"410821"}"#));
    let refused = book.record_row(events, &options(), &mut group, &mut |_| {}).unwrap_err();
    assert_eq!(refused.code, "owner-exists");
    book.finish_rows(&options(), group).unwrap();
    assert_eq!(book.state().statements.imports.len(), 3);
    let mut empty = blank();
    assert!(empty.take_statement(&march(), &options()).is_err());
}
