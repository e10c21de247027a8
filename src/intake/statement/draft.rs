//! A profile drafted from a file: its columns are found by their names and proved by the figures.
//!
//! If several columns may have the same meaning, the file is read with each choice, and the one
//! that the balances prove is used. The draft reports whatever the figures do not prove.

use super::table::ACCOUNT;
use super::words::{OPENING, is_mark, stem};
use super::{amount, evidence, read_table};
use crate::intake::cell::{Cell, half_width, trim};
use crate::intake::columns_of_banks::{Holds, IDLE, MEANINGS, OWN};
use crate::intake::dates::DateFormats;
use crate::intake::document::Document;
use crate::intake::heading::{Heading, first_language, plain};
use crate::intake::profile::{Decimal, Given, Profile, Top, tops};
use crate::intake::rows::{Bounds, Options};
use crate::problem::Problem;
use std::fmt::Write as _;
use std::path::Path;

/// The profile that could be derived from a file.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Row of the header; the lower one if it has two.
    pub header_row: u64,
    /// Names of the columns in the form that a profile may use.
    pub columns: Vec<String>,
    /// Key of the profile and name of the column.
    pub guesses: Vec<(&'static str, String)>,
    /// Keys that a profile must have and for which no column was found.
    pub missing: Vec<&'static str>,
    /// Reasons why the file, read with this draft, is not proved.
    pub problems: Vec<Problem>,
    /// Columns with amounts that no key names.
    pub left: Vec<String>,
    mode: &'static str,
    formats: Vec<&'static str>,
    empty: Vec<String>,
    prefix: Vec<&'static str>,
    decimal: Decimal,
    account_label: Option<String>,
    two_rows: bool,
}

/// Comments of a drafted file, in the user's language.
pub struct Comments<'c> {
    /// Explains what the file is.
    pub intro: &'c str,
    /// Precedes the names of the columns.
    pub columns: &'c str,
    /// Precedes the keys that must still be filled in.
    pub missing: &'c str,
    /// Explains whose side debit and credit are.
    pub side: &'c str,
    /// Precedes the columns of amounts that no key names.
    pub left: &'c str,
}

/// Drafts a profile from a file; `given` are balances that the file does not print.
///
/// # Errors
/// `draft-header` if no row looks like a header; errors in reading the file itself.
pub fn draft(path: &Path, given: Given) -> Result<Draft, Problem> {
    let document = evidence(path)?;
    let sheets = tops(&document, &Options { bounds: Bounds::STATEMENT, ..Options::default() })?;
    let mut best: Option<(usize, &Top, usize, Heading)> = None;
    for rows in &sheets {
        for (index, (_, cells)) in rows.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| rows.get(before));
            // A row in which a day or an amount can be read is not a header.
            let before = before.filter(|(_, before)| Heading::may_be(before));
            let double = before.map(|(_, before)| Heading::double(before, cells));
            let candidates = [Some(Heading::single(cells)), double];
            // A header of one row is preferred to the same row with the text above it.
            for heading in candidates.into_iter().flatten().filter(|_| Heading::may_be(cells)) {
                let known = known(&heading.names());
                if best.as_ref().is_none_or(|(most, ..)| known > *most) {
                    best = Some((known, rows, index, heading));
                }
            }
        }
    }
    let found = best.filter(|(known, ..)| *known >= 3);
    let (_, rows, index, heading) =
        found.ok_or_else(|| Problem::data("draft-header").in_file(path.display().to_string()))?;
    Ok(choose(&document, given, Body::new(rows, index, &heading).drafts()))
}

/// The draft with which the file is proved; otherwise the one with the fewest problems.
fn choose(document: &Document, given: Given, drafts: Vec<Draft>) -> Draft {
    let mut best: Option<(usize, Draft)> = None;
    for mut draft in drafts {
        draft.problems = problems(document, given, &draft);
        let open = match draft.problems.first() {
            _ if !draft.is_whole() => usize::MAX,
            None => 0,
            Some(first) if first.code.starts_with("statement-unproved") => draft.problems.len(),
            Some(_) => draft.problems.len().saturating_add(1_000_000),
        };
        if open == 0 {
            return draft;
        }
        if best.as_ref().is_none_or(|(least, _)| open < *least) {
            best = Some((open, draft));
        }
    }
    let Some((_, draft)) = best else { unreachable!("BUG: a header has at least one draft") };
    draft
}

