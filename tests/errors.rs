//! The gallery of errors: every text that a user can be told, in both languages, as it comes out of
//! the program.
//!
//! `fixtures/errors/CODE.txt` (or `CODE.VARIANT.txt`) holds sections headed `--- NAME`: `book` names
//! the script of `fixtures/errors/books/` that makes the book before; `file NAME` is a file with
//! this content, `workbook NAME` one made by [`workbook`]; `setup` is a shell script; `run` is the
//! command; then come the expected exit code and stderr. `UPDATE=1 cargo test errors` writes these
//! anew; they are to be read before they are kept.

use crate::errors_unreachable::UNREACHABLE;
use crate::support::book::CLERK;
use crate::support::fixture;
use poolbook::domain::refusal::Reason;
use poolbook::store::FileStore;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Opening puts these right, and tells so; what it does is judged by other tests.
const CHANGED_JOURNAL: &[&str] = &["torn-tail", "head-damaged"];
/// What the case is about is a finding of `verify`, too.
const FOUND: &[&str] = &["close-blocked.txt"];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    name: String,
    text: String,
}

struct Case {
    path: PathBuf,
    head: String,
    sections: Vec<Section>,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let (mut head, mut sections) = (String::new(), Vec::<Section>::new());
        for line in text.split_inclusive('\n') {
            match (line.strip_prefix("--- "), sections.last_mut()) {
                (Some(name), _) => {
                    sections.push(Section { name: name.trim().to_owned(), text: String::new() });
                }
                (None, Some(section)) => section.text.push_str(line),
                (None, None) => head.push_str(line),
            }
        }
        Self { path, head, sections }
    }

    fn code(&self) -> String {
        let name = self.path.file_stem().unwrap().to_string_lossy();
        name.split('.').next().unwrap().to_owned()
    }

    fn get(&self, name: &str) -> &str {
        let found = self.sections.iter().find(|section| section.name == name);
        found.map_or("", |section| section.text.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.sections.iter().any(|section| section.name == name)
    }

    fn written(&self) -> String {
        let sections = self.sections.iter();
        let texts = sections.map(|section| format!("--- {}\n{}", section.name, section.text));
        self.head.clone() + &texts.collect::<String>()
    }
}

/// A shell command in a directory, where `poolbook` is the program and `FIXTURES` the examples.
pub fn shell(script: &str, dir: &Path, lang: &str) -> (i32, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_poolbook")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-euc", script])
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("POOLBOOK_LANG", lang)
        .env("POOLBOOK_MAKER", CLERK)
        .env("USER", "tester")
        // Books made by the tests were recorded years ago; tests/late.rs asks about the clock.
        .env("POOLBOOK_CONFIRM_CLOCK", "true")
        .env("FIXTURES", fixture(""))
        .output()
        .unwrap();
    // A workbook on stdout is no text, and no test reads it as one.
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

pub fn must(script: &str, dir: &Path, what: &Path) {
    let (code, _, err) = shell(script, dir, "zh");
    assert_eq!(code, 0, "set-up of {}: {err}", what.display());
}

/// The books that cases start from, each made once.
struct Books(PathBuf);

impl Books {
    fn make(dir: &Path) -> Self {
        let books = Self(dir.to_owned());
        let mut scripts: Vec<PathBuf> = files("errors/books");
        // A script names the book that it goes on from in its first line.
        while !scripts.is_empty() {
            let before = scripts.len();
            scripts.retain(|script| !books.made(script));
            assert!(scripts.len() < before, "no way to make {scripts:?}");
        }
        books
    }

    fn made(&self, script: &Path) -> bool {
        let text = fs::read_to_string(script).unwrap();
        let dir = self.0.join(script.file_stem().unwrap());
        if let Some(base) = text.lines().next().unwrap().strip_prefix("# on ") {
            let base = self.0.join(base);
            if !base.exists() {
                return false;
            }
            copy_dir(&base, &dir);
        }
        fs::create_dir_all(&dir).unwrap();
        must(&text, &dir, script);
        if dir.join("book/journal.jsonl").exists() {
            let (exit, out, err) = shell("poolbook verify", &dir, "zh");
            assert!(exit <= 1, "{}: {out}{err}", script.display());
        }
        true
    }
}

