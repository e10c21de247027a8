//! A book whose subsidies are settled quarter by quarter and corrected later.

use crate::support::book::{blank, event};
use poolbook::book::subsidies::{approval, compute_subsidies, payment, unpaid};
use poolbook::book::{Book, Options, Outcome, People};
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::calendar::{CalendarQuarter, Quarter, parse_date};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::{Event, Programme};
use poolbook::domain::state::Cell;
use poolbook::domain::subsidy::correction::{Difference, Range};
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// Rates of the worked examples.
pub const RATES: &str =
    "[lpr-1y]\n2023-08-21 = \"3.45%\"\n2024-07-22 = \"3.35%\"\n2024-10-21 = \"3.10%\"\n";

/// Rules of the worked examples: half of the one-year LPR at signing, act/360, half of the fee.
pub fn rules(discount: &str) -> String {
    format!(
        "id = \"R\"\nname = \"R\"\n[sharing]\n[[sharing.band]]\npool = \"1\"\n\
         [interest_discount]\nreference = \"signing\"\nday_count = \"act/360\"\ninterest_ceiling = false\n{discount}\n\
         [[interest_discount.rate]]\nbasis = \"reference\"\nseries = \"lpr-1y\"\nshare = \"50%\"\n\
         [fee_subsidy]\nmode = \"A\"\nshare = \"50%\"\n"
    )
}

/// A quarter.
pub fn quarter(text: &str) -> Quarter {
    Quarter::parse(text).unwrap()
}

/// A book under way.
pub struct Settled {
    /// The book.
    pub book: Book<MemoryStore>,
    told: usize,
}

impl Settled {
    /// A book with two owners, budgets, three firms and no loan yet.
    pub fn new(discount: &str) -> Self {
        let mut own = Self { book: blank(), told: 0 };
        let opened = "2024-01-01";
        own.tell(
            opened,
            json!({"event": "open-book", "city": "410800", "name": "焦作市", "currency": "CNY"}),
        );
        own.tell(opened, json!({"event": "adopt-rules", "rules": rules(discount)}));
        own.tell(opened, json!({"event": "adopt-rates", "rates": RATES}));
        own.tell(
            opened,
            json!({"event": "party", "party": "BANK", "kind": "bank", "name": "银行"}),
        );
        own.tell(
            opened,
            json!({"event": "party", "party": "GUAR", "kind": "guarantor", "name": "担保"}),
        );
        for firm in ["F1", "F2", "F3"] {
            own.tell(
                opened,
                json!({"event": "party", "party": firm, "kind": "firm", "name": firm}),
            );
        }
        for owner in ["410821", "410822"] {
            own.tell(opened, json!({"event": "join", "owner": owner}));
            for fund in ["INT", "GFEE"] {
                let account = format!("{fund}-{owner}");
                own.tell(opened, json!({"event": "bank-account", "owner": owner, "bank_account": account, "fund": fund}));
                own.tell(opened, json!({"event": "budget", "owner": owner, "bank_account": account, "amount": "900000.00"}));
            }
        }
        own
    }

    /// Options of a run: a fixed clock, and people who may pay.
    pub fn options() -> Options {
        let people = People {
            maker: Some("甲".into()),
            checker: Some("乙".into()),
            approver: Some("丙".into()),
        };
        Options {
            now: "2024-12-31T08:00:00Z".parse().unwrap(),
            people,
            dry_run: false,
            clock_confirmed: true,
            date_confirmed: true,
        }
    }

    /// An event on a day, under an id of its own.
    pub fn made(&mut self, date: &str, mut own: Value) -> Event {
        self.told += 1;
        let id = own["id"].as_str().map_or_else(|| format!("t{}", self.told), str::to_owned);
        own["id"] = id.into();
        own["date"] = date.into();
        event(&own.to_string())
    }

    /// Records an event on a day.
    pub fn tell(&mut self, date: &str, own: Value) -> u64 {
        let event = self.made(date, own);
        let (entry, _) = self
            .book
            .record(event.clone(), &Self::options())
            .unwrap_or_else(|problem| panic!("{problem}\n{}", event.to_json()));
        entry.unwrap().seq
    }

