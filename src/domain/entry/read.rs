//! Reading the stored bytes of an entry, whole or only what it was decided from.

use super::{Entry, Line, Voucher};
use crate::domain::event::Event;
use crate::domain::field::{Fields, Json, Value};
use crate::domain::text::Id;
use crate::problem::{Exit, Problem};
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;

impl Entry {
    /// Reads only what the entry was decided from: the event, its number, when it was recorded and
    /// how many follow. For `verify`, which decides it again and compares the bytes, so that the
    /// lines need not be parsed. Cost: about half of [`Entry::decode`].
    ///
    /// # Errors
    /// `entry-unreadable` with the parser's detail.
    pub fn decode_given(bytes: &[u8]) -> Result<Given, Problem> {
        if let Some(stored) = StoredGiven::plain(bytes) {
            return stored.given();
        }
        let stored: StoredGiven<'_> =
            serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        stored.given()
    }

    /// Reads the bytes of one entry strictly: unknown keys, doubled keys and malformed values are
    /// refused. Whether the bytes are canonical is for `verify` to say.
    ///
    /// # Errors
    /// `entry-unreadable` with the parser's detail.
    pub fn decode(bytes: &[u8]) -> Result<Self, Problem> {
        let stored = match Stored::plain(bytes) {
            Some(stored) => stored,
            None => serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?,
        };
        let told = Told {
            approver: stored.approver,
            attachments: stored.attachments,
            checker: stored.checker,
            date: stored.date,
            document: stored.document,
            effective: stored.effective,
            id: stored.id,
            maker: stored.maker,
        };
        let event = told.into_event(stored.event)?;
        Ok(Self {
            seq: stored.seq,
            recorded: stored.recorded,
            event,
            voucher: stored.voucher,
            rules: stored.rules,
            lines: stored.lines,
            memo: stored.memo,
            reverses: stored.reverses,
            more: stored.more,
            working: stored.working.map(|value| Json::new(&value)).transpose()?,
        })
    }
}

/// A text borrowed from the line where it holds no escape.
#[derive(Default, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

fn unreadable(detail: String) -> Problem {
    Problem::new("entry-unreadable", Exit::Damaged).with("detail", detail)
}

/// What an entry was decided from.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Number in the journal.
    pub seq: u64,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// How many entries of the same group follow.
    pub more: u64,
    /// Entry that it reverses.
    pub reverses: Option<u64>,
    /// What happened, as told.
    pub event: Event,
}

/// The common fields of the event, which stand beside it in the entry.
struct Told<'a> {
    approver: Option<Text<'a>>,
    attachments: Option<Vec<Text<'a>>>,
    checker: Option<Text<'a>>,
    date: Text<'a>,
    document: Option<Text<'a>>,
    effective: Option<Text<'a>>,
    id: Text<'a>,
    maker: Option<Text<'a>>,
}

impl<'a> Told<'a> {
    /// The event with its common fields put back.
    fn into_event(self, mut fields: Fields<'a>) -> Result<Event, Problem> {
        let texts = [
            ("approver", self.approver),
            ("checker", self.checker),
            ("date", Some(self.date)),
            ("document", self.document),
            ("effective", self.effective),
            ("id", Some(self.id)),
            ("maker", self.maker),
        ];
        for (name, text) in texts {
            if fields.get(name).is_some() {
                return Err(unreadable(format!("`{name}` stands inside `event`")));
            }
            if let Some(Text(text)) = text {
                fields.push(name, Value::Text(text));
            }
        }
        if let Some(attachments) = self.attachments {
            let list = attachments.into_iter().map(|Text(text)| Value::Text(text)).collect();
            fields.push("attachments", Value::List(list));
        }
        Event::from_fields(&fields).map_err(|problem| unreadable(problem.to_string()))
    }
}

/// The part of the stored form that an entry was decided from; the rest is passed over.
#[derive(Default, Deserialize)]
pub(super) struct StoredGiven<'a> {
    #[serde(borrow, default)]
    pub(super) approver: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) attachments: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    pub(super) checker: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) date: Text<'a>,
    #[serde(borrow, default)]
    pub(super) document: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) effective: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) event: Fields<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) maker: Option<Text<'a>>,
    #[serde(default)]
    pub(super) more: u64,
    pub(super) recorded: Timestamp,
    #[serde(default)]
    pub(super) reverses: Option<u64>,
    pub(super) seq: u64,
}

impl StoredGiven<'_> {
    pub(super) fn given(self) -> Result<Given, Problem> {
        let told = Told {
            approver: self.approver,
            attachments: self.attachments,
            checker: self.checker,
            date: self.date,
            document: self.document,
            effective: self.effective,
            id: self.id,
            maker: self.maker,
        };
        Ok(Given {
            seq: self.seq,
            recorded: self.recorded,
            more: self.more,
            reverses: self.reverses,
            event: told.into_event(self.event)?,
        })
    }
}

/// The stored form, read strictly.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored<'a> {
    #[serde(borrow, default)]
    pub(super) approver: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) attachments: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    pub(super) checker: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) date: Text<'a>,
    #[serde(borrow, default)]
    pub(super) document: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) effective: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) event: Fields<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(default)]
    pub(super) lines: Vec<Line>,
    #[serde(borrow, default)]
    pub(super) maker: Option<Text<'a>>,
    #[serde(default)]
    pub(super) memo: Vec<Line>,
    #[serde(default)]
    pub(super) more: u64,
    pub(super) recorded: Timestamp,
    #[serde(default)]
    pub(super) reverses: Option<u64>,
    #[serde(default)]
    pub(super) rules: Option<Id>,
    pub(super) seq: u64,
    #[serde(default)]
    pub(super) voucher: Option<Voucher>,
    #[serde(default)]
    pub(super) working: Option<serde_json::Value>,
}