/// The problems of the file when it is read with a draft.
fn problems(document: &Document, given: Given, draft: &Draft) -> Vec<Problem> {
    let empty = Comments { intro: "", columns: "", missing: "", side: "", left: "" };
    let Ok(profile) = Profile::parse(&draft.toml("draft", &empty)) else { return Vec::new() };
    match read_table(document, "", &Profile { given, ..profile }) {
        Ok(statement) => statement.doubts().cloned().collect(),
        Err(problems) => problems,
    }
}

/// Number of columns whose names have a meaning.
fn known(names: &[String]) -> usize {
    let means = |name: &&String| MEANINGS.iter().any(|meaning| meaning.fits(name));
    names.iter().filter(means).count()
}

/// Returns true if the name consists of one of the words only.
fn is_word(name: &str, words: &[&str]) -> bool {
    let name = plain(name);
    words.contains(&first_language(&name).unwrap_or(&name))
}

impl crate::intake::columns_of_banks::Meaning {
    fn fits(&self, name: &str) -> bool {
        // `当前余额` is the balance after, not the one before (`前余额`).
        let plain = plain(name).to_lowercase().replace("当前", "现");
        let short = match self.key {
            "in" => is_word(&plain, &["收", "贷", "存", "入", "in"]),
            "out" => is_word(&plain, &["付", "借", "取", "支", "出", "out"]),
            _ => false,
        };
        let holds = |parts: &&[&str]| parts.iter().any(|part| plain.contains(part));
        short
            || (!plain.is_empty()
                && self.any_of.iter().all(holds)
                && !self.none_of.iter().any(|part| plain.contains(part)))
    }
}

/// The rows below a header.
struct Body<'t> {
    header_row: u64,
    two_rows: bool,
    names: Vec<String>,
    above: &'t [(u64, Vec<Cell<'static>>)],
    all: &'t Top,
    rows: Vec<&'t [Cell<'static>]>,
}

/// The contents of a column, apart from its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Nothing,
    Fillers,
    Amounts,
    Other,
}

const PREFIXES: [&str; 4] = ["CNY", "RMB", "人民币", "USD"];

