//! What the naive book says of closing a period, and of closed periods.

use super::twin::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// How far the books of an owner are closed; empty texts where they are not.
#[derive(Default)]
pub struct Closed {
    through: String,
    soft: String,
    year: String,
}

impl Closed {
    /// Whether a day is closed.
    pub fn reaches(&self, day: &str) -> bool {
        self.through.as_str() >= day
    }
}

/// The last day of `2017-10`, `2017Q4` or `2017`.
pub fn last_day(period: &str) -> String {
    let (year, month) = match period.split_once(['-', 'Q']) {
        Some((year, month)) if period.contains('-') => (year, month.parse::<usize>().unwrap()),
        Some((year, quarter)) => (year, quarter.parse::<usize>().unwrap() * 3),
        None => (period, 12),
    };
    let leap = year.parse::<i64>().unwrap() % 4 == 0;
    let february = if leap { 29 } else { 28 };
    let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
    format!("{year}-{month:02}-{days}")
}

impl Twin {
    pub(super) fn closed(&self, owner: &str) -> Closed {
        let mut closed = Closed::default();
        let of = |done: &&Done| done.word == "close" && text(&done.event, "owner") == owner;
        for done in self.done.iter().filter(of) {
            let (period, date) = (text(&done.event, "period"), text(&done.event, "date"));
            if text(&done.event, "stage") == "soft" {
                closed.soft = date.into();
                continue;
            }
            closed.through = date.into();
            if closed.soft.as_str() <= date {
                closed.soft.clear();
            }
            if period.len() == 4 {
                closed.year = period.into();
            }
        }
        closed
    }

    pub(super) fn close(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        let period = text(event, "period");
        let (last, whole_year) = (last_day(period), period.len() == 4);
        draft.signed = true;
        draft.need(text(event, "date") == last, "close-date");
        let (closed, soft) = (self.closed(&owner), text(event, "stage") == "soft");
        let already = match soft {
            true => last <= closed.through || last <= closed.soft,
            // The year may still be closed after its last month.
            false => {
                last < closed.through
                    || last == closed.through && !(whole_year && closed.year.as_str() < period)
            }
        };
        draft.need(!already, "period-closed-already");
        let mut stood: BTreeMap<&Place, i128> = BTreeMap::new();
        for done in self.done.iter().filter(|done| text(&done.event, "date") <= last.as_str()) {
            for (place, signed) in done.lines.iter().filter(|(place, _)| place.0 == owner) {
                *stood.entry(place).or_default() += signed;
            }
        }
        let below = |(place, net): (&&Place, &i128)| place.2.starts_with("1002") && *net < 0;
        // Nobody has said yet what the money is that arrived by then.
        let unexplained = self.receipts().any(|receipt| {
            receipt.owner == owner && receipt.open > 0 && receipt.received.as_str() <= last.as_str()
        });
        let blocked = stood.iter().any(below) || !soft && unexplained;
        draft.need(!blocked, "close-blocked");
        if soft {
            return;
        }
        for fund in ["RISK", "INT", "GFEE"] {
            let of = |account: &str| -> i128 {
                let is = |place: &&&Place| place.1 == fund && place.2 == account;
                stood.keys().filter(is).map(|place| stood[*place]).sum()
            };
            let accounts: std::collections::BTreeSet<&str> =
                stood.keys().map(|place| place.2.as_str()).collect();
            let mut carry = |from: &str, to: &str, net: i128| {
                draft.post((&owner, fund), to, from, net, "-");
            };
            let mut result = of("3301");
            for account in accounts.iter().filter(|account| account.starts_with(['4', '5'])) {
                carry(account, "3301", of(account));
                result += of(account);
            }
            if whole_year {
                carry("3301", "3101.09", result);
                carry("3501", "3101.09", of("3501"));
            }
        }
    }

    /// Nothing lands in a closed period of anybody whom it concerns.
    pub(super) fn check_closed(&self, event: &Value, draft: &mut Draft) {
        // What the bank says of a closed period is no change of it.
        let word = text(event, "event");
        if word == "close" || super::rules::OF_STATEMENTS.contains(&word) {
            return;
        }
        let (date, approver) = (text(event, "date"), text(event, "approver"));
        let maker = text(event, "maker");
        let adjusted = !approver.is_empty() && !maker.is_empty() && approver != maker;
        let mut owners: Vec<String> = draft.owner.iter().cloned().collect();
        owners.extend(draft.lines.iter().map(|(place, _)| place.0.clone()));
        for owner in owners {
            let closed = self.closed(&owner);
            draft.need(date > closed.through.as_str(), "period-closed");
            draft.need(date > closed.soft.as_str() || adjusted, "period-soft-closed");
        }
    }
}
