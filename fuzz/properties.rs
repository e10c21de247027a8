//! What must hold for any bytes at all: one function a target.
//!
//! Included by the fuzz targets and by `tests/fuzz_corpus.rs`. A broken property is a panic.

mod backup;
mod damage;
mod facts;
mod head;
mod loan_list;
mod pack;
mod proofs;
mod session;

pub use backup::{backup, restored};
pub use damage::damage;
pub use head::{head, sound_slots};
pub use loan_list::loan_list;
pub use pack::{accepted, pack};
pub use proofs::{
    checkpoint, checkpoint_line, consistency, inclusion, proof_consistency, proof_inclusion,
};
pub use session::{play, session};

use poolbook::domain::calendar::{
    Month, Quarter, add_months, day_number, days_between, next_day, parse_date,
};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Event;
use poolbook::domain::money::{Money, Total};
use poolbook::domain::rate::{Rate, Share};
use poolbook::domain::rates::{RateTable, Series};
use poolbook::domain::rules::RuleSet;
use poolbook::domain::text::{Id, clean};
use poolbook::intake::cell::Cell;
use poolbook::intake::dates::DateFormats;
use poolbook::intake::mapping::{MappedTable, Mapping};
use poolbook::intake::profile::{Given, Profile};
use poolbook::intake::rejects::RejectList;
use poolbook::intake::rows::{Options, visit_rows};
use poolbook::intake::source::{self, RowSource};
use poolbook::intake::statement::draft::{Comments, draft};
use poolbook::intake::statement::look::look;
use poolbook::intake::{statement as bank, table as rows};
use poolbook::limits::{LINES_MAX, MONEY_TEXT_MAX, TABLE_CELL_MAX, TABLE_COLUMNS_MAX};
use poolbook::problem::{Exit, Problem};
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// A problem has a word code and is never a bug of the program.
pub fn told(problem: &Problem) {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(!problem.code.is_empty() && problem.code.chars().all(word), "{problem}");
    assert_ne!(problem.exit, Exit::Bug, "{problem}");
    assert_ne!(problem.exit, Exit::Done, "{problem}");
}

fn with_text(input: &[u8], property: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(input) {
        property(text);
    }
}

/// Runs a property on a file of the given name that holds the input.
fn with_file(name: &str, input: &[u8], property: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(name);
    std::fs::write(&path, input).expect("a file");
    property(&path);
}

/// An amount reads back from both of its printed forms, and changing sign changes nothing else.
pub fn money(input: &[u8]) {
    with_text(input, |text| {
        let Ok(amount) = Money::parse(text) else { return };
        assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
        let grouped = amount.grouped();
        assert!(grouped.len() <= MONEY_TEXT_MAX, "{grouped}");
        assert_eq!(Money::parse(&grouped), Ok(amount));
        assert_eq!(amount.negated().negated(), amount);
        assert_eq!(amount.add(amount.negated()), Ok(Money::ZERO));
        // What was read is what stood there: digits, less the leading noughts.
        let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        digits.push_str(&"0".repeat(2 - decimals));
        assert_eq!(
            digits.trim_start_matches('0'),
            match amount.fen().unsigned_abs() {
                0 => String::new(),
                fen => fen.to_string(),
            }
        );
    });
}

/// Rates and shares read back; a share takes no more than the whole, and it and the rest are one.
pub fn rate(input: &[u8]) {
    with_text(input, |text| {
        if let Ok(rate) = Rate::parse(text) {
            assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
            assert_eq!(Rate::parse(&rate.percent()), Ok(rate));
            assert_eq!(Share::parse(text).map(Share::fraction), Ok(rate.fraction()));
        }
        let Ok(share) = Share::parse(text) else { return };
        assert_eq!(Share::parse(&share.to_string()), Ok(share));
        assert_eq!(share.rest().rest(), share);
        for fen in [1, 99, 12_345_678, Money::MAX.fen()] {
            let whole = Money::from_fen(fen).expect("within bounds");
            let part = share.of(whole).expect("a part of it");
            let rest = share.rest().of(whole).expect("the rest of it");
            assert!(Money::ZERO <= part && part <= whole, "{share} of {whole} is {part}");
            // Each is rounded by itself, half away from zero: together at most one fen over.
            let over = part.fen() + rest.fen() - whole.fen();
            assert!((0..=1).contains(&over), "{share} of {whole}: {part} and {rest}");
        }
    });
}

