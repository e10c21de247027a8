//! A profile drafted from a file: which of its columns mean what, as far as their names tell.

use super::amount;
use crate::intake::cell::{Cell, half_width};
use crate::intake::columns_of_banks::{MEANINGS, Meaning};
use crate::intake::dates::DateFormats;
use crate::intake::document::Document;
use crate::intake::heading::{Heading, plain};
use crate::intake::profile::{Decimal, Top, top};
use crate::intake::rows::{Bounds, Options};
use crate::limits::STATEMENT_BYTES_MAX;
use crate::problem::Problem;
use std::fmt::Write as _;
use std::path::Path;

/// What could be told from a file.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Row of the header; the lower one of two.
    pub header_row: u64,
    /// Names of the columns as a profile may give them.
    pub columns: Vec<String>,
    /// Key of the profile and name of the column.
    pub guesses: Vec<(&'static str, String)>,
    /// Keys that a profile must have and for which no column was found.
    pub missing: Vec<&'static str>,
    mode: &'static str,
    formats: Vec<&'static str>,
    empty: Vec<String>,
    prefix: Vec<&'static str>,
    decimal: Decimal,
    account_label: Option<String>,
    two_rows: bool,
}

/// Comments of a drafted file, in the reader's language.
pub struct Comments<'c> {
    /// Says what the file is.
    pub intro: &'c str,
    /// Stands before the names of the columns.
    pub columns: &'c str,
    /// Says what is still to be filled in.
    pub missing: &'c str,
    /// Says whose side debit and credit are.
    pub side: &'c str,
}

/// Drafts a profile from the top of a file.
///
/// # Errors
/// `draft-header` when no row looks like a header; what the file itself forbids.
pub fn draft(path: &Path) -> Result<Draft, Problem> {
    let document = Document::evidence(path, STATEMENT_BYTES_MAX)?;
    let rows = top(&document, &Options { bounds: Bounds::STATEMENT, ..Options::default() })?;
    let mut best: Option<(usize, usize, Heading)> = None;
    for (index, (_, cells)) in rows.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| rows.get(before));
        let double = before.map(|(_, before)| Heading::double(before, cells));
        // A header of one row is preferred to the same row with the prose above it.
        for heading in [Some(Heading::single(cells)), double].into_iter().flatten() {
            let known = guesses(&heading.names()).len();
            if best.as_ref().is_none_or(|(most, ..)| known > *most) {
                best = Some((known, index, heading));
            }
        }
    }
    let found = best.filter(|(known, ..)| *known >= 3);
    let (_, index, heading) =
        found.ok_or_else(|| Problem::data("draft-header").in_file(path.display().to_string()))?;
    Ok(Draft::of(&rows, index, &heading))
}

/// The first column of each meaning.
fn guesses(names: &[String]) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let mut taken = vec![false; names.len()];
    for Meaning { key, all_of, any_of, none_of, several } in MEANINGS {
        for (place, name) in names.iter().enumerate() {
            let plain = plain(name).to_lowercase();
            let fits = !plain.is_empty()
                && all_of.iter().all(|part| plain.contains(part))
                && any_of.iter().any(|part| plain.contains(part))
                && !none_of.iter().any(|part| plain.contains(part));
            let free = taken.get(place) == Some(&false);
            let again = found.iter().any(|(known, _)| known == key);
            if fits && free && (*several || !again) {
                found.push((key, name.clone()));
                if let Some(taken) = taken.get_mut(place) {
                    *taken = true;
                }
            }
        }
    }
    found
}

impl Draft {
    fn of(rows: &Top, index: usize, heading: &Heading) -> Self {
        let columns = heading.names();
        let guesses = guesses(&columns);
        let has = |key: &str| guesses.iter().any(|(known, _)| *known == key);
        let mode = match (has("in") && has("out"), has("amount"), has("flag")) {
            (true, ..) => "in-out",
            (false, true, true) => "flag",
            (false, true, false) => "signed",
            _ => "in-out",
        };
        let wanted: &[&str] = match mode {
            "flag" => &["date", "amount", "flag", "balance"],
            "signed" => &["date", "amount", "balance"],
            _ => &["date", "in", "out", "balance"],
        };
        let missing = wanted.iter().copied().filter(|key| !has(key)).collect();
        let body = rows.get(index + 1..).unwrap_or_default();
        let column = |key: &str| {
            let name = guesses.iter().find(|(known, _)| *known == key).map(|(_, name)| name)?;
            heading.place(name).map(|(place, _)| place)
        };
        let cells = |key: &str| {
            let place = column(key);
            body.iter().filter_map(move |(_, cells)| cells.get(place?))
        };
        let amounts: Vec<String> = ["in", "out", "amount", "balance"]
            .into_iter()
            .flat_map(cells)
            .map(|cell| half_width(&cell.shown()).into_owned())
            .collect();
        let dates: Vec<&Cell<'_>> = cells("date").collect();
        let mut draft = Self {
            header_row: rows.get(index).map_or(0, |(row, _)| *row),
            two_rows: *heading != Heading::single(rows.get(index).map_or(&[], |(_, c)| c)),
            columns,
            missing,
            mode,
            formats: formats(&dates),
            empty: Vec::new(),
            prefix: Vec::new(),
            decimal: amount::decimal_of(amounts.iter().map(String::as_str)),
            account_label: account_label(rows.get(..index).unwrap_or_default()),
            guesses: Vec::new(),
        };
        for text in amounts.iter().filter(|text| amount::is_nothing(text)) {
            if !draft.empty.contains(text) {
                draft.empty.push(text.clone());
            }
        }
        for prefix in ["CNY", "RMB", "人民币", "USD"] {
            if amounts.iter().any(|text| text.starts_with(prefix)) {
                draft.prefix.push(prefix);
            }
        }
        draft.guesses = guesses;
        // Two columns say the direction already.
        if draft.mode == "in-out" {
            draft.guesses.retain(|(key, _)| !matches!(*key, "flag" | "amount"));
        }
        draft
    }

