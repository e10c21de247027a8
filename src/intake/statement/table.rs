//! A table as a statement: header row, columns by their meaning, amounts, the balance chain.

use super::{Format, Statement, StatementLine, file_name};
use crate::domain::calendar::{Date, parse_date};
use crate::domain::money::Money;
use crate::intake::cell::{Cell, half_width, plain_date, trim};
use crate::intake::profile::{HEADER_SEARCH_ROWS, Mode, Order, Profile, plain};
use crate::intake::rows::visit_rows;
use crate::problem::Problem;
use compact_str::CompactString;
use std::ops::ControlFlow;
use std::path::Path;

/// Reads a table; whose account it is and the file's hash are left to the caller.
///
/// # Errors
/// As [`super::read`].
pub fn read(path: &Path, profile: &Profile) -> Result<Statement, Vec<Problem>> {
    let mut reading = Reading::new(profile);
    let read = visit_rows(path, &profile.options, &mut |row, cells| reading.row(row, cells));
    let file = path.display().to_string();
    let in_file = |problem: Problem| problem.in_file(file.as_str());
    if let Err(problem) = read {
        reading.problems.push(problem);
    }
    if reading.problems.is_empty() && reading.places.is_none() {
        let problem = Problem::data("statement-header");
        reading.problems.push(problem.with("columns", profile.header.join(", ")));
    }
    if !reading.problems.is_empty() {
        return Err(reading.problems.into_iter().map(in_file).collect());
    }
    let mut statement = reading.finish().map_err(|problem| vec![in_file(problem)])?;
    statement.file = file_name(path);
    statement.breaks = statement.breaks.into_iter().map(in_file).collect();
    Ok(statement)
}

/// Places of the columns in the rows.
struct Places {
    date: usize,
    amount: Option<usize>,
    flag: Option<usize>,
    money_in: Option<usize>,
    money_out: Option<usize>,
    balance: usize,
    name: Option<usize>,
    account: Option<usize>,
    serial: Option<usize>,
    memo: Vec<usize>,
}

/// A row as read: a movement, or only a balance (`期初余额`).
struct Found {
    row: u64,
    date: Option<Date>,
    amount: Option<Money>,
    balance: Money,
    line: Option<StatementLine>,
}

struct Reading<'p> {
    profile: &'p Profile,
    places: Option<Places>,
    searched: usize,
    number: Option<String>,
    opening: Option<Money>,
    period: Option<(Date, Date)>,
    found: Vec<Found>,
    totals: Option<(u64, Option<Money>, Option<Money>)>,
    problems: Vec<Problem>,
}

const ON: ControlFlow<()> = ControlFlow::Continue(());

