//! Sources of events: JSON Lines, tables, mapped tables, folders, or memory.

use crate::domain::event::{Event, EventSpec};
use crate::domain::field::{FieldKind, FieldSpec, Fields, Value};
pub use crate::domain::source::EventSource;
use crate::intake::cell::Cell;
use crate::intake::document::Document;
use crate::intake::headers::{all_fields, event_word, field_of};
use crate::intake::jsonl::JsonLines;
use crate::intake::rejects::{Original, RejectSink, is_reject_column, rejectable};
use crate::intake::rows::Options;
use crate::intake::sniff::{FileKind, kind_of};
use crate::intake::table::{Row, Table};
use crate::problem::Problem;
use std::path::Path;

/// Visitor of events: one event and its row.
pub type EventVisitor<'v> = dyn FnMut(Event, u64) -> Result<(), Problem> + 'v;
/// Visitor of rows: all events of one row together, so that a row is accepted whole or not at all.
pub type RowVisitor<'v> = dyn FnMut(Vec<Event>, u64) -> Result<(), Problem> + 'v;
/// Visitor of ids.
pub type IdVisitor<'v> = dyn FnMut(&str) -> Result<(), Problem> + 'v;

/// A source whose bad rows can be set aside while the good ones are accepted.
///
/// The first pass, over the ids, skips rows whose id cannot be read; the second reports them.
pub trait RowSource: EventSource {
    /// Passes on every row's events; a row that is bad, or whose events `visit` refuses, goes to
    /// `sink`.
    ///
    /// # Errors
    /// Faults that make the file unreadable as a whole, and failures that the row did not cause
    /// (reading, writing, bugs).
    fn events_or_rejects(
        &mut self,
        visit: &mut RowVisitor<'_>,
        sink: &mut dyn RejectSink,
    ) -> Result<(), Problem>;
}

/// Opens an event file of any kind: JSON Lines by its extension, otherwise a table whose rows are
/// events.
///
/// # Errors
/// The errors of [`TableEvents::open`].
pub fn open(path: &Path, options: Options) -> Result<Box<dyn RowSource>, Problem> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let lines = matches!(extension, "jsonl" | "ndjson" | "json");
    let document = Document::open(path)?;
    if lines && kind_of(&document)? == FileKind::Text {
        return Ok(Box::new(JsonLines::of(document)));
    }
    Ok(Box::new(TableEvents::of(document, options)?))
}

impl RowSource for Vec<Event> {
    fn events_or_rejects(
        &mut self,
        visit: &mut RowVisitor<'_>,
        sink: &mut dyn RejectSink,
    ) -> Result<(), Problem> {
        let numbered = std::mem::take(self).into_iter().zip(1u64..);
        for (event, row) in numbered {
            let line = event.to_json();
            if let Err(problem) = visit(vec![event], row) {
                let problem = rejectable(problem.in_row(row))?;
                sink.reject(&Original::Line(line.as_bytes()), &problem)?;
            }
        }
        Ok(())
    }
}

/// A table in which one row is one event: column `event` names it, and empty cells are absent
/// fields.
pub struct TableEvents {
    table: Table,
    file: String,
    /// Field of each column; `None` for columns that an earlier rejects file added.
    columns: Vec<Option<&'static str>>,
    event: usize,
    id: usize,
}

impl TableEvents {
    /// Opens the table and finds the field of every column.
    ///
    /// # Errors
    /// `header-unknown`, `column-twice`, `column-missing`, or the errors of [`Table::open`].
    pub fn open(path: &Path, options: Options) -> Result<Self, Problem> {
        Self::of(Document::open(path)?, options)
    }

    /// The same for a file that is already open.
    ///
    /// # Errors
    /// The errors of [`TableEvents::open`].
    pub fn of(document: Document, options: Options) -> Result<Self, Problem> {
        let table = Table::of(document, options)?;
        let file = table.path().display().to_string();
        let fields = all_fields();
        let in_headers =
            |problem: Problem| problem.in_file(file.as_str()).in_row(table.header_row());
        let columns = columns_of(&table, &fields).map_err(in_headers)?;
        let place = |name: &'static str| {
            let found = columns.iter().position(|column| *column == Some(name));
            found.ok_or_else(|| in_headers(Problem::data("column-missing").with("field", name)))
        };
        let (event, id) = (place("event")?, place("id")?);
        Ok(Self { table, file, columns, event, id })
    }

    fn event(&self, row: &Row<'_, '_>) -> Result<Event, Problem> {
        let word = row.cell(self.event).shown();
        let word = event_word(&word);
        let own = EventSpec::of(&word).map_or(&[][..], |spec| spec.fields);
        let mut fields = Fields::new();
        for (index, name) in self.columns.iter().enumerate() {
            let Some(name) = *name else { continue };
            if name == "event" {
                fields.push(name, Value::text(word.as_ref()));
                continue;
            }
            let spec = spec_of(name, own);
            let value = row.cell(index).value(&spec);
            let value = value.map_err(|problem| problem.with("field", name).in_column(name))?;
            if let Some(value) = value {
                fields.push(name, value);
            }
        }
        Event::from_fields(&fields)
    }

    /// Replaces the field in a problem by the file's own header, and adds file and row.
    fn placed(&self, problem: Problem, row: u64) -> Problem {
        placed(problem, &self.table, &self.columns).in_file(self.file.as_str()).in_row(row)
    }
}

