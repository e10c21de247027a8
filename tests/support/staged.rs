//! Books at a stage, and events that fit them.

use super::book::{blank, event, record};
use super::fixture;
use super::stages::{STAGES, beside};
use poolbook::book::Book;
use poolbook::domain::event::Event;
use poolbook::store::MemoryStore;

/// The event of a line: an id where it has none, the rules text for `@`, numbers of entries for
/// their ids.
pub fn read(book: &Book<MemoryStore>, json: &str, id: &str) -> Event {
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
    if value["id"].is_null() {
        value["id"] = id.into();
    }
    for key in ["rules", "rates"] {
        if let Some(name) = value[key].as_str().and_then(|text| text.strip_prefix('@'))
            && name.contains('/')
        {
            value[key] = std::fs::read_to_string(fixture(name)).unwrap().into();
        }
    }
    if let Some(version) = value["rules"].as_str().and_then(|rules| rules.strip_prefix('@')) {
        let path = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
        let rules = std::fs::read_to_string(path).unwrap();
        let rules = match version {
            "costs" => rules
                .replace("cost_deductible = true", "cost_deductible = false")
                .replace("jiaozuo-demo", "costs"),
            _ => rules,
        };
        value["rules"] = rules.into();
    }
    if let Some(id) = value["entry"].as_str().and_then(|entry| entry.strip_prefix('@')) {
        value["entry"] = book.find(id).unwrap().unwrap().seq.to_string().into();
    }
    event(&value.to_string())
}

pub fn book_at(stage: &str) -> Book<MemoryStore> {
    let mut book = blank();
    for (name, events) in STAGES {
        // What happens to the loan and what happens beside it are different lives.
        let other_life = beside(name).is_some() && beside(name) != beside(stage);
        for (json, number) in events.iter().filter(|_| !other_life).zip(1..) {
            let event = read(&book, json, &format!("{}-{number}", name.replace(' ', "-")));
            record(&mut book, &[event]);
        }
        if *name == stage {
            return book;
        }
    }
    panic!("no stage {stage}");
}