impl<'p> Reading<'p> {
    fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            places: None,
            searched: 0,
            number: None,
            opening: None,
            period: None,
            found: Vec::new(),
            totals: None,
            problems: Vec::new(),
        }
    }

    fn row(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let Some(places) = &self.places else {
            if self.profile.matches(cells).is_some() {
                self.places = Some(self.places(cells)?);
                return Ok(ON);
            }
            self.preamble(cells);
            self.searched += 1;
            let over = self.searched >= HEADER_SEARCH_ROWS;
            return Ok(if over { ControlFlow::Break(()) } else { ON });
        };
        let first = cells.iter().find(|cell| !cell.is_empty()).map(Cell::shown).unwrap_or_default();
        if self.profile.stop_at.iter().any(|stop| first.starts_with(stop.as_str())) {
            let sum = |place: Option<usize>| {
                let cell = place.and_then(|place| cells.get(place))?;
                self.money(cell).ok().flatten()
            };
            self.totals = Some((row, sum(places.money_in), sum(places.money_out)));
            return Ok(ControlFlow::Break(()));
        }
        if first.is_empty() {
            return Ok(ON);
        }
        match self.read_row(places, row, cells) {
            Ok(found) => self.found.push(found),
            Err(problem) => {
                self.problems.push(problem.in_row(row));
                if self.problems.len() >= crate::intake::rejects::PROBLEMS_MAX {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ON)
    }

    /// Columns of the header row; those that the profile names and the file lacks are refused,
    /// except the ones that only describe.
    fn places(&self, cells: &[Cell<'_>]) -> Result<Places, Problem> {
        let names: Vec<String> = cells.iter().map(|cell| plain(&cell.shown())).collect();
        let place = |name: &str| names.iter().position(|known| *known == plain(name));
        let optional = |name: &Option<String>| name.as_deref().and_then(place);
        let must = |name: &Option<String>| match name.as_deref() {
            None => Ok(None),
            Some(name) => place(name).map(Some).ok_or_else(|| {
                Problem::data("statement-header").with("columns", name).in_column(name)
            }),
        };
        let columns = &self.profile.columns;
        let none = || Problem::data("profile-column-missing").with("key", "columns");
        let date = if columns.date.is_some() { &columns.date } else { &columns.time };
        Ok(Places {
            date: must(date)?.ok_or_else(none)?,
            amount: must(&columns.amount)?,
            flag: must(&columns.flag)?,
            money_in: must(&columns.r#in)?,
            money_out: must(&columns.out)?,
            balance: must(&columns.balance)?.ok_or_else(none)?,
            name: optional(&columns.name),
            account: optional(&columns.account),
            serial: optional(&columns.serial),
            memo: columns.memo.list().iter().filter_map(|name| place(name)).collect(),
        })
    }

    fn preamble(&mut self, cells: &[Cell<'_>]) {
        const OPENING: [&str; 4] = ["期初余额", "上期余额", "上期结余", "承前余额"];
        const PERIOD: [&str; 3] = ["期间", "起止日期", "查询期间"];
        let labels = &self.profile.preamble;
        for (index, cell) in cells.iter().enumerate() {
            let text = half_width(&cell.shown()).into_owned();
            let (label, value) = match text.split_once(':') {
                Some((label, value)) if !trim(value).is_empty() => {
                    (trim(label).to_owned(), trim(value).to_owned())
                }
                _ => {
                    let next = cells.get(index + 1).map(|cell| cell.shown().into_owned());
                    (trim(text.trim_end_matches(':')).to_owned(), next.unwrap_or_default())
                }
            };
            let is = |own: &Option<String>, known: &[&str]| {
                own.as_deref().map_or(known.contains(&label.as_str()), |own| plain(own) == label)
            };
            if is(&labels.account, &["账号", "账户号"]) && !value.is_empty() {
                self.number.get_or_insert(value);
            } else if is(&labels.opening, &OPENING) {
                self.opening = self.money(&Cell::text(&value)).ok().flatten().or(self.opening);
            } else if is(&labels.period, &PERIOD) {
                self.period = period(&value).or(self.period);
            }
        }
    }

    /// The amount of a cell; none where the profile's word for nothing stands.
    fn money(&self, cell: &Cell<'_>) -> Result<Option<Money>, Problem> {
        let amounts = &self.profile.amount;
        let text = cell.amount_text()?;
        let mut text = trim(&text);
        if text.is_empty() || amounts.empty.iter().any(|empty| empty == text) {
            return Ok(None);
        }
        for prefix in &amounts.prefix {
            text = trim(text.strip_prefix(half_width(prefix).as_ref()).unwrap_or(text));
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        Money::parse(text)
            .map(Some)
            .map_err(|error| Problem::data(error.code()).with("text", text.escape_debug()))
    }

    fn read_row(&self, places: &Places, row: u64, cells: &[Cell<'_>]) -> Result<Found, Problem> {
        let cell = |place: usize| cells.get(place).unwrap_or(&Cell::Empty);
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        let columns = &self.profile.columns;
        let money = |place: Option<usize>, name: &Option<String>| match place {
            None => Ok(None),
            Some(place) => self.money(cell(place)).map_err(|p| in_column(p, named(name))),
        };
        let date_name = columns.date.as_ref().or(columns.time.as_ref()).cloned();
        let date = self.profile.dates.date(cell(places.date));
        let date = date.map_err(|p| in_column(p, named(&date_name)))?;
        let amount = match self.profile.amount.mode {
            Mode::InOut => {
                let money_in = money(places.money_in, &columns.r#in)?;
                let money_out = money(places.money_out, &columns.out)?;
                match (money_in, money_out) {
                    (Some(_), Some(out)) if !out.is_zero() => {
                        return Err(Problem::data("statement-both-sides"));
                    }
                    (Some(money_in), _) => Some(money_in),
                    (None, out) => out.map(Money::negated),
                }
            }
            Mode::Signed => money(places.amount, &columns.amount)?,
            Mode::Flag => match money(places.amount, &columns.amount)? {
                None => None,
                Some(amount) => {
                    let flag = places.flag.map(|place| cell(place).shown()).unwrap_or_default();
                    Some(
                        self.flagged(amount, &flag)
                            .map_err(|p| in_column(p, named(&columns.flag)))?,
                    )
                }
            },
        };
        let balance_text = cell(places.balance);
        // The profile's words for "nothing" do not hold for balances: a balance of 0.00 is one.
        let balance =
            match self.money(balance_text).map_err(|p| in_column(p, named(&columns.balance)))? {
                Some(balance) => balance,
                None if balance_text.is_empty() => {
                    return Err(Problem::data("field-missing")
                        .with("field", named(&columns.balance))
                        .in_column(named(&columns.balance)));
                }
                None => Money::ZERO,
            };
        let Some(moved) = amount.filter(|amount| !amount.is_zero()) else {
            return Ok(Found { row, date, amount: None, balance, line: None });
        };
        let missing = || {
            Problem::data("field-missing")
                .with("field", named(&date_name))
                .in_column(named(&date_name))
        };
        let text =
            |place: Option<usize>| place.map(|place| cell(place).shown()).unwrap_or_default();
        let join = |parts: Vec<std::borrow::Cow<'_, str>>| {
            let parts: Vec<&str> =
                parts.iter().map(|part| trim(part)).filter(|part| !part.is_empty()).collect();
            CompactString::from(parts.join(" "))
        };
        let serial = text(places.serial);
        let line = StatementLine {
            date: date.ok_or_else(missing)?,
            amount: moved,
            balance,
            memo: join(places.memo.iter().map(|place| cell(*place).shown()).collect()),
            name: join(vec![text(places.name)]),
            account: join(vec![text(places.account)]),
            serial: Some(CompactString::from(trim(&serial))).filter(|serial| !serial.is_empty()),
            row,
        };
        Ok(Found { row, date, amount, balance, line: Some(line) })
    }

    fn flagged(&self, amount: Money, flag: &str) -> Result<Money, Problem> {
        let amounts = &self.profile.amount;
        let has = |flags: &[String], known: &[&str]| {
            flags.iter().any(|own| flag.starts_with(own.as_str()))
                || (flags.is_empty() && known.iter().any(|known| flag.starts_with(known)))
        };
        match (
            has(&amounts.in_flags, &["贷", "收", "C"]),
            has(&amounts.out_flags, &["借", "支", "D"]),
        ) {
            (true, false) => Ok(amount),
            (false, true) => Ok(amount.negated()),
            _ => Err(Problem::data("statement-flag").with("text", flag.escape_debug())),
        }
    }

    fn finish(mut self) -> Result<Statement, Problem> {
        let forward = breaks(&self.found, self.opening);
        let newest_first = match self.profile.order {
            Order::OldestFirst => false,
            Order::NewestFirst => true,
            Order::Auto => {
                self.found.reverse();
                let backward = breaks(&self.found, self.opening);
                self.found.reverse();
                backward.len() < forward.len()
            }
        };
        if newest_first {
            self.found.reverse();
        }
        let mut problems = breaks(&self.found, self.opening);
        problems.extend(self.total_problems());
        problems.extend(self.date_problems());
        let first = self.found.first();
        let opening = match (self.opening, first) {
            (Some(opening), _) => opening,
            (None, Some(first)) => before(first).ok_or_else(|| Problem::data("amount-range"))?,
            (None, None) => return Err(Problem::data("statement-empty")),
        };
        let closing = self.found.last().map_or(opening, |last| last.balance);
        let dates = self.found.iter().filter_map(|found| found.date);
        let (from, to) = match self.period {
            Some((from, to)) => (Some(from), Some(to)),
            None => (dates.clone().min(), dates.max()),
        };
        Ok(Statement {
            bank_account: String::new(),
            file: String::new(),
            sha256: String::new(),
            format: Format::Text,
            currency: None,
            number: self.number,
            profile: self.profile.name.clone(),
            opening,
            closing,
            from,
            to,
            lines: self.found.into_iter().filter_map(|found| found.line).collect(),
            breaks: problems,
        })
    }

    /// The totals row against the movements.
    fn total_problems(&self) -> Vec<Problem> {
        let Some((row, money_in, money_out)) = &self.totals else { return Vec::new() };
        let sum = |wanted: fn(&Money) -> bool| {
            let amounts = self.found.iter().filter_map(|found| found.amount).filter(wanted);
            amounts.map(|amount| i128::from(amount.fen()).abs()).sum::<i128>()
        };
        let sides = [
            (money_in, sum(|amount| amount.is_positive())),
            (money_out, sum(|amount| !amount.is_positive())),
        ];
        let wrong = sides.iter().filter_map(|(told, sum)| {
            let told = (**told)?;
            (i128::from(told.fen()) != *sum).then(|| {
                Problem::data("statement-total")
                    .with("found", told)
                    .with("expected", crate::domain::money::Total(*sum))
                    .in_row(*row)
            })
        });
        wrong.collect()
    }

    /// Movements in the order of time, none outside the printed period.
    fn date_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut before: Option<Date> = None;
        for (row, date) in self.found.iter().filter_map(|found| Some((found.row, found.date?))) {
            let outside = self.period.is_some_and(|(from, to)| date < from || to < date);
            if outside || before.is_some_and(|before| date < before) {
                problems.push(Problem::data("statement-dates").with("date", date).in_row(row));
            }
            before = Some(date);
        }
        problems
    }
}

fn in_column(problem: Problem, name: String) -> Problem {
    problem.with("field", &name).in_column(name)
}

fn before(found: &Found) -> Option<Money> {
    found.balance.sub(found.amount.unwrap_or(Money::ZERO)).ok()
}

/// Where the balance chain breaks, the rows being in the order of time.
fn breaks(rows: &[Found], opening: Option<Money>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut balance = opening;
    for found in rows {
        if let (Some(balance), Some(before)) = (balance, before(found))
            && balance != before
        {
            let expected = balance.add(found.amount.unwrap_or(Money::ZERO)).unwrap_or(balance);
            let gap = found.balance.sub(expected).unwrap_or(found.balance);
            problems.push(
                Problem::data("statement-arithmetic")
                    .with("expected", expected)
                    .with("found", found.balance)
                    .with("gap", gap)
                    .in_row(found.row),
            );
        }
        balance = Some(found.balance);
    }
    problems
}

/// `2017-03-01至2017-12-31`, `2017/04/05-2017/12/31`, `20170301-20171231`.
fn period(text: &str) -> Option<(Date, Date)> {
    let date = |text: &str| parse_date(&plain_date(trim(text))).ok();
    let splits = text.char_indices().filter(|(_, c)| matches!(c, '至' | '-' | '~' | '—' | '到'));
    splits
        .filter_map(|(at, c)| {
            let (from, to) = (text.get(..at)?, text.get(at + c.len_utf8()..)?);
            date(from).zip(date(to))
        })
        .next()
}