/// The field of every column of a table; each field at most once.
///
/// # Errors
/// `header-unknown`, `column-twice`.
pub fn columns_of(
    table: &Table,
    fields: &[FieldSpec],
) -> Result<Vec<Option<&'static str>>, Problem> {
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for header in table.headers() {
        if is_reject_column(header) {
            columns.push(None);
            continue;
        }
        let name = field_of(header, fields)?.name;
        if columns.contains(&Some(name)) {
            return Err(Problem::data("column-twice").with("field", name).in_column(header));
        }
        columns.push(Some(name));
    }
    Ok(columns)
}

/// Replaces the name of the field in a problem by the header of its column.
pub fn placed(mut problem: Problem, table: &Table, columns: &[Option<&str>]) -> Problem {
    let named = problem.place.column.as_deref();
    let index = columns.iter().position(|column| column.is_some() && *column == named);
    if let Some(header) = index.and_then(|index| table.headers().get(index)) {
        problem.place.column = Some(header.clone());
    }
    problem
}

/// The meaning of a column for the event of its row; a column that the event does not have is
/// passed on as text, and the event refuses it.
fn spec_of(name: &'static str, own: &[FieldSpec]) -> FieldSpec {
    let common = crate::domain::event::COMMON_FIELDS.iter();
    let known = own.iter().chain(common).find(|spec| spec.name == name).copied();
    known.unwrap_or(FieldSpec { name, kind: FieldKind::Text, required: false })
}

impl EventSource for TableEvents {
    fn ids(&mut self, visit: &mut IdVisitor<'_>) -> Result<(), Problem> {
        self.table.rows(&mut |row, _| match row.cell(self.id) {
            Cell::Text(id) => visit(id),
            _ => Ok(()),
        })
    }

    fn events(&mut self, visit: &mut EventVisitor<'_>) -> Result<(), Problem> {
        self.table.rows(&mut |row, ragged| {
            let event = match ragged {
                Some(problem) => Err(problem),
                None => self.event(&row),
            };
            event
                .and_then(|event| visit(event, row.number))
                .map_err(|problem| self.placed(problem, row.number))
        })
    }
}

impl RowSource for TableEvents {
    fn events_or_rejects(
        &mut self,
        visit: &mut RowVisitor<'_>,
        sink: &mut dyn RejectSink,
    ) -> Result<(), Problem> {
        self.table.rows(&mut |row, ragged| {
            let event = match ragged {
                Some(problem) => Err(problem),
                None => self.event(&row),
            };
            match event.and_then(|event| visit(vec![event], row.number)) {
                Ok(()) => Ok(()),
                Err(problem) => {
                    let problem = rejectable(self.placed(problem, row.number))?;
                    sink.reject(&Original::Row(&self.table, row.cells()), &problem)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::rejects::RejectList;

    fn write(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.csv");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_row_is_an_event_in_either_language() {
        let (_dir, path) = write(
            "事件,编号,日期,县区,资金,出资方,银行账户,金额（元）,归属,备注\n\
             出资,C-1,2017/3/1,410821,风险池,县级,RISK-A,\"６,000,000.00\",,首批\n\
             存款利息,I-1,2017年6月21日,410821,风险池,,RISK-A,¥12.34,国库,\n",
        );
        let mut source = TableEvents::open(&path, Options::default()).unwrap();
        let mut ids = Vec::new();
        source
            .ids(&mut |id| {
                ids.push(id.to_owned());
                Ok(())
            })
            .unwrap();
        assert_eq!(ids, ["C-1", "I-1"]);
        let mut lines = Vec::new();
        source
            .events(&mut |event, row| {
                lines.push(format!("{row} {}", event.to_json()));
                Ok(())
            })
            .unwrap();
        assert_eq!(
            lines,
            [
                r#"2 {"amount":"6000000.00","bank_account":"RISK-A","date":"2017-03-01","event":"contribute","fund":"RISK","id":"C-1","memo":"首批","owner":"410821","source":"county"}"#,
                r#"3 {"amount":"12.34","bank_account":"RISK-A","date":"2017-06-21","event":"pool-interest","fund":"RISK","id":"I-1","owner":"410821","to":"treasury"}"#
            ]
        );
    }

    #[test]
    fn bad_rows_are_named_by_the_files_own_headers() {
        let (_dir, path) = write(
            "event,id,date,loan,金额\nrepay,R-1,2018-01-05,L-1,1.005\nrepay,R-2,2018-01-05,L-1,2.00\n\
             repay,R-3,2018-02-30,L-1,2.00\nrepay,R-4\n",
        );
        let mut source = TableEvents::open(&path, Options::default()).unwrap();
        let problem = source.events(&mut |_, _| Ok(())).unwrap_err();
        assert_eq!(problem.code, "amount-precision");
        assert_eq!(problem.place.row, Some(2));
        assert_eq!(problem.place.column.as_deref(), Some("金额"));
        let mut list = RejectList::default();
        let mut taken = 0;
        source
            .events_or_rejects(
                &mut |events, _| {
                    taken += events.len();
                    Ok(())
                },
                &mut list,
            )
            .unwrap();
        let codes: Vec<_> = list
            .problems
            .iter()
            .map(|problem| (problem.place.row.unwrap(), problem.code))
            .collect();
        assert_eq!(taken, 1);
        assert_eq!(codes, [(2, "amount-precision"), (4, "date-unknown"), (5, "row-ragged")]);
    }

    #[test]
    fn headers_are_checked_before_rows() {
        let open = |text: &str| {
            let (_dir, path) = write(text);
            TableEvents::open(&path, Options::default()).err().unwrap().to_string()
        };
        assert!(open("event,id,dat\n").contains("header-unknown"));
        assert!(open("event,id,date,日期\n").contains("column-twice"));
        assert!(open("id,date\n").contains("column-missing"));
    }
}
