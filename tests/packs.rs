//! An owner's proof pack: what stands in it, and that nothing of it can be tampered with unseen.

use crate::support::book::{blank, event, options};
use crate::support::root;
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::pack::{Check, Checked};
use poolbook::book::Book;
use poolbook::book::pack::Asked;
use poolbook::domain::calendar::parse_date;
use poolbook::domain::text::Id;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Two counties, the city's account, a transfer, facts that name a loan only, a reversal of one.
/// `@ID` stands for the number of an entry.
pub const TOWN: &[&str] = &[
    r#"{"event":"open-book","id":"open","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
    r#"{"event":"join","id":"join-1","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"join","id":"join-2","date":"2017-01-01","owner":"410822"}"#,
    r#"{"event":"party","id":"bank","date":"2017-01-01","party":"BANK","kind":"bank","name":"中原银行"}"#,
    r#"{"event":"party","id":"bank-2","date":"2017-01-01","party":"BANK-2","kind":"bank","name":"焦作银行"}"#,
    r#"{"event":"party","id":"firm","date":"2017-01-01","party":"FIRM","kind":"firm","name":"云台机械"}"#,
    r#"{"event":"party","id":"firm-2","date":"2017-01-01","party":"FIRM-2","kind":"firm","name":"博爱药业"}"#,
    r#"{"event":"bank-account","id":"city-account","date":"2017-01-01","owner":"410800","bank_account":"CITY","fund":"RISK","bank":"BANK"}"#,
    r#"{"event":"bank-account","id":"own-account","date":"2017-01-01","owner":"410822","bank_account":"P2","fund":"RISK"}"#,
    r#"{"event":"contribute","id":"in-1","date":"2017-02-01","owner":"410821","source":"county","bank_account":"CITY","amount":"6000.00"}"#,
    r#"{"event":"contribute","id":"in-2","date":"2017-02-01","owner":"410822","source":"county","bank_account":"P2","amount":"4000.00"}"#,
    r#"{"event":"apply-loan","id":"apply","date":"2017-02-10","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK-2","amount":"100.00"}"#,
    r#"{"event":"recommend-loan","id":"recommend","date":"2017-02-11","loan":"L","document":"1号"}"#,
    r#"{"event":"enrol","id":"enrol","date":"2017-03-01","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK-2","amount":"100.00","pool_share":"0.4","due":"2018-01-01","rate":"4%"}"#,
    r#"{"event":"disburse","id":"drawn","date":"2017-03-01","loan":"L","amount":"100.00"}"#,
    r#"{"event":"interest-paid","id":"interest","date":"2017-04-01","loan":"L","from":"2017-03-01","to":"2017-04-01","amount":"0.50"}"#,
    r#"{"event":"reverse","id":"wrong","date":"2017-04-02","entry":"@interest","reason":"录入有误"}"#,
    r#"{"event":"transfer","id":"lent","date":"2017-05-01","owner":"410821","to_owner":"410822","bank_account":"CITY","to_bank_account":"P2","amount":"70.00","document":"焦财〔2017〕9号","maker":"甲","checker":"乙"}"#,
    r#"{"event":"checkpoint","id":"cp-1","date":"2017-05-02"}"#,
    r#"{"event":"bank-charge","id":"charge-1","date":"2017-05-31","owner":"410821","bank_account":"CITY","amount":"5.00"}"#,
    r#"{"event":"bank-charge","id":"charge-2","date":"2017-05-31","owner":"410822","bank_account":"P2","amount":"3.00"}"#,
    r#"{"event":"close","id":"close","date":"2017-05-31","owner":"410821","period":"2017-05","maker":"甲","checker":"乙"}"#,
    r#"{"event":"checkpoint","id":"cp-2","date":"2017-06-01"}"#,
    r#"{"event":"bank-charge","id":"charge-3","date":"2017-06-30","owner":"410821","bank_account":"CITY","amount":"1.00"}"#,
];

/// What concerns each owner up to the second checkpoint, read off the list above by hand.
pub const OF_OWNER: &[(&str, &[&str])] = &[
    ("410800", &["city-account"]),
    (
        "410821",
        &[
            "join-1",
            "in-1",
            "apply",
            "recommend",
            "enrol",
            "drawn",
            "interest",
            "wrong",
            "lent",
            "charge-1",
            "close",
        ],
    ),
    ("410822", &["join-2", "own-account", "in-2", "lent", "charge-2"]),
];

