//! The layout of a bank's statements: a profile in TOML.
//!
//! ```toml
//! profile = "icbc-corp"
//! [file]
//! encoding = "auto"              # auto | utf-8 | gb18030
//! delimiter = ","                # found out if it is missing
//! sheet = "Sheet1"               # name, or number from 1
//! xls-codepage = 936             # for old workbooks that state a wrong one
//! [header]                       # searched in the first 30 rows
//! match = ["交易时间", "转入金额", "转出金额", "余额"]
//! preamble = { account = "本方账号", opening = "期初余额", closing = "期末余额", period = "期间", currency = "币种" }
//! [columns]                      # `date`, or `time` if one cell holds both
//! time = "交易时间"
//! in = "转入金额"                 # or `amount`, with `flag` if a mark shows the direction
//! out = "转出金额"
//! balance = "余额"                # not needed if the opening and closing balance are printed
//! balance-before = "交易前余额"     # if each row prints it too
//! charge = "手续费"               # a charge beside the amount that also changes the balance
//! name = "对方单位"
//! account = "对方账号"
//! memo = ["用途", "摘要"]          # joined in this order
//! serial = "流水号"
//! own = "账号"                    # own account number, if each row holds it
//! currency = "币种"
//! # if payer and payee have columns each, the own account shows which one is the other party:
//! # payer-name, payer-account, payee-name, payee-account
//! [amount]
//! mode = "in-out"                # in-out | signed | flag
//! empty = ["", "-", "0.00"]
//! prefix = ["CNY", "¥"]
//! decimal = "."                  # "," if amounts are written 1.234,50
//! in-flags = ["贷", "收"]          # for mode = "flag"; the usual words are known
//! out-flags = ["借", "支"]
//! minus = "auto"                 # a minus in money out means: out | back | auto (by the balances)
//! [date]
//! formats = ["%d/%m/%Y %p %I:%M", "%y-%m-%d"]  # if missing: year first, with any time after it
//! first-year = 2000              # first of the hundred years that two digits may mean
//! serial = 1900                  # numbers are days since 1900 (or 1904)
//! [rows]
//! order = "auto"                 # auto | oldest-first | newest-first
//! skip = ["说明"]                 # beginnings of rows that are not movements
//! stop-at = ["以下为"]             # beginning of the row that ends the movements
//! days-back = 92                 # days by which a row may be dated before the previous row
//! ```
//!
//! Rows of totals (`小计`, `合计`, `本月合计`, `过次页` ...) need no key: they are recognized and
//! checked.
//!
//! A column may be named in either of its languages (`交易金额[ Trade Amount ]`), and in a header
//! of two rows by the lower name or by both together (`发生额借方`).
//!
//! Debit (借方) in a bank's file is the bank's own view: money out of the account.

use crate::domain::money::Money;
use crate::intake::cell::Cell;
use crate::intake::dates::{DateFormats, Serial};
use crate::intake::decode::Encoding;
use crate::intake::document::Document;
use crate::intake::heading::Heading;
use crate::intake::rows::{Bounds, Options, document_rows, sheet_names};
use crate::intake::settings::{parse_settings, read_settings};
use crate::problem::Problem;
use std::ops::ControlFlow;
use std::path::Path;

/// Number of rows in which the header is searched.
pub const HEADER_SEARCH_ROWS: usize = 30;

/// A layout of statements.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// Options for reading the file.
    pub options: Options,
    /// Columns that the header row must contain.
    pub header: Vec<String>,
    /// Labels before the header row.
    pub preamble: Preamble,
    /// Columns by their meaning.
    pub columns: Columns,
    /// Notation of amounts.
    pub amount: Amounts,
    /// Formats of dates.
    pub dates: DateFormats,
    /// Order of the rows.
    pub order: Order,
    /// Beginnings of the row after the last movement.
    pub stop_at: Vec<String>,
    /// Beginnings of rows that are not movements.
    pub skip: Vec<String>,
    /// Days by which a row may be dated back.
    pub days_back: u16,
    /// True for a profile of the program: a bank's known layout, whose headings fix the meaning of
    /// the columns.
    pub known: bool,
    /// Balances that the file to be read does not print.
    pub given: Given,
}

/// Balances that the user gives because the file does not print them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Before the first movement.
    pub opening: Option<Money>,
    /// After the last movement.
    pub closing: Option<Money>,
}

