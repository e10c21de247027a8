//! The tables of a folder: their columns, and the events that each row stands for.

use crate::domain::account::Fund;
use crate::domain::event::{Event, EventSpec, InterestOwner, Receives, Source};
use crate::domain::field::{FieldKind, FieldSpec, Fields, Value};
use crate::intake::source::{columns_of, placed};
use crate::intake::table::{Row, Table};
use crate::problem::{Place, Problem};
use std::collections::HashMap;

/// One table of a folder.
pub struct TableSpec {
    /// Name of the file without its extension; the ids of its events begin with it.
    pub name: &'static str,
    columns: &'static [FieldSpec],
    outputs: &'static [Output],
}

/// One event of a row.
struct Output {
    /// The event; none where the column `status` says it.
    word: Option<&'static str>,
    /// The column with its date; an event whose date is blank has not happened yet.
    date: &'static str,
    /// What is added to the row's id.
    suffix: &'static str,
    /// The event happens only when its date stands there.
    optional: bool,
    /// Columns that are no fields of this event, though they have the name of one.
    others: &'static [&'static str],
}

const fn must(name: &'static str, kind: FieldKind) -> FieldSpec {
    FieldSpec { name, kind, required: true }
}

/// The only event of a row.
const fn event(word: &'static str) -> Output {
    Output { word: Some(word), date: "date", suffix: "", optional: false, others: &[] }
}

/// One event of several, with the column of its date and what is added to the row's id.
const fn part(word: &'static str, date: &'static str, suffix: &'static str) -> Output {
    Output { word: Some(word), date, suffix, optional: false, others: &[] }
}

impl Output {
    /// It happens only when its date is given; columns named as fields of it that are another event's.
    const fn once_dated(self, others: &'static [&'static str]) -> Self {
        Self { optional: true, others, ..self }
    }

    /// The event of a row.
    fn word<'v>(&self, values: &'v Values<'_>) -> Result<&'v str, Problem> {
        match (self.word, values.text("status")) {
            (Some(word), _) => Ok(word),
            (None, Some(word)) if STATUS.contains(&word) => Ok(word),
            (None, Some(word)) => Err(unknown_status(word)),
            (None, None) => Err(missing("status")),
        }
    }

    /// The fields of an event with the columns that fill them: those of the same name, its date, and
    /// a reason where the event has none, which is its memo.
    fn filled(&self, word: &str, values: &Values<'_>) -> Vec<(&'static str, &'static str)> {
        let own = EventSpec::of(word).map_or(&[][..], |spec| spec.fields);
        let has_reason = own.iter().any(|spec| spec.name == "reason");
        let remark = (!has_reason && values.get("reason").is_some()).then_some(("memo", "reason"));
        let common = COMMON.iter().map(|spec| spec.name).filter(|name| *name != "id");
        let common = common.filter(|name| *name != "memo" || remark.is_none());
        let own = own.iter().map(|spec| spec.name).filter(|name| !self.others.contains(name));
        let same = ["owner"].into_iter().chain(own).chain(common).map(|name| (name, name));
        [("date", self.date)].into_iter().chain(remark).chain(same).collect()
    }
}

fn missing(field: &'static str) -> Problem {
    Problem::data("field-missing").with("field", field).in_column(field)
}

const fn may(name: &'static str, kind: FieldKind) -> FieldSpec {
    FieldSpec { name, kind, required: false }
}

/// What a loan's status can become.
const STATUS: &[&str] = &["extend", "overdue", "npl", "cure", "remove"];

/// Columns that every table may have.
const COMMON: &[FieldSpec] = &[
    must("id", FieldKind::Id),
    may("effective", FieldKind::Date),
    may("document", FieldKind::Text),
    may("memo", FieldKind::Text),
    may("attachments", FieldKind::Texts),
    may("maker", FieldKind::Text),
    may("checker", FieldKind::Text),
    may("approver", FieldKind::Text),
];

