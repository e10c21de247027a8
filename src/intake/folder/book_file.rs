//! `book.toml`: the participants and their bank accounts.

use crate::domain::calendar::{Date, parse_date};
use crate::domain::event::{Event, PeopleMode};
use crate::domain::field::{Fields, Value};
use crate::problem::Problem;
use compact_str::CompactString;

/// The contents of the file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookFile {
    /// Code of the city.
    pub city: String,
    /// Its name.
    pub name: Option<String>,
    /// Currency, with two decimals.
    pub currency: Option<String>,
    /// First day of the book; the earliest joining unless given. Parties, rates, the target and
    /// rules without a day of their own are recorded on this day, so that their events stay the
    /// same when rows are added.
    pub start: Option<String>,
    /// Number of people that a payment needs.
    #[serde(default)]
    pub people: People,
    /// The amount that the funds must reach together.
    pub target: Option<Target>,
    #[serde(default, rename = "owner")]
    owners: Vec<Owner>,
    #[serde(default, rename = "party")]
    parties: Vec<Party>,
    #[serde(default, rename = "bank_account")]
    bank_accounts: Vec<BankAccount>,
    /// First day of each rules file.
    #[serde(default, rename = "rules")]
    pub rules: Vec<Rules>,
}

/// Number of people that a payment needs. Names are read only to refuse them with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    maker: Option<CompactString>,
    checker: Option<CompactString>,
    approver: Option<CompactString>,
    /// Number of people that a payment needs; three if it is not given.
    pub mode: Option<PeopleMode>,
}

/// A target.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    by: String,
    amount: String,
    document: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    code: String,
    name: Option<String>,
    kind: Option<String>,
    joined: String,
    document: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Party {
    party: String,
    name: String,
    kind: String,
    credit_code: Option<String>,
    override_reason: Option<String>,
    account: Option<String>,
    account_bank: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct BankAccount {
    bank_account: String,
    owner: String,
    fund: String,
    bank: Option<String>,
    number: Option<String>,
    opened: Option<String>,
}

/// A rules file and its first day.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Name of the file in `rules/`.
    pub file: String,
    /// First day.
    pub from: String,
}

impl People {
    /// The keys that hold names of people.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            ("people.maker", &self.maker),
            ("people.checker", &self.checker),
            ("people.approver", &self.approver),
        ];
        given.into_iter().filter(|(_, name)| name.is_some()).map(|(key, _)| key)
    }
}

/// Fields of an event as texts; those that are not given are left out.
type Given<'f> = Vec<(&'static str, Option<&'f str>)>;

impl Owner {
    fn fields<'f>(&'f self, id: &'f str) -> Given<'f> {
        vec![
            ("event", Some("join")),
            ("id", Some(id)),
            ("date", Some(&self.joined)),
            ("owner", Some(&self.code)),
            ("name", self.name.as_deref()),
            ("kind", self.kind.as_deref()),
            ("document", self.document.as_deref()),
        ]
    }
}

impl Party {
    fn fields<'f>(&'f self, id: &'f str, start: &'f str) -> Given<'f> {
        vec![
            ("event", Some("party")),
            ("id", Some(id)),
            ("date", Some(start)),
            ("party", Some(&self.party)),
            ("name", Some(&self.name)),
            ("kind", Some(&self.kind)),
            ("credit_code", self.credit_code.as_deref()),
            ("account", self.account.as_deref()),
            ("account_bank", self.account_bank.as_deref()),
            ("override_reason", self.override_reason.as_deref()),
        ]
    }
}

impl BookFile {
    /// The first day of the book.
    ///
    /// # Errors
    /// `field-missing` for a book without owners, or the fault of the text of a date.
    pub fn first_day(&self) -> Result<Date, Problem> {
        let date = |key: &str, text: &str| {
            parse_date(text).map_err(|error| {
                Problem::data(error.code()).with("text", text).with("key", key.to_owned())
            })
        };
        if let Some(start) = &self.start {
            return date("start", start);
        }
        let mut first: Option<Date> = None;
        for (index, owner) in self.owners.iter().enumerate() {
            let joined = date(&format!("owner[{index}].joined"), &owner.joined)?;
            first = Some(first.map_or(joined, |first| first.min(joined)));
        }
        first.ok_or_else(|| Problem::data("field-missing").with("field", "owner"))
    }

    /// Returns true if the file contains a party with this code.
    pub fn has_party(&self, code: &str) -> bool {
        self.parties.iter().any(|party| party.party == code)
    }

    /// The events of the file; each problem names its key.
    pub fn events(&self, start: Date) -> Vec<Result<Event, Problem>> {
        let start = start.to_string();
        let mut events = Vec::new();
        let mut make = |key: String, fields: &[(&'static str, Option<&str>)]| {
            let mut named = Fields::new();
            for (name, value) in fields {
                if let Some(text) = value {
                    named.push(*name, Value::text(*text));
                }
            }
            let event = Event::from_fields(&named);
            events.push(event.map_err(|problem| problem.with("key", key)));
        };
        for (index, owner) in self.owners.iter().enumerate() {
            make(format!("owner[{index}]"), &owner.fields(&format!("join/{}", owner.code)));
        }
        for (index, party) in self.parties.iter().enumerate() {
            let id = format!("party/{}", party.party);
            make(format!("party[{index}]"), &party.fields(&id, &start));
        }
        for (index, account) in self.bank_accounts.iter().enumerate() {
            let joined = self.owners.iter().find(|owner| owner.code == account.owner);
            let joined = joined.map_or(start.as_str(), |owner| owner.joined.as_str());
            make(
                format!("bank_account[{index}]"),
                &[
                    ("event", Some("bank-account")),
                    ("id", Some(&format!("bank-account/{}", account.bank_account))),
                    ("date", Some(account.opened.as_deref().unwrap_or(joined))),
                    ("owner", Some(&account.owner)),
                    ("bank_account", Some(&account.bank_account)),
                    ("fund", Some(&account.fund)),
                    ("bank", account.bank.as_deref()),
                    ("number", account.number.as_deref()),
                ],
            );
        }
        if let Some(target) = &self.target {
            make(
                "target".to_owned(),
                &[
                    ("event", Some("target")),
                    ("id", Some(&format!("target/{}", target.by))),
                    ("date", Some(&start)),
                    ("by", Some(&target.by)),
                    ("amount", Some(&target.amount)),
                    ("document", target.document.as_deref()),
                ],
            );
        }
        events
    }
}