/// Dates, months and quarters print as they were read; formats of dates read or refuse.
pub fn date(input: &[u8]) {
    with_text(input, |text| {
        if let Ok(day) = parse_date(text) {
            assert_eq!(day.to_string(), text);
            assert!(Quarter::of(day).year() == day.year() && Month::of(day).first_day() <= day);
            assert!(day <= Month::of(day).last_day());
            if let Ok(next) = next_day(day) {
                assert_eq!((days_between(day, next), day_number(next) - day_number(day)), (1, 1));
            }
            if let Ok(later) = add_months(day, 1) {
                assert!((28..=31).contains(&days_between(day, later)), "{day} {later}");
            }
        }
        if let Ok(month) = Month::parse(text) {
            assert_eq!(month.to_string(), text);
            assert_eq!(Month::from_index(month.index()), month);
        }
        if let Ok(quarter) = Quarter::parse(text) {
            assert_eq!(quarter.to_string(), text);
        }
        let (format, cell) = text.split_once('\n').unwrap_or(("%Y-%m-%d", text));
        match DateFormats::new(&[format.to_owned()], Some(1950)) {
            Ok(formats) => {
                if let Err(problem) = formats.date(&Cell::text(cell)) {
                    told(&problem);
                }
            }
            Err(problem) => told(&problem),
        }
    });
}

/// Cleaning a text twice is cleaning it once; an id reads back.
pub fn text(input: &[u8]) {
    with_text(input, |text| {
        for (max, lines) in [(8, false), (100, false), (2_000, true)] {
            if let Ok(once) = clean(text, max, lines) {
                assert!(once.chars().count() <= max);
                assert_eq!(clean(&once, max, lines), Ok(once));
            }
        }
        if let Ok(id) = Id::parse(text) {
            assert_eq!(Id::parse(id.as_str()), Ok(id));
        }
    });
}

/// An event reads back from its own JSON, byte for byte; anything else is told.
pub fn event_json(input: &[u8]) {
    match Event::from_json(input) {
        Ok(event) => {
            let json = event.to_json();
            let again = Event::from_json(json.as_bytes()).unwrap_or_else(|p| panic!("{p}: {json}"));
            assert_eq!(again, event);
            assert_eq!(again.to_json(), json);
            assert!(event.differing_fields(&again).is_empty());
        }
        Err(problem) => told(&problem),
    }
}

/// An entry of the journal reads back from its canonical bytes, and the short reading agrees.
pub fn journal_line(input: &[u8]) {
    let given = Entry::decode_given(input);
    let Ok(entry) = Entry::decode(input) else { return };
    let given = given.expect("what is read whole is read in part");
    let short = (given.seq, given.recorded, given.more, given.reverses);
    assert_eq!(short, (entry.seq, entry.recorded, entry.more, entry.reverses));
    assert_eq!(given.event, entry.event);
    let bytes = entry.to_bytes();
    assert!(!bytes.contains(&b'\n'));
    let again = Entry::decode(&bytes).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(again, entry);
    assert_eq!(again.to_bytes(), bytes);
}

/// A rules text gives rules or findings, at least one with its row, and the same each time.
pub fn rules(input: &[u8]) {
    with_text(input, |text| {
        let read = RuleSet::parse(text);
        if let Err(problems) = &read {
            problems.iter().for_each(told);
            assert!(problems.iter().any(|problem| problem.place.row.is_some()), "{problems:?}");
        }
        assert_eq!(RuleSet::parse(text), read);
    });
}

