//! Foreign tables: a mapping defines the events that each row gives.
//!
//! ```toml
//! [table]                        # all keys optional
//! encoding = "auto"              # auto | utf-8 | gb18030
//! delimiter = ","
//! sheet = "Sheet1"               # name, or number from 1
//!
//! [dates]
//! formats = ["%m/%d/%Y", "%d-%b-%y"]
//! first_year = 1950              # two-digit years are those from 1950 to 2049
//!
//! [money]
//! prefixes = ["$"]
//!
//! [lookup.owner]                 # a table of values; without `default` other texts are refused
//! values = { IN = "Indiana", UT = "Utah" }
//!
//! [[require]]                    # a row that fails is rejected with this reason
//! when = ["Status == 'CHGOFF'"]  # optional: only for rows that meet all of these
//! check = "ChargedOff <= Disbursed"
//! reason = "more was charged off than was disbursed"
//!
//! [[event]]
//! event = "party"
//! once = "{Bank}"                # only for the first row with this text; later ones must agree
//! id = { code = "bank/{Bank}" }
//! date = "2017-01-01"
//! party = { code = "{Bank}" }
//! name = "{Bank}"
//! kind = "bank"
//!
//! [[event]]
//! event = "enrol"
//! when = ["Disbursed > 0"]
//! id = "{LoanNr}/enrol"
//! date = { date = "Approved" }
//! amount = { money = "Amount" }
//! due = { add_months = "Disbursed on", months = "Term" }
//! pool_share = { fraction = ["Guaranteed", "Amount"] }
//! owner = { lookup = "owner", column = "State" }
//! ```
//!
//! A value is a text in which `{column}` is replaced by the cell; `true` or `false`; or one of
//! `{ date = "column", formats = […] }`, `{ money = "column" }`,
//! `{ add_months = "column", months = 12 | "column" }`, `{ fraction = ["column", "column"] }`,
//! `{ lookup = "name", column = "column" }`, `{ code = "text" }` (a text converted to an
//! identifier). An empty value leaves the field out. Conditions: see [`check`].
//!
//! Events of one row are accepted together or not at all, in the order of the mapping.

pub mod check;
mod read;
pub mod value;

use crate::domain::event::{Event, Kind};
use crate::domain::field::{FieldSpec, Fields};
use crate::intake::rejects::{Original, RejectSink, rejectable};
use crate::intake::rows::Options;
use crate::intake::source::{EventSource, EventVisitor, IdVisitor, RowSource, RowVisitor};
use crate::intake::table::{Row, Table};
use crate::problem::Problem;
use check::Check;
use std::collections::HashMap;
use std::path::Path;
use value::{Columns, Context, MappingRow, Recipe, Template};

/// A mapping, read and checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    options: Options,
    context: Context,
    columns: Columns,
    requirements: Vec<Requirement>,
    events: Vec<EventRecipe>,
}

#[derive(Clone, Debug)]
struct Requirement {
    when: Vec<Check>,
    check: Check,
    reason: String,
}

#[derive(Clone, Debug)]
struct EventRecipe {
    word: String,
    when: Vec<Check>,
    once: Option<Template>,
    fields: Vec<(FieldSpec, Recipe)>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// `settings-syntax`, or a problem of the mapping with the path of its key.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let raw = crate::intake::settings::read_settings(path)?;
        read::mapping(raw).map_err(|problem| problem.in_file(path.display().to_string()))
    }

    /// Reads a mapping text.
    ///
    /// # Errors
    /// The errors of [`Mapping::read`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        read::mapping(crate::intake::settings::parse_settings(text)?)
    }
}

/// A table whose rows become events through a mapping.
pub struct MappedTable {
    table: Table,
    file: String,
    mapping: Mapping,
    places: Vec<usize>,
    /// The event that each `once` text produced so far.
    seen: HashMap<(usize, String), Kind>,
}

/// Receives the events of a row, or its problem; returns true if they were accepted.
type TakeRow<'v> =
    dyn FnMut(&Table, &Row<'_, '_>, Result<Vec<Event>, Problem>) -> Result<bool, Problem> + 'v;

/// The events of one row, and the `once` texts that they settle.
type RowEvents = (Vec<Event>, Vec<((usize, String), Kind)>);

