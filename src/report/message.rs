//! The wording of a [`Problem`]: what, why, what to do, and where.

use crate::domain::json::Writer;
use crate::problem::{Place, Problem};
use crate::report::locale::{Lang, Locale};
use crate::report::text::visible;

/// Arguments that are words of closed lists; the user sees their labels, programs the codes.
const LABELLED: &[&str] =
    &["expected", "fund", "given", "kind", "legal", "programme", "scope", "state", "who"];
/// Arguments that are names of fields; the user sees their labels beside them.
const FIELDS: &[&str] = &["earlier_field", "field", "fields", "later_field"];

/// An argument in the form for the user.
fn shown(code: &str, name: &str, value: &str, locale: &Locale) -> String {
    let chinese = locale.lang() == Lang::Chinese;
    let each = |label: &dyn Fn(&str) -> String| {
        let labels: Vec<String> = value.split(", ").map(|word| visible(&label(word))).collect();
        labels.join(if chinese { "、" } else { ", " })
    };
    match name {
        // The words of a mapping are shown as they must be written.
        name if LABELLED.contains(&name) && !code.starts_with("mapping-") => {
            each(&|word| locale.word(word))
        }
        // The English labels of events are sentences, which do not fit inside another sentence.
        "event" | "later_event" if chinese => visible(&locale.event(value)),
        "moves" if chinese || value == "none" => each(&|word| locale.event(word)),
        "allowed" if chinese && code == "fund-mismatch" => {
            each(&|word| format!("{}（{word}）", locale.word(word)))
        }
        name if FIELDS.contains(&name) && chinese => each(&|field| {
            let label = locale.find(&format!("label-{field}"), None, &[]);
            label.map_or_else(|| field.to_owned(), |label| format!("{label}（{field}）"))
        }),
        "nearest" if value == "-" => locale.text("none-near", &[]),
        "detail" | "system" => visible(&system(value, locale)),
        _ => visible(value),
    }
}

/// The text of the operating system in the user's language, with its error number for a search.
fn system(text: &str, locale: &Locale) -> String {
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.strip_suffix(')'));
    let worded = number.and_then(|n| locale.find(&format!("os-error-{n}"), None, &[]));
    match (worded, number, locale.lang()) {
        (Some(worded), Some(number), Lang::Chinese) => format!("{worded}，系统错误 {number}"),
        (Some(worded), Some(number), Lang::English) => format!("{worded}, os error {number}"),
        _ => text.to_owned(),
    }
}

/// The parts of a message in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The fault, with its values.
    pub what: String,
    /// The rule or the cause.
    pub why: String,
    /// The next step for the user.
    pub next: String,
    /// The place, in words; empty if there is none.
    pub place: String,
}

impl Message {
    /// The wording of a problem. Control characters in values are made visible first, so that a
    /// text from a file cannot control the terminal.
    pub fn new(problem: &Problem, locale: &Locale) -> Self {
        let values: Vec<(&str, String)> = problem
            .args
            .iter()
            .map(|(name, value)| (name.as_ref(), shown(problem.code, name, value, locale)))
            .collect();
        let mut args: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // A refusal because of another one includes the wording of that one.
        let because = problem.arg("because").map(|code| {
            let part = |attribute| locale.find(code, attribute, &args).unwrap_or_default();
            [part(None), part(Some("why"))]
        });
        if let Some([what, why]) = &because {
            args.retain(|(name, _)| *name != "because");
            args.extend([("because", what.as_str()), ("because_why", why.as_str())]);
        }
        let part = |attribute| locale.find(problem.code, attribute, &args).unwrap_or_default();
        let mut what = part(None);
        if what.is_empty() {
            what = visible(&problem.to_string());
        }
        let place = place(problem, &what, locale);
        // A bank's file is evidence: the user must not change the file, but the way of reading it.
        let next = match problem.arg("profile_key") {
            Some(key) => locale.text("evidence-next", &[("key", key)]),
            None => part(Some("next")),
        };
        Self { what, why: part(Some("why")), next, place }
    }

