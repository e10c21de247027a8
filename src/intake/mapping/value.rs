//! Values that a mapping makes from the cells of a row.

use crate::domain::calendar::{Date, add_months};
use crate::domain::field::{FieldSpec, Value};
use crate::domain::money::Money;
use crate::intake::cell::{Cell, half_width, trim};
use crate::intake::dates::DateFormats;
use crate::intake::table::Row;
use crate::problem::Problem;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The columns that a mapping names, each once, in the order of first mention.
#[derive(Clone, Debug, Default)]
pub struct Columns(pub Vec<String>);

impl Columns {
    /// The index of a column, which is added if it is new.
    pub fn place(&mut self, name: &str) -> usize {
        let known = self.0.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }
}

/// Settings that all values of a mapping share.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Formats of dates.
    pub dates: DateFormats,
    /// Signs that may precede an amount.
    pub prefixes: Vec<String>,
    /// Value tables by name.
    pub lookups: BTreeMap<String, Lookup>,
}

impl Context {
    /// An amount without the sign before it.
    fn bare<'t>(&self, text: &'t str) -> &'t str {
        let bare = self.prefixes.iter().find_map(|prefix| text.strip_prefix(prefix.as_str()));
        trim(bare.unwrap_or(text))
    }
}

/// A table of values.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Value for each text.
    pub values: BTreeMap<String, String>,
    /// Value for every other text; without it such a row is refused.
    pub default: Option<String>,
}

/// One row with the columns of the mapping.
pub struct MappingRow<'r, 'c> {
    row: &'r Row<'r, 'c>,
    /// Column of the table for each column of the mapping.
    places: &'r [usize],
    names: &'r Columns,
}

impl<'r, 'c> MappingRow<'r, 'c> {
    /// A row of a table; `places` are the positions of the mapping's columns.
    pub fn new(row: &'r Row<'r, 'c>, places: &'r [usize], names: &'r Columns) -> Self {
        Self { row, places, names }
    }

    /// The cell of a column of the mapping.
    pub fn cell(&self, column: usize) -> &'r Cell<'c> {
        self.places.get(column).map_or(&Cell::Empty, |place| self.row.cell(*place))
    }

    fn name(&self, column: usize) -> String {
        self.names.0.get(column).cloned().unwrap_or_default()
    }

    /// The number in a column.
    ///
    /// # Errors
    /// `mapping-number`.
    pub fn number(&self, column: usize, context: &Context) -> Result<Decimal, Problem> {
        let text = self.cell(column).shown();
        let plain = half_width(&text);
        Decimal::from_str_exact(&context.bare(&plain).replace(',', "")).map_err(|_| {
            Problem::data("mapping-number")
                .with("text", text.escape_debug())
                .in_column(self.name(column))
        })
    }

    /// The date in a column, if there is one.
    ///
    /// # Errors
    /// The errors of [`DateFormats::date`].
    pub fn date(&self, column: usize, formats: &DateFormats) -> Result<Option<Date>, Problem> {
        formats.date(self.cell(column)).map_err(|problem| problem.in_column(self.name(column)))
    }
}

/// The way in which a value is made.
#[derive(Clone, Debug)]
pub enum Recipe {
    /// `true` or `false` for every row.
    Bool(bool),
    /// A text with columns in it: `"{State}-{LoanNr}"`; one column alone keeps the type of its
    /// cell.
    Text(Template),
    /// `{ code = "…" }`: a text converted to an identifier.
    Code(Template),
    /// `{ date = "column", formats = […] }`.
    Date(usize, Option<DateFormats>),
    /// `{ money = "column" }`.
    Money(usize),
    /// `{ add_months = "column", months = 12 }` or with a column of months.
    AddMonths(usize, Months),
    /// `{ fraction = ["column", "column"] }` of two amounts.
    Fraction(usize, usize),
    /// `{ lookup = "name", column = "column" }`.
    Lookup(String, usize),
}

/// A number of months.
#[derive(Clone, Copy, Debug)]
pub enum Months {
    /// The same for every row.
    Fixed(i32),
    /// From a column.
    Column(usize),
}

/// A text with columns in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Column(usize),
}

impl Template {
    /// Reads a template; `{{` and `}}` mean the braces themselves.
    ///
    /// # Errors
    /// `mapping-template` for a brace without its counterpart.
    pub fn parse(text: &str, columns: &mut Columns) -> Result<Self, Problem> {
        let wrong = || Problem::data("mapping-template").with("text", text);
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else {
                let inner = from.strip_prefix('{').ok_or_else(wrong)?;
                let (name, after) = inner.split_once('}').ok_or_else(wrong)?;
                if name.is_empty() || name.contains('{') {
                    return Err(wrong());
                }
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Column(columns.place(name)));
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The text for a row.
    pub fn fill(&self, row: &MappingRow<'_, '_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Column(column) => text.push_str(&row.cell(*column).shown()),
            }
        }
        text
    }
}

/// A text as an identifier: every run of characters that identifiers do not allow becomes one `-`.
pub fn code(text: &str) -> String {
    let mut code = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '#') {
            code.push(c);
        } else if !code.is_empty() && !code.ends_with('-') {
            code.push('-');
        }
    }
    code.trim_end_matches('-').to_owned()
}

