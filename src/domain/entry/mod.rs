//! The entry (记账凭证 once printed): what the journal keeps, one canonical JSON object a line.
//!
//! The stored bytes are the hashed bytes are the exported bytes. Keys stand in alphabetical order,
//! amounts are texts with two decimals, there are no floats, and absent fields are left out.

mod plain;
mod read;
mod working;

pub use read::Given;
pub use working::Warning;

use crate::domain::account::{Account, Fund, Side};
use crate::domain::calendar::Month;
use crate::domain::event::{Event, Source};
use crate::domain::field::{Json, Shown as _};
use crate::domain::json::Writer;
use crate::domain::money::{Money, Total};
use crate::domain::text::Id;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of an entry: an amount on one side of one account of one cell, with its dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Account of the chart.
    pub account: Account,
    /// Amount, always positive.
    pub amount: Money,
    /// Bank account, on bank deposit heads.
    #[serde(default)]
    pub bank_account: Option<Id>,
    /// Claim it belongs to.
    #[serde(default)]
    pub claim: Option<Id>,
    /// Fund of the cell.
    pub fund: Fund,
    /// Loan it belongs to.
    #[serde(default)]
    pub loan: Option<Id>,
    /// Owner of the cell.
    pub owner: Id,
    /// Party it belongs to.
    #[serde(default)]
    pub party: Option<Id>,
    /// Debit or credit.
    pub side: Side,
    /// Who the money came from.
    #[serde(default)]
    pub source: Option<Source>,
}

impl Line {
    /// The amount with its sign: debit positive, credit negative.
    pub fn signed(&self) -> Total {
        match self.side {
            Side::Debit => Total::from(self.amount),
            Side::Credit => -Total::from(self.amount),
        }
    }

    /// The same line on the other side.
    #[must_use]
    pub fn turned(&self) -> Self {
        Self { side: self.side.opposite(), ..self.clone() }
    }

    /// The line as an entry holds it.
    pub fn to_value(&self) -> serde_json::Value {
        let mut bytes = Vec::new();
        self.write(&mut Writer::new(&mut bytes));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.begin_object();
        out.key("account");
        out.string(self.account.code());
        out.key("amount");
        self.amount.write(out);
        let mut dimension = |key: &str, id: Option<&str>| {
            if let Some(id) = id {
                out.key(key);
                out.string(id);
            }
        };
        dimension("bank_account", self.bank_account.as_deref());
        dimension("claim", self.claim.as_deref());
        dimension("fund", Some(self.fund.code()));
        dimension("loan", self.loan.as_deref());
        dimension("owner", Some(&self.owner));
        dimension("party", self.party.as_deref());
        dimension("side", Some(self.side.code()));
        dimension("source", self.source.map(Source::code));
        out.end_object();
    }
}

/// The word of a voucher (凭证字): what kind of run its number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VoucherWord {
    /// 记: an entry that moves balances.
    #[serde(rename = "记")]
    General,
    /// 备: an entry of the off-balance register only (备查).
    #[serde(rename = "备")]
    Register,
}

impl VoucherWord {
    /// Both words.
    pub const ALL: [Self; 2] = [Self::General, Self::Register];

    /// The word as printed.
    pub fn code(self) -> &'static str {
        match self {
            Self::General => "记",
            Self::Register => "备",
        }
    }

    /// The word of a text; the pinyin initials serve terminals without Chinese input.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "记" | "J" | "j" => Some(Self::General),
            "备" | "B" | "b" => Some(Self::Register),
            _ => None,
        }
    }
}

/// A voucher's place in its run: gapless per owner, month and word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voucher {
    /// Month of the business date.
    #[serde(with = "month_text")]
    pub month: Month,
    /// Number, counted from 1.
    pub number: u32,
    /// Owner whose run it is.
    pub owner: Id,
    /// Word.
    pub word: VoucherWord,
}

/// An event that was recorded before, and its entry reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversed {
    /// Its entry.
    pub entry: u64,
    /// The entry that reversed it.
    pub by: u64,
}

