//! Releases, run-offs, settled transfers and new custodians of a random life.

use super::{Maker, OWNERS, RISK, pick};
use poolbook::domain::account::Fund;
use poolbook::domain::pool::{Standing, Suspension, inter_pool_key};
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn of_pool(&self, kind: &str) -> Option<Value> {
        match kind {
            "release" => self.release(),
            "settle-transfer" => self.settle_transfer(),
            "change-custodian" => Some(json!({
                "date": self.day().to_string(), "document": "2号",
                "from_bank_account": pick(&RISK, self.step.a),
                "to_bank_account": pick(&RISK, self.step.b),
            })),
            // One owner in three goes on for ever.
            _ => Some(json!({
                "owner": OWNERS[usize::from(self.step.a) % 2].0, "date": self.day().to_string(),
                "reason": "x", "document": "3号",
            })),
        }
    }

    fn release(&self) -> Option<Value> {
        let stopped = self.state.suspensions.iter().filter(|record: &&Suspension| {
            matches!(record.standing(), Standing::Stopped(_)) || self.step.twist % 16 == 2
        });
        let record = pick(&stopped.collect::<Vec<_>>(), self.step.a)?;
        Some(json!({
            "owner": record.owner.as_deref(), "date": self.day().to_string(), "reason": "x",
            "document": if self.step.twist.is_multiple_of(6) { Value::Null } else { "1号".into() },
        }))
    }

    fn settle_transfer(&self) -> Option<Value> {
        let codes = OWNERS.map(|(owner, _)| owner);
        let pairs = codes.iter().flat_map(|from| codes.map(|to| [*from, to]));
        let open = |pair: [&str; 2]| self.state.sum(inter_pool_key(self.state, Fund::Risk, pair));
        let pairs: Vec<[&str; 2]> = pairs.filter(|pair| open(*pair) > 0).collect();
        let [from, to] = pick(&pairs, self.step.a)?;
        let amount = self.amount(i64::try_from(open([from, to])).unwrap());
        let mut value = json!({
            "owner": from, "to_owner": to, "date": self.day().to_string(), "document": "4号",
            "settlement": "cash", "bank_account": self.account(&RISK, from, self.step.b),
            "to_bank_account": "RISK-CITY",
        });
        if self.step.b.is_multiple_of(2) {
            value["amount"] = amount.into();
        }
        if self.step.b.is_multiple_of(3) {
            value["settlement"] = "fund".into();
            value["source"] = "city".into();
            value["bank_account"] = Value::Null;
            value["to_bank_account"] = Value::Null;
        }
        Some(self.people(value))
    }
}