fn files(below: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture(below)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy_dir(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Every file below a directory with its bytes; the index is rebuildable and the lock is signed.
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    ["journal.jsonl", "head"]
        .iter()
        .filter_map(|name| Some((dir.join(name), fs::read(dir.join(name)).ok()?)))
        .collect()
}

/// What changes from run to run gets a name.
fn steady(text: &str, dir: &Path) -> String {
    let text = text.replace(&dir.display().to_string(), "DIR");
    let text = text.replace(&fixture("").display().to_string(), "FIXTURES/");
    // A quarantine directory is named after the second at which it was made.
    match text.split_once("quarantine/") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || "TZ:-".contains(c));
            format!("{before}quarantine/TIME-{rest}")
        }
        None => text,
    }
}

/// Runs a case in a language, in a directory of its own; gives exit code and text.
fn play(case: &Case, books: &Books, lang: &str) -> (i32, String) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    prepare(case, books, dir);
    let name = case.path.file_name().unwrap().to_string_lossy();
    let book = dir.join("book");
    let before = contents(&book);
    let holder = case.has("hold").then(|| Holder::take(dir));
    let (exit, out, err) = shell(case.get("run"), dir, lang);
    drop(holder);
    if exit > 1 {
        assert_eq!(out, "", "{name}: nothing on stdout");
    }
    if !CHANGED_JOURNAL.contains(&case.code().as_str()) {
        assert!(contents(&book) == before, "{name} changed the book: {exit} {err}");
    }
    // A book that is as it was is judged where it was made.
    let finds = FOUND.contains(&name.as_ref());
    let is_judged = finds || case.has("setup") || contents(&book) != before;
    if lang == "zh" && before.len() == 2 && !case.has("damaged") && is_judged {
        let (exit, out, err) = shell("poolbook verify", dir, lang);
        assert_eq!(exit, i32::from(finds), "{name}: {out}{err}");
    }
    (exit, steady(&err, dir))
}