pub fn town() -> Book<MemoryStore> {
    let mut book = blank();
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    for line in TOWN {
        let mut told: Value = serde_json::from_str(line).unwrap();
        if let Some(name) = told["entry"].as_str().and_then(|text| text.strip_prefix('@')) {
            told["entry"] = numbers[name].to_string().into();
        }
        let (entry, _) = book.record(event(&told.to_string()), &options()).unwrap();
        numbers.insert(told["id"].as_str().unwrap().to_owned(), entry.unwrap().seq);
    }
    book
}

fn asked(owner: &str, from: &str, to: &str) -> Asked {
    let day = |text: &str| Some(parse_date(text).unwrap());
    Asked { owner: Id::parse(owner).unwrap(), from: day(from), to: day(to) }
}

/// The lines of a pack, without their line feeds.
fn pack(book: &Book<MemoryStore>, asked: &Asked) -> Vec<String> {
    let mut bytes = Vec::new();
    let mut sink = |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    };
    book.pack(asked).unwrap().write(&mut sink).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

fn of_1(book: &Book<MemoryStore>) -> Vec<String> {
    pack(book, &asked("410821", "2017-05-01", "2017-05-31"))
}

fn read(lines: &[String], kept: Option<&Checkpoint>) -> Result<Checked, Problem> {
    let (first, rest) = lines.split_first().unwrap();
    let mut check = Check::begin(first.as_bytes())?;
    for line in rest {
        check.take(line.as_bytes())?;
    }
    Ok(check.finish(kept))
}

