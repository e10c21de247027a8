//! The page of checks (`src/notes/verify.md`) has one line a check, in the words that the program
//! tells. `UPDATE=1 cargo test --test integration verify_page` writes the lines anew.

use poolbook::book::verify::checks;
use poolbook::problem::{Exit, Problem};
use poolbook::report::message::Message;
use poolbook::report::{Lang, Locale};
use std::collections::BTreeSet;
use std::path::Path;

const START: &str = "<!-- checks -->\n";
const END: &str = "<!-- end -->\n";

/// A line of the page.
fn line(code: &'static str, locales: &[Locale; 2]) -> String {
    let told = locales.each_ref().map(|locale| {
        let message = Message::new(&Problem::new(code, Exit::Findings), locale);
        let stop = if locale.lang() == Lang::Chinese { "；" } else { "; " };
        assert!(!message.why.is_empty() && !message.next.is_empty(), "{code} is not worded");
        format!("{}{stop}{}", message.why, message.next).replace('|', "\\|")
    });
    format!("| `{code}` | {} | {} |\n", told[0], told[1])
}

#[test]
fn the_page_has_one_line_a_check() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/notes/verify.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let locales = [Locale::new(Lang::Chinese), Locale::new(Lang::English)];
    let head = "| 检查 check | 含义与处理 | meaning and what to do |\n| --- | --- | --- |\n";
    let lines: String = checks().map(|code| line(code, &locales)).collect();
    let wanted = format!("{before}{START}\n{head}{lines}\n{END}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(page == wanted, "src/notes/verify.md is behind; UPDATE=1 writes it anew");
    }
}

/// The catalogue names codes that exist.
#[test]
fn the_catalogue_names_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/notes/verify.md");
    let page = std::fs::read_to_string(path).unwrap();
    let catalogue = page.split_once("## The catalogue").unwrap().1;
    let known: BTreeSet<&str> = checks().collect();
    let told = ["format-newer", "book-foreign", "clock-behind"];
    let words = catalogue.split('`').skip(1).step_by(2);
    for word in words.filter(|word| word.contains('-') && !word.contains(' ')) {
        assert!(known.contains(word) || told.contains(&word), "{word} is no check");
    }
}