/// Days by which a row may be dated back if the profile gives no number: a quarter.
pub const DAYS_BACK: u16 = 92;

/// Labels before the header row; their values are in the next cell or after a colon.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preamble {
    /// Own account number.
    pub account: Option<String>,
    /// Balance before the first movement.
    pub opening: Option<String>,
    /// Balance after the last movement.
    pub closing: Option<String>,
    /// First and last day.
    pub period: Option<String>,
    /// Currency.
    pub currency: Option<String>,
}

/// Names of columns.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Columns {
    /// Day.
    pub date: Option<String>,
    /// Time, or day and time.
    pub time: Option<String>,
    /// Money in (收入, 贷方).
    pub r#in: Option<String>,
    /// Money out (支出, 借方).
    pub out: Option<String>,
    /// Amount with a sign or a flag.
    pub amount: Option<String>,
    /// Mark that shows the direction.
    pub flag: Option<String>,
    /// Balance after the movement.
    pub balance: Option<String>,
    /// Balance before the movement.
    pub balance_before: Option<String>,
    /// A charge beside the amount.
    pub charge: Option<String>,
    /// The other party's name.
    pub name: Option<String>,
    /// The other party's account.
    pub account: Option<String>,
    /// Purpose.
    pub memo: Texts,
    /// The bank's serial number of the movement.
    pub serial: Option<String>,
    /// Own account number.
    pub own: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// Name of the payer.
    pub payer_name: Option<String>,
    /// Account of the payer.
    pub payer_account: Option<String>,
    /// Name of the payee.
    pub payee_name: Option<String>,
    /// Account of the payee.
    pub payee_account: Option<String>,
}

/// One text or several.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// None.
    #[default]
    None,
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Texts {
    /// The texts in order.
    pub fn list(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Notation of amounts.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Amounts {
    /// Source of the direction.
    pub mode: Mode,
    /// Texts that mean no amount.
    pub empty: Vec<String>,
    /// Signs before an amount.
    pub prefix: Vec<String>,
    /// Sign before the hundredths.
    pub decimal: Decimal,
    /// Flags of money in.
    pub in_flags: Vec<String>,
    /// Flags of money out.
    pub out_flags: Vec<String>,
    /// Meaning of a minus in the column of money out.
    pub minus: Minus,
}

/// Meaning of a minus in the column of money out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Minus {
    /// The meaning that the balances show.
    #[default]
    Auto,
    /// Money out: the column is written with its sign.
    Out,
    /// Money that was paid out and came back (红字).
    Back,
}

/// Sign before the hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub enum Decimal {
    /// A dot.
    #[default]
    #[serde(rename = ".")]
    Dot,
    /// A comma.
    #[serde(rename = ",")]
    Comma,
}

/// Source of the direction of a movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Two columns.
    #[default]
    InOut,
    /// The amount's sign: `-` is money out.
    Signed,
    /// A column of its own.
    Flag,
}

