//! The shape of the code, read from the code itself: who may use whom, how files begin, how long
//! they are, and that nothing was forgotten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source file: its path below the package and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Numbered lines.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn sources(below: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(below), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    assert!(!paths.is_empty(), "{below} holds no code");
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let read =
        |path: PathBuf| Source { path: name(&path), text: std::fs::read_to_string(&path).unwrap() };
    paths.into_iter().map(read).collect()
}

fn all() -> Vec<Source> {
    [sources("src"), sources("tests")].into_iter().flatten().collect()
}

/// A line without its comment, as far as that can be told without reading the language.
fn code(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with("//") { "" } else { line }
}

/// Every use of a path that a part of the program must not know, as `file:line`.
fn uses(sources: &[Source], forbidden: &[String], allowed: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.lines() {
            for path in forbidden.iter().filter(|path| code(line).contains(path.as_str())) {
                let is_allowed =
                    |(file, text): &(&str, &str)| source.path == *file && line.contains(text);
                if !allowed.iter().any(is_allowed) {
                    found.push(format!("{}:{number} uses {path}", source.path));
                }
            }
        }
    }
    found
}

fn paths(prefix: &str, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{prefix}{name}")).collect()
}

#[test]
fn imports_are_written_so_that_these_tests_can_read_them() {
    // `use crate::{audit, ..}` and `super::super` would hide a path from the searches below.
    let hidden = paths("", &["use crate::{", "super::super::super", "pub use crate::*"]);
    assert_eq!(uses(&sources("src"), &hidden, &[]), [""; 0]);
    for below in ["src/domain", "src/audit"] {
        let hidden = paths("", &["use crate::domain::{state", "super::super"]);
        assert_eq!(uses(&sources(below), &hidden, &[]), [""; 0]);
    }
}

#[test]
fn the_domain_is_pure() {
    let crate_paths = ["audit", "store", "intake", "report", "book", "cli", "notes"];
    let std_paths = ["fs", "time", "env", "io", "net", "process", "thread", "sync::mpsc"];
    let mut forbidden = paths("crate::", &crate_paths);
    forbidden.extend(paths("std::", &std_paths));
    forbidden.extend(paths("", &["Timestamp::now", "Zoned::now", "println!", "eprintln!"]));
    // Writing formatted text into memory.
    let allowed = [("src/domain/json.rs", "std::io::Write")];
    assert_eq!(uses(&sources("src/domain"), &forbidden, &allowed), [""; 0]);
}

#[test]
fn the_auditors_share_nothing_with_the_code_that_decides() {
    let mut forbidden =
        paths("crate::domain::", &["decide", "posting", "apply", "table", "subsidy"]);
    // Not `statement`, which is what the bank says.
    forbidden.extend(paths("crate::domain::state", &["::", ";"]));
    forbidden.extend(paths("crate::", &["store", "book", "intake", "cli"]));
    forbidden.extend(paths("std::", &["fs", "time", "env", "net", "process"]));
    assert_eq!(uses(&sources("src/audit"), &forbidden, &[]), [""; 0]);
}

#[test]
fn files_of_a_book_are_reached_through_one_interface() {
    let mut sources: Vec<Source> =
        ["src/store", "src/book"].into_iter().flat_map(sources).collect();
    sources.retain(|source| source.path != "src/store/disk.rs");
    let allowed = [
        // What sled leaves of its own.
        ("src/store/engine.rs", "std::fs::"),
        // A mode is of the system's files only.
        ("src/store/check.rs", "std::fs::symlink_metadata"),
        ("src/store/check.rs", "std::fs::read_dir"),
        // The private copy lies outside the book.
        ("src/store/glance.rs", "std::fs::File::create_new"),
        // The names of the system's users.
        ("src/store/who.rs", "std::fs::read_to_string"),
        // In tests.
        ("src/store/lock.rs", "std::fs::write"),
        ("src/store/lock.rs", "std::fs::read"),
        ("src/store/roots.rs", "std::fs::write"),
    ];
    assert_eq!(uses(&sources, &paths("std::fs", &[""]), &allowed), [""; 0]);
}

/// Views that show what the part beside them found; the list may only become shorter.
const SIBLINGS: [(&str, &str); 2] = [
    ("src/report/views/reconcile.rs", "use crate::intake::"),
    ("src/report/views/verify.rs", "use crate::book::verify::"),
];