/// The parts that are wrong, each once.
fn parts(lines: &[String], kept: Option<&Checkpoint>) -> Vec<String> {
    match read(lines, kept) {
        Ok(checked) => {
            let parts = checked.findings.iter().map(|one| one.arg("part").unwrap().to_owned());
            parts.collect::<BTreeSet<_>>().into_iter().collect()
        }
        Err(problem) => vec![problem.code.to_owned()],
    }
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// The lines of a kind.
fn kind(lines: &[String], kind: &str) -> Vec<Value> {
    lines.iter().map(|line| value(line)).filter(|line| line["t"] == kind).collect()
}

fn ids(lines: &[Value]) -> Vec<String> {
    let id =
        |line: &Value| value(line["json"].as_str().unwrap())["id"].as_str().unwrap().to_owned();
    lines.iter().map(id).collect()
}

#[test]
fn a_pack_holds_what_concerns_its_owner_and_nothing_of_others() {
    let book = town();
    for (owner, expected) in OF_OWNER {
        let lines = pack(&book, &asked(owner, "2017-01-01", "2017-12-31"));
        assert_eq!(ids(&kind(&lines, "entry")), *expected, "{owner}");
        let checked = read(&lines, None).unwrap();
        assert_eq!(checked.findings, [], "{owner}");
        assert_eq!(checked.body.entries, 23);
        // The journal commits to the tree over exactly these entries, by the definition of RFC 6962.
        let entries = kind(&lines, "entry");
        let bytes = |line: &Value| line["json"].as_str().unwrap().as_bytes().to_vec();
        let made = root(&entries.iter().map(bytes).collect::<Vec<_>>());
        let hex: String = made.iter().map(|byte| format!("{byte:02x}")).collect();
        let sealed = value(kind(&lines, "commitment")[0]["json"].as_str().unwrap());
        let row = json!({ "count": expected.len(), "owner": owner, "root": hex });
        assert!(sealed["working"]["owners"].as_array().unwrap().contains(&row), "{owner}");
    }
    // Its own bank is named by the loan, the other one by the city's account.
    let lines = of_1(&book);
    assert_eq!(ids(&kind(&lines, "shared")), ["open", "bank", "bank-2", "firm", "city-account"]);
    assert_eq!(ids(&kind(&lines, "commitment")), ["cp-2"]);
    let text = lines.concat();
    assert!(!text.contains("FIRM-2") && !text.contains("charge-2"), "{text}");
}

#[test]
fn the_trial_balance_is_of_the_days_asked_for() {
    let rows = |from: &str, to: &str| -> Vec<String> {
        let lines = pack(&town(), &asked("410821", from, to));
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        let row = |row: &Value| {
            ["fund", "account", "opening", "debit", "credit", "closing"]
                .map(|key| text(row, key))
                .join(" ")
        };
        kind(&lines, "trial-balance").iter().map(row).collect()
    };
    // 6,000.00 came in, 70.00 were lent and 5.00 charged in May; the close of May carries the charge to
    // the result. 40% of 100.00 are at risk.
    assert_eq!(
        rows("2017-05-01", "2017-05-31"),
        [
            "RISK 1002.01 6000.00 0.00 75.00 5925.00",
            "RISK 1218.05 0.00 70.00 0.00 70.00",
            "RISK 3101.03 -6000.00 0.00 0.00 -6000.00",
            "RISK 3301 0.00 5.00 0.00 5.00",
            "RISK 5901 0.00 5.00 5.00 0.00",
            "RISK 9101 100.00 0.00 0.00 100.00",
            "RISK 9111 40.00 0.00 0.00 40.00",
            "RISK 9999 -140.00 0.00 0.00 -140.00",
        ]
    );
    assert_eq!(
        rows("2017-01-01", "2017-02-28"),
        ["RISK 1002.01 0.00 6000.00 0.00 6000.00", "RISK 3101.03 0.00 0.00 6000.00 -6000.00"]
    );
    assert_eq!(rows("2017-01-01", "2017-01-31"), [""; 0]);
}

#[test]
fn what_came_later_is_counted_and_without_a_checkpoint_there_is_no_pack() {
    let book = town();
    let asked = asked("410821", "2017-01-01", "2017-12-31");
    assert_eq!(book.pack(&asked).unwrap().uncovered, 1);
    assert_eq!(
        book.pack(&Asked { owner: Id::parse("410822").unwrap(), ..asked.clone() })
            .unwrap()
            .uncovered,
        0
    );
    let refused = |book: &Book<MemoryStore>, asked: &Asked| match book.pack(asked) {
        Ok(_) => panic!("a pack"),
        Err(problem) => problem.code,
    };
    assert_eq!(
        refused(&book, &Asked { owner: Id::parse("410883").unwrap(), ..asked.clone() }),
        "owner-unknown"
    );
    let mut young = blank();
    for line in &TOWN[..3] {
        young.record(event(line), &options()).unwrap();
    }
    assert_eq!(refused(&young, &asked), "pack-no-checkpoint");
}

/// A change of the lines, and the parts that give it away.
type Tampering = (&'static str, fn(&mut Vec<String>), &'static [&'static str]);

/// Where the first entry of an id stands.
fn place(lines: &[String], id: &str) -> usize {
    let marked = format!(r#"\"id\":\"{id}\""#);
    lines.iter().position(|line| line.contains(&marked)).unwrap()
}

fn replace(lines: &mut [String], at: usize, from: &str, to: &str) {
    let changed = lines[at].replacen(from, to, 1);
    assert_ne!(changed, lines[at], "{from} stands in line {at}");
    lines[at] = changed;
}

/// The end says what there is, as a careful forger would write it.
fn recount(lines: &mut [String]) {
    let count = |t: &str| kind(lines, t).len();
    let end = json!({"commitment": count("commitment"), "entries": count("entry"),
        "shared": count("shared"), "t": "end", "trial_balance": count("trial-balance")});
    let mut header = value(&lines[0]);
    header["entries"] = count("entry").into();
    lines[0] = header.to_string();
    *lines.last_mut().unwrap() = end.to_string();
}

const TAMPERINGS: &[Tampering] = &[
    (
        "an entry that moves nothing is left out",
        |lines| {
            lines.remove(place(lines, "interest"));
            recount(lines);
        },
        &["tree"],
    ),
    (
        "an entry with a voucher is left out",
        |lines| {
            lines.remove(place(lines, "charge-1"));
            recount(lines);
        },
        &["tree", "trial-balance", "voucher"],
    ),
    (
        "an entry is left out and nothing counted again",
        |lines| drop(lines.remove(place(lines, "recommend"))),
        &["counts", "tree"],
    ),
    (
        "an amount is changed on both sides",
        |lines| {
            let at = place(lines, "charge-1");
            lines[at] = lines[at].replace(r#"\"amount\":\"5.00\""#, r#"\"amount\":\"4.00\""#);
        },
        &["proof", "tree", "trial-balance"],
    ),
    (
        "an amount is changed on one side",
        |lines| {
            let at = place(lines, "charge-1");
            replace(
                lines,
                at,
                r#"lines\":[{\"account\":\"5901\",\"amount\":\"5.00\""#,
                r#"lines\":[{\"account\":\"5901\",\"amount\":\"4.00\""#,
            );
        },
        &["balance", "proof", "tree", "trial-balance"],
    ),
    (
        "a fact is changed",
        |lines| {
            let at = place(lines, "interest");
            replace(lines, at, "0.50", "0.05");
        },
        &["proof", "tree"],
    ),
    (
        "two entries change places",
        |lines| {
            let at = place(lines, "recommend");
            lines.swap(at, at + 1);
        },
        &["order", "tree"],
    ),
    (
        "an entry stands twice",
        |lines| {
            let at = place(lines, "recommend");
            lines.insert(at, lines[at].clone());
            recount(lines);
        },
        &["order", "tree"],
    ),
    (
        "another owner's entry is put in",
        |lines| {
            let other = pack(&town(), &asked("410822", "2017-05-01", "2017-05-31"));
            let at = place(lines, "close");
            lines.insert(at, other[place(&other, "charge-2")].clone());
            recount(lines);
        },
        &["tree"],
    ),
    (
        "another owner's entry is shared",
        |lines| {
            let other = pack(&town(), &asked("410822", "2017-05-01", "2017-05-31"));
            let told =
                other[place(&other, "charge-2")].replace(r#""t":"entry""#, r#""t":"shared""#);
            let at = place(lines, "cp-2");
            lines.insert(at, told);
            recount(lines);
        },
        &["shared"],
    ),
    (
        "the owner is swapped",
        |lines| replace(lines, 0, r#""owner":"410821""#, r#""owner":"410822""#),
        &["tree", "trial-balance"],
    ),
    ("the name is swapped", |lines| replace(lines, 0, "修武县", "博爱县"), &["name"]),
    (
        "the opening is left out",
        |lines| {
            lines.remove(place(lines, "open"));
            recount(lines);
        },
        &["origin", "shared"],
    ),
    (
        "a party is renamed",
        |lines| {
            let at = place(lines, "firm");
            replace(lines, at, "云台机械", "云台机器");
        },
        &["proof"],
    ),
    (
        "the commitment is left out",
        |lines| {
            lines.remove(place(lines, "cp-2"));
            recount(lines);
        },
        &["commitment-missing"],
    ),
    (
        "an earlier commitment, which knows fewer entries, stands in its place",
        |lines| {
            let whole = town();
            let bytes = poolbook::store::Store::read(whole.store(), 19).unwrap();
            let at = place(lines, "cp-2");
            let mut line = value(&lines[at]);
            line["json"] = String::from_utf8(bytes).unwrap().into();
            line["seq"] = 19.into();
            lines[at] = line.to_string();
            lines
                .retain(|line| !line.contains("charge-1") && !line.contains(r#"\"id\":\"close\""#));
            recount(lines);
        },
        &["commitment", "proof", "trial-balance"],
    ),
    (
        "the commitment is changed with the entries",
        |lines| {
            lines.remove(place(lines, "interest"));
            let at = place(lines, "cp-2");
            replace(lines, at, r#"\"count\":11,"#, r#"\"count\":10,"#);
            recount(lines);
        },
        &["proof", "tree"],
    ),
    (
        "a figure of the trial balance is changed",
        |lines| {
            let at = lines.len() - 9;
            replace(lines, at, "5925.00", "5926.00");
        },
        &["trial-balance"],
    ),
    (
        "a row of the trial balance is left out",
        |lines| {
            lines.remove(lines.len() - 2);
            recount(lines);
        },
        &["trial-balance"],
    ),
    (
        "the days are changed",
        |lines| replace(lines, 0, r#""from":"2017-05-01""#, r#""from":"2017-05-02""#),
        &["trial-balance"],
    ),
    (
        "the number is changed",
        |lines| {
            let at = place(lines, "cp-2");
            replace(lines, at, r#""seq":23,"t""#, r#""seq":22,"t""#);
        },
        &["number", "proof"],
    ),
    (
        "a proof is cut",
        |lines| {
            let at = place(lines, "close");
            let mut line = value(&lines[at]);
            line["hashes"].as_array_mut().unwrap().pop();
            lines[at] = line.to_string();
        },
        &["proof"],
    ),
    (
        "the checkpoint says less",
        |lines| replace(lines, 0, r"\n23\n", r"\n22\n"),
        &["commitment", "proof"],
    ),
    (
        "another book's name",
        |lines| replace(lines, 0, "poolbook/2/410800/", "poolbook/2/410801/"),
        &["origin"],
    ),
    ("the end is cut off", |lines| drop(lines.pop()), &["cut"]),
    ("the second half is cut off", |lines| lines.truncate(10), &["commitment-missing", "cut"]),
    (
        "the file ends within a line",
        |lines| {
            let last = lines.last_mut().unwrap();
            last.truncate(20);
        },
        &["pack-format"],
    ),
    ("something follows the end", |lines| lines.push(lines.last().unwrap().clone()), &["order"]),
    (
        "a key is added",
        |lines| replace(lines, 3, r#""seq":"#, r#""note":"x","seq":"#),
        &["pack-format"],
    ),
];

#[test]
fn every_tampering_is_found_and_named() {
    let sound = of_1(&town());
    assert_eq!(parts(&sound, None), [""; 0]);
    let mut others = Vec::new();
    for (what, tamper, expected) in TAMPERINGS {
        let mut lines = sound.clone();
        tamper(&mut lines);
        let found = parts(&lines, None);
        if found != *expected {
            others.push(format!("{what}: {found:?}"));
        }
    }
    assert_eq!(others, [""; 0], "{}", others.join("\n"));
}

#[test]
fn a_kept_checkpoint_tells_another_history() {
    let book = town();
    let lines = of_1(&book);
    let text = value(&lines[0])["checkpoint"].as_str().unwrap().to_owned();
    let kept = Checkpoint::parse(text.as_bytes()).unwrap();
    assert_eq!(parts(&lines, Some(&kept)), [""; 0]);
    // The whole journal is made anew without the interest and its reversal: everything in the pack fits
    // together, and only the checkpoint that left the house tells.
    let mut forged = blank();
    for line in TOWN.iter().filter(|line| !line.contains("\"interest\"") && !line.contains("wrong"))
    {
        forged.record(event(line), &options()).unwrap();
    }
    let forged = of_1(&forged);
    assert_eq!(parts(&forged, None), [""; 0]);
    assert_eq!(parts(&forged, Some(&kept)), ["checkpoint"]);
    // The last close is nothing that the pack could prove, and the kept text tells it all the same.
    let mut lines = lines;
    replace(&mut lines, 0, "closed 410821 2017-05 22", "closed 410821 2017-04 22");
    assert_eq!(parts(&lines, None), [""; 0]);
    assert_eq!(parts(&lines, Some(&kept)), ["checkpoint"]);
}

/// One bit of a byte, here and there over the whole pack, in each line and field.
#[test]
fn no_flipped_bit_goes_unseen() {
    let sound = of_1(&town());
    let text = value(&sound[0])["checkpoint"].as_str().unwrap().to_owned();
    let kept = Checkpoint::parse(text.as_bytes()).unwrap();
    let all = sound.join("\n").into_bytes();
    // The days asked for are no part of the proof: another day on which nothing happened gives the
    // same figures.
    let header = &sound[0];
    let asked = |key: &str| {
        let at = header.find(&format!("\"{key}\":\"2017")).unwrap() + key.len() + 4;
        at..at + 10
    };
    let days = [asked("from"), asked("to")];
    let (mut tried, mut place) = (0, 0);
    while place < all.len() {
        let mut bytes = all.clone();
        bytes[place] ^= 1 << (tried % 7);
        let skipped = days.iter().any(|day| day.contains(&place));
        if let (Ok(text), false) = (String::from_utf8(bytes), skipped) {
            let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            assert_ne!(
                parts(&lines, Some(&kept)),
                [""; 0],
                "bit of byte {place}: {}",
                &text[place.saturating_sub(20)..(place + 20).min(text.len())].escape_debug()
            );
        }
        tried += 1;
        place += 23;
    }
    assert!(tried > 500, "{tried}");
}