mod month_text {
    use crate::domain::calendar::Month;
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(month: &Month, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(month)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        crate::domain::text::deserialize_text(deserializer, Month::parse)
    }
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Number in the journal, counted from 1.
    pub seq: u64,
    /// When it was recorded, to the second.
    pub recorded: Timestamp,
    /// What happened, as told.
    pub event: Event,
    /// Its place among the vouchers; none when it moves nothing.
    pub voucher: Option<Voucher>,
    /// Id of the rules that were applied.
    pub rules: Option<Id>,
    /// Lines on balance.
    pub lines: Vec<Line>,
    /// Lines of the off-balance register.
    pub memo: Vec<Line>,
    /// Entry that this one reverses.
    pub reverses: Option<u64>,
    /// How many entries of the same group follow; the group counts when the last is there.
    pub more: u64,
    /// How a computed amount came about.
    pub working: Option<Json>,
}

impl Entry {
    /// All lines, on balance first.
    pub fn all_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().chain(&self.memo)
    }

    /// The owner whose voucher run or record it belongs to.
    pub fn owner(&self) -> Option<&Id> {
        self.voucher.as_ref().map(|voucher| &voucher.owner).or(self.event.owner.as_ref())
    }

    /// Appends the canonical bytes. Cost: one pass over the entry.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        let out = &mut writer;
        let event = &self.event;
        out.begin_object();
        optional(out, "approver", event.approver.as_deref());
        if !event.attachments.is_empty() {
            out.key("attachments");
            event.attachments.write(out);
        }
        optional(out, "checker", event.checker.as_deref());
        out.key("date");
        event.date.write(out);
        optional(out, "document", event.document.as_deref());
        if let Some(effective) = event.effective {
            out.key("effective");
            effective.write(out);
        }
        out.key("event");
        event.write_own(out);
        optional(out, "id", Some(&event.id));
        write_lines(out, "lines", &self.lines);
        optional(out, "maker", event.maker.as_deref());
        write_lines(out, "memo", &self.memo);
        if self.more > 0 {
            out.key("more");
            out.integer(self.more);
        }
        out.key("recorded");
        out.instant(self.recorded);
        if let Some(seq) = self.reverses {
            out.key("reverses");
            out.integer(seq);
        }
        optional(out, "rules", self.rules.as_deref());
        out.key("seq");
        out.integer(self.seq);
        if let Some(voucher) = &self.voucher {
            out.key("voucher");
            out.begin_object();
            out.key("month");
            out.quoted(voucher.month);
            out.key("number");
            out.integer(u64::from(voucher.number));
            optional(out, "owner", Some(&voucher.owner));
            optional(out, "word", Some(voucher.word.code()));
            out.end_object();
        }
        if let Some(working) = &self.working {
            out.key("working");
            working.write(out);
        }
        out.end_object();
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(768);
        self.encode(&mut bytes);
        bytes
    }
}

fn optional(out: &mut Writer<'_>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.key(key);
        out.string(text);
    }
}

fn write_lines(out: &mut Writer<'_>, key: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    out.key(key);
    out.begin_array();
    for line in lines {
        line.write(out);
    }
    out.end_array();
}