/// Order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The order that the balances show.
    #[default]
    Auto,
    /// In the order of time.
    OldestFirst,
    /// The reverse order of time.
    NewestFirst,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    profile: String,
    #[serde(default)]
    file: RawFile,
    header: RawHeader,
    columns: Columns,
    #[serde(default)]
    amount: Amounts,
    #[serde(default)]
    date: RawDate,
    #[serde(default)]
    rows: RawRows,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawFile {
    encoding: Option<String>,
    delimiter: Option<char>,
    sheet: Option<String>,
    xls_codepage: Option<u16>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHeader {
    r#match: Vec<String>,
    #[serde(default)]
    preamble: Preamble,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawDate {
    formats: Vec<String>,
    first_year: Option<i16>,
    serial: Option<i64>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawRows {
    order: Order,
    stop_at: Vec<String>,
    skip: Vec<String>,
    days_back: Option<u16>,
}

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// `settings-syntax`, `profile-column-missing`, `date-format-unknown`, `date-serial-year`,
    /// `encoding-name`.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        Self::of(read_settings(path)?)
            .map_err(|problem| problem.in_file(path.display().to_string()))
    }

    /// Reads a profile text.
    ///
    /// # Errors
    /// The errors of [`Profile::read`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::of(parse_settings(text)?)
    }

    fn of(raw: Raw) -> Result<Self, Problem> {
        let columns = &raw.columns;
        let missing = |key: &str| Err(Problem::data("profile-column-missing").with("key", key));
        if columns.date.is_none() && columns.time.is_none() {
            return missing("columns.date");
        }
        match raw.amount.mode {
            Mode::InOut if columns.r#in.is_none() || columns.out.is_none() => {
                return missing("columns.in, columns.out");
            }
            Mode::Signed if columns.amount.is_none() => return missing("columns.amount"),
            Mode::Flag if columns.amount.is_none() || columns.flag.is_none() => {
                return missing("columns.amount, columns.flag");
            }
            _ => {}
        }
        let encoding = match &raw.file.encoding {
            Some(word) => Encoding::parse(word)?,
            None => None,
        };
        let delimiter = raw.file.delimiter.and_then(|c| u8::try_from(c).ok());
        let options = Options {
            encoding,
            delimiter,
            sheet: raw.file.sheet,
            codepage: raw.file.xls_codepage,
            bounds: Bounds::STATEMENT,
        };
        let serial = raw.date.serial.map(Serial::of_year).transpose()?;
        let dates = DateFormats::new(&raw.date.formats, raw.date.first_year)?.with_serial(serial);
        Ok(Self {
            name: raw.profile,
            options,
            header: raw.header.r#match,
            preamble: raw.header.preamble,
            columns: raw.columns,
            amount: raw.amount,
            dates,
            order: raw.rows.order,
            stop_at: raw.rows.stop_at,
            skip: raw.rows.skip,
            days_back: raw.rows.days_back.unwrap_or(DAYS_BACK),
            known: false,
            given: Given::default(),
        })
    }

    /// The profiles that are part of the program.
    pub fn built_in() -> Vec<Self> {
        let own = BUILT_IN.iter().filter_map(|(_, text)| Self::parse(text).ok());
        own.map(|profile| Self { known: true, ..profile }).collect()
    }

    /// Names of the profile that the header lacks.
    pub fn missing(&self, heading: &Heading) -> Vec<&str> {
        let lacks = |name: &&String| heading.place(name).is_none();
        self.header.iter().filter(lacks).map(String::as_str).collect()
    }

    /// Returns true if a header contains all columns by which the profile is recognized.
    pub fn fits(&self, heading: &Heading) -> bool {
        !self.header.is_empty() && self.missing(heading).is_empty()
    }
}

/// Name and text of each profile that is part of the program.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("plain", include_str!("profiles/plain.toml")),
    ("icbc-corp", include_str!("profiles/icbc-corp.toml")),
    ("ccb-corp", include_str!("profiles/ccb-corp.toml")),
    ("abc-corp", include_str!("profiles/abc-corp.toml")),
    ("boc-corp", include_str!("profiles/boc-corp.toml")),
    ("cmbc-corp", include_str!("profiles/cmbc-corp.toml")),
    ("ccb-corp-yuan", include_str!("profiles/ccb-corp-yuan.toml")),
    ("icbc-booked", include_str!("profiles/icbc-booked.toml")),
    ("spdb-corp", include_str!("profiles/spdb-corp.toml")),
];

/// Result of comparing a profile with a file.
#[derive(Clone, Debug)]
pub struct Fit<'p> {
    /// The profile.
    pub profile: &'p Profile,
    /// Row of the header, or of the row that is most similar to it.
    pub row: Option<u64>,
    /// Its columns that are not found; empty if it fits.
    pub missing: Vec<&'p str>,
    /// The problem that prevents reading the file with the profile's options at all.
    pub unreadable: Option<Problem>,
}

impl Fit<'_> {
    /// Number of header columns that are found.
    pub fn score(&self) -> usize {
        self.profile.header.len().saturating_sub(self.missing.len())
    }

    /// Returns true if all are found.
    pub fn is_whole(&self) -> bool {
        self.score() > 0 && self.missing.is_empty()
    }
}

