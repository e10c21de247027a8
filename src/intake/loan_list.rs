//! A bank's own list of loans: one row per drawdown note (借据) with its balance, and its class if
//! the bank gives it. Headings are in Chinese or English, after any preamble; a row of totals ends
//! the list.

use crate::domain::calendar::{Date, parse_date};
use crate::domain::field::nearest;
use crate::domain::money::{Money, Total};
use crate::intake::cell::{Cell, half_width, plain_date, trim};
use crate::intake::document::Document;
use crate::intake::headers::plain;
use crate::intake::profile::HEADER_SEARCH_ROWS;
use crate::intake::rejects::PROBLEMS_MAX;
use crate::intake::rows::{Bounds, Options, document_rows};
use crate::problem::{Exit, Problem};
use rust_decimal::Decimal;
use std::ops::ControlFlow;
use std::path::Path;

/// Names of the columns, the likeliest first.
const NAMES: &[(&str, &[&str])] = &[
    (
        "note",
        &[
            "借据号",
            "借据编号",
            "借据号码",
            "贷款借据号",
            "贷款借据编号",
            "借据",
            "贷款号",
            "贷款编号",
            "note",
            "loan",
        ],
    ),
    (
        "balance",
        &[
            "贷款余额",
            "余额",
            "本金余额",
            "贷款本金余额",
            "借据余额",
            "期末余额",
            "未还本金",
            "balance",
            "outstanding",
            "principal",
        ],
    ),
    ("class", &["五级分类", "贷款五级分类", "风险分类", "分类", "class", "classification"]),
    ("status", &["状态", "贷款状态", "借据状态", "status"]),
    (
        "firm",
        &[
            "企业名称",
            "借款企业名称",
            "借款企业",
            "借款人名称",
            "借款人",
            "客户名称",
            "firm",
            "firm_name",
            "borrower",
            "customer",
        ],
    ),
    (
        "owner",
        &["县区", "县市区", "县(市、区)", "县(市)区", "区县", "所属县区", "县区代码", "owner"],
    ),
];

/// Names of the fields of a list, as [`read`]'s `own` uses them.
pub const FIELDS: [&str; 6] = ["note", "balance", "class", "status", "firm", "owner"];

/// Words of loan grades, with classes in the order of the off-balance accounts 9101 to 9104:
/// normal, extended, overdue, non-performing. The five grades have no word for an extension, and a
/// special-mention loan (关注) may be any of the first three.
const GRADES: &[(&str, &[usize])] = &[
    ("正常", &[0, 1]),
    ("正常类", &[0, 1]),
    ("关注", &[0, 1, 2]),
    ("关注类", &[0, 1, 2]),
    ("次级", &[3]),
    ("次级类", &[3]),
    ("可疑", &[3]),
    ("可疑类", &[3]),
    ("损失", &[3]),
    ("损失类", &[3]),
    ("normal", &[0, 1]),
    ("pass", &[0, 1]),
    ("special mention", &[0, 1, 2]),
    ("substandard", &[3]),
    ("doubtful", &[3]),
    ("loss", &[3]),
];

/// Words of a column of states; each means one class.
const STATES: &[(&str, &[usize])] = &[
    ("正常", &[0]),
    ("展期", &[1]),
    ("已展期", &[1]),
    ("逾期", &[2]),
    ("已逾期", &[2]),
    ("不良", &[3]),
    ("active", &[0]),
    ("normal", &[0]),
    ("extended", &[1]),
    ("overdue", &[2]),
    ("npl", &[3]),
];

/// A list of loans.
#[derive(Clone, Debug, PartialEq)]
pub struct LoanList {
    /// The day of the balances, if the lines before the headings give it.
    pub day: Option<Date>,
    /// Its rows.
    pub rows: Vec<ListRow>,
}

/// One loan of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Row in the file, counted from 1.
    pub row: u64,
    /// Number of the note.
    pub note: String,
    /// Balance.
    pub balance: Money,
    /// Class as written, and the indexes of the classes that it may mean.
    pub class: Option<(String, &'static [usize])>,
    /// Name of the firm; may be empty.
    pub firm: String,
    /// Owner as the bank writes it, by code or name; may be empty.
    pub owner: String,
}

/// Reads a list. `own` assigns columns to fields (of [`FIELDS`]) by the headings of the file. Cost:
/// one pass over the file; the rows are held in memory.
///
/// # Errors
/// Every row that cannot be read, with its place; `loan-list-header` if no row has a column of
/// numbers and one of balances; `loan-list-total`.
pub fn read(path: &Path, own: &[(String, String)]) -> Result<LoanList, Vec<Problem>> {
    let mut reading = Reading {
        own,
        places: None,
        day: None,
        rows: Vec::new(),
        searched: 0,
        problems: Vec::new(),
        seen: Vec::new(),
    };
    let read = Document::evidence(path, Bounds::TABLE.bytes).and_then(|document| {
        document_rows(&document, &Options::default(), &mut |row, cells| Ok(reading.row(row, cells)))
    });
    if let Err(problem) = read {
        reading.problems.push(problem);
    }
    if reading.places.is_none() && reading.problems.is_empty() {
        reading.problems.push(reading.headless());
    }
    if reading.problems.is_empty() {
        return Ok(LoanList { day: reading.day, rows: reading.rows });
    }
    let file = path.display().to_string();
    Err(reading.problems.into_iter().map(|problem| problem.in_file(file.as_str())).collect())
}

