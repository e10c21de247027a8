//! An amount by calendar years, as a correction gives it back to the firm's caps or takes it:
//! `2024:1197.92; 2025:-20.00`.

use crate::domain::field::{FieldKind, Scalar, Shown, Value};
use crate::domain::json::Writer;
use crate::domain::money::{Money, Total};
use crate::problem::Problem;
use std::fmt;

/// Amounts by year, each year once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Years(Vec<(i16, Money)>);

impl Years {
    /// Puts rows in order; rows of one year are added up, years that come to nothing left out.
    pub fn of(rows: impl IntoIterator<Item = (i16, Money)>) -> Self {
        let mut years = Self::default();
        rows.into_iter().for_each(|row| add_year(&mut years.0, row));
        years
    }

    /// The rows in order of years.
    pub fn rows(&self) -> &[(i16, Money)] {
        &self.0
    }

    /// What the years come to together.
    pub fn total(&self) -> Total {
        self.0.iter().map(|(_, amount)| Total::from(*amount)).sum()
    }

    /// The same with the other sign.
    #[must_use]
    pub fn turned(&self) -> Self {
        Self(self.0.iter().map(|(year, amount)| (*year, amount.negated())).collect())
    }

    /// Reads `2024:1197.92; 2025:3.00`.
    fn parse(text: &str) -> Option<Self> {
        let mut rows: Vec<(i16, Money)> = Vec::new();
        for part in text.split([';', '；']).map(str::trim) {
            let (year, amount) = part.split_once([':', '：'])?;
            let year = year.trim();
            let sound = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
            let year: i16 = year.parse().ok().filter(|_| sound)?;
            let amount = Money::parse(amount.trim()).ok().filter(|amount| !amount.is_zero())?;
            if rows.iter().any(|(known, _)| *known == year) {
                return None;
            }
            rows.push((year, amount));
        }
        Some(Self::of(rows))
    }
}

/// Adds to a year's amount; the rows stay in order, and a year that comes to nothing goes.
pub fn add_year(rows: &mut Vec<(i16, Money)>, (year, amount): (i16, Money)) {
    let at = rows.partition_point(|(known, _)| *known < year);
    match rows.get_mut(at).filter(|(known, _)| *known == year) {
        Some((_, sum)) => *sum = sum.add(amount).unwrap_or(Money::MAX),
        None => rows.insert(at, (year, amount)),
    }
    rows.retain(|(_, amount)| !amount.is_zero());
}

impl fmt::Display for Years {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (year, amount)) in self.0.iter().enumerate() {
            let stop = if index == 0 { "" } else { "; " };
            write!(f, "{stop}{year:04}:{amount}")?;
        }
        Ok(())
    }
}

impl Shown for Years {
    fn write(&self, out: &mut Writer<'_>) {
        out.quoted(self);
    }
}

impl Scalar for Years {
    const KIND: FieldKind = FieldKind::Text;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let Value::Text(text) = value else {
            return Err(Problem::data("field-type").with("text", value.shown()));
        };
        Self::parse(text)
            .ok_or_else(|| Problem::data("years-format").with("text", text.escape_debug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, &'static str> {
        let years = Years::read(&Value::text(text)).map_err(|problem| problem.code)?;
        Ok(years.to_string())
    }

    #[test]
    fn is_read_in_any_order_and_written_in_one() {
        assert_eq!(read("2025:-20；2024：1,197.92"), Ok("2024:1197.92; 2025:-20.00".into()));
        assert_eq!(read("2024:1.00"), Ok("2024:1.00".into()));
        for wrong in ["", "2024", "24:1", "2024:x", "2024:1;2024:2", "2024:0", "2024:1;", "+024:1"]
        {
            assert_eq!(read(wrong), Err("years-format"), "{wrong}");
        }
    }

    #[test]
    fn what_comes_to_nothing_leaves_no_row() {
        let one = |fen| Money::from_fen(fen).unwrap();
        let years = Years::of([(2025, one(5)), (2024, one(7)), (2025, one(-5))]);
        assert_eq!(
            (years.to_string(), years.total().to_string()),
            ("2024:0.07".into(), "0.07".into())
        );
        assert_eq!(years.turned().to_string(), "2024:-0.07");
    }
}
