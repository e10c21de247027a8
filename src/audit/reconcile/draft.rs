//! Events ready to record: what would mend a fault. They are drafts; what only a person knows is
//! named beside them, and nobody's signature is copied.

use crate::audit::reconcile::{BookLine, Place, StatementLine, SuggestInput};
use crate::domain::event::EventSpec;
use crate::domain::money::Total;
use serde_json::{Map, Value, json};

/// Events, and the fields that are still missing.
#[derive(Default)]
pub(super) struct Draft {
    pub events: Vec<Value>,
    pub missing: Vec<&'static str>,
}

impl Draft {
    /// As a suggestion holds it.
    pub fn into_parts(self) -> (Option<Value>, Vec<&'static str>) {
        let events = Some(self.events).filter(|events| !events.is_empty());
        (events.map(Value::Array), self.missing)
    }
}

/// An amount without its sign.
pub(super) fn absolute(fen: i64) -> String {
    Total(i128::from(fen).abs()).to_string()
}

/// A name for a line that the same line always gets.
fn name(line: &StatementLine) -> String {
    if line.id.is_empty() { format!("{}-row{}", line.date, line.row) } else { line.id.to_string() }
}

/// An event of the bank's line on this account: `bank-charge`, `pool-interest`, `unknown-receipt`.
pub(super) fn of_bank(input: &SuggestInput<'_>, word: &str, line: &StatementLine) -> Draft {
    let mut event = json!({
        "event": word,
        "id": format!("{word}-{}", name(line)),
        "date": line.date.to_string(),
        "owner": input.owner,
        "bank_account": input.bank_account,
        "amount": absolute(line.amount.fen()),
    });
    if !line.memo.is_empty() {
        put(&mut event, "memo", &line.memo);
    }
    Draft { events: vec![event], missing: Vec::new() }
}

/// Money that came from, or went to, another own account.
pub(super) fn of_move(input: &SuggestInput<'_>, line: &StatementLine, other: usize) -> Draft {
    let Some(other) = input.others.get(other) else { return Draft::default() };
    let (own, far) = ((input.bank_account, input.owner), (other.bank_account, other.owner));
    let (from, to) = if line.amount.is_positive() { (far, own) } else { (own, far) };
    let amount = absolute(line.amount.fen());
    let (date, id) = (line.date.to_string(), name(line));
    let event = if from.1 == to.1 {
        json!({
            "event": "move", "id": format!("move-{id}"), "date": date, "owner": from.1,
            "from_bank_account": from.0, "to_bank_account": to.0, "amount": amount,
        })
    } else {
        json!({
            "event": "transfer", "id": format!("transfer-{id}"), "date": date, "owner": from.1,
            "bank_account": from.0, "to_owner": to.1, "to_bank_account": to.0, "amount": amount,
        })
    };
    Draft { events: vec![event], missing: Vec::new() }
}

/// The reversal of the entry of a line.
pub(super) fn reversal(line: &BookLine, reason: &str) -> Value {
    json!({
        "event": "reverse",
        "id": format!("reverse-{}", line.entry),
        "date": line.date.to_string(),
        "owner": line.owner.as_str(),
        "entry": line.entry,
        "reason": reason,
    })
}

/// The reversal alone.
pub(super) fn only_reversal(line: &BookLine, reason: &str) -> Draft {
    Draft { events: vec![reversal(line, reason)], missing: Vec::new() }
}

/// The reversal, and the same event again with something put right. Without the event at hand the
/// reversal stands alone and the event is named as missing.
pub(super) fn again(
    input: &SuggestInput<'_>,
    line: &BookLine,
    reason: &str,
    right: &dyn Fn(&mut Value) -> Option<&'static str>,
) -> Draft {
    let mut draft = only_reversal(line, reason);
    let Some(mut event) = (input.event)(line.entry).filter(Value::is_object) else {
        draft.missing.push("event");
        return draft;
    };
    if let Some(fields) = event.as_object_mut() {
        for signature in ["maker", "checker", "approver"] {
            fields.remove(signature);
        }
    }
    let id = text(&event, "id").unwrap_or_default();
    put(&mut event, "id", &format!("{id}-{}-again", line.entry));
    if let Some(missing) = right(&mut event) {
        draft.missing.push(missing);
    }
    draft.events.push(event);
    draft
}

