//! The columns of a statement by their meaning, and the reading of a row through them.

use super::chain::Found;
use super::proof::Class;
use super::table::digits;
use super::words::{direction, unit};
use super::{StatementLine, amount};
use crate::domain::money::Money;
use crate::intake::cell::{Cell, half_width, trim};
use crate::intake::heading::Heading;
use crate::intake::profile::{Mode, Profile};
use crate::problem::Problem;
use compact_str::CompactString;
use std::borrow::Cow;

/// Names of a currency column, recognized even if the profile does not name one.
const CURRENCY: [&str; 5] = ["币种", "币别", "货币", "交易币种", "Currency"];

/// An amount, the source of its sign, and the amounts in the columns of money in and out.
type Signed = (Option<Money>, Class, (Money, Money));

/// Positions of the columns in the rows.
pub struct Places<'p> {
    profile: &'p Profile,
    date: usize,
    amount: Option<usize>,
    flag: Option<usize>,
    money_in: Option<usize>,
    money_out: Option<usize>,
    balance: Option<usize>,
    before: Option<usize>,
    charge: Option<usize>,
    /// Number of columns that the header names.
    width: usize,
    name: Option<usize>,
    account: Option<usize>,
    serial: Option<usize>,
    own: Option<usize>,
    currency: Option<usize>,
    payer: (Option<usize>, Option<usize>),
    payee: (Option<usize>, Option<usize>),
    memo: Vec<usize>,
}

