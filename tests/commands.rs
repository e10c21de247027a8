//! Every command: how it ends, and what it leaves when it is only tried.
//!
//! The fixed commands stand in `fixtures/commands/table.txt` (`src/cli/tree.rs` asks for a row of each); the
//! commands of events are walked by the vocabulary.

use crate::close::OTHERS;
use crate::errors::{copy_dir, shell};
use crate::support::fixture;
use crate::support::stages::STAGES;
use crate::support::tree::{Tree, changed, tree};
use poolbook::domain::event::VOCABULARY;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Who does everything here.
const PEOPLE: &str =
    "export POOLBOOK_MAKER=李砚秋 POOLBOOK_CHECKER=王澍文 POOLBOOK_APPROVER=张栎川\n";

/// A folder of the table with its rows: exit code, what changes, command.
struct Section<'t> {
    name: &'t str,
    on: Option<&'t str>,
    script: String,
    rows: Vec<(i32, char, &'t str)>,
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut in_rows = false;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            let (name, on) = match head.split_once(" on ") {
                Some((name, on)) => (name, Some(on)),
                None => (head, None),
            };
            sections.push(Section { name, on, script: String::new(), rows: Vec::new() });
            in_rows = false;
            continue;
        }
        let Some(section) = sections.last_mut() else { continue };
        match (in_rows, line) {
            (_, "--") => in_rows = true,
            (false, line) => section.script.push_str(&format!("{line}\n")),
            (true, "") => {}
            (true, line) => {
                let mut parts = line.splitn(3, ' ');
                let code = parts.next().unwrap().parse().unwrap();
                let kind = parts.next().unwrap().parse().unwrap();
                section.rows.push((code, kind, parts.next().unwrap()));
            }
        }
    }
    sections
}

/// Makes the folder of a section, those that it goes on from first.
fn make(section: &Section<'_>, all: &[Section<'_>], dir: &Path) {
    if let Some(on) = section.on {
        make(all.iter().find(|other| other.name == on).unwrap(), all, dir);
    }
    let (code, out, err) = shell(&format!("{PEOPLE}{}", section.script), dir, "en");
    assert_eq!(code, 0, "{}: {out}{err}", section.name);
}

/// The journals of a tree.
fn journals(tree: &Tree) -> Tree {
    let is_journal = |path: &Path| path.ends_with("journal.jsonl");
    tree.iter().filter(|(path, _)| is_journal(path)).map(|(p, n)| (p.clone(), n.clone())).collect()
}

/// What is wrong with a row, if anything; the folder is as before afterwards.
fn check(row: (i32, char, &str), first: &Path, before: &Tree) -> Vec<String> {
    let (code, kind, run) = row;
    let mut wrong = Vec::new();
    let copy = tempfile::tempdir().unwrap();
    let dir = if kind == '-' { first } else { copy.path() };
    if kind != '-' {
        copy_dir(first, dir);
    }
    // A copy's directories have modes of their own.
    let copied = (kind != '-').then(|| tree(dir));
    let before = copied.as_ref().unwrap_or(before);
    // What is refused before a book is opened is refused alike when it is only tried.
    let forms = if code == 2 { &[""][..] } else { &["--dry-run ", ""] };
    for dry_run in forms.iter().copied() {
        let (exit, _, err) = shell(&format!("{PEOPLE}poolbook {dry_run}{run}"), dir, "en");
        if exit != code {
            wrong.push(format!("{dry_run}{run}: exit {exit}, not {code}: {err}"));
        }
        let after = tree(dir);
        let writes = journals(&after) != journals(before);
        let is_right = match (dry_run, kind) {
            ("", 'w') => writes,
            ("", 'f') => !writes && after != *before || run.contains("restore"),
            _ => after == *before,
        };
        if !is_right {
            wrong.push(format!("{dry_run}{run}: {kind}, changed {:?}", changed(before, &after)));
        }
    }
    wrong
}