/// The tables, in the order in which they are read.
pub const TABLES: &[TableSpec] = &[
    TableSpec {
        name: "contributions",
        columns: &[
            must("date", FieldKind::Date),
            must("owner", FieldKind::Id),
            may("fund", FieldKind::Word(Fund::WORDS)),
            must("source", FieldKind::Word(Source::WORDS)),
            may("party", FieldKind::Id),
            must("bank_account", FieldKind::Id),
            must("amount", FieldKind::Amount),
        ],
        outputs: &[event("contribute")],
    },
    TableSpec {
        name: "budget",
        columns: &[
            must("date", FieldKind::Date),
            must("owner", FieldKind::Id),
            must("fund", FieldKind::Word(Fund::WORDS)),
            must("bank_account", FieldKind::Id),
            must("amount", FieldKind::Amount),
            may("source", FieldKind::Word(Source::WORDS)),
        ],
        outputs: &[event("budget")],
    },
    TableSpec {
        name: "loans",
        columns: &[
            must("owner", FieldKind::Id),
            must("loan", FieldKind::Id),
            must("firm", FieldKind::Id),
            may("firm_name", FieldKind::Text),
            may("firm_class", FieldKind::Text),
            may("first_loan", FieldKind::Bool),
            must("bank", FieldKind::Id),
            may("guarantor", FieldKind::Id),
            may("contract", FieldKind::Text),
            may("drawing_of", FieldKind::Id),
            must("amount", FieldKind::Amount),
            may("signed", FieldKind::Date),
            may("disbursed", FieldKind::Date),
            must("due", FieldKind::Date),
            must("enrolled", FieldKind::Date),
            must("rate", FieldKind::Rate),
            may("security", FieldKind::Text),
            may("pool_share", FieldKind::Share),
            may("guarantor_share", FieldKind::Share),
        ],
        outputs: &[
            part("enrol", "enrolled", "/enrol"),
            part("disburse", "disbursed", "/disburse").once_dated(&["drawing_of"]),
        ],
    },
    TableSpec {
        name: "repayments",
        columns: &[
            must("date", FieldKind::Date),
            must("loan", FieldKind::Id),
            may("note", FieldKind::Id),
            must("amount", FieldKind::Amount),
        ],
        outputs: &[event("repay")],
    },
    TableSpec {
        name: "interest_paid",
        columns: &[
            must("date", FieldKind::Date),
            must("loan", FieldKind::Id),
            may("note", FieldKind::Id),
            must("from", FieldKind::Date),
            must("to", FieldKind::Date),
            must("amount", FieldKind::Amount),
            may("instalment", FieldKind::Bool),
        ],
        outputs: &[event("interest-paid")],
    },
    TableSpec {
        name: "guarantee_fees",
        columns: &[
            must("date", FieldKind::Date),
            must("loan", FieldKind::Id),
            must("from", FieldKind::Date),
            must("to", FieldKind::Date),
            must("amount", FieldKind::Amount),
            must("fee_rate", FieldKind::Rate),
            may("instalment", FieldKind::Bool),
        ],
        outputs: &[event("fee-paid")],
    },
    TableSpec {
        name: "loan_status",
        columns: &[
            must("date", FieldKind::Date),
            must("loan", FieldKind::Id),
            may("note", FieldKind::Id),
            must("status", FieldKind::Word(STATUS)),
            may("due", FieldKind::Date),
            may("reason", FieldKind::Text),
        ],
        outputs: &[Output { word: None, ..event("") }],
    },
    TableSpec {
        name: "claims",
        columns: &[
            must("claim", FieldKind::Id),
            must("loan", FieldKind::Id),
            may("note", FieldKind::Id),
            must("filed", FieldKind::Date),
            must("base", FieldKind::Amount),
            may("interest", FieldKind::Amount),
            may("collateral", FieldKind::Amount),
            may("other", FieldKind::Amount),
            may("supplement", FieldKind::Id),
            may("lawsuit", FieldKind::Text),
            may("approved", FieldKind::Date),
            may("amount", FieldKind::Amount),
            may("paid", FieldKind::Date),
            may("bank_account", FieldKind::Id),
        ],
        outputs: &[
            part("file-claim", "filed", "/file-claim"),
            part("approve-claim", "approved", "/approve-claim").once_dated(&[]),
            part("pay-claim", "paid", "/pay-claim").once_dated(&["amount"]),
        ],
    },
    TableSpec {
        name: "recoveries",
        columns: &[
            must("date", FieldKind::Date),
            must("claim", FieldKind::Id),
            must("gross", FieldKind::Amount),
            may("cost", FieldKind::Amount),
            may("receives", FieldKind::Word(Receives::WORDS)),
            must("bank_account", FieldKind::Id),
        ],
        outputs: &[event("recover")],
    },
    TableSpec {
        name: "pool_interest",
        columns: &[
            must("date", FieldKind::Date),
            must("owner", FieldKind::Id),
            may("fund", FieldKind::Word(Fund::WORDS)),
            must("bank_account", FieldKind::Id),
            must("amount", FieldKind::Amount),
            may("to", FieldKind::Word(InterestOwner::WORDS)),
        ],
        outputs: &[event("pool-interest")],
    },
];

