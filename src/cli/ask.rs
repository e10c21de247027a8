//! Options that several reading commands share: the days, the cells, and the last entry that
//! counts.

use crate::cli::open;
use poolbook::audit::balance::{Cells, OwnerName};
use poolbook::audit::movements::{Movements, Span};
use poolbook::audit::turnover::Delta;
use poolbook::book::{Book, Scope};
use poolbook::domain::account::Fund;
use poolbook::domain::calendar::{Date, date, parse_date};
use poolbook::domain::entry::Entry;
use poolbook::domain::period::BookPeriod;
use poolbook::limits::YEAR_MAX;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::Basis;
use poolbook::store::{Store, StoreError};

// Help texts are in the locale (`opt-<name>`), not here.
#[derive(clap::Args, Debug, Default)]
pub struct Days {
    #[arg(long)]
    from: Option<String>,
    #[arg(long, visible_alias = "to")]
    as_of: Option<String>,
    #[arg(long, conflicts_with_all = ["from", "as_of"])]
    period: Option<String>,
    #[arg(long)]
    known_at: Option<u64>,
}

impl Days {
    /// The selected days; all days if no option is given.
    pub fn span(&self) -> Result<Span, Problem> {
        if let Some(period) = &self.period {
            return period_span(period);
        }
        let to = match one_day("as-of", &self.as_of)? {
            Some(to) => to,
            None => last_day(),
        };
        match one_day("from", &self.from)? {
            Some(from) => Span::new(from, to),
            None => Ok(Span::until(to)),
        }
    }

    /// Returns true if a last day is given.
    pub fn is_bounded(&self) -> bool {
        self.period.is_some() || self.as_of.is_some()
    }

    /// The last entry that counts; `None` if all do.
    pub fn known_at(&self) -> Option<u64> {
        self.known_at
    }

    /// One day, for reports as of a day.
    pub fn day(&self) -> Result<Date, Problem> {
        self.span().map(Span::to)
    }

    /// The part of the state to load: with `known-at` also loans and claims, because the index
    /// cannot answer.
    pub fn scope(&self) -> Scope {
        if self.known_at.is_some() { Scope::All } else { Scope::Balances }
    }

    /// The journal that a report is based on.
    pub fn basis(&self, book: &Book<impl Store>) -> Basis {
        Basis { journal: open::journal(&book.head()), known_at: self.known_at }
    }

    /// Passes the movements to a view: those of the index, or those of the entries up to
    /// `known-at`.
    pub fn movements<T>(
        &self,
        book: &Book<impl Store>,
        view: impl FnOnce(&dyn Movements) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let Some(known_at) = self.known_at else {
            return book.with_movements(|tables| view(tables));
        };
        let mut delta = Delta::default();
        book.store().scan(1, &mut |seq, bytes| {
            if seq <= known_at {
                let entry = Entry::decode(bytes).map_err(StoreError::from)?;
                delta.add(&entry, book.state());
            }
            Ok(())
        })?;
        view(&delta)
    }
}

/// The day in an option, if it is given.
pub fn one_day(name: &'static str, text: &Option<String>) -> Result<Option<Date>, Problem> {
    let day = text.as_deref().map(parse_date).transpose();
    day.map_err(|error| wrong_day(error.code(), name, text.as_deref().unwrap_or_default()))
}

fn wrong_day(code: &'static str, field: &'static str, text: &str) -> Problem {
    Problem::new(code, Exit::Usage).with("field", field).with("text", text.escape_debug())
}

fn last_day() -> Date {
    date(YEAR_MAX, 12, 31).unwrap_or(Date::MAX)
}

/// The days of a period: `2017`, `2017Q4` or `2017-10`.
fn period_span(text: &str) -> Result<Span, Problem> {
    let usage = |problem: Problem| Problem { exit: Exit::Usage, ..problem };
    let period = BookPeriod::parse(text).map_err(usage)?;
    Span::new(period.from, period.to)
}

#[derive(clap::Args, Debug, Default)]
pub struct Which {
    #[arg(long)]
    pub owner: Option<String>,
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Fund::WORDS))]
    fund: Option<String>,
}

impl Which {
    /// The selected fund.
    pub fn fund(&self) -> Option<Fund> {
        self.fund.as_deref().and_then(Fund::parse)
    }

    /// The selected cells.
    pub fn cells(&self, book: &Book<impl Store>) -> Result<Cells, Problem> {
        let number = |code: &String| {
            let number = book.state().owner_number(code).and_then(|n| u16::try_from(n).ok());
            number.ok_or_else(|| book.state().owner_unknown(code))
        };
        Ok(Cells { owner: self.owner.as_ref().map(number).transpose()?, fund: self.fund() })
    }
}

/// The owners that have joined by a day, in the order of codes.
pub fn owners(book: &Book<impl Store>, day: Date) -> Vec<OwnerName> {
    let mut owners: Vec<OwnerName> = (0u16..)
        .zip(book.state().owners.iter())
        .filter(|(_, owner)| owner.joined <= day)
        .map(|(number, owner)| OwnerName {
            number,
            code: owner.code.clone(),
            name: owner.name.to_string(),
        })
        .collect();
    owners.sort_by(|a, b| a.code.as_str().cmp(b.code.as_str()));
    owners
}
