//! Random corrections of facts of a loan.

use super::correct::fields_of;
use super::generate::{Maker, pick};
use super::twin::{fen, happened, text};
use poolbook::domain::calendar::parse_date;
use serde_json::{Value, json};

impl Maker<'_> {
    /// Mostly of a fact that stands, with a field of it or its true date; else of any entry, with
    /// nothing, with the same, or with a field that it does not have.
    pub(super) fn correct(&self) -> Value {
        let (twin, step) = (self.twin, self.step);
        let stands = |place: &usize| {
            let done = &twin.done[*place];
            let wanted = done.reversed_by.is_none() || step.twist % 8 == 4;
            wanted && fields_of(&done.word).is_some()
        };
        let facts: Vec<usize> = (0..twin.done.len()).filter(stands).collect();
        let place = match step.twist % 16 {
            3 => usize::from(step.b) % (twin.done.len() + 2),
            _ => facts[(usize::from(step.a) * 7 + usize::from(step.b)) % facts.len()],
        };
        let entry = (twin.first_entry + 1 + place).to_string();
        let mut event = json!({"entry": entry, "reason": "银行更正", "date": self.day(60)});
        let counting = twin.counting();
        let Some(fact) = counting.get(place) else {
            event["amount"] = "1.00".into();
            return event;
        };
        let fields = fields_of(text(fact, "event")).unwrap_or(&["amount"]);
        let mut named: Vec<&str> = Vec::new();
        match step.day % 8 {
            0 => {}
            1 => named.extend(fields),
            2 if step.twist % 8 == 2 => {
                named.push(["due", "rate", "amount"][usize::from(step.a % 3)])
            }
            _ => named.extend(pick(fields, step.a.wrapping_add(step.b))),
        }
        for name in named {
            event[name] = match step.twist % 32 {
                5 => fact.get(name).cloned().unwrap_or("2021-03-01".into()),
                _ => self.other(fact, name),
            };
        }
        if fields.is_empty() || step.day % 4 == 0 && step.twist % 32 != 6 {
            event["effective"] = self.near(happened(fact)).into();
        }
        event
    }

    /// A day around another one, or the same.
    fn near(&self, day: &str) -> String {
        let day = parse_date(day).unwrap();
        let days = i64::from(self.step.amount % 81) - 40;
        day.checked_add(jiff::Span::new().days(days)).unwrap().to_string()
    }

    /// Another value for a field of a fact.
    fn other(&self, fact: &Value, name: &str) -> Value {
        let raw = self.step.amount;
        let loan = self.twin.loan(text(fact, "loan"));
        let open = loan.and_then(|loan| {
            let note = loan.notes.iter().find(|note| note.id == text(fact, "note"));
            note.or(loan.notes.first()).map(|note| note.balance)
        });
        match name {
            "amount" if text(fact, "event") == "repay" => {
                self.amount(open.unwrap_or(0) + fen(fact, "amount").unwrap_or(0)).into()
            }
            "amount" if text(fact, "event") == "disburse" => {
                self.amount(loan.map_or(0, |loan| loan.amount - loan.drawn) + 10_000_000).into()
            }
            "amount" => self.amount(1_000_000).into(),
            "due" => format!("20{}-0{}-01", 19 + raw % 6, 1 + raw % 9).into(),
            "from" => format!("2017-0{}-21", 5 + raw % 5).into(),
            "to" => format!("2017-{:02}-21", 7 + raw % 5).into(),
            "rate" => format!("4.{}5%", raw % 9 + 1).into(),
            "fee_rate" => format!("{}%", 1 + raw % 4).into(),
            _ => format!("省级贴息更正第{}批", self.twin.done.len()).into(),
        }
    }
}