    /// A loan drawn on a day for a year at 4.35 %, as L1 of the worked examples.
    pub fn lend(&mut self, loan: &str, firm: &str, amount: &str, drawn: &str, due: &str) {
        self.tell(drawn, json!({"event": "enrol", "owner": "410821", "loan": loan, "firm": firm, "bank": "BANK", "guarantor": "GUAR", "amount": amount, "signed": drawn, "due": due, "rate": "4.35%"}));
        self.tell(drawn, json!({"event": "disburse", "loan": loan, "amount": amount}));
    }

    /// Computes and approves a quarter on its last day.
    pub fn settle(&mut self, of: &str) {
        let lines = compute_subsidies(self.book.state(), quarter(of), Programme::ALL);
        let date = CalendarQuarter(quarter(of)).last_day();
        let payable = lines.iter().filter(|line| line.is_payable());
        let mut events: Vec<Event> = payable
            .map(|line| self.book.once_more(approval(line, date).unwrap()).unwrap())
            .collect();
        self.book.record_all(&mut events, &Self::options(), &mut |_, _| {}).unwrap();
    }

    /// Pays what is approved and unpaid.
    pub fn pay(&mut self, date: &str) {
        let date = parse_date(date).unwrap();
        let open: Vec<_> = unpaid(self.book.state(), None)
            .into_iter()
            .map(|(line, open)| (line.clone(), open))
            .collect();
        for (line, open) in open {
            let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
            let account = self.book.paying_account(&cell, open).cloned().unwrap();
            let told = self.book.once_more(payment(&line, date, &account, open)).unwrap();
            self.book.record(told, &Self::options()).unwrap();
        }
    }

    /// The differences since a quarter.
    pub fn differences(&self, since: &str) -> Vec<Difference> {
        let range =
            Range { since: quarter(since), until: None, programmes: Programme::ALL.to_vec() };
        self.book.recompute(&range).unwrap()
    }

    /// Posts the differences since a quarter; the new entries.
    pub fn post(&mut self, since: &str, date: &str) -> Vec<Entry> {
        let found = self.differences(since);
        let mut events = self.book.corrections(&found, parse_date(date).unwrap()).unwrap();
        let mut entries = Vec::new();
        let result = self.book.record_all(&mut events, &Self::options(), &mut |_, outcome| {
            if let Outcome::New(entry) = outcome {
                entries.push(entry.clone());
            }
        });
        result.unwrap_or_else(|refused| panic!("{refused:?}"));
        entries
    }

    /// What a firm may keep, by programme, period, loan and note; nothing for 0.00.
    pub fn kept(&self) -> Vec<(String, String)> {
        let mut kept = std::collections::BTreeMap::new();
        for line in self.book.state().subsidies.iter().filter(|line| !line.trail.is_empty()) {
            let fund = line.programme.fund();
            let key = format!("{fund}/{}/{}/{}", line.period, line.loan, line.note);
            *kept.entry(key).or_insert(0) += line.kept().0;
        }
        kept.retain(|_, fen| *fen != 0);
        kept.into_iter()
            .map(|(key, fen)| (key, poolbook::domain::money::Total(fen).to_string()))
            .collect()
    }

    /// What firms have used of their caps, and that the register beside it says the same.
    pub fn caps(&self) -> Vec<(String, String)> {
        let state = self.book.state();
        let caps: Vec<_> = state.caps.iter().filter(|cap| !cap.used.is_zero()).collect();
        let used: i128 = caps.iter().map(|cap| i128::from(cap.used.fen())).sum();
        let owners = state.owners.iter().flat_map(|own| {
            [Fund::Interest, Fund::Fee]
                .map(|fund| state.balance(&own.code, fund, Account::FirmYear, None).0)
        });
        assert_eq!(owners.sum::<i128>(), used, "register 9401 and the caps");
        let mut caps: Vec<_> =
            caps.into_iter().map(|cap| (cap.id.to_string(), cap.used.to_string())).collect();
        caps.sort();
        caps
    }
}