impl<'p> Places<'p> {
    /// Finds the columns. A column that the profile names and the file lacks is refused, unless it
    /// only describes.
    ///
    /// # Errors
    /// `statement-header`, `header-twice`, `statement-unit`.
    pub fn of(profile: &'p Profile, heading: &Heading) -> Result<Self, Problem> {
        let optional = |name: &Option<String>| Some(heading.place(name.as_deref()?)?.0);
        let must = |name: &Option<String>| match name.as_deref() {
            None => Ok(None),
            Some(name) => match heading.place(name) {
                Some((place, false)) => Ok(Some(place)),
                Some((_, true)) => {
                    Err(Problem::data("header-twice").with("header", name).in_column(name))
                }
                None => {
                    Err(Problem::data("statement-header").with("columns", name).in_column(name))
                }
            },
        };
        let columns = &profile.columns;
        let none = || Problem::data("profile-column-missing").with("key", "columns");
        let date = if columns.date.is_some() { &columns.date } else { &columns.time };
        let memo = columns.memo.list().iter();
        let amounts = [&columns.amount, &columns.r#in, &columns.out, &columns.balance];
        for name in amounts.into_iter().flatten() {
            if unit(name, true).is_some() {
                return Err(Problem::data("statement-unit").with("text", name).in_column(name));
            }
        }
        Ok(Self {
            profile,
            date: must(date)?.ok_or_else(none)?,
            amount: must(&columns.amount)?,
            flag: must(&columns.flag)?,
            money_in: must(&columns.r#in)?,
            money_out: must(&columns.out)?,
            balance: must(&columns.balance)?,
            before: must(&columns.balance_before)?,
            charge: must(&columns.charge)?,
            width: heading.width(),
            name: optional(&columns.name),
            account: optional(&columns.account),
            serial: optional(&columns.serial),
            own: optional(&columns.own),
            // A foreign currency must not be missed because the profile does not name its column.
            currency: optional(&columns.currency)
                .or_else(|| CURRENCY.iter().find_map(|name| Some(heading.place(name)?.0))),
            payer: (optional(&columns.payer_name), optional(&columns.payer_account)),
            payee: (optional(&columns.payee_name), optional(&columns.payee_account)),
            memo: memo.filter_map(|name| Some(heading.place(name)?.0)).collect(),
        })
    }

    fn money_at(
        &self,
        cells: &[Cell<'_>],
        place: Option<usize>,
        name: &Option<String>,
    ) -> Result<Option<Money>, Problem> {
        let Some(cell) = place.map(|place| at(cells, place)) else { return Ok(None) };
        amount::money(&self.profile.amount, cell).map_err(|problem| in_column(problem, name))
    }

    /// Sums of a totals row, if it holds any, without their signs.
    pub fn totals(&self, cells: &[Cell<'_>]) -> (Option<Money>, Option<Money>) {
        let sum = |place: Option<usize>| {
            let sum = Self::figure(self.profile, cells.get(place?)?).ok().flatten()?;
            Some(if sum < Money::ZERO { sum.negated() } else { sum })
        };
        (sum(self.money_in), sum(self.money_out))
    }

    /// The balance of a row, if it holds one.
    pub fn balance_of(&self, cells: &[Cell<'_>]) -> Option<Money> {
        self.balance(cells).ok().flatten()
    }

    /// Returns true if the row has a day.
    pub fn is_dated(&self, cells: &[Cell<'_>]) -> bool {
        matches!(self.profile.dates.date(at(cells, self.date)), Ok(Some(_)))
    }

    /// The texts of a row's purpose.
    pub fn purposes<'c>(&'c self, cells: &'c [Cell<'_>]) -> impl Iterator<Item = Cow<'c, str>> {
        self.memo.iter().map(|place| at(cells, *place).shown())
    }

    /// Returns true if a row has neither a day nor anything like an amount: it is text.
    pub fn is_prose(&self, cells: &[Cell<'_>]) -> bool {
        let figures =
            [self.amount, self.money_in, self.money_out, self.balance, self.before, self.charge];
        let like_a_figure = |place: usize| {
            let text = at(cells, place).shown();
            let written = |c: char| c.is_alphabetic() && !matches!(c, '元' | '¥');
            text.contains(|c: char| c.is_numeric()) && !text.contains(written)
        };
        // A label `账号：` with its value beside it, at the top of a next page.
        let first = cells.iter().find(|cell| !cell.is_empty()).map(Cell::shown);
        if first.is_some_and(|first| first.ends_with([':', '：'])) {
            return true;
        }
        let date = at(cells, self.date).shown();
        let of_a_day =
            |c: char| c.is_numeric() || c.is_ascii() || "年月日时分秒上下午　：".contains(c);
        let like_a_day = date.chars().filter(|c| c.is_numeric()).count() >= 4
            && date.starts_with(|c: char| c.is_numeric())
            && date.chars().all(of_a_day);
        !like_a_day && !figures.into_iter().flatten().any(like_a_figure)
    }

    /// Purpose and name in a row that has only descriptions and so continues the row above.
    pub fn continued(&self, cells: &[Cell<'_>]) -> Option<(CompactString, CompactString)> {
        let names = [self.name, self.payer.0, self.payee.0];
        let describes = |place: usize| self.memo.contains(&place) || names.contains(&Some(place));
        let mut filled = cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        if filled.any(|(place, _)| !describes(place)) {
            return None;
        }
        let name = names.into_iter().flatten().map(|place| at(cells, place).shown());
        Some((joined(self.purposes(cells)), joined(name)))
    }

    /// Number of cells of a row and of headings, if cells lie beyond the last heading.
    pub fn too_wide(&self, cells: &[Cell<'_>]) -> Option<(usize, usize)> {
        let last = cells.iter().rposition(|cell| !cell.is_empty())? + 1;
        (last > self.width).then_some((cells.len(), self.width))
    }

    /// The own account number of a row.
    ///
    /// # Errors
    /// `digits-lost`.
    pub fn own(&self, cells: &[Cell<'_>]) -> Result<Option<String>, Problem> {
        let Some(cell) = self.own.map(|place| at(cells, place)) else { return Ok(None) };
        let name = self.profile.columns.own.as_deref().unwrap_or_default();
        let number = code(cell, name)?;
        Ok(Some(trim(&number).to_owned()).filter(|number| !number.is_empty()))
    }

    /// The currency of a row, as printed.
    pub fn currency(&self, cells: &[Cell<'_>]) -> Option<String> {
        let text = at(cells, self.currency?).shown();
        let said = |text: &String| !text.is_empty() && !amount::is_nothing(text);
        Some(trim(&text).to_owned()).filter(said)
    }

    /// Reads a row; `own` is the account of the statement, if it is known.
    ///
    /// # Errors
    /// The fault of a cell, with its column.
    pub fn row(&self, row: u64, cells: &[Cell<'_>], own: Option<&str>) -> Result<Found, Problem> {
        let sheet = 0;
        let columns = &self.profile.columns;
        let date_name = if columns.date.is_some() { &columns.date } else { &columns.time };
        let date = self.profile.dates.date(at(cells, self.date));
        let date = date.map_err(|problem| in_column(problem, date_name))?;
        let (amount, class, sides) = self.amount(cells)?;
        let balance = self.balance(cells)?;
        let before = match self.before {
            Some(place) => Self::figure(self.profile, at(cells, place))
                .map_err(|problem| in_column(problem, &columns.balance_before))?,
            None => None,
        };
        let charge = self.money_at(cells, self.charge, &columns.charge)?;
        let charge = charge.filter(|charge| !charge.is_zero()).map(Money::negated);
        let amount = amount.filter(|amount| !amount.is_zero());
        let (amount, class, charge) = match (amount, charge) {
            (Some(_), _) => (amount, class, charge),
            (None, Some(charge)) => (Some(charge), Class::Charge, None),
            (None, None) => (None, Class::Nothing, None),
        };
        let found =
            Found { row, sheet, date, amount, class, charge, sides, before, balance, line: None };
        let Some(amount) = amount else { return Ok(found) };
        let date = date.ok_or_else(|| missing(date_name))?;
        let (name, account) = self.other(cells, amount, own)?;
        let serial = match self.serial {
            Some(place) => code(at(cells, place), columns.serial.as_deref().unwrap_or_default())?,
            None => Cow::Borrowed(""),
        };
        let memo = self.memo.iter().map(|place| at(cells, *place).shown());
        let line = StatementLine {
            date,
            amount,
            balance: Money::ZERO,
            memo: joined(memo),
            name,
            account,
            serial: Some(CompactString::from(trim(&serial))).filter(|serial| !serial.is_empty()),
            row,
        };
        Ok(Found { line: Some(line), ..found })
    }

    /// The movement from the owner's side, where money in is positive; the source of its sign; and
    /// the amounts in the columns of money in and out, which totals consist of.
    fn amount(&self, cells: &[Cell<'_>]) -> Result<Signed, Problem> {
        let columns = &self.profile.columns;
        let none = (Money::ZERO, Money::ZERO);
        match self.profile.amount.mode {
            Mode::InOut => {
                let money_in = self.money_at(cells, self.money_in, &columns.r#in)?;
                let money_out = self.money_at(cells, self.money_out, &columns.out)?;
                // Zero in one of the columns means no amount.
                let sides = (money_in.unwrap_or_default(), money_out.unwrap_or_default());
                let class = |amount: Money, plain, minus| {
                    if amount < Money::ZERO { minus } else { plain }
                };
                match (sides.0.is_zero(), sides.1.is_zero()) {
                    (false, false) => Err(Problem::data("statement-both-sides")),
                    (false, true) => {
                        Ok((Some(sides.0), class(sides.0, Class::In, Class::InMinus), sides))
                    }
                    (true, _) => {
                        let class = class(sides.1, Class::Out, Class::OutMinus);
                        Ok((Some(sides.1.negated()), class, sides))
                    }
                }
            }
            Mode::Signed => {
                Ok((self.money_at(cells, self.amount, &columns.amount)?, Class::Amount, none))
            }
            Mode::Flag => {
                let Some(amount) = self.money_at(cells, self.amount, &columns.amount)? else {
                    return Ok((None, Class::Nothing, none));
                };
                let flag = self.flag.map(|place| at(cells, place).shown()).unwrap_or_default();
                let flagged = self.flagged(amount, &flag);
                let (amount, class) =
                    flagged.map_err(|problem| in_column(problem, &columns.flag))?;
                Ok((Some(amount), class, none))
            }
        }
    }

    /// The balance after the movement, if the row prints one.
    fn balance(&self, cells: &[Cell<'_>]) -> Result<Option<Money>, Problem> {
        let Some(place) = self.balance else { return Ok(None) };
        let figure = Self::figure(self.profile, at(cells, place));
        figure.map_err(|problem| in_column(problem, &self.profile.columns.balance))
    }

    /// Reads a figure that is not a movement. The profile's words for no amount do not apply to it:
    /// a balance of 0.00 is a balance.
    ///
    /// # Errors
    /// The errors of [`amount::money`].
    pub fn figure(profile: &Profile, cell: &Cell<'_>) -> Result<Option<Money>, Problem> {
        let is_figure = cell.shown().contains(|c: char| c.is_numeric());
        Ok(amount::money(&profile.amount, cell)?.or(is_figure.then_some(Money::ZERO)))
    }

    /// A bank's mark: 贷 is money into the account, 借 money out of it.
    fn flagged(&self, amount: Money, flag: &str) -> Result<(Money, Class), Problem> {
        let amounts = &self.profile.amount;
        let has = |flags: &[String]| flags.iter().any(|own| flag.starts_with(own.as_str()));
        let into = match (has(&amounts.in_flags), has(&amounts.out_flags)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            (false, false) if amounts.in_flags.is_empty() || amounts.out_flags.is_empty() => {
                direction(flag)
            }
            _ => None,
        };
        let usual = direction(flag) == into;
        match into {
            Some(true) => Ok((amount, if usual { Class::Flag } else { Class::FlagIn })),
            Some(false) => Ok((amount.negated(), if usual { Class::Flag } else { Class::FlagOut })),
            None => Err(Problem::data("statement-flag").with("text", flag.escape_debug())),
        }
    }

    /// Name and account of the other party. If payer and payee have columns each, it is the one
    /// that is not the own account; without a number to compare, the direction of the money
    /// decides.
    fn other(
        &self,
        cells: &[Cell<'_>],
        amount: Money,
        own: Option<&str>,
    ) -> Result<(CompactString, CompactString), Problem> {
        let columns = &self.profile.columns;
        let text = |place: Option<usize>| match place {
            Some(place) => joined(std::iter::once(at(cells, place).shown())),
            None => CompactString::default(),
        };
        let number = |place: Option<usize>, name: &Option<String>| match place {
            Some(place) => {
                let code = code(at(cells, place), name.as_deref().unwrap_or_default())?;
                Ok::<_, Problem>(CompactString::from(trim(&code)))
            }
            None => Ok(CompactString::default()),
        };
        if self.payer == (None, None) && self.payee == (None, None) {
            return Ok((text(self.name), number(self.account, &columns.account)?));
        }
        let payer = number(self.payer.1, &columns.payer_account)?;
        let payee = number(self.payee.1, &columns.payee_account)?;
        let is_own = |number: &str| own.map(digits).is_some_and(|own| own == digits(number));
        let payer_is_other = match (is_own(&payer), is_own(&payee)) {
            (true, false) => false,
            (false, true) => true,
            (false, false) if own.is_some() && !payer.is_empty() && !payee.is_empty() => {
                return Err(Problem::data("statement-own-account")
                    .with("number", own.unwrap_or_default())
                    .with("payer", payer)
                    .with("payee", payee));
            }
            _ => amount.is_positive(),
        };
        Ok(if payer_is_other { (text(self.payer.0), payer) } else { (text(self.payee.0), payee) })
    }
}

/// Significant digits that a spreadsheet keeps in a number.
const DIGITS_KEPT: usize = 15;

/// The text of a cell whose number is an identifier: every digit of it counts.
///
/// # Errors
/// `digits-lost` if a spreadsheet has converted it to a quantity: 6217000123456789012 becomes
/// 6.217E+18.
pub fn code<'c>(cell: &'c Cell<'_>, column: &str) -> Result<Cow<'c, str>, Problem> {
    let lost = || {
        let text = cell.shown();
        Err(Problem::data("digits-lost").with("text", text).with("field", column).in_column(column))
    };
    let text = match cell {
        Cell::Text(text) => text.as_ref(),
        // A spreadsheet keeps every digit of a whole number below 10^15.
        Cell::Number(text) => {
            let whole = text.len() <= DIGITS_KEPT && text.bytes().all(|b| b.is_ascii_digit());
            return if whole { Ok(Cow::Borrowed(text)) } else { lost() };
        }
        _ => return Ok(cell.shown()),
    };
    let half = half_width(text);
    let is_scientific = half.split_once(['E', 'e']).is_some_and(|(number, power)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
        power.strip_prefix('+').is_some_and(digits) && digits(whole) && digits(rest)
    });
    if is_scientific { lost() } else { Ok(Cow::Borrowed(text)) }
}

fn at<'c, 'a>(cells: &'c [Cell<'a>], place: usize) -> &'c Cell<'a> {
    cells.get(place).unwrap_or(&Cell::Empty)
}

fn joined<'c>(parts: impl Iterator<Item = Cow<'c, str>>) -> CompactString {
    let mut out = CompactString::default();
    for part in parts {
        let part = trim(&part);
        if !part.is_empty() && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

fn in_column(problem: Problem, name: &Option<String>) -> Problem {
    let name = name.as_deref().unwrap_or_default();
    problem.with("field", name).in_column(name)
}

fn missing(name: &Option<String>) -> Problem {
    in_column(Problem::data("field-missing"), name)
}