fn prepare(case: &Case, books: &Books, dir: &Path) {
    for section in &case.sections {
        let text = section.text.as_str();
        match section.name.split_once(' ').unwrap_or((&section.name, "")) {
            ("book", "") => copy_dir(&books.0.join(text.trim()), dir),
            ("file", name) => {
                let path = dir.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            ("workbook", name) => fs::write(dir.join(name), workbook(text.trim())).unwrap(),
            // What a creation leaves behind that is cut short before the opening is recorded.
            ("empty", "book") => drop(FileStore::create(&dir.join("book")).unwrap()),
            ("newer", "format") => raise_format(&dir.join("book/head")),
            ("setup", "") => must(text, dir, &case.path),
            _ => {}
        }
    }
}

/// Another process that holds the book until this is dropped.
pub struct Holder(std::process::Child);

impl Holder {
    /// Takes the lock of the book in a directory; `flock` is part of every Linux.
    pub fn take(dir: &Path) -> Self {
        let mut command = Command::new("flock");
        // The command's output says that the lock is taken.
        let command = command.args(["-o", "book/lock", "sh", "-c", "echo taken; exec sleep 60"]);
        let mut child =
            command.current_dir(dir).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut line).unwrap();
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_error_text_is_as_shown() {
    let update = std::env::var_os("UPDATE").is_some();
    let only = std::env::var("CASE").unwrap_or_default();
    let temp = tempfile::tempdir().unwrap();
    let books = Books::make(temp.path());
    let mut paths = files("errors");
    paths.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    paths.retain(|path| path.to_string_lossy().contains(&only));
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let played = std::panic::catch_unwind(|| check(path, &books, update));
            let failure = played.unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                Some(format!("{}: {}", path.display(), text.unwrap_or_default()))
            });
            failures.lock().unwrap().extend(failure);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What is wrong with a case, if anything.
fn check(path: &Path, books: &Books, update: bool) -> Option<String> {
    let mut case = Case::read(path.to_owned());
    let (exit, zh) = play(&case, books, "zh");
    let (other, en) = play(&case, books, "en");
    assert_eq!(exit, other, "{}: one exit code in both languages", path.display());
    let code = format!("[{}]", case.code());
    let before = case.written();
    case.sections.retain(|s| !(s.name.starts_with("exit ") || s.name == "zh" || s.name == "en"));
    for (name, text) in
        [(format!("exit {exit}"), String::new()), ("zh".into(), zh), ("en".into(), en)]
    {
        case.sections.push(Section { name, text });
    }
    let after = case.written();
    let named = ["zh", "en"].iter().all(|lang| case.get(lang).contains(&code));
    if update {
        fs::write(path, &after).unwrap();
    }
    if !named {
        return Some(format!("{} does not tell {code}:\n{}", path.display(), case.get("zh")));
    }
    (!update && before != after).then(|| format!("{}:\n{before}\nnow:\n{after}", path.display()))
}

/// Codes with a wording: message keys that have a `.why`.
fn worded(language: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/locale").join(language);
    let text = fs::read_to_string(path).unwrap();
    let resource = fluent_syntax::parser::parse(text.as_str()).unwrap();
    let messages = resource.body.iter().filter_map(|entry| match entry {
        fluent_syntax::ast::Entry::Message(message) => Some(message),
        _ => None,
    });
    messages
        .filter(|message| message.attributes.iter().any(|part| part.id.name == "why"))
        .map(|message| message.id.name.to_owned())
        .collect()
}

#[test]
fn every_code_has_its_case_or_a_reason() {
    let mut codes = worded("zh-CN.ftl");
    codes.extend(Reason::ALL.iter().map(|reason| reason.code().to_owned()));
    let paths =
        files("errors").into_iter().filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let shown: BTreeSet<String> =
        paths.map(|path| Case { path, head: String::new(), sections: Vec::new() }.code()).collect();
    let excused: HashMap<&str, &str> = UNREACHABLE
        .iter()
        .flat_map(|(why, codes)| codes.iter().map(|code| (*code, *why)))
        .collect();
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !shown.contains(*code) && !excused.contains_key(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no case in fixtures/errors: {missing:?}");
    let idle: Vec<&&str> =
        excused.keys().filter(|code| shown.contains(**code) || !codes.contains(**code)).collect();
    assert!(idle.is_empty(), "excused and yet shown, or no code: {idle:?}");
    let stray: Vec<&String> = shown.iter().filter(|code| !codes.contains(*code)).collect();
    assert!(stray.is_empty(), "a case of no code: {stray:?}");
}

/// An archive of one file that says of itself that it is encrypted: bit 0 of the flags, at byte 6 of the
/// file's own header and at byte 8 of the directory's.
fn encrypted(mut bytes: Vec<u8>) -> Vec<u8> {
    let directory = bytes.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[directory + 8] |= 1;
    bytes
}

/// A workbook by name, as no text file can hold one.
fn workbook(name: &str) -> Vec<u8> {
    let cell = |inner: &str| {
        minimal(&format!(
            r#"<row r="1">{}</row><row r="2">{inner}</row>"#,
            header(&["id", "event", "date", "owner", "source", "amount"])
        ))
    };
    match name {
        "macros" => archive(&[("xl/vbaProject.bin", b"x")]),
        "other office file" => archive(&[("content.xml", b"<x/>")]),
        "bomb" => archive(&[("xl/workbook.xml", &vec![0; 65 * 1024 * 1024])]),
        "locked" => locked(),
        "cell error" => cell(r#"<c r="F2" t="e"><v>#N/A</v></c>"#),
        "formula without value" => cell(r#"<c r="F2"><f>1+1</f></c>"#),
        "large number" => cell(&format!(
            r#"{}<c r="F2"><v>12345678901234.56</v></c>"#,
            text_cells(2, &["c1", "commit", "2017-03-01", "410821", "city"])
        )),
        "wide" => minimal(r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#),
        "calculating statement" => minimal(&format!(
            r#"<row r="1">{}</row><row r="2">{}<c r="C2"><v>500</v></c><c r="E2"><f>C2-1</f><v>499</v></c></row>"#,
            header(&["日期", "摘要", "收入", "支出", "余额"]),
            text_cells(2, &["2017-03-01", "到位"])
        )),
        "plain" => cell(""),
        "zip" => archive(&[("n01.xml", b"<x/>")]),
        "locked-zip" => encrypted(archive(&[("n01.xml", b"<x/>")])),
        "empty-zip" => archive(&[("__MACOSX/._n01.xml", b"x")]),
        other => panic!("no workbook {other}"),
    }
}

fn header(names: &[&str]) -> String {
    text_cells(1, names)
}

fn text_cells(row: u32, texts: &[&str]) -> String {
    let cell = |(column, text)| {
        format!(r#"<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    ('A'..='Z').zip(texts).map(cell).collect()
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The smallest workbook with one sheet of these rows.
fn minimal(rows: &str) -> Vec<u8> {
    const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/"#;
    archive(&[
        ("_rels/.rels", format!(r#"{RELATIONS}officeDocument" Target="xl/workbook.xml"/></Relationships>"#).as_bytes()),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", format!(r#"{RELATIONS}worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#).as_bytes()),
        ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#).as_bytes()),
    ])
}

/// An old binary workbook that holds nothing but an encrypted package: a compound file of one
/// directory sector and one allocation table (MS-CFB).
fn locked() -> Vec<u8> {
    const END: u32 = 0xFFFF_FFFE;
    const TABLE: u32 = 0xFFFF_FFFD;
    const FREE: u32 = 0xFFFF_FFFF;
    let mut head = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    head.resize(24, 0);
    for word in [0x3E_u16, 3, 0xFFFE, 9, 6] {
        head.extend(word.to_le_bytes());
    }
    head.resize(44, 0);
    for word in [1, 1, 0, 4096, END, 0, END, 0, 0] {
        head.extend(word.to_le_bytes());
    }
    (1..109).for_each(|_| head.extend(FREE.to_le_bytes()));
    let mut table: Vec<u8> =
        [TABLE, END].iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    table.resize(512, 0xFF);
    let entry = |name: &str, kind: u8| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend((name.len() as u16 * 2 + 2).to_le_bytes());
        entry.extend([kind, 1]);
        entry.resize(116, 0xFF);
        entry.extend(END.to_le_bytes());
        entry.resize(128, 0);
        entry
    };
    let mut directory = [entry("Root Entry", 5), entry("EncryptedPackage", 2)].concat();
    directory.resize(512, 0);
    [head, table, directory].concat()
}

/// Writes a format version of the future into both slots of a head: mark, version, …, checksum.
pub fn raise_format(head: &Path) {
    let mut bytes = fs::read(head).unwrap();
    let slot = bytes.len() / 2;
    for slot in bytes.chunks_mut(slot) {
        let (body, sum) = slot.split_last_chunk_mut::<4>().unwrap();
        body[8..12].copy_from_slice(&99u32.to_be_bytes());
        *sum = crc32c::crc32c(body).to_be_bytes();
    }
    fs::write(head, bytes).unwrap();
}

/// Messages whose next step or reason goes without saying: findings without a step of their own.
#[test]
fn every_error_text_has_three_parts() {
    let mut wrong = Vec::new();
    for language in ["zh-CN.ftl", "en.ftl"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/locale").join(language);
        let text = fs::read_to_string(path).unwrap();
        let resource = fluent_syntax::parser::parse(text.as_str()).unwrap();
        let codes = worded(language);
        for entry in &resource.body {
            let fluent_syntax::ast::Entry::Message(message) = entry else { continue };
            let has = |part: &str| {
                let found = message.attributes.iter().find(|own| own.id.name == part);
                found.is_some_and(|own| !own.value.elements.is_empty())
            };
            let name = message.id.name;
            let what = message.value.as_ref().is_some_and(|value| !value.elements.is_empty());
            // A message with one of the parts is an error, and has all of them.
            if (codes.contains(name) || has("next")) && !(what && has("why") && has("next")) {
                wrong.push(format!("{language}: {name}"));
            }
        }
        let coded = Reason::ALL.iter().map(|reason| reason.code().to_owned());
        wrong.extend(coded.filter(|code| !codes.contains(code)));
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(worded("zh-CN.ftl"), worded("en.ftl"), "both languages word the same codes");
}

/// In the gallery each case shows what, why and what to do, in both languages.
#[test]
fn every_case_shows_three_parts() {
    let parts = [("zh", "  原因：", "  处理："), ("en", "  why: ", "  what to do: ")];
    let mut wrong = Vec::new();
    for path in files("errors") {
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let case = Case::read(path);
        for (language, why, next) in parts {
            let text = case.get(language);
            let shown = |part: &str| {
                text.lines().any(|line| line.len() > part.len() && line.starts_with(part))
            };
            if !(shown(why) && shown(next)) {
                wrong.push(format!("{} {language}", case.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
