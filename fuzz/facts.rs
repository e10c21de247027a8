//! Events that a session makes of what its book holds: statements, matches, certificates, checkpoints.

use super::backup::root;
use poolbook::book::Book;
use poolbook::domain::calendar::{Month, next_day, parse_date};
use poolbook::domain::money::Money;
use poolbook::domain::text::Id;
use poolbook::store::MemoryStore;
use poolbook::store::tree::hex;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the bank moved: as the world's events say, and what nobody told.
const MOVED: [&str; 6] = ["4000000.00", "6000000.00", "-36.50", "8750.00", "-1000.00", "0.01"];

/// Fills in what an event says of the book as it stands; the step's bytes choose, and now and then
/// they choose wrongly. Without anything to name, the event stays as the template has it.
pub fn fill(event: &mut Value, step: &[u8], book: &Book<MemoryStore>) -> Option<()> {
    let byte = |at: usize| usize::from(step.get(at).copied().unwrap_or_default());
    let state = book.state();
    let nth = |count: usize| byte(6).checked_rem(count);
    match event["event"].as_str()? {
        "import-statement" => statement(event, &byte, book)?,
        "undo-statement" => {
            let place = nth(state.statements.imports.iter().count())?;
            event["statement"] = state.statements.imports.iter().nth(place)?.id.as_str().into();
        }
        "match-lines" => {
            let account = event["bank_account"].as_str()?;
            let channel = book.channel(account, None, None).ok()?;
            let lines = channel.lines.iter().skip(byte(6) % 4).take(byte(3) % 3);
            event["lines"] = lines.map(|line| line.id.to_string()).collect::<Vec<_>>().into();
            let posting = |entry: usize| format!("{}.{}", 9 + entry % 24, 1 + entry / 24 % 2);
            let postings = [byte(5), byte(3)].map(posting);
            event["postings"] = postings[..1 + byte(6) / 128].to_vec().into();
        }
        "unmatch-lines" => {
            let place = nth(state.statements.matches.iter().count())?;
            event["matching"] = state.statements.matches.iter().nth(place)?.id.as_str().into();
        }
        "certify" => {
            let account = Id::parse(event["bank_account"].as_str()?).ok()?;
            let day = parse_date(event["date"].as_str()?).ok()?;
            let made = book.tie(&account, day, None).ok()?.event(&account, day).ok()?;
            let made: Value = serde_json::from_str(&made.to_json()).expect("an event");
            event["digest"] = made["digest"].clone();
            event["figures"] = made["figures"].clone();
            if byte(5) > 230 {
                event["figures"]["book"] = "0.01".into();
            }
        }
        "keep-checkpoint" => {
            let place = nth(state.checkpoints.iter().count())?;
            event["checkpoint"] = state.checkpoints.iter().nth(place)?.entry.into();
        }
        "close" if byte(3) > 0 => {
            let month = 1 + byte(3) % 12;
            let next = parse_date(&format!("2017-{month:02}-28")).ok()?;
            let last = Month::of(next).last_day();
            event["period"] = format!("2017-{month:02}").into();
            event["date"] = last.to_string().into();
        }
        _ => {}
    }
    Some(())
}

/// A statement that goes on from the one before it.
fn statement(
    event: &mut Value,
    byte: &dyn Fn(usize) -> usize,
    book: &Book<MemoryStore>,
) -> Option<()> {
    let account = event["bank_account"].as_str()?.to_owned();
    let held = &book.state().statements.imports;
    let before = held.iter().rfind(|one| one.undone.is_none() && *one.bank_account == *account);
    if let Some(before) = before.filter(|_| byte(5) < 200) {
        event["from"] = next_day(before.to).ok()?.to_string().into();
        event["opening"] = before.closing.to_string().into();
    }
    let from = parse_date(event["from"].as_str()?).ok()?;
    let day = parse_date(event["date"].as_str()?).ok().filter(|day| *day >= from).unwrap_or(from);
    event["date"] = day.to_string().into();
    let mut balance = Money::parse(event["opening"].as_str()?).ok()?;
    let mut movements = Vec::new();
    for row in 0..byte(6) % 4 {
        let amount = Money::parse(MOVED[(byte(6) / 4 + row) % MOVED.len()]).ok()?;
        balance = balance.add(amount).ok()?;
        movements.push(json!({
            "amount": amount.to_string(), "balance": balance.to_string(), "date": day.to_string(),
            "row": row + 2,
        }));
    }
    event["movements"] = movements.into();
    let closing = if byte(5) > 250 { Money::ZERO } else { balance };
    event["closing"] = closing.to_string().into();
    event["sha256"] = format!("{:x}", byte(1) % 16).repeat(64).into();
    if byte(4) & 0x80 != 0 {
        event["channel"] = "counter".into();
    }
    Some(())
}

/// Statements come out, no line is matched twice, and a checkpoint seals what stands before it.
pub fn facts(journal: &[Vec<u8>]) {
    let mut matches: Vec<(String, Vec<String>)> = Vec::new();
    let mut first_of_group = 0;
    for (place, bytes) in journal.iter().enumerate() {
        let entry: Value = serde_json::from_slice(bytes).expect("an entry");
        let event = &entry["event"];
        match event["event"].as_str().unwrap_or_default() {
            "import-statement" => {
                let fen = |value: &Value| Money::parse(value.as_str().unwrap_or_default());
                let mut balance = fen(&event["opening"]).expect("an amount").fen();
                for movement in event["movements"].as_array().into_iter().flatten() {
                    balance += fen(&movement["amount"]).expect("an amount").fen();
                    assert_eq!(fen(&movement["balance"]).map(Money::fen), Ok(balance), "{event}");
                }
                assert_eq!(fen(&event["closing"]).map(Money::fen), Ok(balance), "{event}");
            }
            "match-lines" => {
                let texts = |key: &str| {
                    let list = event[key].as_array().into_iter().flatten();
                    list.filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
                };
                let id = entry["id"].as_str().unwrap_or_default().to_owned();
                matches.push((id, texts("postings")));
            }
            "unmatch-lines" => {
                let gone = event["matching"].as_str().unwrap_or_default();
                matches.retain(|(id, _)| id != gone);
            }
            "checkpoint" => {
                let sealed = &entry["working"]["journal"];
                let before: Vec<&[u8]> =
                    journal[..first_of_group].iter().map(Vec::as_slice).collect();
                assert_eq!(sealed["root"], hex(&root(&before)), "{}", entry["seq"]);
                assert_eq!(sealed["entries"], before.len(), "{}", entry["seq"]);
            }
            _ => {}
        }
        let postings: Vec<&String> = matches.iter().flat_map(|(_, postings)| postings).collect();
        let unique: BTreeSet<&&String> = postings.iter().collect();
        assert_eq!(unique.len(), postings.len(), "a line is matched twice: {matches:?}");
        if entry["more"].as_u64().unwrap_or_default() == 0 {
            first_of_group = place + 1;
        }
    }
}