/// Puts the right amount where the wrong one stands; names the field where it stands nowhere.
pub(super) fn with_amount(event: &mut Value, wrong: i64, right: i64) -> Option<&'static str> {
    let held = text(event, "amount");
    let takes_one = text(event, "event").is_some_and(|word| has_field(&word, "amount"));
    let fits = held.as_ref().map_or(takes_one, |held| {
        held.parse::<crate::domain::money::Money>()
            .is_ok_and(|amount| amount.fen() == wrong.saturating_abs())
    });
    if fits {
        put(event, "amount", &absolute(right));
        None
    } else {
        Some("amount")
    }
}

/// Puts another bank account, and its owner, where this one stands.
pub(super) fn with_account(
    event: &mut Value,
    (wrong, _): (&str, &str),
    (right, owner): (&str, &str),
) -> Option<&'static str> {
    let mut is_found = false;
    for field in ["bank_account", "from_bank_account", "to_bank_account"] {
        if text(event, field).as_deref() == Some(wrong) {
            put(event, field, right);
            is_found = true;
        }
    }
    let is_single = text(event, "bank_account").is_some();
    if is_single && text(event, "owner").is_some_and(|held| held != owner) {
        put(event, "owner", owner);
    }
    if is_found { None } else { Some("bank_account") }
}

/// Turns a move round; another event of the opposite direction only a person can choose.
pub(super) fn turned(event: &mut Value) -> Option<&'static str> {
    let (from, to) = (text(event, "from_bank_account"), text(event, "to_bank_account"));
    let (Some(from), Some(to)) = (from, to) else { return Some("event") };
    put(event, "from_bank_account", &to);
    put(event, "to_bank_account", &from);
    None
}

/// The subsidy's payment that the bank sent back; an unknown receipt where it is another payment.
pub(super) fn returned(
    input: &SuggestInput<'_>,
    line: &StatementLine,
    paid: Option<&BookLine>,
) -> Draft {
    let event = paid.and_then(|paid| (input.event)(paid.entry));
    let subsidy = event.as_ref().and_then(|event| text(event, "subsidy"));
    let (Some(paid), Some(subsidy)) = (paid, subsidy) else {
        let mut draft = of_bank(input, "unknown-receipt", line);
        draft.missing.push("event");
        return draft;
    };
    let mut draft = of_bank(input, "return-subsidy", line);
    for event in &mut draft.events {
        put(event, "subsidy", &subsidy);
        put(event, "owner", &paid.owner);
        if !line.memo.is_empty() {
            put(event, "reason", &line.memo);
        }
    }
    draft
}

/// The lines are said to belong together. Lines that are not recorded have no names to say it with.
pub(super) fn match_lines(input: &SuggestInput<'_>, places: &[Place]) -> Draft {
    let lines: Vec<&StatementLine> =
        places.iter().filter_map(|place| input.bank_line(*place)).collect();
    let postings: Vec<String> = places
        .iter()
        .filter_map(|place| input.book_line(*place))
        .map(|line| format!("{}.{}", line.entry, line.line))
        .collect();
    let is_named = lines.iter().all(|line| !line.id.is_empty());
    let Some(first) = lines.first().filter(|_| is_named && !postings.is_empty()) else {
        return Draft::default();
    };
    let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    let event = json!({
        "event": "match-lines",
        "id": format!("match-{}", first.id),
        "date": input.last_day.to_string(),
        "owner": input.owner,
        "bank_account": input.bank_account,
        "lines": ids,
        "postings": postings,
    });
    Draft { events: vec![event], missing: Vec::new() }
}

fn has_field(word: &str, field: &str) -> bool {
    EventSpec::of(word).is_some_and(|spec| spec.fields.iter().any(|known| known.name == field))
}

fn text(event: &Value, field: &str) -> Option<String> {
    event.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn put(event: &mut Value, field: &str, text: &str) {
    if let Some(fields) = event.as_object_mut() {
        let fields: &mut Map<String, Value> = fields;
        fields.insert(field.to_owned(), text.into());
    }
}