impl Recipe {
    /// The value for a row; `None` if the cells are empty.
    ///
    /// # Errors
    /// The fault of a cell, with its column.
    pub fn value(
        &self,
        row: &MappingRow<'_, '_>,
        context: &Context,
        spec: &FieldSpec,
    ) -> Result<Option<Value<'static>>, Problem> {
        let text = match self {
            Self::Bool(value) => return Ok(Some(Value::Bool(*value))),
            Self::Text(template) => {
                if let [Piece::Column(column)] = template.0.as_slice() {
                    let value = row.cell(*column).value(spec);
                    return value.map(owned).map_err(|p| p.in_column(row.name(*column)));
                }
                template.fill(row)
            }
            Self::Code(template) => code(&template.fill(row)),
            Self::Date(column, formats) => {
                let formats = formats.as_ref().unwrap_or(&context.dates);
                row.date(*column, formats)?.map(|date| date.to_string()).unwrap_or_default()
            }
            Self::Money(column) => amount(row, *column, context)?,
            Self::AddMonths(column, months) => {
                return add(row, *column, *months, context).map(|date| date.map(Value::text));
            }
            Self::Fraction(numerator, denominator) => {
                fraction(row, *numerator, *denominator, context)?
            }
            Self::Lookup(name, column) => look_up(row, name, *column, context)?,
        };
        Cell::text(&text).value(spec).map(owned)
    }
}

fn owned(value: Option<Value<'_>>) -> Option<Value<'static>> {
    match value? {
        Value::Text(text) => Some(Value::Text(Cow::Owned(text.into_owned()))),
        Value::Bool(value) => Some(Value::Bool(value)),
        // Cells give no other values.
        _ => None,
    }
}

fn amount(row: &MappingRow<'_, '_>, column: usize, context: &Context) -> Result<String, Problem> {
    let text = row.cell(column).amount_text();
    let text = text.map_err(|problem| problem.in_column(row.name(column)))?;
    Ok(context.bare(&text).to_owned())
}

fn add(
    row: &MappingRow<'_, '_>,
    column: usize,
    months: Months,
    context: &Context,
) -> Result<Option<String>, Problem> {
    let Some(date) = row.date(column, &context.dates)? else { return Ok(None) };
    let (months, name) = match months {
        Months::Fixed(months) => (months, row.name(column)),
        Months::Column(from) => {
            let text = row.cell(from).shown();
            let months = half_width(&text).parse().map_err(|_| {
                Problem::data("mapping-number")
                    .with("text", text.escape_debug())
                    .in_column(row.name(from))
            })?;
            (months, row.name(from))
        }
    };
    let sum = add_months(date, months);
    sum.map(|date| Some(date.to_string())).map_err(|error| {
        Problem::data(error.code()).with("text", format!("{date} + {months}")).in_column(name)
    })
}

fn fraction(
    row: &MappingRow<'_, '_>,
    numerator: usize,
    denominator: usize,
    context: &Context,
) -> Result<String, Problem> {
    let part = |column: usize| -> Result<i64, Problem> {
        let text = amount(row, column, context)?;
        let parsed = Money::parse(&text).map_err(|error| {
            Problem::data(error.code())
                .with("text", text.escape_debug())
                .in_column(row.name(column))
        })?;
        Ok(parsed.fen())
    };
    let (top, bottom) = (part(numerator)?, part(denominator)?);
    // Whole yuan are easier to read, and the fraction is the same.
    let unit = if top % 100 == 0 && bottom % 100 == 0 { 100 } else { 1 };
    Ok(format!("{}/{}", top / unit, bottom / unit))
}

fn look_up(
    row: &MappingRow<'_, '_>,
    name: &str,
    column: usize,
    context: &Context,
) -> Result<String, Problem> {
    let text = row.cell(column).shown();
    let table = context.lookups.get(name);
    let found = table.and_then(|table| table.values.get(text.as_ref()).or(table.default.as_ref()));
    found.cloned().ok_or_else(|| {
        Problem::data("mapping-lookup-missing")
            .with("text", text.escape_debug())
            .with("lookup", name)
            .in_column(row.name(column))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_and_codes() {
        let mut columns = Columns::default();
        let template = Template::parse("{a}-{{x}}-{b}{a}", &mut columns).unwrap();
        assert_eq!(columns.0, ["a", "b"]);
        assert_eq!(
            template.0,
            [Piece::Column(0), Piece::Text("-{x}-".into()), Piece::Column(1), Piece::Column(0)]
        );
        for text in ["{a", "a}", "{}", "{a{b}}"] {
            assert_eq!(Template::parse(text, &mut columns).unwrap_err().code, "mapping-template");
        }
        assert_eq!(code("PNC BANK, NATIONAL ASSOCIATION"), "PNC-BANK-NATIONAL-ASSOCIATION");
        assert_eq!(code(" (A&B) "), "A-B");
        assert_eq!(code("中原银行 修武支行"), "中原银行-修武支行");
    }
}
