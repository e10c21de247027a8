//! Every bound of `src/limits.rs` at its value and one above. A constant without a case fails here.
//!
//! Large files are made of holes or of zeros that compress, so that none is really written.

mod kept;
mod matched;
mod statements;

use crate::backup::{Place, small};
use crate::support::book::{blank, event, options, record};
use crate::support::{Lines, fixture};
use crate::verify::OPENING;
use poolbook::audit::verify::Verifier;
use poolbook::domain::calendar::parse_date;
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Event;
use poolbook::domain::field::Json;
use poolbook::domain::money::Money;
use poolbook::domain::rate::{Rate, Share};
use poolbook::domain::rules::RuleSet;
use poolbook::domain::text::{Id, clean};
use poolbook::intake::rows::{Options, visit_rows};
use poolbook::intake::settings::read_settings;
use poolbook::limits;
use poolbook::problem::Problem;
use poolbook::store::{MemoryStore, Store as _};
use std::io::{Cursor, Read, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Takes the bound with so much more; the code of the refusal.
type Try = fn(u64) -> Result<(), String>;

/// What a bound is held by.
enum Held {
    /// This code comes one above the bound and not at it.
    Refused(&'static str, Try),
    /// So it is called in the table: one above the bound, and not at it, the program does otherwise
    /// without refusing anything.
    Otherwise(&'static str, Try),
    /// A test elsewhere, as file and name, which needs what is private there.
    Elsewhere(&'static str, &'static str),
}
use Held::{Elsewhere, Otherwise, Refused};

impl Held {
    /// What is wrong with a bound, if anything.
    fn faults(&self, name: &str) -> Vec<String> {
        let mut faults = Vec::new();
        match self {
            Refused(code, attempt) | Otherwise(code, attempt) => {
                if attempt(0).err().as_deref() == Some(*code) {
                    faults.push(format!("{name}: refused at the bound"));
                }
                let above = attempt(1);
                if above.as_ref().err().map(String::as_str) != Some(*code) {
                    faults.push(format!("{name}: {above:?} above the bound, {code} expected"));
                }
            }
            Elsewhere(file, test) => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
                let text = std::fs::read_to_string(path).unwrap();
                if !text.contains(&format!("fn {test}()")) {
                    faults.push(format!("{name}: no test {test} in {file}"));
                }
            }
        }
        faults
    }
}

fn told<T>(result: Result<T, Problem>) -> Result<(), String> {
    result.map(drop).map_err(|problem| problem.code.to_owned())
}

fn usize_of(value: u64) -> usize {
    usize::try_from(value).unwrap()
}

/// The shortest text that is so long.
fn long(length: usize, more: u64) -> String {
    "x".repeat(length + usize_of(more))
}

type Bound = (&'static str, Held);

/// Every bound with what it is held by.
fn held() -> impl Iterator<Item = &'static Bound> {
    HELD.iter().chain(kept::HELD).chain(matched::HELD).chain(statements::HELD)
}

const HELD: &[Bound] = &[
    (
        "MONEY_MAX_FEN",
        Refused("amount-range", |more| {
            let fen = limits::MONEY_MAX_FEN + more.cast_signed();
            let text = format!("{}.{:02}", fen / 100, fen % 100);
            let (short, _) =
                (Money::parse(&text), assert_eq!(Money::from_fen(fen).is_ok(), more == 0));
            short.map(drop).map_err(|error| error.code().to_owned())
        }),
    ),
    (
        "MONEY_TEXT_MAX",
        // A zero in front would change nothing; it is the length that is too much.
        Refused("amount-range", |more| {
            let text = format!("-{}1,000,000,000,000,000.00", "0".repeat(usize_of(more)));
            assert_eq!(text.len(), limits::MONEY_TEXT_MAX + usize_of(more));
            Money::parse(&text).map(drop).map_err(|error| error.code().to_owned())
        }),
    ),
    (
        "RATE_DECIMALS_MAX",
        Refused("rate-precision", |more| {
            let decimals = "1".repeat(limits::RATE_DECIMALS_MAX as usize + usize_of(more));
            Rate::parse(&format!("0.{decimals}")).map(drop).map_err(|e| e.code().to_owned())
        }),
    ),
    (
        "FRACTION_PART_MAX",
        Refused("rate-range", |more| {
            let part = limits::FRACTION_PART_MAX + i128::from(more);
            Share::parse(&format!("1/{part}")).map(drop).map_err(|e| e.code().to_owned())
        }),
    ),
    (
        "YEAR_MIN",
        Refused("date-range", |more| {
            let text = format!("{}-12-31", limits::YEAR_MIN - more as i16);
            parse_date(&text).map(drop).map_err(|error| error.code().to_owned())
        }),
    ),
    (
        "YEAR_MAX",
        Refused("date-range", |more| {
            let text = format!("{}-01-01", limits::YEAR_MAX + more as i16);
            parse_date(&text).map(drop).map_err(|error| error.code().to_owned())
        }),
    ),
    ("ID_MAX", Refused("text-too-long", |more| party(&long(limits::ID_MAX, more), "甲"))),
    ("NAME_MAX", Refused("text-too-long", |more| party("P", &long(limits::NAME_MAX, more)))),
    (
        "EVENT_ID_MAX",
        Refused("text-too-long", |more| {
            let id = Id::parse(&long(limits::EVENT_ID_MAX, more));
            id.map(drop).map_err(|error| error.code().to_owned())
        }),
    ),
    (
        "MEMO_MAX",
        Refused("text-too-long", |more| {
            let memo = "摘".repeat(limits::MEMO_MAX + usize_of(more));
            assert_eq!(clean(&memo, limits::MEMO_MAX, false).is_ok(), more == 0);
            join(&format!(r#","memo":"{memo}""#))
        }),
    ),
    (
        "ATTACHMENTS_MAX",
        Refused("too-many-attachments", |more| {
            let list = vec!["\"a.pdf\""; limits::ATTACHMENTS_MAX + usize_of(more)].join(",");
            join(&format!(r#","attachments":[{list}]"#))
        }),
    ),
    (
        "RULES_TEXT_MAX",
        Refused("text-too-long", |more| {
            let text = long(limits::RULES_TEXT_MAX, more);
            let json = format!(
                r#"{{"event":"adopt-rules","id":"r","date":"2017-01-01","rules":"{text}"}}"#
            );
            told(Event::from_json(json.as_bytes()))
        }),
    ),
    ("BAND_CASES_MAX", Refused("rules-bands-many", bands)),
    ("LINES_MAX", Refused("entry-line-count", lines)),
    (
        "JOURNAL_LINE_MAX",
        Refused("line-too-long", |more| {
            let mut store = MemoryStore::new();
            store.begin().unwrap();
            let bytes = long(limits::JOURNAL_LINE_MAX, more).into_bytes();
            told(store.write(Box::new(Lines(vec![(1, bytes)]))).map_err(Problem::from))
        }),
    ),
    ("BACKUP_HEADER_MAX", Refused("backup-damaged", backup_header)),
    (
        "JSON_DEPTH_MAX",
        Refused("json-deep", |more| {
            let mut value = serde_json::json!(1);
            for _ in 1..limits::JSON_DEPTH_MAX + usize_of(more) {
                value = serde_json::json!([value]);
            }
            told(Json::new(&value))
        }),
    ),
    (
        "TABLE_BYTES_MAX",
        Refused("file-too-large", |more| {
            with_holes("t.csv", b"a,b\n", limits::TABLE_BYTES_MAX + more, |path| {
                // The first row is enough to see that the file is read.
                table_until(path, 1)
            })
        }),
    ),
    (
        "TABLE_ROWS_MAX",
        Refused("too-many-rows", |more| {
            let rows = "1\n".repeat(limits::TABLE_ROWS_MAX + usize_of(more));
            with_file("t.csv", rows.as_bytes(), |path| table_until(path, u64::MAX))
        }),
    ),
    (
        "TABLE_COLUMNS_MAX",
        Refused("too-many-columns", |more| {
            let row = vec!["a"; limits::TABLE_COLUMNS_MAX + usize_of(more)].join(",");
            with_file("t.csv", row.as_bytes(), |path| table_until(path, u64::MAX))
        }),
    ),
    (
        "TABLE_CELL_MAX",
        Refused("cell-too-long", |more| {
            let row = format!("a,{}\n", long(limits::TABLE_CELL_MAX, more));
            with_file("t.csv", row.as_bytes(), |path| table_until(path, u64::MAX))
        }),
    ),
    (
        "WORKBOOK_BYTES_MAX",
        // At the bound it is looked at, and is no sound workbook.
        Refused("file-too-large", |more| {
            with_holes("t.xlsx", b"PK\x03\x04", limits::WORKBOOK_BYTES_MAX + more, |path| {
                table_until(path, 1)
            })
        }),
    ),
    ("WORKBOOK_CELLS_MAX", Elsewhere("src/intake/sheet_rows.rs", "cells_are_counted")),
    (
        "SETTINGS_BYTES_MAX",
        Refused("file-too-large", |more| {
            let text = vec![b'#'; usize_of(limits::SETTINGS_BYTES_MAX + more)];
            with_file("book.toml", &text, |path| told(read_settings::<toml::Table>(path)))
        }),
    ),
    (
        "LOCK_WAIT_SECONDS",
        Elsewhere("src/store/lock.rs", "second_holder_is_told_who_has_it_and_gets_it_afterwards"),
    ),
    (
        "WORKBOOK_PARTS_MAX",
        Refused("archive-bomb", |more| {
            workbook(&vec![1; limits::WORKBOOK_PARTS_MAX + usize_of(more)])
        }),
    ),
    (
        "WORKBOOK_PART_MAX",
        Refused("archive-bomb", |more| workbook(&[limits::WORKBOOK_PART_MAX + more])),
    ),
    (
        "WORKBOOK_INFLATED_MAX",
        Refused("archive-bomb", |more| {
            let quarter = limits::WORKBOOK_INFLATED_MAX / 4;
            workbook(&[quarter, quarter, quarter, quarter + more])
        }),
    ),
    ("SHEET_ROWS_MAX", Elsewhere("src/intake/sheet_rows.rs", "cells_are_counted")),
    ("CORRECT_STEPS_MAX", Elsewhere("tests/correct.rs", "more_than_one_entry_holds_is_refused")),
    ("FORMAT", Elsewhere("tests/store_files.rs", "newer_format_is_refused_untouched")),
    ("TAIL_BYTES_MAX", Elsewhere("tests/tails.rs", "a_tail_too_large_is_refused_at_once")),
    (
        "INDEX_COPY_WAIT_SECONDS",
        Elsewhere("tests/beside.rs", "a_long_record_lets_others_read_the_index"),
    ),
];

#[test]
fn every_bound_has_a_case() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/limits.rs");
    let text = std::fs::read_to_string(path).unwrap();
    let declared = text.lines().filter_map(|line| line.strip_prefix("pub const "));
    let declared: Vec<&str> = declared.map(|rest| rest.split(':').next().unwrap()).collect();
    let missing: Vec<&&str> =
        declared.iter().filter(|name| !held().any(|(held, _)| held == *name)).collect();
    assert!(missing.is_empty(), "bounds without a case: {missing:?}");
    let stale: Vec<&str> =
        held().map(|(name, _)| *name).filter(|name| !declared.contains(name)).collect();
    assert!(stale.is_empty(), "cases of no bound: {stale:?}");
}

#[test]
fn each_bound_is_taken_and_one_above_is_refused() {
    let held: Vec<&Bound> = held().collect();
    let wrong = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, held)) = held.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // One case that panics hides no other.
                    let faults = std::panic::catch_unwind(|| held.faults(name))
                        .unwrap_or_else(|_| vec![format!("{name}: panicked, see above")]);
                    wrong.lock().unwrap().extend(faults);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Records a party in a book.
fn party(id: &str, name: &str) -> Result<(), String> {
    let mut book = blank();
    record(&mut book, &[event(OPENING)]);
    let party = event(&format!(
        r#"{{"event":"party","id":"p","date":"2017-01-01","party":"{id}","name":"{name}","kind":"bank"}}"#
    ));
    told(book.record(party, &options()))
}

fn join(more: &str) -> Result<(), String> {
    let json = format!(r#"{{"event":"join","id":"j","date":"2017-01-01","owner":"410821"{more}}}"#);
    told(Event::from_json(json.as_bytes()))
}

/// Rules whose bands draw a grid of exactly the bound: 32 terms, 125 amounts, 5 classes of firm, 5 kinds
/// of security, guaranteed or not; one term more is above it.
fn bands(more: u64) -> Result<(), String> {
    assert_eq!(limits::BAND_CASES_MAX, 32 * 125 * 5 * 5 * 2);
    let demo = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
    let demo = std::fs::read_to_string(demo).unwrap();
    let (before, rest) = demo.split_once("[[sharing.band]]").unwrap();
    let after = rest.split_once("\n[").unwrap().1;
    let mut text = before.to_owned();
    for number in 1..=62 {
        text.push_str(&format!("[[sharing.band]]\namount_over = \"{number}.00\"\n"));
        if number <= 31 + more {
            text.push_str(&format!("tenor_over = {number}\n"));
        }
        if number == 1 {
            text.push_str("firm_class = [\"a\", \"b\", \"c\", \"d\"]\n");
            text.push_str("security = [\"a\", \"b\", \"c\", \"d\"]\n");
        }
        text.push_str("pool = \"40%\"\nbank = \"60%\"\n");
    }
    let found = RuleSet::parse(&format!("{text}[{after}")).unwrap_err();
    let many = found.iter().find(|problem| problem.code == "rules-bands-many");
    // Too few of them fit together, so other findings are left; this one is what counts.
    assert!(many.is_some() || found.iter().any(|problem| problem.code.starts_with("rules-")));
    many.map_or(Ok(()), |problem| Err(problem.code.to_owned()))
}

/// An entry of so many lines before the auditors; no event makes one.
fn lines(more: u64) -> Result<(), String> {
    let line = |side: &str| {
        format!(
            r#"{{"account":"9001","amount":"1.00","fund":"RISK","owner":"410821","side":"{side}"}}"#
        )
    };
    let count = limits::LINES_MAX + usize_of(more);
    let memo: Vec<String> =
        (0..count).map(|number| line(["debit", "credit"][number % 2])).collect();
    let json = format!(
        r#"{{"date":"2017-01-01","event":{{"event":"join","owner":"410821"}},"id":"j","memo":[{}],"recorded":"2019-01-05T08:00:00Z","seq":1}}"#,
        memo.join(",")
    );
    let mut verifier = Verifier::new();
    verifier.check(1, json.len(), &Entry::decode(json.as_bytes()).unwrap());
    let found = verifier.finish().findings;
    let found = found.iter().find(|finding| finding.check == "entry-line-count");
    found.map_or(Ok(()), |finding| Err(finding.check.to_owned()))
}

/// A backup whose first line is so long and whose digest is right.
fn backup_header(more: u64) -> Result<(), String> {
    use poolbook::book::backup::{Wanted, restore};
    use sha2::{Digest as _, Sha256};
    let place = Place::of(&small());
    place.backup();
    let sound = String::from_utf8(std::fs::read(place.path("b.backup")).unwrap()).unwrap();
    let (header, rest) = sound.split_once('\n').unwrap();
    let wanted = limits::BACKUP_HEADER_MAX + usize_of(more) - 1;
    let blanks = " ".repeat(wanted - header.len());
    let header = header.replacen('{', &format!("{{{blanks}"), 1);
    let body = format!("{header}\n{}", &rest[..rest.len() - 72]);
    let digest: [u8; 32] = Sha256::digest(&body).into();
    let digest = poolbook::store::tree::hex(&digest);
    std::fs::write(place.path("long"), format!("{body}sha256 {digest}\n")).unwrap();
    told(restore(&place.path("long"), &place.path("back"), &Wanted::default()))
}

/// Reads so many rows of a table.
fn table_until(path: &Path, rows: u64) -> Result<(), String> {
    told(visit_rows(path, &Options::default(), &mut |row, _| {
        Ok(if row >= rows { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }))
}

fn with_file(
    name: &str,
    bytes: &[u8],
    run: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    run(&path)
}

/// A file that is so long and holds little more than a hole.
fn with_holes(
    name: &str,
    start: &[u8],
    length: u64,
    run: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join(name);
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(start).unwrap();
    file.set_len(length).unwrap();
    run(&path)
}

/// A workbook of parts that inflate to so many zeros each; it is no sound one otherwise.
fn workbook(parts: &[u64]) -> Result<(), String> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (number, length) in parts.iter().enumerate() {
        writer
            .start_file(format!("xl/{number}.bin"), zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::copy(&mut std::io::repeat(0).take(*length), &mut writer).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    with_file("t.xlsx", &bytes, |path| table_until(path, u64::MAX))
}