impl<'t> Body<'t> {
    fn new(rows: &'t Top, index: usize, heading: &Heading) -> Self {
        let header: &[Cell<'static>] = rows.get(index).map_or(&[], |(_, cells)| cells);
        let below = rows.get(index + 1..).unwrap_or_default();
        let has_day = |cells: &&[Cell<'static>]| cells.iter().any(is_day);
        let all: Vec<&[Cell<'static>]> = below.iter().map(|(_, cells)| cells.as_slice()).collect();
        let dated: Vec<&[Cell<'static>]> = all.iter().copied().filter(has_day).collect();
        Self {
            header_row: rows.get(index).map_or(0, |(row, _)| *row),
            two_rows: *heading != Heading::single(header),
            names: heading.names(),
            above: rows.get(..index).unwrap_or_default(),
            all: rows,
            // A row without a day and an amount is a message or a footer.
            rows: if dated.is_empty() {
                all.into_iter().filter(|cells| cells.iter().any(is_amount)).collect()
            } else {
                dated
            },
        }
    }

    fn cells(&self, place: usize) -> impl Iterator<Item = &'t Cell<'static>> {
        self.rows.iter().filter_map(move |cells| cells.get(place)).filter(|cell| !cell.is_empty())
    }

    fn content(&self, place: usize) -> Content {
        let mut content = Content::Nothing;
        for cell in self.cells(place) {
            let text = half_width(&cell.shown()).into_owned();
            content = match (amount::is_nothing(&text), is_amount(cell)) {
                (true, _) if content == Content::Nothing => Content::Fillers,
                (true, _) => content,
                (false, true) => Content::Amounts,
                (false, false) => return Content::Other,
            };
        }
        content
    }

    fn may_hold(&self, place: usize, holds: Holds) -> bool {
        match holds {
            Holds::Text => true,
            Holds::Amounts => self.content(place) != Content::Other,
            Holds::Days => {
                let mut cells = self.cells(place).peekable();
                cells.peek().is_none() || cells.any(is_day)
            }
        }
    }

    /// The columns that may have the meaning of a key, the likeliest first.
    fn candidates(&self, key: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for meaning in MEANINGS.iter().filter(|meaning| meaning.key == key) {
            for (place, name) in self.names.iter().enumerate() {
                if meaning.fits(name)
                    && self.may_hold(place, meaning.holds)
                    && !found.contains(&place)
                {
                    found.push(place);
                }
            }
        }
        // A value in an unknown notation is still in the column with that name; reading it then
        // reports the fault.
        if found.is_empty() && matches!(key, "date" | "in" | "out" | "balance") {
            let says_so = |name: &str| {
                key == "date" || ["金额", "发生额", "余额"].iter().any(|word| name.contains(word))
            };
            let is_called = |name: &String| {
                says_so(name) && MEANINGS.iter().any(|m| m.key == key && m.fits(name))
            };
            found.extend(self.names.iter().position(is_called));
        }
        found
    }

    /// A draft for every possible meaning of the columns, the likeliest first.
    fn drafts(&self) -> Vec<Draft> {
        let (ins, outs) = (self.candidates("in"), self.candidates("out"));
        let both: Vec<usize> = ins.iter().copied().filter(|place| outs.contains(place)).collect();
        let is_free = |place: &&usize| !both.contains(place);
        let mut pairs: Vec<(usize, usize)> = ins
            .iter()
            .filter(is_free)
            .flat_map(|into| outs.iter().filter(is_free).map(move |out| (*into, *out)))
            .collect();
        pairs.sort_by_key(|(into, out)| {
            let filled = [*into, *out].iter().any(|place| self.content(*place) == Content::Amounts);
            (!filled, self.stem(*into) != self.stem(*out))
        });
        let amounts: Vec<usize> = self
            .candidates("amount")
            .into_iter()
            .filter(|place| both.contains(place) || (!ins.contains(place) && !outs.contains(place)))
            .collect();
        let mut ways: Vec<Vec<(&'static str, usize)>> =
            pairs.into_iter().take(6).map(|(into, out)| vec![("in", into), ("out", out)]).collect();
        let flags = self.flags();
        for amount in amounts.iter().take(3) {
            ways.extend(
                flags.iter().take(2).map(|flag| vec![("amount", *amount), ("flag", *flag)]),
            );
            // A column of one direction is not a column of signed amounts.
            if ins.is_empty() && outs.is_empty() || !both.is_empty() {
                ways.push(vec![("amount", *amount)]);
            }
        }
        if ways.is_empty() {
            let one = |key, places: &[usize]| places.first().map(|place| (key, *place));
            ways.push([one("in", &ins), one("out", &outs)].into_iter().flatten().collect());
        }
        let mut drafts = Vec::new();
        let balances = self.candidates("balance");
        let balances: Vec<Option<usize>> = match balances.as_slice() {
            [] => vec![None],
            some => some.iter().take(3).copied().map(Some).collect(),
        };
        for way in &ways {
            for balance in &balances {
                let charge = self.candidates("charge").first().map(|place| ("charge", *place));
                let balance = balance.map(|place| ("balance", place));
                let plain: Vec<_> = way.iter().copied().chain(balance).collect();
                let charged = charge.map(|charge| plain.iter().copied().chain([charge]).collect());
                drafts.extend(
                    [Some(plain), charged].into_iter().flatten().map(|way| self.draft(way)),
                );
            }
        }
        drafts
    }

    /// A name without its word of direction.
    fn stem(&self, place: usize) -> String {
        stem(self.names.get(place).map_or("", String::as_str))
    }

    /// Columns that show the direction: by their name, or because they hold only such words.
    fn flags(&self) -> Vec<usize> {
        let mut found = self.candidates("flag");
        let describes = |place: usize| {
            let name = self.names.get(place).map_or("", String::as_str);
            MEANINGS.iter().any(|m| matches!(m.key, "memo" | "currency") && m.fits(name))
        };
        for place in (0..self.names.len()).filter(|place| !describes(*place)) {
            let mut cells = self.cells(place).peekable();
            let all = cells.peek().is_some()
                && cells.all(|cell| matches!(cell, Cell::Text(text) if is_mark(text)));
            if all && self.content(place) == Content::Other && !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }

    /// The columns with their meanings, beside those of one way to mean the columns of amounts.
    fn meanings(&self, way: Vec<(&'static str, usize)>) -> Vec<(&'static str, usize)> {
        let mut taken: Vec<usize> = way.iter().map(|(_, place)| *place).collect();
        let mut found = way;
        if let Some(before) = self.candidates("balance-before").first() {
            found.push(("balance-before", *before));
            taken.push(*before);
        }
        for meaning in MEANINGS.iter().filter(|meaning| meaning.holds != Holds::Amounts) {
            let has = found.iter().any(|(key, _)| *key == meaning.key);
            if meaning.key == "flag" || (has && meaning.key != "memo") {
                continue;
            }
            let mut free: Vec<usize> = self
                .candidates(meaning.key)
                .into_iter()
                .filter(|place| !taken.contains(place))
                .collect();
            // A currency column that holds only fillers is useless.
            free.retain(|place| {
                meaning.key != "currency" || self.content(*place) != Content::Fillers
            });
            let most = if meaning.key == "memo" { free.len() } else { 1 };
            for place in free.into_iter().take(most) {
                found.push((meaning.key, place));
                taken.push(place);
            }
        }
        found.extend(self.own().filter(|own| !taken.contains(own)).map(|own| ("own", own)));
        found
    }

    /// The draft of one way to mean the columns of amounts.
    fn draft(&self, way: Vec<(&'static str, usize)>) -> Draft {
        let found = self.meanings(way);
        let taken: Vec<usize> = found.iter().map(|(_, place)| *place).collect();
        let name = |place: &usize| self.names.get(*place).cloned().unwrap_or_default();
        let guesses: Vec<(&'static str, String)> =
            found.iter().map(|(key, place)| (*key, name(place))).collect();
        let has = |key: &str| guesses.iter().any(|(known, _)| *known == key);
        let mode = match (has("amount"), has("flag")) {
            (true, true) => "flag",
            (true, false) => "signed",
            _ => "in-out",
        };
        let missing = self.needed(mode).into_iter().filter(|key| !has(key)).collect();
        let idle = |name: &str| IDLE.iter().any(|word| plain(name).to_lowercase().contains(word));
        let left = (0..self.names.len()).filter(|place| {
            !taken.contains(place)
                && self.content(*place) == Content::Amounts
                && !idle(&name(place))
        });
        let cells_of = |key: &str| {
            let place = found.iter().find(|(known, _)| *known == key).map(|(_, place)| *place);
            place.into_iter().flat_map(|place| self.cells(place))
        };
        let amounts: Vec<String> = ["in", "out", "amount", "balance", "charge"]
            .into_iter()
            .flat_map(cells_of)
            .map(|cell| half_width(&cell.shown()).into_owned())
            .collect();
        let dates: Vec<&Cell<'_>> = cells_of("date").collect();
        let mut empty: Vec<String> =
            amounts.iter().filter(|text| amount::is_nothing(text)).cloned().collect();
        empty.sort();
        empty.dedup();
        let begins = |prefix: &&str| amounts.iter().any(|text| text.starts_with(prefix));
        Draft {
            header_row: self.header_row,
            two_rows: self.two_rows,
            missing,
            mode,
            formats: formats(&dates),
            empty,
            decimal: amount::decimal_of(amounts.iter().map(String::as_str)),
            prefix: PREFIXES.into_iter().filter(|prefix| begins(prefix)).collect(),
            account_label: account_label(self.above),
            left: left.map(|place| name(&place)).filter(|name| !name.is_empty()).collect(),
            columns: self.names.clone(),
            problems: Vec::new(),
            guesses,
        }
    }

    /// The keys that a profile must have.
    fn needed(&self, mode: &str) -> Vec<&'static str> {
        let mut needed = match mode {
            "flag" => vec!["date", "amount", "flag", "balance"],
            "signed" => vec!["date", "amount", "balance"],
            _ => vec!["date", "in", "out", "balance"],
        };
        // If the balance before the first movement is printed, balances can be computed.
        needed.retain(|key| *key != "balance" || !self.prints_opening());
        needed
    }

    /// The column of the own account number: it has exactly such a name and the same number in all
    /// rows.
    fn own(&self) -> Option<usize> {
        let place = self.names.iter().position(|name| is_word(name, OWN))?;
        let mut numbers = self.cells(place).map(|cell| cell.shown().into_owned());
        let first = numbers.next();
        numbers.all(|number| Some(&number) == first.as_ref()).then_some(place)
    }

    /// Returns true if a row prints the balance before the first movement.
    fn prints_opening(&self) -> bool {
        let cells = self.all.iter().flat_map(|(_, cells)| cells);
        let mut labels = cells.map(|cell| plain(&cell.shown()));
        labels.any(|label| OPENING.iter().any(|word| label.starts_with(word)))
    }
}

/// Returns true if a cell holds an amount in any notation of banks.
fn is_amount(cell: &Cell<'_>) -> bool {
    let Ok(text) = cell.amount_text() else { return false };
    let mut text = trim(&text);
    for prefix in PREFIXES {
        text = trim(text.strip_prefix(prefix).unwrap_or(text));
    }
    let bare = text.trim_start_matches(['+', '-', '(']).trim_end_matches(['-', ')']);
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    // A longer run of digits without a separator is the number of a document or an account.
    let is_number = digits >= 9 && bare.bytes().all(|byte| byte.is_ascii_digit());
    !is_number && bare.starts_with(|c: char| c.is_ascii_digit()) && amount::is_amount(bare)
}

/// Returns true if a cell holds a day.
fn is_day(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Date(_) => true,
        Cell::Text(text) if text.len() < 8 => false,
        Cell::Text(_) | Cell::Number(_) => {
            reads(&[], cell) || KNOWN.iter().any(|f| reads(&[f], cell))
        }
        _ => false,
    }
}

impl Draft {
    /// Returns true if every key that a profile must have is filled in.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// Returns true if the draft reads its file and the figures prove every column.
    pub fn is_proved(&self) -> bool {
        self.is_whole() && self.problems.is_empty()
    }

    /// The profile as a TOML file.
    pub fn toml(&self, name: &str, comments: &Comments<'_>) -> String {
        let mut out = String::new();
        let left = self.left.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let left = (!left.is_empty()).then(|| format!("{} {left}", comments.left));
        for line in comments.intro.lines().chain(left.as_deref()) {
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
        out
    }

    /// Returns true if the header has two rows.
    pub fn has_two_rows(&self) -> bool {
        self.two_rows
    }
}

/// A text as TOML quotes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Formats in which banks write days.
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

/// Returns true if a cell is a day in one of these formats.
fn reads(formats: &[&str], cell: &Cell<'_>) -> bool {
    let formats: Vec<String> = formats.iter().map(|format| (*format).to_owned()).collect();
    let read = DateFormats::new(&formats, None).and_then(|formats| formats.date(cell));
    matches!(read, Ok(Some(_)))
}

/// The formats of the dates in a file; none if all dates are written year first.
fn formats(dates: &[&Cell<'_>]) -> Vec<&'static str> {
    let dated: Vec<&&Cell<'_>> =
        dates.iter().filter(|cell| KNOWN.iter().any(|known| reads(&[known], cell))).collect();
    if dated.iter().all(|cell| reads(&[], cell)) {
        return Vec::new();
    }
    KNOWN.into_iter().filter(|known| dated.iter().any(|cell| reads(&[known], cell))).collect()
}

/// The label of the own account number, if it is not one of the usual labels.
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
    labels.filter(is_label).find(|label| !ACCOUNT.contains(&plain(label).as_str()))
}