#[test]
fn every_command_ends_as_it_says_and_changes_nothing_when_tried() {
    let text = fs::read_to_string(fixture("commands/table.txt")).unwrap();
    let all = sections(&text);
    let (mut places, mut rows) = (Vec::new(), Vec::new());
    for section in &all {
        // The rows of large folders are shared out over several copies.
        for part in section.rows.chunks(60) {
            rows.push(part);
            places.push(section);
        }
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(section), Some(part)) = (places.get(at), rows.get(at)) else { break };
            let dir = tempfile::tempdir().unwrap();
            make(section, &all, dir.path());
            let before = tree(dir.path());
            for row in *part {
                let found = check(*row, dir.path(), &before);
                wrong.lock().unwrap().extend(found);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A book on which events are told by commands.
struct Office {
    dir: tempfile::TempDir,
    /// Events to be recorded before the next command.
    waiting: Vec<Value>,
    /// How many events were told by their commands.
    told: usize,
}

impl Office {
    fn new() -> Self {
        let office = Self { dir: tempfile::tempdir().unwrap(), waiting: Vec::new(), told: 0 };
        let opening = "init --city 410800 --name 焦作市 --date 2017-01-01 --people two";
        office.run(&opening.split(' ').map(str::to_owned).collect::<Vec<_>>(), 0);
        office
    }

    /// Runs a command, which must end with a code.
    fn run(&self, arguments: &[String], code: i32) {
        let done = Command::new(env!("CARGO_BIN_EXE_poolbook"))
            .current_dir(self.dir.path())
            .env_clear()
            .env("POOLBOOK_LANG", "en")
            .env("POOLBOOK_MAKER", crate::support::book::CLERK)
            .env("POOLBOOK_CHECKER", "复核员")
            // The events are of other years than the clock.
            .env("POOLBOOK_CONFIRM_CLOCK", "true")
            .env("POOLBOOK_CONFIRM_DATE", "true")
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {told}");
    }

    fn entries(&self) -> usize {
        let journal = fs::read(self.dir.path().join("book/journal.jsonl")).unwrap();
        journal.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Records what waits.
    fn flush(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let lines: String = waiting.iter().map(|event| format!("{event}\n")).collect();
        fs::write(self.dir.path().join("events.jsonl"), lines).unwrap();
        self.run(&["record".to_owned(), "events.jsonl".to_owned()], 0);
    }

    /// The command that tells an event; long texts go into files.
    fn command(&self, event: &Value) -> Vec<String> {
        let mut command = vec![event["event"].as_str().unwrap().to_owned()];
        for (key, value) in event.as_object().unwrap().iter().filter(|(key, _)| *key != "event") {
            let option = format!("--{}", key.replace('_', "-"));
            match value {
                Value::String(text)
                    if ["rules", "rates"].contains(&key.as_str()) && text.contains('\n') =>
                {
                    fs::write(self.dir.path().join("text.toml"), text).unwrap();
                    command.extend([option, "text.toml".to_owned()]);
                }
                Value::String(text) => command.push(format!("{option}={text}")),
                Value::Array(items) if items.iter().all(Value::is_string) && !items.is_empty() => {
                    let texts = items.iter().map(|item| item.as_str().unwrap());
                    command.extend(texts.map(|text| format!("{option}={text}")));
                }
                other => command.push(format!("{option}={other}")),
            }
        }
        command
    }

    /// Tells an event: tried it changes nothing, told it is one entry more, told again nothing. What
    /// is wrong with it is refused by the code of its kind.
    fn tell(&mut self, event: &Value) {
        self.flush();
        let (command, entries) = (self.command(event), self.entries());
        let but = |more: &[&str]| -> Vec<String> {
            let replaced = |given: &&String| {
                let option = given.split('=').next().unwrap_or_default();
                !more.iter().any(|own| own.split('=').next() == Some(option))
            };
            let kept = command.iter().filter(replaced).cloned();
            kept.chain(more.iter().map(|own| (*own).to_owned())).collect()
        };
        let before = tree(self.dir.path());
        self.run(&but(&["--dry-run"]), 0);
        self.run(&but(&["--date=2017-13-01"]), 65);
        // The way to these is the same whatever the event is.
        if self.told < 5 {
            self.run(&but(&["--nonsense"]), 2);
            self.run(&but(&["--book=nowhere"]), 66);
        }
        self.told += 1;
        assert_eq!(changed(&before, &tree(self.dir.path())), [""; 0], "{command:?}");
        self.run(&command, 0);
        assert_eq!(self.entries(), entries + 1, "{command:?}");
        let before = tree(self.dir.path());
        self.run(&command, 0);
        // The same id for something else.
        self.run(&but(&["--memo=something else"]), 77);
        assert_eq!(changed(&before, &tree(self.dir.path())), [""; 0], "{command:?}");
    }
}

/// Events of a fixture as they are told, one life each.
fn told(name: &str) -> Vec<Value> {
    let events = crate::scenarios::events(name);
    events.iter().map(|event| serde_json::from_str(&event.to_json()).unwrap()).collect()
}

/// Events of a list, with ids and long texts.
fn listed(list: &[&str]) -> Vec<Value> {
    let mut events: Vec<Value> =
        list.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    for (number, event) in events.iter_mut().enumerate() {
        if event["id"].is_null() {
            event["id"] = format!("e-{number}").into();
        }
        for (key, file) in [
            ("rules", "jiaozuo-2017/rules/jiaozuo-demo.toml"),
            ("rates", "jiaozuo-2017/rates.toml"),
        ] {
            if event[key] == "@" {
                event[key] = fs::read_to_string(fixture(file)).unwrap().into();
            }
        }
    }
    events
}

#[test]
fn every_event_is_told_by_its_command_and_only_tried_when_asked() {
    let stage = |name: &str| STAGES.iter().find(|(own, _)| *own == name).unwrap().1;
    let stopped = ["set up", "drawn", "pool strict", "overdue"].map(stage).concat();
    let mut stopped = listed(&stopped);
    if let Some(rules) = stopped.iter_mut().find(|event| event["rules"] == "@scenarios/strict.toml")
    {
        rules["rules"] = fs::read_to_string(fixture("scenarios/strict.toml")).unwrap().into();
    }
    stopped.push(json!({"event": "release", "id": "release", "date": "2017-07-02", "owner": "410821", "reason": "x", "document": "1号"}));
    let mut lives: Vec<Vec<Value>> = [
        "county-cell",
        "funding",
        "settlement",
        "clawback",
        "close",
        "wind-up",
        "accruals",
        "quota",
    ]
    .iter()
    .map(|name| told(&format!("scenarios/{name}.jsonl")))
    .collect();
    lives.push(listed(OTHERS));
    lives.push(stopped);
    lives.push(listed(&["set up", "statement taken"].map(stage).concat()));
    // A certificate has the program's own figures: `reconcile certify` is the command for it.
    let known =
        Mutex::new(BTreeSet::from(["open-book", "checkpoint", "certify"].map(str::to_owned)));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(life) = lives.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut office = Office::new();
            for event in life {
                let word = event["event"].as_str().unwrap();
                let mut event = event.clone();
                match word {
                    "checkpoint" => {
                        office.flush();
                        office.run(&["checkpoint".to_owned()], 0);
                        continue;
                    }
                    "certify" => continue,
                    "keep-checkpoint" | "reverse" | "correct"
                        if event["checkpoint"] == "@last" || event["entry"] == "@cure" =>
                    {
                        office.flush();
                        let key = if word == "keep-checkpoint" { "checkpoint" } else { "entry" };
                        event[key] = office.entries().to_string().into();
                    }
                    _ => {}
                }
                if known.lock().unwrap().insert(word.to_owned()) {
                    office.tell(&event);
                } else {
                    office.waiting.push(event);
                }
            }
            office.flush();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let all: BTreeSet<String> = VOCABULARY.iter().map(|spec| spec.word.to_owned()).collect();
    assert_eq!(known.into_inner().unwrap(), all);
}

/// What was known at an entry is that entry and all before it, in every form: entries 4 and 5 bring
/// in 1,234,567.11 and 7,654,321.22, together 8,888,888.33.
#[test]
fn known_at_an_entry_holds_that_entry_and_none_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"
poolbook init --city 410800 --date 2017-01-01
cat >events.jsonl <<'END'
{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}
{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}
{"event":"contribute","id":"c1","date":"2017-03-10","owner":"410821","source":"county","bank_account":"P","amount":"1234567.11"}
{"event":"contribute","id":"c2","date":"2017-03-10","owner":"410821","source":"county","bank_account":"P","amount":"7654321.22"}
END
poolbook record events.jsonl
"#;
    let (code, _, err) = shell(&format!("{PEOPLE}{script}"), dir.path(), "en");
    assert_eq!(code, 0, "{err}");
    for (command, later) in [
        ("export hledger", "7654321.22"),
        ("export ledger", "7654321.22"),
        ("export beancount", "7654321.22"),
        ("export beancount --dialect 3", "7654321.22"),
        ("export csv", "7654321.22"),
        ("export xlsx", "7654321.22"),
        ("--format csv account 1002.01", "7654321.22"),
        ("--format csv balance", "8888888.33"),
        ("--format csv trial-balance", "8888888.33"),
        ("--format csv explain contributions --owner 410821", "7654321.22"),
    ] {
        for (known_at, has_later) in [(4, false), (5, true)] {
            let run = format!("poolbook {command} --known-at {known_at} >out");
            let (code, _, err) = shell(&run, dir.path(), "en");
            assert_eq!(code, 0, "{run}: {err}");
            let text = text(&fs::read(dir.path().join("out")).unwrap());
            // A sum takes the place of its parts.
            let first = text.contains("1234567.11") || has_later && later == "8888888.33";
            assert_eq!((first, text.contains(later)), (true, has_later), "{run}");
        }
    }
}

/// The text of an output; that of a workbook is the text of its sheets and strings.
fn text(bytes: &[u8]) -> String {
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else {
        return String::from_utf8(bytes.to_vec()).unwrap();
    };
    let mut text = String::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    }
    text
}

/// 50.00 were booked before the first statement, which begins with 30.00; the 20.00 between came in a
/// month whose statement is missing. So book and bank agree on the last day, no line is open, and yet it
/// is not tied: 20.00 stand between the lines of the statements.
#[test]
fn an_account_is_not_tied_over_lines_that_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"
poolbook init --city 410800 --date 2017-01-01
cat >events.jsonl <<'END'
{"event":"join","id":"j1","date":"2017-01-01","owner":"410821"}
{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}
{"event":"contribute","id":"c1","date":"2017-02-15","owner":"410821","source":"county","bank_account":"P","amount":"50.00"}
{"event":"contribute","id":"c2","date":"2017-03-10","owner":"410821","source":"county","bank_account":"P","amount":"100.00"}
{"event":"bank-charge","id":"b1","date":"2017-03-11","owner":"410821","bank_account":"P","amount":"1.00"}
{"event":"contribute","id":"c3","date":"2017-05-10","owner":"410821","source":"county","bank_account":"P","amount":"5.00"}
{"event":"bank-charge","id":"b2","date":"2017-05-11","owner":"410821","bank_account":"P","amount":"1.00"}
END
poolbook record events.jsonl
head='交易时间,账户明细编号-交易流水号,凭证号,借方发生额（支取）,贷方发生额（收入）,余额,摘要,对方户名,对方账号'
{ printf '户名:x\n账号:1\n币种:人民币元\n期间:20170301-20170331\n上期余额:30.00\n%s\n' $head
printf '20170311 09:00:00,2,,1.00,,129.00,工本费,,\n20170310 09:00:00,1,,,100.00,130.00,出资,,\n'; } >march.csv
{ printf '户名:x\n账号:1\n币种:人民币元\n期间:20170501-20170531\n上期余额:149.00\n%s\n' $head
printf '20170511 09:00:00,4,,1.00,,153.00,工本费,,\n20170510 09:00:00,3,,,5.00,154.00,出资,,\n'; } >may.csv
own="--profile $FIXTURES/jiaozuo-2017/bank/profiles/CCB-JZ.toml"
poolbook statement import P march.csv $own
poolbook statement import P may.csv --allow-gap 四月对账单遗失 $own
"#;
    let (code, _, err) = shell(&format!("{PEOPLE}{script}"), dir.path(), "en");
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = shell("poolbook --format json reconcile status", dir.path(), "en");
    let row = serde_json::from_str::<Value>(&out).unwrap()["rows"][0].clone();
    assert_eq!(code, 1, "{out}{err}");
    for (key, value) in [("book_balance", "153.00"), ("statement_balance", "153.00")] {
        assert_eq!(row[key], value, "{out}");
    }
    assert_eq!((&row["bank_items"], &row["book_items"]), (&json!(0), &json!(0)), "{out}");
    assert_eq!((&row["tied_to"], &row["ok"]), (&Value::Null, &json!(false)), "{out}");
}
