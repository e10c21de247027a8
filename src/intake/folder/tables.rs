//! The tables of a folder: their columns, and the events that each row stands for.

use crate::domain::account::Fund;
use crate::domain::event::{Event, InterestOwner, Receives, Source};
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
    /// Fields with the columns that fill them.
    fields: &'static [(&'static str, &'static str)],
}

const fn must(name: &'static str, kind: FieldKind) -> FieldSpec {
    FieldSpec { name, kind, required: true }
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
        outputs: &[Output {
            word: Some("contribute"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("owner", "owner"),
                ("fund", "fund"),
                ("source", "source"),
                ("party", "party"),
                ("bank_account", "bank_account"),
                ("amount", "amount"),
            ],
        }],
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
        outputs: &[Output {
            word: Some("budget"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("owner", "owner"),
                ("fund", "fund"),
                ("bank_account", "bank_account"),
                ("amount", "amount"),
                ("source", "source"),
            ],
        }],
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
            Output {
                word: Some("enrol"),
                date: "enrolled",
                suffix: "/enrol",
                optional: false,
                fields: &[
                    ("owner", "owner"),
                    ("loan", "loan"),
                    ("firm", "firm"),
                    ("firm_class", "firm_class"),
                    ("first_loan", "first_loan"),
                    ("bank", "bank"),
                    ("guarantor", "guarantor"),
                    ("contract", "contract"),
                    ("drawing_of", "drawing_of"),
                    ("amount", "amount"),
                    ("signed", "signed"),
                    ("due", "due"),
                    ("rate", "rate"),
                    ("security", "security"),
                    ("pool_share", "pool_share"),
                    ("guarantor_share", "guarantor_share"),
                ],
            },
            Output {
                word: Some("disburse"),
                date: "disbursed",
                suffix: "/disburse",
                optional: true,
                fields: &[
                    ("owner", "owner"),
                    ("loan", "loan"),
                    ("amount", "amount"),
                    ("due", "due"),
                ],
            },
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
        outputs: &[Output {
            word: Some("repay"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[("loan", "loan"), ("note", "note"), ("amount", "amount")],
        }],
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
        outputs: &[Output {
            word: Some("interest-paid"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("loan", "loan"),
                ("note", "note"),
                ("from", "from"),
                ("to", "to"),
                ("amount", "amount"),
                ("instalment", "instalment"),
            ],
        }],
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
        outputs: &[Output {
            word: Some("fee-paid"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("loan", "loan"),
                ("from", "from"),
                ("to", "to"),
                ("amount", "amount"),
                ("fee_rate", "fee_rate"),
                ("instalment", "instalment"),
            ],
        }],
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
        outputs: &[Output {
            word: None,
            date: "date",
            suffix: "",
            optional: false,
            fields: &[("loan", "loan"), ("note", "note")],
        }],
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
            Output {
                word: Some("file-claim"),
                date: "filed",
                suffix: "/file-claim",
                optional: false,
                fields: &[
                    ("claim", "claim"),
                    ("loan", "loan"),
                    ("note", "note"),
                    ("base", "base"),
                    ("interest", "interest"),
                    ("collateral", "collateral"),
                    ("other", "other"),
                    ("supplement", "supplement"),
                    ("lawsuit", "lawsuit"),
                ],
            },
            Output {
                word: Some("approve-claim"),
                date: "approved",
                suffix: "/approve-claim",
                optional: true,
                fields: &[("claim", "claim"), ("amount", "amount")],
            },
            Output {
                word: Some("pay-claim"),
                date: "paid",
                suffix: "/pay-claim",
                optional: true,
                fields: &[("claim", "claim"), ("bank_account", "bank_account")],
            },
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
        outputs: &[Output {
            word: Some("recover"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("claim", "claim"),
                ("gross", "gross"),
                ("cost", "cost"),
                ("receives", "receives"),
                ("bank_account", "bank_account"),
            ],
        }],
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
        outputs: &[Output {
            word: Some("pool-interest"),
            date: "date",
            suffix: "",
            optional: false,
            fields: &[
                ("owner", "owner"),
                ("fund", "fund"),
                ("bank_account", "bank_account"),
                ("amount", "amount"),
                ("to", "to"),
            ],
        }],
    },
];

/// The fields that a change of status has beside the loan.
fn status_fields(word: &str) -> &'static [(&'static str, &'static str)] {
    match word {
        "extend" => &[("due", "due"), ("memo", "reason")],
        "remove" => &[("reason", "reason")],
        _ => &[("memo", "reason")],
    }
}

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
        let missing = |field| Problem::data("field-missing").with("field", field).in_column(field);
        let id = values.text("id").ok_or_else(|| missing("id"))?;
        if let Some(first) = ids.insert(id.to_owned(), row.number) {
            return Err(Problem::data("row-id-twice")
                .with("id", id)
                .with("first", first)
                .in_column("id"));
        }
        let mut events = Vec::new();
        for output in self.outputs {
            if output.optional && values.get(output.date).is_none() {
                continue;
            }
            events.push(self.event(output, id, &values)?);
        }
        if self.name == "loans"
            && let Some(firm) = firm_event(&values, reading)?
        {
            events.push(firm);
        }
        reading.events.extend(events.into_iter().map(|event| (event, place.clone())));
        Ok(())
    }

    fn event(&self, output: &Output, id: &str, values: &Values<'_>) -> Result<Event, Problem> {
        let missing = |field| Problem::data("field-missing").with("field", field).in_column(field);
        let word = match output.word {
            Some(word) => word,
            None => values.text("status").ok_or_else(|| missing("status"))?,
        };
        let mut fields = Fields::new();
        fields.push("event", Value::text(word));
        fields.push("id", Value::text(format!("{}/{id}{}", self.name, output.suffix)));
        let common = COMMON.iter().map(|spec| (spec.name, spec.name));
        let common = common.filter(|(name, _)| *name != "id");
        let more: &[(&str, &str)] = match output.word {
            Some(_) => &[],
            None if STATUS.contains(&word) => status_fields(word),
            None => return Err(unknown_status(word)),
        };
        let mut filled = vec![("date", output.date)];
        filled.extend(output.fields.iter().chain(more).copied());
        // A reason told as the memo stands before a memo of the row's own.
        filled.extend(common.filter(|(name, _)| {
            !more.iter().any(|(field, column)| field == name && values.get(column).is_some())
        }));
        for (field, column) in &filled {
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