impl MappedTable {
    /// Opens the table and finds every column that the mapping names.
    ///
    /// # Errors
    /// `mapping-column-missing` with the nearest header, or the errors of [`Table::open`].
    pub fn open(path: &Path, mapping: Mapping) -> Result<Self, Problem> {
        let table = Table::open(path, mapping.options.clone())?;
        let file = path.display().to_string();
        let mut places = Vec::new();
        for name in &mapping.columns.0 {
            let place = table.headers().iter().position(|header| header == name);
            places.push(place.ok_or_else(|| {
                let headers = table.headers().iter().map(String::as_str);
                let near = crate::domain::field::nearest(name, headers).unwrap_or("-");
                Problem::data("mapping-column-missing")
                    .with("column", name)
                    .with("nearest", near)
                    .in_file(file.as_str())
                    .in_row(table.header_row())
            })?);
        }
        Ok(Self { table, file, mapping, places, seen: HashMap::new() })
    }

    fn row_events(&self, row: &Row<'_, '_>) -> Result<RowEvents, Problem> {
        let mapping = &self.mapping;
        let row = MappingRow::new(row, &self.places, &mapping.columns);
        let all = |checks: &[Check]| -> Result<bool, Problem> {
            for check in checks {
                if !check.holds(&row, &mapping.context)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        for requirement in &mapping.requirements {
            if all(&requirement.when)? && !requirement.check.holds(&row, &mapping.context)? {
                let problem = Problem::data("row-check")
                    .with("reason", &requirement.reason)
                    .with("check", &requirement.check.text);
                let column = requirement.check.column();
                return Err(match column.and_then(|column| mapping.columns.0.get(column)) {
                    Some(name) => problem.in_column(name.as_str()),
                    None => problem,
                });
            }
        }
        let (mut events, mut settled) = (Vec::new(), Vec::new());
        for (index, recipe) in mapping.events.iter().enumerate() {
            if !all(&recipe.when)? {
                continue;
            }
            let event = self.event(recipe, &row)?;
            if let Some(once) = &recipe.once {
                let key = (index, once.fill(&row));
                if let Some(known) = self.seen.get(&key) {
                    if *known != event.kind {
                        return Err(Problem::data("mapping-once-differs")
                            .with("once", key.1)
                            .with("event", &recipe.word));
                    }
                    continue;
                }
                settled.push((key, event.kind.clone()));
            }
            events.push(event);
        }
        Ok((events, settled))
    }

    fn event(&self, recipe: &EventRecipe, row: &MappingRow<'_, '_>) -> Result<Event, Problem> {
        let mut fields = Fields::new();
        fields.push("event", crate::domain::field::Value::text(recipe.word.as_str()));
        for (spec, made) in &recipe.fields {
            let value = made.value(row, &self.mapping.context, spec);
            let value = value.map_err(|problem| problem.with("field", spec.name))?;
            if let Some(value) = value {
                fields.push(spec.name, value);
            }
        }
        Event::from_fields(&fields).map_err(|problem| problem.with("event", &recipe.word))
    }

    /// Reads every row into its events. A row counts as seen once `take` has accepted it.
    fn each(&mut self, take: &mut TakeRow<'_>) -> Result<(), Problem> {
        let table = self.table.clone();
        let file = self.file.clone();
        self.seen.clear();
        table.rows(&mut |row, ragged| {
            let read = match ragged {
                Some(problem) => Err(problem),
                None => self.row_events(&row),
            };
            let (events, settled) = match read {
                Ok((events, settled)) => (Ok(events), settled),
                Err(problem) => {
                    (Err(problem.in_file(file.as_str()).in_row(row.number)), Vec::new())
                }
            };
            if take(&table, &row, events)? {
                self.seen.extend(settled);
            }
            Ok(())
        })
    }
}

impl EventSource for MappedTable {
    fn ids(&mut self, visit: &mut IdVisitor<'_>) -> Result<(), Problem> {
        self.each(&mut |_, _, events| {
            let Ok(events) = events else { return Ok(false) };
            events.iter().try_for_each(|event| visit(&event.id))?;
            Ok(true)
        })
    }

    fn events(&mut self, visit: &mut EventVisitor<'_>) -> Result<(), Problem> {
        self.each(&mut |_, row, events| {
            events?.into_iter().try_for_each(|event| visit(event, row.number))?;
            Ok(true)
        })
    }
}

impl RowSource for MappedTable {
    fn events_or_rejects(
        &mut self,
        visit: &mut RowVisitor<'_>,
        sink: &mut dyn RejectSink,
    ) -> Result<(), Problem> {
        let file = self.file.clone();
        self.each(&mut |table, row, events| match events
            .and_then(|events| visit(events, row.number))
        {
            Ok(()) => Ok(true),
            Err(problem) => {
                let problem = rejectable(problem.in_file(file.as_str()).in_row(row.number))?;
                sink.reject(&Original::Row(table, row.cells()), &problem)?;
                Ok(false)
            }
        })
    }
}

#[cfg(test)]
mod tests;