/// The field and the heading of `FIELD=HEADING`.
///
/// # Errors
/// `word-unknown` for a field that a list does not have.
pub fn own_name(text: &str) -> Result<(String, String), Problem> {
    let (field, heading) = text.split_once('=').unwrap_or((text, ""));
    if FIELDS.contains(&field) && !heading.trim().is_empty() {
        return Ok((field.to_owned(), heading.trim().to_owned()));
    }
    Err(Problem::new("word-unknown", Exit::Usage)
        .with("field", "map")
        .with("text", text.escape_debug())
        .with("allowed", FIELDS.map(|field| format!("{field}=…")).join(", ")))
}

#[derive(Clone, Copy)]
struct Places {
    note: usize,
    balance: usize,
    /// True if the balances are in units of ten thousand yuan (万元).
    wan: bool,
    class: Option<usize>,
    status: Option<usize>,
    firm: Option<usize>,
    owner: Option<usize>,
}

struct Reading<'o> {
    own: &'o [(String, String)],
    places: Option<Places>,
    day: Option<Date>,
    rows: Vec<ListRow>,
    searched: usize,
    problems: Vec<Problem>,
    /// Headings of the first row with several texts, reported if none fits.
    seen: Vec<String>,
}

const ON: ControlFlow<()> = ControlFlow::Continue(());
const END: ControlFlow<()> = ControlFlow::Break(());