#[test]
fn dependencies_run_downwards() {
    let levels: &[(&str, &[&str])] = &[
        ("src/store", &["book", "intake", "report", "audit", "domain", "cli"]),
        ("src/intake", &["book", "report", "audit", "cli"]),
        ("src/report", &["book", "intake", "cli"]),
        ("src/book", &["intake", "report", "cli"]),
    ];
    for (below, names) in levels {
        assert_eq!(uses(&sources(below), &paths("crate::", names), &SIBLINGS), [""; 0]);
    }
}

#[test]
fn nothing_is_left_over() {
    // Taken apart here, so that this file does not find itself.
    let words = [["to", "do!"], ["db", "g!"], ["FIX", "ME"], ["#[ig", "nore"], ["XX", "X"]];
    let words: Vec<String> = words.iter().map(|parts| parts.concat()).collect();
    let mut found = Vec::new();
    for source in all() {
        for (number, line) in source.lines() {
            let word = words.iter().find(|word| line.contains(word.as_str()));
            found.extend(word.map(|word| format!("{}:{number} {word}", source.path)));
        }
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_file_says_what_it_is() {
    let silent = all().into_iter().filter(|source| !source.text.starts_with("//! "));
    assert_eq!(silent.map(|source| source.path).collect::<Vec<_>>(), [""; 0]);
}

/// Files longer than the bound; the list may only become shorter.
const LONG_FILES: &[&str] = &[];
const FILE_LINES_MAX: usize = 900;

#[test]
fn files_stay_short() {
    let long: Vec<Source> =
        all().into_iter().filter(|source| source.lines().count() > FILE_LINES_MAX).collect();
    let new = long.iter().map(|source| source.path.as_str());
    assert_eq!(new.filter(|path| !LONG_FILES.contains(path)).collect::<Vec<_>>(), [""; 0]);
}

/// Files whose tables and macros the formatter leaves alone; the list may only become shorter.
const WIDE_FILES: &[&str] = &[
    "src/cli/tree.rs",
    "src/domain/event.rs",
    "src/domain/rate.rs",
    "src/domain/settings.rs",
    "src/report/shapes.rs",
    "tests/examples.rs",
    "tests/properties.rs",
];
const COLUMNS_MAX: usize = 100;
/// A comment that holds a link may run on a little.
const COMMENT_MAX: usize = 120;

#[test]
fn lines_stay_short() {
    let mut found = Vec::new();
    for source in all() {
        for (number, line) in source.lines() {
            let columns = line.chars().count();
            let text = line.trim_start();
            let is_table = text.starts_with("//! |") || text.starts_with("/// |");
            let max = if code(line).is_empty() { COMMENT_MAX } else { COLUMNS_MAX };
            // A text cannot be broken without changing it.
            let cannot = is_table || line.contains('"') || line.contains('\'');
            if columns > max && !cannot && !WIDE_FILES.contains(&source.path.as_str()) {
                found.push(format!("{}:{number} has {columns} columns", source.path));
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

/// Most lines of a function.
const FUNCTION_MAX: usize = 70;
/// Tables in the form of a function: one arm an event, one line an arm.
const TABLES: [&str; 3] = ["decide", "follow", "undo"];

#[test]
fn functions_stay_short() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let lines: Vec<&str> = source.text.lines().collect();
        for (first, line) in lines.iter().enumerate() {
            let head = line.trim_start();
            let indent = &line[..line.len() - head.len()];
            let head = head.trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ");
            let head = head.trim_start_matches("pub ").trim_start_matches("const ");
            let Some(name) = head.strip_prefix("fn ") else { continue };
            let name = name.split(['(', '<']).next().unwrap_or_default();
            // A function of a trait may have no body.
            let body = lines[first..].iter().find(|line| line.ends_with(['{', ';']));
            if body.is_none_or(|line| line.ends_with(';')) {
                continue;
            }
            let end = format!("{indent}}}");
            let last = lines[first..].iter().position(|line| *line == end).unwrap_or(0);
            if last >= FUNCTION_MAX && !TABLES.contains(&name) {
                found.push(format!("{}:{} {name}: {} lines", source.path, first + 1, last + 1));
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

/// The file in which the module of a file must be declared.
fn parents(path: &str) -> (Vec<String>, String) {
    let path = Path::new(path);
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let folder = path.parent().unwrap();
    let (folder, name) = if stem == "mod" {
        (folder.parent().unwrap(), folder.file_name().unwrap().to_str().unwrap())
    } else {
        (folder, stem)
    };
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let beside = folder.with_extension("rs");
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let mut parents: Vec<String> = inside.into_iter().map(text).collect();
    parents.push(text(beside));
    (parents, name.to_owned())
}

#[test]
fn no_file_is_forgotten() {
    let sources = all();
    let mut forgotten = Vec::new();
    for source in &sources {
        let roots = ["src/lib.rs", "src/main.rs", "tests/main.rs"];
        // Benchmarks are declared in the manifest.
        if roots.contains(&source.path.as_str()) || source.path.starts_with("tests/bench/") {
            continue;
        }
        let (parents, name) = parents(&source.path);
        let declares = |other: &&Source| {
            let declared = format!("mod {name};");
            let file = source.path.rsplit('/').next().unwrap_or_default();
            let by_path = other.text.contains(&format!("#[path = \"{file}\"]"));
            by_path
                || parents.contains(&other.path)
                    && other.lines().any(|(_, line)| code(line).ends_with(&declared))
        };
        if !sources.iter().any(|other| declares(&other)) {
            forgotten.push(&source.path);
        }
    }
    assert_eq!(forgotten, Vec::<&String>::new());
}

#[test]
fn benchmarks_are_declared() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for source in sources("tests/bench") {
        let declared = format!("path = \"{}\"", source.path);
        // A benchmark of several files is a folder with a `main.rs`.
        let parts = source.path.split('/').count();
        let is_module = parts > 3 && !source.path.ends_with("/main.rs");
        assert!(is_module || manifest.contains(&declared), "{} is not declared", source.path);
    }
}

#[test]
fn every_fixture_has_a_reader() {
    let mut readers: Vec<String> = all().into_iter().map(|source| source.text).collect();
    readers.extend(std::fs::read_to_string(root().join("README.md")));
    for entry in std::fs::read_dir(root().join("fixtures")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let shown = [format!("fixtures/{name}"), format!("\"{name}"), format!("{name}/")];
        let is_read = |text: &String| shown.iter().any(|shown| text.contains(shown.as_str()));
        assert!(readers.iter().any(is_read), "fixtures/{name} is read by nothing");
    }
}

/// The codes of rules and postings (`C-nn`, `R-nn`, `E-nn`) in a text; `R-01 to R-08` is all eight.
fn codes(text: &str) -> BTreeSet<String> {
    let at = |from: usize| {
        let code = text.get(from..from + 4)?;
        let digits = code.get(2..)?;
        let number = digits.parse::<u32>().ok().filter(|_| digits.len() == 2)?;
        let before = text[..from].chars().next_back();
        let after = text[from + 4..].chars().next();
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
        let named = code.starts_with(['C', 'E', 'R']) && code.get(1..2) == Some("-");
        (named && !is_word(before) && !is_word(after)).then(|| (code[..1].to_owned(), number))
    };
    let mut found = BTreeSet::new();
    for from in text.match_indices('-').filter_map(|(dash, _)| dash.checked_sub(1)) {
        let Some((family, first)) = at(from) else { continue };
        let last = text[from + 4..].strip_prefix(" to ").and_then(|_| at(from + 8));
        let last = last.map_or(first, |(_, last)| last);
        found.extend((first..=last).map(|number| format!("{family}-{number:02}")));
    }
    found
}

/// A code that the program cites has its row in the notes, and no row is of something that nobody
/// cites.
#[test]
fn every_cited_rule_has_a_row() {
    let notes = ["src/notes/rules.md", "src/notes/postings.md"]
        .map(|path| std::fs::read_to_string(root().join(path)).unwrap());
    let rows: BTreeSet<String> = notes
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .flat_map(codes)
        .collect();
    let cited: BTreeSet<String> =
        sources("src").iter().flat_map(|source| codes(&source.text)).collect();
    let missing: Vec<_> = cited.difference(&rows).chain(rows.difference(&cited)).collect();
    assert!(missing.is_empty(), "cited without a row, or a row that nobody cites: {missing:?}");
    assert!(rows.len() > 100, "{}", rows.len());
}
