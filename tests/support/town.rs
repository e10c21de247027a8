//! A small town whose loans are all overdue: for caps, quotas and what a claim stands for.

use super::book::{audited, blank, event, options};
use poolbook::book::Book;
use poolbook::domain::cap::CapKind;
use poolbook::problem::Problem;
use poolbook::report::views::{CapsAsked, Journal, caps};
use poolbook::report::{Format, Lang, Locale, render};
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// Rules that only share and cap.
pub fn rules(base: &str, caps: &str) -> String {
    format!(
        r#"
id = "r"
name = "r"
[sharing]
[[sharing.band]]
pool = "60%"
bank = "40%"
[city_part]
county = "40%"
county-city = "40%"
district = "60%"
zone = "60%"
[claim]
base = "{base}"
[claim.caps]
{caps}
"#
    )
}

/// Four overdue loans of 1,000.00: A-1 and A-2 of one firm, bank and owner; B of another firm and
/// owner with the same bank; C of the first firm with another bank and owner.
pub const LOANS: [(&str, &str, &str, &str); 4] = [
    ("A-1", "FIRM-A", "BANK-1", "410821"),
    ("A-2", "FIRM-A", "BANK-1", "410821"),
    ("B", "FIRM-B", "BANK-1", "410822"),
    ("C", "FIRM-A", "BANK-2", "410822"),
];

/// A book under such rules, to which events are told one by one.
pub struct Town {
    /// The book.
    pub book: Book<MemoryStore>,
    count: u32,
}

impl Town {
    pub fn new(base: &str, caps: &str) -> Self {
        let mut town = Self { book: blank(), count: 0 };
        let opening = [
            json!({"event": "open-book", "city": "410800", "name": "焦作市", "currency": "CNY"}),
            json!({"event": "adopt-rules", "rules": rules(base, caps)}),
            json!({"event": "party", "party": "BANK-1", "kind": "bank", "name": "甲行"}),
            json!({"event": "party", "party": "BANK-2", "kind": "bank", "name": "乙行"}),
            json!({"event": "party", "party": "FIRM-A", "kind": "firm", "name": "甲企业"}),
            json!({"event": "party", "party": "FIRM-B", "kind": "firm", "name": "乙企业"}),
        ];
        for event in opening {
            town.must("2017-01-01", event);
        }
        for owner in ["410821", "410822"] {
            town.must("2017-01-01", json!({"event": "join", "owner": owner}));
            town.must(
                "2017-01-01",
                json!({"event": "bank-account", "owner": owner, "fund": "RISK",
                    "bank_account": format!("POOL-{owner}")}),
            );
            town.must(
                "2017-01-02",
                json!({"event": "contribute", "owner": owner, "source": "county",
                    "bank_account": format!("POOL-{owner}"), "amount": "10000.00"}),
            );
        }
        for (loan, firm, bank, owner) in LOANS {
            town.must(
                "2017-02-01",
                json!({"event": "enrol", "owner": owner, "loan": loan, "firm": firm, "bank": bank,
                    "amount": "1000.00", "due": "2017-08-01", "rate": "3.6%"}),
            );
            town.must(
                "2017-02-01",
                json!({"event": "disburse", "loan": loan, "amount": "1000.00"}),
            );
            town.must("2017-08-01", json!({"event": "overdue", "loan": loan}));
        }
        town
    }

    /// The number of the entry of an event, or its refusal.
    pub fn try_one(&mut self, date: &str, mut value: Value) -> Result<u64, Problem> {
        self.count += 1;
        value["id"] = format!("e-{}", self.count).into();
        value["date"] = date.into();
        let told = self.book.record(event(&value.to_string()), &options());
        assert_eq!(audited(self.book.store()), [], "the auditors agree");
        told.map(|(entry, _)| entry.unwrap().seq)
    }

    pub fn must(&mut self, date: &str, value: Value) -> u64 {
        let told = value.to_string();
        self.try_one(date, value).unwrap_or_else(|problem| panic!("{problem}\n{told}"))
    }

    /// Files the claim `K-loan` for a base; the pool bears 60% of it.
    pub fn file(&mut self, date: &str, loan: &str, base: &str) -> u64 {
        let claim = format!("K-{loan}");
        self.must(date, json!({"event": "file-claim", "claim": claim, "loan": loan, "base": base}))
    }

    pub fn approve(&mut self, date: &str, loan: &str) -> Result<u64, Problem> {
        self.try_one(date, json!({"event": "approve-claim", "claim": format!("K-{loan}")}))
    }

    pub fn pay(&mut self, date: &str, loan: &str, amount: Option<&str>) -> Result<u64, Problem> {
        let owner = LOANS.iter().find(|known| known.0 == loan).unwrap().3;
        let mut value = json!({"event": "pay-claim", "claim": format!("K-{loan}"), "maker": "甲",
            "checker": "乙", "bank_account": format!("POOL-{owner}")});
        if let Some(amount) = amount {
            value["amount"] = amount.into();
        }
        self.try_one(date, value)
    }

    pub fn of_claim(&mut self, date: &str, what: &str, loan: &str, more: Value) -> u64 {
        let mut value = json!({"event": what, "claim": format!("K-{loan}")});
        for (key, field) in more.as_object().unwrap() {
            value[key] = field.clone();
        }
        self.must(date, value)
    }

    pub fn reverse(&mut self, date: &str, entry: u64) -> Result<u64, Problem> {
        self.try_one(date, json!({"event": "reverse", "entry": entry, "reason": "x"}))
    }

    pub fn approved(&self, loan: &str) -> String {
        let claim = self.book.state().claims.get(&format!("K-{loan}")).unwrap();
        claim.approved.to_string()
    }

    pub fn working(&self, seq: u64) -> Value {
        let entry = self.book.entry(seq).unwrap();
        entry.working.unwrap().value()
    }

    /// `used held left` of a ceiling, as the report of caps shows it.
    pub fn cap(&self, kind: &str, subject: &str, year: Option<i16>) -> String {
        let kind = CapKind::parse(kind);
        let asked = CapsAsked { kind, subject: Some(subject), year, ..CapsAsked::default() };
        let shown = shown(&self.book, asked);
        let rows = shown["rows"].as_array().unwrap();
        assert!(rows.len() <= 1, "{rows:?}");
        let cell = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
        let line =
            |row: &Value| [cell(row, "used"), cell(row, "held"), cell(row, "left")].join(" ");
        rows.first().map_or_else(|| "none".to_owned(), line)
    }
}

/// The report of caps as JSON.
pub fn shown(book: &Book<MemoryStore>, asked: CapsAsked<'_>) -> Value {
    let journal = Journal { entries: 0, root: String::new() };
    let report = caps(book.state(), asked, &journal);
    let bytes = render(&report, None, Format::Json, &Locale::new(Lang::English));
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}