impl Reading<'_> {
    fn row(&mut self, row: u64, cells: &[Cell<'_>]) -> ControlFlow<()> {
        if cells.iter().all(Cell::is_empty) {
            return ON;
        }
        let Some(places) = self.places else {
            self.places = self.header(cells);
            self.preamble(cells);
            self.searched = self.searched.saturating_add(1);
            let over = self.places.is_none() && self.searched >= HEADER_SEARCH_ROWS;
            return if over { END } else { ON };
        };
        let first = cells.iter().find(|cell| !cell.is_empty()).map(Cell::shown);
        let first = first.unwrap_or_default().to_lowercase();
        if ["合计", "总计", "total"].iter().any(|word| first.starts_with(word)) {
            self.problems.extend(self.total(places, row, cells));
            return END;
        }
        match read_row(places, row, cells) {
            Ok(read) => self.rows.push(read),
            Err(problem) => self.problems.push(problem.in_row(row)),
        }
        if self.problems.len() >= PROBLEMS_MAX { END } else { ON }
    }

    fn header(&mut self, cells: &[Cell<'_>]) -> Option<Places> {
        let names: Vec<String> = cells.iter().map(|cell| plain(&cell.shown())).collect();
        if self.seen.is_empty() && cells.iter().filter(|cell| !cell.is_empty()).count() > 2 {
            self.seen = cells.iter().map(|cell| cell.shown().into_owned()).collect();
        }
        let whole = |name: &str| name.strip_suffix("(万元)").unwrap_or(name).to_owned();
        let place = |field: &str| {
            let own = self.own.iter().find(|(own, _)| own == field);
            let known = NAMES.iter().find(|(known, _)| *known == field).map(|(_, names)| *names);
            let find =
                |wanted: &str| names.iter().position(|name| whole(name) == whole(&plain(wanted)));
            match own {
                Some((_, heading)) => find(heading),
                None => known.unwrap_or_default().iter().find_map(|wanted| find(wanted)),
            }
        };
        let (note, balance) = (place("note")?, place("balance")?);
        Some(Places {
            note,
            balance,
            wan: names.get(balance).is_some_and(|name| name.ends_with("(万元)")),
            class: place("class"),
            status: place("status"),
            firm: place("firm"),
            owner: place("owner"),
        })
    }

    /// Reads the day in a line before the headings.
    fn preamble(&mut self, cells: &[Cell<'_>]) {
        const LABELS: [&str; 6] = ["截止日期", "截至日期", "数据日期", "统计日期", "日期", "as of"];
        for (place, cell) in cells.iter().enumerate() {
            let text = half_width(&cell.shown()).to_lowercase();
            let (label, value) = text.split_once(':').unwrap_or((&text, ""));
            if !LABELS.contains(&trim(label)) || self.places.is_some() {
                continue;
            }
            let next = cells.get(place.saturating_add(1)).map(Cell::shown).unwrap_or_default();
            let value = if trim(value).is_empty() { next.as_ref() } else { trim(value) };
            self.day = parse_date(&plain_date(value)).ok().or(self.day);
        }
    }

    fn headless(&self) -> Problem {
        let wanted = |field: &str| {
            let own = self.own.iter().find(|(own, _)| own == field).map(|(_, name)| name.as_str());
            let known = NAMES.iter().find(|(known, _)| *known == field);
            own.or_else(|| known.and_then(|(_, names)| names.first().copied())).unwrap_or("-")
        };
        let (note, balance) = (wanted("note"), wanted("balance"));
        let seen = self.seen.iter().map(String::as_str);
        let near = nearest(note, seen.clone()).or_else(|| nearest(balance, seen)).unwrap_or("-");
        Problem::data("loan-list-header")
            .with("columns", format!("{note}, {balance}"))
            .with("nearest", near.escape_debug())
    }

    /// Checks the row of totals against the rows.
    fn total(&self, places: Places, row: u64, cells: &[Cell<'_>]) -> Option<Problem> {
        let cell = cells.get(places.balance).filter(|cell| !cell.is_empty())?;
        let told = match amount(cell, places.wan) {
            Ok(told) => Total::from(told),
            Err(problem) => return Some(problem.in_row(row)),
        };
        let sum: Total = self.rows.iter().map(|row| Total::from(row.balance)).sum();
        (told != sum).then(|| {
            Problem::data("loan-list-total")
                .with("found", told.grouped())
                .with("expected", sum.grouped())
                .with("gap", (told - sum).grouped())
                .in_row(row)
        })
    }
}

fn read_row(places: Places, row: u64, cells: &[Cell<'_>]) -> Result<ListRow, Problem> {
    let cell = |place: usize| cells.get(place).unwrap_or(&Cell::Empty);
    let text = |place: Option<usize>| {
        place.map(|place| cell(place).shown().into_owned()).unwrap_or_default()
    };
    let missing =
        |field: &str| Problem::data("field-missing").with("field", field).in_column(field);
    let note = match cell(places.note) {
        Cell::Empty => return Err(missing("note")),
        // A workbook's number holds fifteen digits; a longer one has lost its last.
        Cell::Number(text) if text.len() > 15 || text.contains(['.', 'e', 'E', '-']) => {
            return Err(Problem::data("number-not-text").with("text", text).in_column("note"));
        }
        cell => cell.shown().into_owned(),
    };
    if cell(places.balance).is_empty() {
        return Err(missing("balance"));
    }
    let balance =
        amount(cell(places.balance), places.wan).map_err(|problem| problem.in_column("balance"))?;
    if balance < Money::ZERO {
        return Err(Problem::data("amount-negative").with("text", balance).in_column("balance"));
    }
    let told = |place: Option<usize>, words: &'static [(&str, &'static [usize])], field: &str| {
        let word = text(place);
        if word.is_empty() {
            return Ok(None);
        }
        let folded = half_width(&word).to_lowercase();
        let found = words.iter().find(|(known, _)| *known == folded);
        let allowed = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, places)| Some((word.clone(), *places))).ok_or_else(|| {
            Problem::data("word-unknown")
                .with("field", field)
                .with("text", word.escape_debug())
                .with("allowed", allowed())
                .in_column(field)
        })
    };
    // The state is preferred to the grade, because it shows an extension.
    let status = told(places.status, STATES, "status")?;
    let class = told(places.class, GRADES, "class")?;
    Ok(ListRow {
        row,
        note,
        balance,
        class: status.or(class),
        firm: text(places.firm),
        owner: text(places.owner),
    })
}

/// The amount of a cell, in yuan or in units of ten thousand yuan.
fn amount(cell: &Cell<'_>, wan: bool) -> Result<Money, Problem> {
    let text = cell.amount_text()?;
    let text = trim(&text);
    if text == "-" {
        return Ok(Money::ZERO);
    }
    let wrong = |code| Problem::data(code).with("text", text.escape_debug());
    if !wan {
        return Money::parse(text).map_err(|error| wrong(error.code()));
    }
    // The part before the dot is read like any other amount; six digits after it reach the fen.
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    Money::parse(whole).map_err(|error| wrong(error.code()))?;
    let digits = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let plain = format!("{}.{rest}", whole.replace(',', ""));
    let exact: Option<Decimal> = plain.parse().ok().filter(|_| digits);
    let exact = exact.ok_or_else(|| wrong("amount-format"))?;
    let fen = exact.checked_mul(Decimal::from(1_000_000)).ok_or_else(|| wrong("amount-range"))?;
    if !fen.fract().is_zero() {
        return Err(wrong("amount-precision"));
    }
    Money::from_wide(fen.trunc().mantissa()).map_err(|error| wrong(error.code()))
}

/// Returns true if a list names this owner, by code or by name.
pub fn is_owner(told: &str, code: &str, name: &str) -> bool {
    let told = plain(told);
    told == plain(code) || told == plain(name)
}

#[cfg(test)]
mod tests;