/// The id of an event as an 8-byte hash for the index of ids; stable across versions because it
/// is kept in the store (FNV-1a, then mixed).
pub fn id_hash(id: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::read::{Stored, StoredGiven};
    use super::*;
    use crate::domain::calendar::parse_date;

    fn sample() -> Entry {
        let event = Event::from_json(
            r#"{"approver":"丙","attachments":["a.pdf","b.pdf"],"checker":"乙","date":"2017-03-01","document":"焦财〔2017〕1号","effective":"2017-02-28","event":"contribute","fund":"RISK","id":"C-1","maker":"甲","memo":"首批","owner":"410821","source":"county","bank_account":"RISK-A","amount":"6000000.00"}"#.as_bytes(),
        )
        .unwrap();
        let line = |account, side| Line {
            account,
            amount: Money::parse("6000000.00").unwrap(),
            bank_account: (account == Account::CashRisk).then(|| Id::parse("RISK-A").unwrap()),
            claim: None,
            fund: Fund::Risk,
            loan: None,
            owner: Id::parse("410821").unwrap(),
            party: None,
            side,
            source: (account != Account::CashRisk).then_some(Source::County),
        };
        Entry {
            seq: 7,
            recorded: "2018-01-05T08:00:00Z".parse().unwrap(),
            voucher: Some(Voucher {
                month: Month::of(parse_date("2017-03-01").unwrap()),
                number: 1,
                owner: Id::parse("410821").unwrap(),
                word: VoucherWord::General,
            }),
            rules: None,
            lines: vec![
                line(Account::CashRisk, Side::Debit),
                line(Account::CapitalCounty, Side::Credit),
            ],
            memo: Vec::new(),
            reverses: None,
            more: 2,
            working: None,
            event,
        }
    }

    #[test]
    fn encode_decode_encode_is_the_identity() {
        let entry = sample();
        let bytes = entry.to_bytes();
        let again = Entry::decode(&bytes).unwrap();
        assert_eq!(again, entry);
        assert_eq!(again.to_bytes(), bytes);
    }

    #[test]
    fn bytes_are_sorted_canonical_json() {
        let bytes = sample().to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        // serde_json keeps objects sorted, so its own print is the canonical form.
        assert_eq!(value.to_string().as_bytes(), bytes);
    }

    #[test]
    fn what_was_given_reads_alike_at_speed_and_in_full() {
        let mut entry = sample();
        entry.event.attachments.clear();
        entry.reverses = Some(3);
        let bytes = entry.to_bytes();
        let plain = StoredGiven::plain(&bytes).unwrap().given().unwrap();
        let full: StoredGiven<'_> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(plain, full.given().unwrap());
        let Entry { seq, recorded, more, reverses, event, .. } = entry;
        assert_eq!(plain, Given { seq, recorded, more, reverses, event });
        // What is not in the writer's form is left to the full parser.
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            ("08:00:00Z", "08:00:00.5Z"),
            ("08:00:00Z", "08:00:60Z"),
            ("08:00:00Z", "16:00:00+08:00"),
            ("\"more\":2,", "\"more\":2,\"more\":2,"),
            ("\"seq\":7,", ""),
            ("\"id\":\"C-1\",", ""),
            ("首批", "首\\n批"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert!(StoredGiven::plain(changed.as_bytes()).is_none(), "{to}");
        }
    }

    #[test]
    fn an_entry_reads_alike_at_speed_and_in_full() {
        let mut entry = sample();
        entry.event.attachments.clear();
        let turned: Vec<Line> = entry.lines.iter().map(Line::turned).collect();
        entry.memo = turned;
        if let Some(line) = entry.memo.first_mut() {
            line.loan = Some(Id::parse("L-1").unwrap());
            line.claim = Some(Id::parse("C-1").unwrap());
            line.party = Some(Id::parse("示例银行").unwrap());
        }
        entry.rules = Some(Id::parse("r").unwrap());
        entry.working = Some(Json::new(&serde_json::json!({"a": ["]}", 1]})).unwrap());
        let bytes = entry.to_bytes();
        assert!(Stored::plain(&bytes).is_some());
        assert_eq!(Entry::decode(&bytes).unwrap(), entry);
        let text = String::from_utf8(bytes).unwrap();
        // Neither reader takes these.
        for (from, to) in [
            ("\"side\":\"debit\"", "\"side\":\"left\""),
            ("\"fund\":\"RISK\",\"owner\"", "\"fund\":\"RISK\",\"funds\":1,\"owner\""),
            ("{\"account\":\"1002.01\"", "{\"account\":\"1002.01\",\"account\":\"1002.01\""),
            ("\"account\":\"1002.01\",", ""),
            ("\"1002.01\"", "\"1002.1\""),
            ("}],\"maker\"", "},],\"maker\""),
            ("}],\"maker\"", "}]],\"maker\""),
            ("\"number\":1,", "\"number\":1,\"more\":1,"),
            ("\"number\":1,", "\"number\":4294967296,"),
            ("\"word\":\"记\"", "\"word\":\"J\""),
            ("\"month\":\"2017-03\"", "\"month\":\"2017-13\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(Stored::plain(changed.as_bytes()).is_none(), "{to}");
            assert!(Entry::decode(changed.as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let bytes = String::from_utf8(sample().to_bytes()).unwrap();
        let bad = bytes.replacen("\"id\":", "\"idd\":", 1);
        assert_eq!(Entry::decode(bad.as_bytes()).unwrap_err().code, "entry-unreadable");
    }
}