/// What the rows of the tables are read into.
pub struct Reading<'r> {
    /// Events with their places.
    pub events: &'r mut Vec<(Event, Place)>,
    /// Takes each problem.
    pub problem: &'r mut dyn FnMut(Problem),
    /// Name of each firm that a loan named, and whether book.toml has it already.
    pub firms: &'r mut HashMap<String, String>,
    /// True for the code of a party that book.toml names.
    pub has_party: &'r dyn Fn(&str) -> bool,
    /// First day of the book.
    pub start: &'r str,
}

/// The values of one row by column name.
struct Values<'v>(Vec<(&'static str, Value<'v>)>);

impl<'v> Values<'v> {
    fn get(&self, column: &str) -> Option<&Value<'v>> {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, value)| value)
    }

    fn text(&self, column: &str) -> Option<&str> {
        match self.get(column)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl TableSpec {
    /// Reads the whole table.
    pub fn read(&self, table: &Table, reading: &mut Reading<'_>) -> Result<(), Problem> {
        let file = table.path().display().to_string();
        let in_headers = |p: Problem| p.in_file(file.as_str()).in_row(table.header_row());
        let specs: Vec<FieldSpec> = self.columns.iter().chain(COMMON).copied().collect();
        let columns = columns_of(table, &specs).map_err(in_headers)?;
        for spec in specs.iter().filter(|spec| spec.required) {
            if !columns.contains(&Some(spec.name)) {
                return Err(in_headers(Problem::data("column-missing").with("field", spec.name)));
            }
        }
        let mut ids: HashMap<String, u64> = HashMap::new();
        table.rows(&mut |row, ragged| {
            let place =
                Place { file: Some(file.clone()), row: Some(row.number), ..Place::default() };
            let result = match ragged {
                Some(problem) => Err(problem),
                None => self.row(&row, &columns, &specs, &place, &mut ids, reading),
            };
            if let Err(problem) = result {
                let problem = placed(problem, table, &columns);
                (reading.problem)(problem.in_file(file.as_str()).in_row(row.number));
            }
            Ok(())
        })
    }

    fn row(
        &self,
        row: &Row<'_, '_>,
        columns: &[Option<&'static str>],
        specs: &[FieldSpec],
        place: &Place,
        ids: &mut HashMap<String, u64>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Problem> {
        let values = values_of(row, columns, specs)?;
        let id = values.text("id").ok_or_else(|| missing("id"))?;
        if let Some(first) = ids.insert(id.to_owned(), row.number) {
            return Err(Problem::data("row-id-twice")
                .with("id", id)
                .with("first", first)
                .in_column("id"));
        }
        let mut events = Vec::new();
        let mut used = vec!["id"];
        for output in self.outputs {
            if output.optional && values.get(output.date).is_none() {
                continue;
            }
            let word = output.word(&values)?;
            let filled = output.filled(word, &values);
            events.push(self.event((word, output.suffix), &filled, id, &values)?);
            used.extend(filled.iter().map(|(_, column)| *column));
        }
        if self.name == "loans" {
            used.push("firm_name");
            events.extend(firm_event(&values, reading)?);
        }
        self.check_used(&used, &values)?;
        reading.events.extend(events.into_iter().map(|event| (event, place.clone())));
        Ok(())
    }

    /// A value that no event of the row takes would be read and forgotten. One of an event whose date is
    /// blank waits for that date.
    fn check_used(&self, used: &[&str], values: &Values<'_>) -> Result<(), Problem> {
        let waits = |column: &str| {
            let blank = |output: &&Output| output.optional && values.get(output.date).is_none();
            self.outputs.iter().filter(blank).any(|output| {
                let word = output.word(values).unwrap_or_default();
                output.filled(word, values).iter().any(|(_, own)| *own == column)
            })
        };
        let columns = values.0.iter().map(|(column, _)| *column);
        let mut idle = columns.filter(|column| !used.contains(column) && *column != "status");
        let Some(column) = idle.find(|column| !waits(column)) else { return Ok(()) };
        let word = self.outputs.first().and_then(|output| output.word(values).ok());
        let needless = Problem::data("field-needless").with("field", column);
        Err(needless.with("event", word.unwrap_or("-")).in_column(column))
    }

    fn event(
        &self,
        (word, suffix): (&str, &str),
        filled: &[(&'static str, &'static str)],
        id: &str,
        values: &Values<'_>,
    ) -> Result<Event, Problem> {
        let mut fields = Fields::new();
        fields.push("event", Value::text(word));
        fields.push("id", Value::text(format!("{}/{id}{suffix}", self.name)));
        for (field, column) in filled {
            if let Some(value) = values.get(column) {
                fields.push(*field, value.clone());
            }
        }
        Event::from_fields(&fields).map_err(|mut problem| {
            let named = problem.place.column.as_deref();
            let column = filled.iter().find(|(field, _)| Some(*field) == named);
            if let Some((_, column)) = column {
                problem.place.column = Some((*column).to_owned());
            }
            problem
        })
    }
}

fn unknown_status(word: &str) -> Problem {
    Problem::data("word-unknown")
        .with("text", word)
        .with("allowed", STATUS.join(", "))
        .with("field", "status")
        .in_column("status")
}

fn values_of<'v>(
    row: &'v Row<'_, '_>,
    columns: &[Option<&'static str>],
    specs: &[FieldSpec],
) -> Result<Values<'v>, Problem> {
    let mut values = Values(Vec::with_capacity(columns.len()));
    for (index, name) in columns.iter().enumerate() {
        let Some(spec) = name.and_then(|name| specs.iter().find(|spec| spec.name == name)) else {
            continue;
        };
        let value = row.cell(index).value(spec);
        let value = value.map_err(|p| p.with("field", spec.name).in_column(spec.name))?;
        if let Some(value) = value {
            values.0.push((spec.name, value));
        }
    }
    Ok(values)
}

/// The event that makes a firm known, at its first loan; later loans must give it the same name.
fn firm_event(values: &Values<'_>, reading: &mut Reading<'_>) -> Result<Option<Event>, Problem> {
    let (Some(firm), Some(name)) = (values.text("firm"), values.text("firm_name")) else {
        return Ok(None);
    };
    if (reading.has_party)(firm) {
        return Ok(None);
    }
    if let Some(known) = reading.firms.get(firm) {
        if known != name {
            return Err(Problem::data("firm-name-differs")
                .with("firm", firm)
                .with("name", name)
                .with("known", known)
                .in_column("firm_name"));
        }
        return Ok(None);
    }
    let mut fields = Fields::new();
    fields.push("event", Value::text("party"));
    fields.push("id", Value::text(format!("firm/{firm}")));
    fields.push("date", Value::text(reading.start));
    fields.push("kind", Value::text("firm"));
    fields.push("party", Value::text(firm));
    fields.push("name", Value::text(name));
    if is_credit_code(firm) {
        fields.push("credit_code", Value::text(firm));
    }
    let event = Event::from_fields(&fields)?;
    reading.firms.insert(firm.to_owned(), name.to_owned());
    Ok(Some(event))
}

/// The outer form of a unified social credit code; its check digits are the book's matter.
fn is_credit_code(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}