/// A table of reference rates is in order of dates, and what is in force on a day began by then.
pub fn rates(input: &[u8]) {
    with_text(input, |text| match RateTable::parse(text) {
        Ok(table) => {
            for series in Series::ALL.iter().copied() {
                let list = table.series(series);
                assert!(list.is_sorted_by(|(a, _), (b, _)| a < b), "{list:?}");
                for (day, rate) in list {
                    assert_eq!(table.at(series, *day), Some((*day, *rate)));
                    assert!(table.next_change(series, *day).is_none_or(|next| next > *day));
                }
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(told);
        }
    });
}

/// Rows of a small loan tape, one of them bad.
const TAPE: &str = "\
LoanNr_ChkDgt,City,State,Bank,BankState,NAICS,ApprovalDate,Term,DisbursementDate,DisbursementGross,MIS_Status,ChgOffDate,ChgOffPrinGr,GrAppv,SBA_Appv
1000014003,EVANSVILLE,IN,FIFTH THIRD BANK,OH,451120,2/28/1997,84,2/28/1999,60000,P I F,,0,60000,48000
1000024006,NEW PARIS,IN,1ST SOURCE BANK,IN,722410,2/28/1997,60,5/31/1997,40000,CHGOFF,4-Oct-99,40000,40000,32000
1000034009,BLOOMINGTON,IN,,IN,621210,2/30/1997,-1,,1e5,?,,x,0,0
";

/// A mapping is read or told; a mapping that is read takes or rejects every row of a tape.
pub fn mapping(input: &[u8]) {
    with_text(input, |text| match Mapping::parse(text) {
        Err(problem) => told(&problem),
        Ok(mapping) => {
            with_file("tape.csv", TAPE.as_bytes(), |path| match MappedTable::open(path, mapping) {
                Ok(mut table) => {
                    drain(&mut table, 3);
                }
                Err(problem) => told(&problem),
            })
        }
    });
}

/// Goes through a source: what it hands out are events that read back, the rest is rejected.
fn drain(source: &mut dyn RowSource, rows: usize) {
    let mut taken = 0;
    let mut rejects = RejectList::default();
    let result = source.events_or_rejects(
        &mut |events, row| {
            assert!(row > 0);
            taken += 1;
            events.iter().for_each(|event| event_json(event.to_json().as_bytes()));
            Ok(())
        },
        &mut rejects,
    );
    if let Err(problem) = &result {
        told(problem);
    }
    rejects.problems.iter().for_each(told);
    let counted = taken + rejects.problems.len() + rejects.more as usize;
    assert!(counted <= rows, "{counted} rows of {rows}");
}

/// A profile of bank statements is read or told.
pub fn profile(input: &[u8]) {
    with_text(input, |text| match Profile::parse(text) {
        Ok(profile) => statement_by(&profile, include_bytes!("corpus/statement/seed-in-out")),
        Err(problem) => told(&problem),
    });
}

/// A text table has no more rows than lines, in order, within the limits; its rows become events
/// or rejects.
pub fn table(input: &[u8]) {
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    for name in ["table.csv", "table.jsonl"] {
        with_file(name, input, |path| {
            match rows::Table::open(path, Options::default()) {
                Ok(table) => in_order(&table, lines),
                Err(problem) => told(&problem),
            }
            match source::open(path, Options::default()) {
                Ok(mut source) => drain(&mut *source, lines),
                Err(problem) => told(&problem),
            }
        });
    }
}

fn in_order(table: &rows::Table, lines: usize) {
    assert!(table.headers().len() <= TABLE_COLUMNS_MAX);
    let (mut last, mut count) = (table.header_row(), 0);
    let read = table.rows(&mut |row, ragged| {
        assert!(row.number > last, "row {} after {last}", row.number);
        last = row.number;
        count += 1;
        assert!(row.cells().iter().all(|cell| cell.shown().len() <= TABLE_CELL_MAX));
        ragged.iter().for_each(told);
        Ok(())
    });
    read.iter().for_each(|()| assert!(count <= lines, "{count} rows of {lines} lines"));
    if let Err(problem) = read {
        told(&problem);
    }
}

/// A workbook gives rows in order or one problem, whatever it claims about itself.
///
/// The input is a workbook as it stands, or its parts as text (`== name` before each), which are
/// packed here: so changes reach the XML and do not end at the checksums of the archive.
pub fn workbook(input: &[u8]) {
    let packed = zipped(input);
    with_file("book.xlsx", packed.as_deref().unwrap_or(input), |path| {
        let mut last = 0;
        let read = visit_rows(path, &Options::default(), &mut |row, cells| {
            assert!(row > last && cells.len() <= TABLE_COLUMNS_MAX);
            last = row;
            Ok(ControlFlow::Continue(()))
        });
        if let Err(problem) = read {
            told(&problem);
        }
    });
}

fn zipped(input: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(input);
    let parts = text.strip_prefix("== ")?.split("\n== ");
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for part in parts {
        let (name, content) = part.split_once('\n').unwrap_or((part, ""));
        archive.start_file(name, stored).ok()?;
        archive.write_all(content.as_bytes()).ok()?;
    }
    archive.finish().ok().map(Cursor::into_inner)
}

/// A statement whose balances hold together explains its closing balance; otherwise it says so.
pub fn statement(input: &[u8]) {
    let texts = [
        include_str!("../fixtures/jiaozuo-2017/bank/profiles/CCB-JZ.toml"),
        include_str!("../fixtures/jiaozuo-2017/bank/profiles/HXRCB-JZ.toml"),
        include_str!("../fixtures/jiaozuo-2017/bank/profiles/ICBC-JZ.toml"),
    ];
    let own = texts.iter().map(|text| Profile::parse(text).expect("a profile"));
    own.chain(Profile::built_in()).for_each(|profile| statement_by(&profile, input));
}

fn statement_by(profile: &Profile, input: &[u8]) {
    with_file("statement.csv", input, |path| match bank::read(path, "RISK-A", profile) {
        Ok(read) => {
            holds(&read);
            if !profile.known {
                proved(&read);
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(told);
        }
    });
}

/// A statement in a workbook, given as in [`workbook`]: read by the profile that fits, or told.
pub fn statement_workbook(input: &[u8]) {
    let packed = zipped(input);
    with_file("statement.xls", packed.as_deref().unwrap_or(input), |path| {
        statements(path, &Profile::built_in());
    });
}

/// A camt.053 message: every statement explains its closing balance, or says that it does not.
pub fn camt053(input: &[u8]) {
    with_file("statement.xml", input, |path| statements(path, &[]));
}

/// An MT940 message, by the same property.
pub fn mt940(input: &[u8]) {
    with_file("statement.sta", input, |path| statements(path, &[]));
}

/// Sniffing any file tells what it is or why not; a drafted profile is one that can be read, and
/// when it is whole it finds its own header again.
pub fn sniff(input: &[u8]) {
    let profiles = Profile::built_in();
    with_file("statement", input, |path| {
        match look(path, &profiles) {
            Ok(seen) => {
                assert!(seen.fits.is_sorted_by_key(|fit| !fit.is_whole()));
                if let Err(problems) = &seen.read {
                    problems.iter().for_each(told);
                }
            }
            Err(problem) => told(&problem),
        }
        let comments =
            Comments { intro: "甲\n乙", columns: "c", missing: "m", side: "s", left: "l" };
        match draft(path, Given::default()) {
            Ok(draft) => {
                let text = draft.toml("draft", &comments);
                match Profile::parse(&text) {
                    Ok(profile) => {
                        assert!(draft.is_whole(), "{text}");
                        match bank::read(path, "", &profile) {
                            Ok(read) => {
                                holds(&read);
                                proved(&read);
                                assert_eq!(draft.is_proved(), read.is_proved(), "{text}");
                            }
                            Err(problems) => {
                                let lost = |p: &Problem| p.code == "statement-header";
                                assert!(!problems.iter().any(lost), "{problems:?}\n{text}");
                                assert!(!draft.is_proved(), "{problems:?}\n{text}");
                            }
                        }
                    }
                    Err(problem) => assert!(!draft.is_whole(), "{problem}\n{text}"),
                }
            }
            Err(problem) => told(&problem),
        }
    });
}

/// How many movements a file has when all its statements hold.
pub fn taken(input: &[u8]) -> Result<usize, Vec<Problem>> {
    let packed = zipped(input);
    let mut read = Ok(0);
    with_file("statement", packed.as_deref().unwrap_or(input), |path| {
        read = bank::read_file(path, None, &Profile::built_in())
            .map(|read| read.iter().map(|statement| statement.lines.len()).sum());
    });
    read
}

/// Every statement of a file is held to its figures.
fn statements(path: &Path, profiles: &[Profile]) {
    match bank::read_file(path, None, profiles) {
        Ok(read) => read.iter().for_each(holds),
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(told);
        }
    }
}

/// Opening balance and lines come to the closing balance, line by line; or a break tells.
fn holds(read: &bank::Statement) {
    if !read.breaks.is_empty() {
        return read.breaks.iter().for_each(told);
    }
    let mut balance = Total::from(read.opening);
    for line in &read.lines {
        balance += Total::from(line.amount);
        assert_eq!(balance, Total::from(line.balance), "row {}", line.row);
        assert!(!line.amount.is_zero() && line.row > 0);
    }
    assert_eq!(balance, Total::from(read.closing));
    assert!(read.lines.is_sorted_by_key(|line| line.date));
}

/// What is taken is proved: where the opening balance is derived from the first movement, that movement
/// is not the only one of its direction, unless the bank's totals or marks tell the direction. Counted
/// here from the lines alone.
fn proved(read: &bank::Statement) {
    let columns = &read.proof.columns;
    let told = |key: &str| matches!(key, "flag" | "amount" | "nothing");
    let by_words = columns
        .iter()
        .any(|column| told(column.key) || matches!(column.by, "by-totals" | "by-pair"));
    // Rows that were put in order are no longer as they were proved.
    if !read.is_proved() || !read.proof.is_derived() || !read.remarks.is_empty() {
        return;
    }
    assert!(read.lines.len() != 1 || columns.iter().any(|column| column.by == "by-totals"));
    if let Some(first) = read.lines.first().filter(|_| !by_words) {
        let way = first.amount.is_positive();
        let same = read.lines.iter().filter(|line| line.amount.is_positive() == way);
        assert!(same.count() > 1, "row {} alone proves itself", first.row);
    }
}

/// Lines of one entry stay below the limit; used by the sessions.
pub fn bounded(entry: &Entry) {
    assert!(entry.lines.len() + entry.memo.len() <= LINES_MAX);
}
