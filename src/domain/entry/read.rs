//! Reading the stored bytes of an entry, whole or only what it was decided from.

use super::{Entry, Line, Voucher};
use crate::domain::calendar::parse_date;
use crate::domain::event::Event;
use crate::domain::field::{Fields, Json, Value};
use crate::domain::plain::{Members, Plain};
use crate::domain::text::Id;
use crate::problem::{Exit, Problem};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::Offset;
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
        let stored: Stored<'_> =
            serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        let told = Told {
            approver: stored.approver,
            attachments: stored.attachments,
            checker: stored.checker,
            date: stored.date,
            document: stored.document,
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
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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
    approver: Option<Text<'a>>,
    #[serde(borrow, default)]
    attachments: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    checker: Option<Text<'a>>,
    #[serde(borrow)]
    date: Text<'a>,
    #[serde(borrow, default)]
    document: Option<Text<'a>>,
    #[serde(borrow)]
    event: Fields<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    maker: Option<Text<'a>>,
    #[serde(default)]
    more: u64,
    recorded: Timestamp,
    #[serde(default)]
    reverses: Option<u64>,
    seq: u64,
}

impl<'a> StoredGiven<'a> {
    /// Reads the common form, which is that of the writer; the full parser sees to the rest.
    pub(super) fn plain(bytes: &'a [u8]) -> Option<Self> {
        let mut members = Members::new(std::str::from_utf8(bytes).ok()?)?;
        let mut stored = Self::default();
        let (mut last, mut seen) = ("", 0);
        while let Some((name, value)) = members.next()? {
            // In order, so that none stands twice.
            if name <= last {
                return None;
            }
            last = name;
            let text = || match value {
                Plain::Text(text) => Some(Text(Cow::Borrowed(text))),
                _ => None,
            };
            let number = || if let Plain::Int(number) = value { Some(number) } else { None };
            seen += u32::from(matches!(name, "date" | "event" | "id" | "recorded" | "seq"));
            match name {
                "approver" => stored.approver = Some(text()?),
                "attachments" => return None,
                "checker" => stored.checker = Some(text()?),
                "date" => stored.date = text()?,
                "document" => stored.document = Some(text()?),
                "event" => {
                    let Plain::Nested(object) = value else { return None };
                    stored.event = Fields::of_members(Members::new(object)?)?;
                }
                "id" => stored.id = text()?,
                "maker" => stored.maker = Some(text()?),
                "more" => stored.more = number()?,
                "recorded" => stored.recorded = instant(&text()?.0)?,
                "reverses" => stored.reverses = Some(number()?),
                "seq" => stored.seq = number()?,
                _ => {}
            }
        }
        (seen == 5).then_some(stored)
    }

    pub(super) fn given(self) -> Result<Given, Problem> {
        let told = Told {
            approver: self.approver,
            attachments: self.attachments,
            checker: self.checker,
            date: self.date,
            document: self.document,
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

/// An instant in the form in which entries hold it: `2018-01-05T08:00:00Z`.
fn instant(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *time.as_bytes() else { return None };
    let part = |tens: u8, ones: u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i8::try_from((tens - b'0') * 10 + (ones - b'0')).ok()).flatten()
    };
    let time = Time::new(part(h1, h2)?, part(m1, m2)?, part(s1, s2)?, 0).ok()?;
    Offset::UTC.to_timestamp(parse_date(date).ok()?.to_datetime(time)).ok()
}

/// The stored form, read strictly.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    #[serde(borrow, default)]
    approver: Option<Text<'a>>,
    #[serde(borrow, default)]
    attachments: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    checker: Option<Text<'a>>,
    #[serde(borrow)]
    date: Text<'a>,
    #[serde(borrow, default)]
    document: Option<Text<'a>>,
    #[serde(borrow)]
    event: Fields<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(borrow, default)]
    maker: Option<Text<'a>>,
    #[serde(default)]
    memo: Vec<Line>,
    #[serde(default)]
    more: u64,
    recorded: Timestamp,
    #[serde(default)]
    reverses: Option<u64>,
    #[serde(default)]
    rules: Option<Id>,
    seq: u64,
    #[serde(default)]
    voucher: Option<Voucher>,
    #[serde(default)]
    working: Option<serde_json::Value>,
}