    /// Place, what, why and what to do in one line, for a file of rejected rows.
    pub fn line(&self, lang: Lang) -> String {
        let (colon, stop) = match lang {
            Lang::Chinese => ("：", "；"),
            Lang::English => (": ", "; "),
        };
        let mut out = String::new();
        if !self.place.is_empty() {
            out.push_str(&self.place);
            out.push_str(colon);
        }
        let parts: Vec<&str> = [&self.what, &self.why, &self.next]
            .into_iter()
            .map(String::as_str)
            .filter(|p| !p.is_empty())
            .collect();
        out.push_str(&parts.join(stop));
        out
    }
}

/// A place such as `文件 a.csv，工作表 一，第 7 行，「金额」列`; empty if nothing is known.
fn place(problem: &Problem, what: &str, locale: &Locale) -> String {
    let Place { file, sheet, row, column } = &*problem.place;
    // A part of the place that the text already contains is not repeated.
    let file = file.as_deref().filter(|file| !what.contains(*file));
    let is_key = |column: &str| problem.arg("key") == Some(column) && what.contains(column);
    let column = column.as_deref().filter(|column| !is_key(column));
    let settings = problem.place.file.as_deref().is_some_and(|file| file.ends_with(".toml"));
    let column_key = if settings { "place-key" } else { "place-column" };
    let row = row.map(|row| row.to_string());
    let parts = [
        ("place-file", file),
        ("place-sheet", sheet.as_deref()),
        ("place-row", row.as_deref()),
        (column_key, column),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter_map(|(key, value)| Some(locale.text(key, &[("value", &visible(value?))])))
        .collect();
    told.join(&locale.text("place-separator", &[]))
}

/// The problem as one JSON object (`poolbook/error/1`), with its wording, in one line.
pub fn problem_json(problem: &Problem, locale: &Locale) -> String {
    let message = Message::new(problem, locale);
    let mut out = Vec::new();
    let mut writer = Writer::free(&mut out);
    writer.begin_object();
    for (key, text) in [
        ("schema", "poolbook/error/1"),
        ("code", problem.code),
        ("what", &message.what),
        ("why", &message.why),
        ("next", &message.next),
    ] {
        writer.key(key);
        writer.string(text);
    }
    writer.key("exit");
    writer.integer(u64::from(problem.exit as u8));
    writer.key("place");
    writer.begin_object();
    let place = &problem.place;
    for (key, value) in [("file", &place.file), ("sheet", &place.sheet)] {
        if let Some(value) = value {
            writer.key(key);
            writer.string(value);
        }
    }
    if let Some(row) = place.row {
        writer.key("row");
        writer.integer(row);
    }
    if let Some(column) = &place.column {
        writer.key("column");
        writer.string(column);
    }
    writer.end_object();
    writer.key("args");
    writer.begin_object();
    for (name, value) in &problem.args {
        writer.key(name);
        writer.string(value);
    }
    writer.end_object();
    writer.end_object();
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Problem {
        Problem::data("amount-format")
            .with("text", "1e3\u{1b}[2J")
            .in_file("出资.csv")
            .in_row(7)
            .in_column("金额")
    }

    #[test]
    fn three_parts_and_the_place_with_nothing_hidden() {
        let message = Message::new(&sample(), &Locale::new(Lang::Chinese));
        assert!(message.what.contains(r"1e3\u{1b}[2J"), "{message:?}");
        assert!(!message.why.is_empty() && !message.next.is_empty());
        assert_eq!(message.place, "文件 出资.csv，第 7 行，「金额」列");
        let message = Message::new(&sample(), &Locale::new(Lang::English));
        assert_eq!(message.place, "file 出资.csv, row 7, column `金额`");
    }

    #[test]
    fn a_code_without_wording_still_tells_the_facts() {
        let problem = Problem::data("no-such-code").with("text", "x");
        let message = Message::new(&problem, &Locale::new(Lang::Chinese));
        assert_eq!(message.what, "no-such-code text=\"x\"");
    }

    #[test]
    fn json_holds_the_same_parts() {
        let json = problem_json(&sample(), &Locale::new(Lang::English));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["schema"], "poolbook/error/1");
        assert_eq!(value["code"], "amount-format");
        assert_eq!(value["exit"], 65);
        assert_eq!(value["place"]["row"], 7);
        assert_eq!(value["args"]["text"], "1e3\u{1b}[2J");
    }
}
