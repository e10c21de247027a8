//! Entries in the form in which they are written, read at speed.
//!
//! Keys in order, no escapes. Whatever differs gives `None` and is read by the full parser, which
//! words the problem if there is one; what both read, both read alike.

use super::read::{Stored, StoredGiven, Text};
use super::{Line, Voucher, VoucherWord};
use crate::domain::account::{Account, Fund, Side};
use crate::domain::calendar::{Month, parse_date};
use crate::domain::event::Source;
use crate::domain::field::Fields;
use crate::domain::money::Money;
use crate::domain::plain::{Members, Plain, objects};
use crate::domain::text::Id;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::Offset;
use std::borrow::Cow;

/// Hands over the members of an object whose keys are in order, so that none stands twice.
fn each<'a>(text: &'a str, mut visit: impl FnMut(&'a str, Plain<'a>) -> Option<()>) -> Option<()> {
    let mut members = Members::new(text)?;
    let mut last = "";
    while let Some((name, value)) = members.next()? {
        if name <= last {
            return None;
        }
        last = name;
        visit(name, value)?;
    }
    Some(())
}

fn text<'a>(value: Plain<'a>) -> Option<&'a str> {
    if let Plain::Text(text) = value { Some(text) } else { None }
}

fn told<'a>(value: Plain<'a>) -> Option<Text<'a>> {
    text(value).map(|text| Text(Cow::Borrowed(text)))
}

fn number(value: Plain<'_>) -> Option<u64> {
    if let Plain::Int(number) = value { Some(number) } else { None }
}

fn nested<'a>(value: Plain<'a>) -> Option<&'a str> {
    if let Plain::Nested(text) = value { Some(text) } else { None }
}

fn id(value: Plain<'_>) -> Option<Id> {
    text(value).map(Id::joined)
}

fn event<'a>(value: Plain<'a>) -> Option<Fields<'a>> {
    Fields::of_members(Members::new(nested(value)?)?)
}

impl<'a> StoredGiven<'a> {
    pub(super) fn plain(bytes: &'a [u8]) -> Option<Self> {
        let mut stored = Self::default();
        let mut seen = 0;
        each(std::str::from_utf8(bytes).ok()?, |name, value| {
            seen += u32::from(matches!(name, "date" | "event" | "id" | "recorded" | "seq"));
            match name {
                "approver" => stored.approver = Some(told(value)?),
                "attachments" => return None,
                "checker" => stored.checker = Some(told(value)?),
                "date" => stored.date = told(value)?,
                "document" => stored.document = Some(told(value)?),
                "effective" => stored.effective = Some(told(value)?),
                "event" => stored.event = event(value)?,
                "id" => stored.id = told(value)?,
                "maker" => stored.maker = Some(told(value)?),
                "more" => stored.more = number(value)?,
                "recorded" => stored.recorded = instant(text(value)?)?,
                "reverses" => stored.reverses = Some(number(value)?),
                "seq" => stored.seq = number(value)?,
                _ => {}
            }
            Some(())
        })?;
        (seen == 5).then_some(stored)
    }
}

impl<'a> Stored<'a> {
    pub(super) fn plain(bytes: &'a [u8]) -> Option<Self> {
        let mut stored = Self::default();
        let mut seen = 0;
        each(std::str::from_utf8(bytes).ok()?, |name, value| {
            seen += u32::from(matches!(name, "date" | "event" | "id" | "recorded" | "seq"));
            match name {
                "approver" => stored.approver = Some(told(value)?),
                "checker" => stored.checker = Some(told(value)?),
                "date" => stored.date = told(value)?,
                "document" => stored.document = Some(told(value)?),
                "effective" => stored.effective = Some(told(value)?),
                "event" => stored.event = event(value)?,
                "id" => stored.id = told(value)?,
                "lines" => stored.lines = lines(value)?,
                "maker" => stored.maker = Some(told(value)?),
                "memo" => stored.memo = lines(value)?,
                "more" => stored.more = number(value)?,
                "recorded" => stored.recorded = instant(text(value)?)?,
                "reverses" => stored.reverses = Some(number(value)?),
                "rules" => stored.rules = Some(id(value)?),
                "seq" => stored.seq = number(value)?,
                "voucher" => stored.voucher = Some(voucher(value)?),
                "working" => stored.working = Some(serde_json::from_str(nested(value)?).ok()?),
                _ => return None,
            }
            Some(())
        })?;
        (seen == 5).then_some(stored)
    }
}

fn lines(value: Plain<'_>) -> Option<Vec<Line>> {
    let mut lines = Vec::with_capacity(4);
    objects(nested(value)?, |object| {
        lines.push(line(object)?);
        Some(())
    })?;
    Some(lines)
}

fn line(object: &str) -> Option<Line> {
    let (mut account, mut amount, mut fund, mut owner, mut side) = (None, None, None, None, None);
    let (mut bank_account, mut claim, mut loan, mut party) = (None, None, None, None);
    let mut source = None;
    each(object, |name, value| {
        match name {
            "account" => account = Some(Account::parse(text(value)?)?),
            "amount" => amount = Some(Money::parse(text(value)?).ok()?),
            "bank_account" => bank_account = Some(id(value)?),
            "claim" => claim = Some(id(value)?),
            "fund" => fund = Some(Fund::parse(text(value)?)?),
            "loan" => loan = Some(id(value)?),
            "owner" => owner = Some(id(value)?),
            "party" => party = Some(id(value)?),
            "side" => side = Some(side_of(text(value)?)?),
            "source" => source = Some(Source::parse(text(value)?)?),
            _ => return None,
        }
        Some(())
    })?;
    Some(Line {
        account: account?,
        amount: amount?,
        bank_account,
        claim,
        fund: fund?,
        loan,
        owner: owner?,
        party,
        side: side?,
        source,
    })
}

fn side_of(word: &str) -> Option<Side> {
    [Side::Debit, Side::Credit].into_iter().find(|side| side.code() == word)
}

fn voucher(value: Plain<'_>) -> Option<Voucher> {
    let (mut month, mut count, mut owner, mut word) = (None, None, None, None);
    each(nested(value)?, |name, value| {
        match name {
            "month" => month = Some(self::month(text(value)?)?),
            "number" => count = Some(u32::try_from(number(value)?).ok()?),
            "owner" => owner = Some(id(value)?),
            "word" => {
                let text = text(value)?;
                word = Some(VoucherWord::ALL.into_iter().find(|word| word.code() == text)?);
            }
            _ => return None,
        }
        Some(())
    })?;
    Some(Voucher { month: month?, number: count?, owner: owner?, word: word? })
}

fn month(text: &str) -> Option<Month> {
    Month::parse(text).ok()
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