    /// True when the draft can read its file as it stands.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// The profile as a TOML file.
    pub fn toml(&self, name: &str, comments: &Comments<'_>) -> String {
        let mut out = String::new();
        for line in comments.intro.lines() {
            let _ = writeln!(out, "# {line}");
        }
        let _ = writeln!(out, "# {}", comments.columns);
        for column in self.columns.iter().filter(|column| !column.is_empty()) {
            let _ = writeln!(out, "#   {}", quoted(column));
        }
        if !self.missing.is_empty() {
            let _ = writeln!(out, "# {} {}", comments.missing, self.missing.join(", "));
        }
        let known = self.guesses.iter().filter(|(key, _)| *key != "memo");
        let names: Vec<String> = known.clone().map(|(_, name)| quoted(name)).collect();
        let _ =
            writeln!(out, "profile = {}\n\n[header]\nmatch = [{}]", quoted(name), names.join(", "));
        if let Some(label) = &self.account_label {
            let _ = writeln!(out, "preamble = {{ account = {} }}", quoted(label));
        }
        let _ = writeln!(out, "\n[columns]");
        for (key, column) in known {
            let _ = writeln!(out, "{key} = {}", quoted(column));
        }
        for key in &self.missing {
            let _ = writeln!(out, "# {key} = \"\"");
        }
        let memo = self.guesses.iter().filter(|(key, _)| *key == "memo");
        let memo: Vec<String> = memo.map(|(_, name)| quoted(name)).collect();
        if !memo.is_empty() {
            let _ = writeln!(out, "memo = [{}]", memo.join(", "));
        }
        let list = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(quoted).collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(out, "\n[amount]\n# {}\nmode = {}", comments.side, quoted(self.mode));
        if !self.empty.is_empty() {
            let empty = list(&mut self.empty.iter().map(String::as_str));
            let _ = writeln!(out, "empty = [{empty}]");
        }
        if !self.prefix.is_empty() {
            let _ = writeln!(out, "prefix = [{}]", list(&mut self.prefix.iter().copied()));
        }
        if self.decimal == Decimal::Comma {
            let _ = writeln!(out, "decimal = \",\"");
        }
        if !self.formats.is_empty() {
            let formats = list(&mut self.formats.iter().copied());
            let _ = writeln!(out, "\n[date]\nformats = [{formats}]");
        }
        let _ = writeln!(out, "\n[rows]\nstop-at = [\"合计\", \"总计\"]");
        out
    }

    /// True when the header takes two rows.
    pub fn has_two_rows(&self) -> bool {
        self.two_rows
    }
}

/// A text as TOML quotes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The formats that the dates of a file are in; none where dates are written year first anyway.
fn formats(dates: &[&Cell<'_>]) -> Vec<&'static str> {
    const KNOWN: [&str; 9] = [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
        "%Y%m%d %H:%M:%S",
        "%Y%m%d%H%M%S",
        "%Y%m%d",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%Y/%m/%d",
    ];
    let reads = |formats: &[&str], cell: &Cell<'_>| {
        let formats: Vec<String> = formats.iter().map(|format| (*format).to_owned()).collect();
        let read = DateFormats::new(&formats, None).and_then(|formats| formats.date(cell));
        matches!(read, Ok(Some(_)))
    };
    let dated: Vec<&&Cell<'_>> =
        dates.iter().filter(|cell| KNOWN.iter().any(|known| reads(&[known], cell))).collect();
    if dated.iter().all(|cell| reads(&[], cell)) {
        return Vec::new();
    }
    KNOWN.into_iter().filter(|known| dated.iter().any(|cell| reads(&[known], cell))).collect()
}

/// What stands before the own account number, where it is not one of the usual labels.
fn account_label(above: &[(u64, Vec<Cell<'static>>)]) -> Option<String> {
    let cells = above.iter().flat_map(|(_, cells)| cells);
    let labels = cells.map(|cell| {
        let text = half_width(&cell.shown()).into_owned();
        let label = text.split(':').next().unwrap_or_default().trim().to_owned();
        label.split('[').next().unwrap_or_default().trim().to_owned()
    });
    let is_label = |label: &String| {
        ["账号", "帐号", "卡号"].iter().any(|end| label.ends_with(end))
            && label.chars().count() <= 12
    };
    labels.filter(is_label).find(|label| !["账号", "账户号"].contains(&label.as_str()))
}
