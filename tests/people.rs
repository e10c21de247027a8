//! Duties kept apart: books of two and of three people, master data, and gapless vouchers.

use crate::support::book::{Row, blank, entries, event, fingerprint, options, record};
use crate::support::fixture;
use poolbook::audit::verify::Verifier;
use poolbook::book::{Book, RowGroup};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::PartyKind;
use poolbook::store::MemoryStore;
use std::collections::BTreeMap;

const FIRST: &str = "91410821MA40ABC13G";
const SECOND: &str = "91410882MA45XY2K8E";

/// Two owners with money on one account of the city, opened with these people, if any are told.
fn opened(people: &str) -> Book<MemoryStore> {
    let mut book = blank();
    let people = if people.is_empty() { String::new() } else { format!(r#","people":"{people}""#) };
    let opening = format!(
        r#"{{"event":"open-book","id":"o","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"{people}}}"#
    );
    record(&mut book, &[event(&opening)]);
    let rest = [
        r#"{"event":"join","id":"j1","date":"2017-01-01","owner":"410821"}"#.to_owned(),
        r#"{"event":"join","id":"j2","date":"2017-01-01","owner":"410822"}"#.to_owned(),
        r#"{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410800","bank_account":"P","fund":"RISK"}"#.to_owned(),
        r#"{"event":"contribute","id":"c1","date":"2017-01-02","owner":"410821","source":"city","bank_account":"P","amount":"1000.00"}"#.to_owned(),
        r#"{"event":"contribute","id":"c2","date":"2017-01-02","owner":"410822","source":"city","bank_account":"P","amount":"1000.00"}"#.to_owned(),
        format!(r#"{{"event":"party","id":"f","date":"2017-01-01","party":"F","kind":"firm","name":"企业","credit_code":"{FIRST}","account":"6222 0001","account_bank":"工行"}}"#),
    ];
    record(&mut book, &rest.map(|json| event(&json)));
    book
}

/// The people of an event as JSON members: maker, checker, approver; `-` for nobody.
fn people(names: &str) -> String {
    let roles = ["maker", "checker", "approver"];
    let told = roles.iter().zip(names.split(' ')).filter(|(_, name)| *name != "-");
    told.map(|(role, name)| format!(r#","{role}":"{name}""#)).collect()
}

/// What becomes of an event with these people, tried and not written.
fn tried(book: &mut Book<MemoryStore>, own: &str, names: &str) -> String {
    let json = format!(r#"{{"id":"try",{own}{}}}"#, people(names));
    let people = poolbook::book::People::default();
    let dry = poolbook::book::Options { dry_run: true, people, ..options() };
    match book.record(event(&json), &dry) {
        Ok(_) => "taken".to_owned(),
        Err(problem) => {
            let fact = problem.arg("who").or(problem.arg("given")).unwrap_or("-").to_owned();
            format!("{} {fact}", problem.code)
        }
    }
}

const FEE: &str = r#""event":"trustee-fee","date":"2017-02-01","owner":"410821","bank_account":"P","amount":"500.01""#;

#[test]
pub fn a_payment_takes_as_many_people_as_the_book_says() {
    let cases = [
        ("甲 乙 丙", "taken", "taken"),
        ("甲 乙 -", "taken", "checker-missing approver"),
        ("甲 乙 甲", "taken", "checker-same maker, approver"),
        ("甲 乙 乙", "taken", "checker-same checker, approver"),
        ("甲 甲 丙", "checker-same maker, checker", "checker-same maker, checker"),
        ("- 乙 丙", "maker-missing -", "maker-missing -"),
        ("甲 - 丙", "checker-missing checker", "checker-missing checker"),
        ("- - -", "maker-missing -", "maker-missing -"),
    ];
    for (names, two, three) in cases {
        assert_eq!(tried(&mut opened(""), FEE, names), two, "{names}, nothing said");
        assert_eq!(tried(&mut opened("two"), FEE, names), two, "{names}, two");
        assert_eq!(tried(&mut opened("three"), FEE, names), three, "{names}, three");
    }
    // Money that comes in asks for its maker alone.
    let income = r#""event":"contribute","date":"2017-02-01","owner":"410821","source":"city","bank_account":"P","amount":"1""#;
    assert_eq!(tried(&mut opened("three"), income, "甲 - -"), "taken");
    assert_eq!(tried(&mut opened("three"), income, "- 乙 丙"), "maker-missing -");
}

/// Two spellings of a name are one person, whatever the letters look like.
#[test]
fn two_spellings_of_a_name_are_one_person() {
    for (names, expected) in [
        ("Wang wang WANG", "checker-same maker, checker"),
        ("李砚秋 李砚秋。 丙", "checker-same maker, checker"),
        ("A Ａ 丙", "checker-same maker, checker"),
        ("A 乙 А", "checker-same maker, approver"),
        ("李士杰 李土杰 丙", "taken"),
        ("Wаng 乙 丙", "person-scripts -"),
        ("甲 。 丙", "person-empty -"),
    ] {
        assert_eq!(tried(&mut opened("three"), FEE, names), expected, "{names}");
    }
    // The same content under another spelling of the maker is the same event.
    let mut book = opened("three");
    let fee = |maker: &str| {
        event(&format!(r#"{{"id":"fee-1",{FEE}{}}}"#, people(&format!("{maker} 乙 丙"))))
    };
    record(&mut book, &[fee("Wang")]);
    assert!(book.record(fee("ＷＡＮＧ"), &options()).unwrap().0.is_none());
    assert_eq!(book.record(fee("Wong"), &options()).unwrap_err().code, "id-reused");
}

/// Up to the small amount a charge or fee takes its maker alone; above it, it is money out.
#[test]
fn a_charge_above_the_small_amount_is_money_out() {
    let charge = |word: &str, amount: &str| {
        format!(
            r#""event":"{word}","date":"2017-02-01","owner":"410821","bank_account":"P","amount":"{amount}""#
        )
    };
    let adopted = |small: &str| {
        let rules =
            std::fs::read_to_string(fixture("jiaozuo-2017/rules/jiaozuo-demo.toml")).unwrap();
        let rules = rules.replacen("[pool]", &format!("[pool]\n{small}"), 1);
        let mut book = opened("three");
        let own = format!(
            r#"{{"event":"adopt-rules","id":"rules","date":"2017-01-15","rules":{rules:?}}}"#
        );
        record(&mut book, &[event(&own)]);
        // More than the charges that are tried.
        let more = r#"{"event":"contribute","id":"more","date":"2017-01-20","owner":"410821","source":"city","bank_account":"P","amount":"900000.00"}"#;
        record(&mut book, &[event(more)]);
        book
    };
    for word in ["bank-charge", "trustee-fee"] {
        for (small, amount, names, expected) in [
            ("", "500.00", "甲 - -", "taken"),
            ("", "500.01", "甲 - -", "checker-missing checker"),
            ("", "500.01", "甲 乙 -", "checker-missing approver"),
            ("", "500.01", "甲 乙 丙", "taken"),
            ("small_charge_max = \"20.00\"", "20.00", "甲 - -", "taken"),
            ("small_charge_max = \"20.00\"", "20.01", "甲 - 丙", "checker-missing checker"),
            ("small_charge_max = \"600.00\"", "600.00", "甲 - -", "taken"),
        ] {
            let tried = tried(&mut adopted(small), &charge(word, amount), names);
            assert_eq!(tried, expected, "{word} {small} {amount} {names}");
        }
    }
    // No rules are adopted yet.
    let mut book = opened("three");
    record(
        &mut book,
        &[event(
            r#"{"event":"contribute","id":"more","date":"2017-01-20","owner":"410821","source":"city","bank_account":"P","amount":"3000000.00"}"#,
        )],
    );
    assert_eq!(tried(&mut book, &charge("bank-charge", "500.00"), "甲 - -"), "taken");
    assert_eq!(
        tried(&mut book, &charge("bank-charge", "2999000"), "甲 - -"),
        "checker-missing checker"
    );
}

#[test]
fn the_auditors_ask_for_the_same_people() {
    for (mode, approver, expected) in [
        ("three", Some("丙"), &[][..]),
        ("three", None, &["payment-unapproved"][..]),
        ("three", Some("乙"), &["payment-unapproved"]),
        ("three", Some("乙。"), &["payment-unapproved"]),
        ("two", None, &[]),
    ] {
        let mut book = opened(mode);
        record(&mut book, &[event(&format!(r#"{{"id":"fee",{FEE}{}}}"#, people("甲 乙 丙")))]);
        let mut all = entries(book.store());
        all.last_mut().unwrap().event.approver = approver.map(Into::into);
        let mut verifier = Verifier::new();
        for (entry, seq) in all.iter().zip(1..) {
            verifier.check(seq, entry.to_bytes().len(), entry);
        }
        let found = verifier.finish().findings;
        let codes: Vec<&str> = found.iter().map(|finding| finding.check).collect();
        assert_eq!(codes, expected, "{mode} {approver:?}");
    }
}

/// A charge above the small amount lacks its checker; one of the small amount does not.
#[test]
fn the_auditors_ask_who_checked_a_large_charge() {
    for word in ["bank-charge", "trustee-fee"] {
        for (amount, expected) in [("50.00", None), ("50.01", Some("payment-unchecked"))] {
            let mut book = opened("two");
            let rules =
                std::fs::read_to_string(fixture("jiaozuo-2017/rules/jiaozuo-demo.toml")).unwrap();
            let rules = rules.replacen("[pool]", "[pool]\nsmall_charge_max = \"50.00\"", 1);
            let adopt = format!(
                r#"{{"event":"adopt-rules","id":"rules","date":"2017-01-15","rules":{rules:?}}}"#
            );
            let fee = format!(r#"{{"id":"fee",{FEE}{}}}"#, people("甲 乙 -"));
            let fee = fee.replace("trustee-fee", word).replace("500.01", amount);
            let more = r#"{"event":"contribute","id":"more","date":"2017-01-20","owner":"410821","source":"city","bank_account":"P","amount":"900000.00"}"#;
            record(&mut book, &[event(&adopt), event(more), event(&fee)]);
            let mut all = entries(book.store());
            all.last_mut().unwrap().event.checker = None;
            let mut verifier = Verifier::new();
            for (entry, seq) in all.iter().zip(1..) {
                verifier.check(seq, entry.to_bytes().len(), entry);
            }
            let found = verifier.finish().findings;
            let found: Vec<&str> = found.iter().map(|finding| finding.check).collect();
            assert_eq!(found, Vec::from_iter(expected), "{word} {amount}");
        }
    }
}

#[test]
fn changes_and_closes_take_two_in_either_book() {
    let rates = std::fs::read_to_string(fixture("jiaozuo-2017/rates.toml")).unwrap();
    let rates = format!(r#""event":"adopt-rates","date":"2017-02-01","rates":{rates:?}"#);
    let change = r#""event":"change-party","date":"2017-02-01","document":"1号","party":"F","account":"6222 0002""#;
    let close = r#""event":"close","date":"2017-02-28","owner":"410821","period":"2017-02""#;
    for mode in ["two", "three"] {
        let mut book = opened(mode);
        // The first table of rates asks for nobody, the next changes what is in force.
        assert_eq!(tried(&mut book, &rates, "甲 - -"), "taken");
        record(&mut book, &[event(&format!(r#"{{"id":"r1",{rates}}}"#))]);
        for own in [rates.as_str(), change, close] {
            assert_eq!(tried(&mut book, own, "甲 乙 -"), "taken", "{own}");
            assert_eq!(tried(&mut book, own, "甲 - 丙"), "checker-missing checker");
            assert_eq!(tried(&mut book, own, "甲 甲 丙"), "checker-same maker, checker");
        }
    }
    // A book that says nothing of its people takes rules and rates as it always did.
    let mut silent = opened("");
    record(&mut silent, &[event(&format!(r#"{{"id":"r1",{rates}}}"#))]);
    assert_eq!(tried(&mut silent, &rates, "甲 - -"), "taken");
    assert_eq!(tried(&mut silent, close, "甲 - -"), "checker-missing checker");
}

#[test]
fn master_data_are_replaced_and_caps_keep_to_the_code() {
    let mut book = opened("two");
    let change = |id: &str, own: &str| {
        event(&format!(
            r#"{{"event":"change-party","id":"{id}","date":"2017-03-01","document":"1号","party":"F","maker":"甲","checker":"乙",{own}}}"#
        ))
    };
    record(&mut book, &[change("x1", r#""account":"6222 0002""#)]);
    record(&mut book, &[change("x2", &format!(r#""credit_code":"{SECOND}""#))]);
    let party = book.state().parties.get("F").unwrap().clone();
    assert_eq!(
        (party.account.as_deref(), party.account_bank.as_deref()),
        (Some("6222 0002"), Some("工行"))
    );
    assert_eq!(party.identity(), SECOND);
    let holder = |book: &Book<MemoryStore>, code: &str| {
        book.state().party_of_code(PartyKind::Firm, code).map(|party| party.id.to_string())
    };
    assert_eq!((holder(&book, FIRST), holder(&book, SECOND)), (None, Some("F".into())));
    // The code that became free is another firm's now; the changed one is taken.
    let other = |id: &str, code: &str| {
        event(&format!(
            r#"{{"event":"party","id":"{id}","date":"2017-03-02","party":"{id}","kind":"firm","name":"另一家","credit_code":"{code}"}}"#
        ))
    };
    assert_eq!(book.record(other("G", SECOND), &options()).unwrap_err().code, "credit-code-taken");
    // A row that is refused takes its change back.
    let before = fingerprint(&book);
    let row = vec![change("x3", &format!(r#""credit_code":"{FIRST}""#)), other("H", FIRST)];
    let refused = book.record_row(row, &options(), &mut RowGroup::default(), &mut |_| {});
    assert_eq!(refused.unwrap_err().code, "credit-code-taken");
    assert_eq!(fingerprint(&book), before);
    record(&mut book, &[other("G", FIRST)]);
    let back = r#"{"event":"reverse","id":"back","date":"2017-03-02","entry":"8","reason":"x"}"#;
    assert_eq!(book.record(event(back), &options()).unwrap_err().code, "reverse-kind");
    let again = book.reindex().map(|_| fingerprint(&book)).unwrap();
    let rows: &[Row] = &again.2;
    assert!(!rows.is_empty());
}

/// Numbers of vouchers by owner, month and word, in the order of the journal.
fn runs(entries: &[Entry]) -> BTreeMap<String, Vec<u32>> {
    let mut runs: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for voucher in entries.iter().filter_map(|entry| entry.voucher.as_ref()) {
        let run = format!("{} {} {}", voucher.owner, voucher.month, voucher.word.code());
        runs.entry(run).or_default().push(voucher.number);
    }
    runs
}

#[test]
pub fn vouchers_run_without_gaps_over_transfers_refusals_and_closes() {
    let mut book = opened("two");
    let charge = |id: &str, owner: &str, amount: &str| {
        event(&format!(
            r#"{{"event":"bank-charge","id":"{id}","date":"2017-02-10","owner":"{owner}","bank_account":"P","amount":"{amount}"}}"#
        ))
    };
    let transfer = |id: &str| {
        event(&format!(
            r#"{{"event":"transfer","id":"{id}","date":"2017-02-11","owner":"410821","to_owner":"410822","bank_account":"P","to_bank_account":"P","amount":"5","document":"1号","maker":"甲","checker":"乙"}}"#
        ))
    };
    record(&mut book, &[charge("b1", "410821", "1"), transfer("t1"), charge("b2", "410822", "1")]);
    // A group that is refused whole, and rows of which some are.
    let mut group = vec![charge("b3", "410821", "1"), charge("b4", "410821", "9999")];
    assert!(book.record_all(&mut group, &options(), &mut |_, _| {}).is_err());
    let mut rows = RowGroup::default();
    for (id, amount) in [("b5", "1"), ("b6", "9999"), ("b7", "1")] {
        let _ =
            book.record_row(vec![charge(id, "410821", amount)], &options(), &mut rows, &mut |_| {});
    }
    book.finish_rows(&options(), rows).unwrap();
    let transferred = book.find("t1").unwrap().unwrap().seq;
    let reverse = |id: &str, seq: u64| {
        event(&format!(
            r#"{{"event":"reverse","id":"{id}","date":"2017-02-12","entry":"{seq}","reason":"x"}}"#
        ))
    };
    record(&mut book, &[reverse("back", transferred)]);
    for owner in ["410821", "410822"] {
        record(
            &mut book,
            &[event(&format!(
                r#"{{"event":"close","id":"close-{owner}","date":"2017-02-28","owner":"{owner}","period":"2017-02","maker":"甲","checker":"乙"}}"#
            ))],
        );
    }
    let all = entries(book.store());
    let runs = runs(&all);
    // A transfer has one voucher, in the run of the owner that pays; so has its reversal.
    assert_eq!(runs["410821 2017-02 记"], [1, 2, 3, 4, 5, 6]);
    assert_eq!(runs["410822 2017-02 记"], [1, 2]);
    // The reversal is the exact opposite, and neither is reversed again.
    let [first, second] = ["t1", "back"].map(|id| book.find(id).unwrap().unwrap());
    let turned: Vec<_> = first.lines.iter().map(poolbook::domain::entry::Line::turned).collect();
    assert_eq!((second.reverses, &second.lines), (Some(first.seq), &turned));
    for (id, seq, code) in
        [("twice", first.seq, "reverse-twice"), ("of-it", second.seq, "reverse-reversal")]
    {
        let again = event(&reverse(id, seq).to_json().replace("2017-02-12", "2017-03-12"));
        assert_eq!(book.record(again, &options()).unwrap_err().code, code);
    }
}