/// Rows of the top of a file with their numbers.
pub type Top = Vec<(u64, Vec<Cell<'static>>)>;

/// The first rows of a file, in which the header is searched.
///
/// # Errors
/// The errors of [`document_rows`].
pub fn top(document: &Document, options: &Options) -> Result<Top, Problem> {
    Ok(tops(document, options)?.into_iter().next().unwrap_or_default())
}

/// The first rows of every sheet that is read: of all visible ones if none is requested.
///
/// # Errors
/// The errors of [`top`].
pub fn tops(document: &Document, options: &Options) -> Result<Vec<Top>, Problem> {
    let sheets = sheet_names(document, options)?;
    if sheets.is_empty() || options.sheet.is_some() {
        return Ok(vec![top_of(document, options)?]);
    }
    let seen = sheets.into_iter().filter(|(_, visible)| *visible);
    seen.map(|(name, _)| top_of(document, &Options { sheet: Some(name), ..options.clone() }))
        .collect()
}

fn top_of(document: &Document, options: &Options) -> Result<Top, Problem> {
    let mut rows = Vec::new();
    document_rows(document, options, &mut |row, cells| {
        rows.push((row, cells.iter().map(|cell| cell.clone().into_owned()).collect()));
        let done = rows.len() >= HEADER_SEARCH_ROWS;
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(rows)
}

/// Compares every profile with the top of a file, which is read once for each set of options.
///
/// # Errors
/// The file itself cannot be read. A profile with another encoding or sheet does not fit, which is
/// not an error.
pub fn fits<'p>(document: &Document, profiles: &'p [Profile]) -> Result<Vec<Fit<'p>>, Problem> {
    let mut read: Vec<(&Options, Result<Vec<Top>, Problem>)> = Vec::new();
    let mut fits = Vec::new();
    for profile in profiles {
        let known = read.iter().position(|(options, _)| **options == profile.options);
        let place = known.unwrap_or(read.len());
        if known.is_none() {
            let rows = tops(document, &profile.options);
            match rows {
                Err(problem) if !matches!(problem.code, "encoding-invalid" | "sheet-missing") => {
                    return Err(problem);
                }
                rows => read.push((&profile.options, rows)),
            }
        }
        let mut fit = Fit { profile, row: None, missing: Vec::new(), unreadable: None };
        fit.missing = profile.header.iter().map(String::as_str).collect();
        match read.get(place) {
            Some((_, Ok(sheets))) => sheets.iter().for_each(|rows| nearest(&mut fit, rows)),
            Some((_, Err(problem))) => fit.unreadable = Some(problem.clone()),
            None => {}
        }
        fits.push(fit);
    }
    Ok(fits)
}

/// Finds the row, or pair of rows, that contains most of a profile's columns.
fn nearest(fit: &mut Fit<'_>, rows: &Top) {
    let mut before: Option<&[Cell<'_>]> = None;
    for (row, cells) in rows {
        let single = Some(Heading::single(cells));
        let double = before
            .filter(|before| Heading::may_be(before) && Heading::may_be(cells))
            .map(|before| Heading::double(before, cells));
        for heading in [single, double].into_iter().flatten() {
            let missing = fit.profile.missing(&heading);
            if missing.len() < fit.missing.len() {
                (fit.row, fit.missing) = (Some(*row), missing);
            }
        }
        if fit.is_whole() {
            return;
        }
        before = Some(cells);
    }
}

/// The profile that fits a file: the one whose header columns are all found, and of several the one
/// with most columns.
///
/// # Errors
/// `profile-missing` if none fits, `profile-ambiguous` if two fit equally well.
pub fn choose<'p>(document: &Document, profiles: &'p [Profile]) -> Result<&'p Profile, Problem> {
    let fits = fits(document, profiles)?;
    let in_file = |code| Problem::data(code).in_file(document.path().display().to_string());
    if let Some(problem) = fits.iter().find_map(|fit| fit.unreadable.clone())
        && fits.iter().all(|fit| fit.unreadable.is_some())
    {
        return Err(problem);
    }
    // A profile that the user gave is preferred to those of the program.
    let given = fits.iter().any(|fit| fit.is_whole() && !fit.profile.known);
    let whole = || fits.iter().filter(|fit| fit.is_whole() && fit.profile.known != given);
    let top = whole().map(Fit::score).max();
    let mut winners = whole().filter(|fit| Some(fit.score()) == top);
    let first = winners.next().ok_or_else(|| in_file("profile-missing"))?;
    match winners.next() {
        None => Ok(first.profile),
        Some(other) => Err(in_file("profile-ambiguous")
            .with("profile", &first.profile.name)
            .with("other", &other.profile.name)),
    }
}
