//! Random events of the books, the pools and the steps of a workflow.

use super::books::last_day;
use super::funding::SOURCES;
use super::generate::{Maker, OWNERS, SMALL, pick, yuan};
use super::twin::{Counter, Done};
use serde_json::{Value, json};

impl Maker<'_> {
    /// A month, a quarter or a year that lies behind, mostly dated its last day.
    pub(super) fn close(&self) -> Value {
        let step = self.step;
        let period = match step.b % 8 {
            0 | 1 => self.day(-250)[..4].to_owned(),
            2 | 3 => {
                let day = self.day(-110);
                let month: u8 = day[5..7].parse().unwrap();
                format!("{}Q{}", &day[..4], month.div_ceil(3))
            }
            4 => self.day(-130)[..7].to_owned(),
            _ => self.day(-50)[..7].to_owned(),
        };
        let last = last_day(&period);
        let date = if step.twist % 16 == 3 { self.day(-50) } else { last };
        let mut event = json!({"owner": self.owner(), "period": period, "date": date});
        if step.day.is_multiple_of(4) {
            event["stage"] = "soft".into();
        }
        self.people(event)
    }

    /// With the document that a decision rests on, mostly.
    pub(super) fn documented(&self, mut event: Value) -> Value {
        if self.step.twist != 51 {
            event["document"] = "文2".into();
        }
        self.people(event)
    }

    pub(super) fn quota(&self) -> Value {
        let (owner, year) = (self.owner(), self.day(0)[..4].to_owned());
        let spent = self.twin.spent(owner, &year);
        let amount = match self.step.b % 4 {
            0 => spent,
            1 => (spent - 1).max(1),
            _ => spent + i128::from(self.step.amount % 60_000_000),
        };
        self.documented(json!({"owner": owner, "year": year, "amount": yuan(amount)}))
    }

    pub(super) fn settle_transfer(&self) -> Value {
        let open = self.twin.counters.iter().filter_map(|(counter, open)| match counter {
            Counter::Lent(owner, to, fund) if *open > 0 => {
                Some((owner.as_str(), to.as_str(), fund.as_str(), *open))
            }
            _ => None,
        });
        let open: Vec<(&str, &str, &str, i128)> = open.collect();
        let (owner, to, fund, open) =
            pick(&open, self.step.a).unwrap_or(("410821", "410822", "RISK", 0));
        let mut event = json!({"owner": owner, "to_owner": to, "fund": fund});
        if self.step.b.is_multiple_of(3) {
            event["settlement"] = "fund".into();
            event["source"] = self.source().into();
        } else {
            event["settlement"] = "cash".into();
            event["bank_account"] = self.bank(fund, owner).into();
            event["to_bank_account"] = self.bank(fund, to).into();
        }
        self.part(&mut event, open);
        self.documented(event)
    }

    pub(super) fn change_custodian(&self) -> Value {
        let pairs = [
            ("RISK-CITY", "RISK-NEW"),
            ("RISK-NEW", "RISK-CITY"),
            ("RISK-1", "RISK-CITY"),
            ("INT-1", "INT-CITY"),
            ("RISK-CITY", "RISK-1"),
            ("RISK-2", "INT-CITY"),
            ("RISK-2", "RISK-2"),
            ("RISK-CITY", "RISK-NEW"),
        ];
        let (from, to) = pairs[usize::from(self.step.b / 2) % pairs.len()];
        self.documented(json!({"from_bank_account": from, "to_bank_account": to}))
    }

    /// Checkpoints take the place of some releases, so that all else comes as often as without them.
    pub(super) fn release_or_checkpoint(&self) -> Value {
        match self.step.day % 4 {
            0 => json!({"event": "checkpoint"}),
            1 => self.keep_checkpoint(),
            _ => self.release(),
        }
    }

    /// Mostly of the last checkpoint.
    fn keep_checkpoint(&self) -> Value {
        let made = |done: &Done| done.word == "checkpoint";
        let last = self.twin.done.iter().rposition(made).unwrap_or(0);
        let far = if self.step.twist % 16 == 11 { usize::from(self.step.b) } else { 0 };
        let entry = (self.twin.first_entry + 1 + last + far).to_string();
        json!({"event": "keep-checkpoint", "checkpoint": entry, "by": "市审计局"})
    }

    fn release(&self) -> Value {
        let stopped = OWNERS.iter().map(|(owner, _)| *owner);
        let stopped = stopped.filter(|owner| self.twin.suspended(owner)).collect::<Vec<_>>();
        let owner = pick(&stopped, self.step.a).unwrap_or_else(|| self.owner());
        self.documented(json!({"owner": owner, "reason": "整改完成"}))
    }

    /// The next step towards the end of a pool, mostly of the small one.
    pub(super) fn wind_up(&self) -> Value {
        let owner = if self.step.twist % 32 == 7 { self.owner() } else { SMALL };
        let twin = self.twin;
        let stage = twin.stage(owner).map_or("", |(stage, _)| stage);
        let owed = -twin.sum(owner, "RISK", "2103");
        let bank = twin.balances.iter().filter(|((of, fund, account, _), net)| {
            of == owner && fund == "RISK" && account == "1002.01" && **net > 0
        });
        let (bank, cash) = bank
            .max_by_key(|(_, net)| **net)
            .map_or(("RISK-CITY", 0), |((.., bank), net)| (bank.as_str(), *net));
        let leaving = |source: &str| twin.counter(&Counter::Leaving(owner.into(), source.into()));
        let paid_out = SOURCES.iter().find(|(source, _)| leaving(source) > 0);
        let paid_in = SOURCES.iter().find(|(_, account)| twin.sum(owner, "RISK", account) < 0);
        let free = twin.cash(owner, "RISK") - twin.reserved(owner, "RISK");
        let mut event = json!({"owner": owner, "date": self.day(60)});
        let word = match stage {
            "" => "run-off",
            "run-off" if self.step.b.is_multiple_of(4) => "share-loss",
            "run-off" => "liquidate",
            "close-pool" => ["close-pool", "bank-charge", "run-off"][usize::from(self.step.b % 3)],
            _ if self.step.twist % 16 == 8 => "close-pool",
            _ if twin.gained(owner) != 0 => "share-loss",
            _ if owed > 0 => "pay-treasury",
            _ if paid_out.is_some() => "pay-withdrawal",
            _ if paid_in.is_some() => "approve-withdrawal",
            _ => "close-pool",
        };
        match word {
            "run-off" => event["reason"] = "到期".into(),
            "share-loss" if self.step.b.is_multiple_of(8) => {
                event["amount"] = self.amount(twin.gained(owner).abs()).into();
            }
            "bank-charge" => event["amount"] = "1.00".into(),
            "pay-treasury" => event["amount"] = yuan(owed.min(cash)).into(),
            "pay-withdrawal" => {
                let (source, _) = paid_out.unwrap();
                event["source"] = (*source).into();
                event["amount"] = yuan(leaving(source).min(cash)).into();
            }
            "approve-withdrawal" => {
                let (source, account) = paid_in.unwrap();
                event["source"] = (*source).into();
                let open = -twin.sum(owner, "RISK", account);
                event["amount"] = yuan(open.min(free).max(0)).into();
            }
            _ => {}
        }
        if ["bank-charge", "pay-treasury", "pay-withdrawal"].contains(&word) {
            event["bank_account"] = bank.into();
        }
        event["event"] = word.into();
        self.documented(event)
    }
}
