//! One play of a case: the book, its events, and the steps with their figures.

use super::known;
use crate::support::book::{audited, blank, options};
use crate::support::case::{self, list, text};
use crate::support::fixture;
use poolbook::audit::day_sums::Credited;
use poolbook::audit::movements::Span;
use poolbook::audit::ratios::{Ratio, ratios};
use poolbook::audit::turnover::Numbers as _;
use poolbook::book::subsidies::{approval, compute_subsidies, payment, unpaid};
use poolbook::book::{Book, Options, People};
use poolbook::domain::account::{Account, Fund, Side};
use poolbook::domain::calendar::{CalendarQuarter, Date, Period, Quarter, parse_date};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::{Event, Kind, Programme};
use poolbook::domain::field::Json;
use poolbook::domain::money::{Money, Total};
use poolbook::domain::rate::Rate;
use poolbook::domain::state::Cell;
use poolbook::domain::subsidy::SubsidyLine;
use poolbook::domain::subsidy::correction::Range;
use poolbook::domain::text::Id;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use toml::{Table, Value};

const OPENING: &str = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;

/// Lays one table over another: tables merge, everything else replaces, an empty text removes.
pub fn lay(base: &Table, over: &Table) -> Table {
    let mut made = base.clone();
    for (key, value) in over {
        match (made.get(key), value) {
            (_, Value::String(text)) if text.is_empty() => {
                made.remove(key);
            }
            (Some(Value::Table(below)), Value::Table(above)) => {
                let laid = lay(below, above);
                made.insert(key.clone(), Value::Table(laid));
            }
            _ => {
                made.insert(key.clone(), value.clone());
            }
        }
    }
    made
}

fn table<'t>(table: &'t Table, key: &str) -> &'t Table {
    table.get(key).and_then(Value::as_table).unwrap_or_else(|| panic!("{key} is no table"))
}

/// The JSON objects of an event text, one a line.
fn objects(text: &str) -> Vec<serde_json::Value> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn quarter(text: &str) -> Quarter {
    Quarter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A book under way, with the sums of the lines that were computed for it.
pub struct Play {
    name: String,
    book: Book<MemoryStore>,
    steps: Vec<Table>,
    events: Vec<serde_json::Value>,
    amount: Money,
    days: i64,
}

impl Play {
    /// A play over its set-up.
    pub fn new(name: String, setup: &Table, play: &Table) -> Self {
        known(&name, setup, &["rates", "rules", "events"]);
        known(&name, play, &["name", "rules", "without", "events", "step"]);
        let rules = match play.get("rules") {
            Some(over) => lay(table(setup, "rules"), over.as_table().unwrap()),
            None => table(setup, "rules").clone(),
        };
        let rates = std::fs::read_to_string(fixture(text(setup, "rates").unwrap())).unwrap();
        let first = "2017-01-01";
        let rules = toml::to_string(&rules).unwrap();
        let mut events = objects(OPENING);
        events.push(serde_json::json!({"event": "adopt-rates", "id": "rates", "date": first, "rates": rates}));
        events.push(serde_json::json!({"event": "adopt-rules", "id": "rules", "date": first, "rules": rules}));
        events.extend(objects(text(table(setup, "events"), "lines").unwrap()));
        let without = list(play, "without");
        for id in without {
            let before = events.len();
            events.retain(|event| event["id"].as_str() != id.as_str());
            assert!(events.len() < before, "{name}: nothing of the id {id} to leave out");
        }
        for event in objects(text(play, "events").unwrap_or_default()) {
            match events.iter_mut().find(|known| known["id"] == event["id"]) {
                Some(known) => *known = event,
                None => events.push(event),
            }
        }
        let steps = list(play, "step").iter().map(|step| step.as_table().unwrap().clone());
        let steps: Vec<Table> = steps.collect();
        assert!(!steps.is_empty(), "{name}: nothing is asked");
        Self { name, book: blank(), steps, events, amount: Money::ZERO, days: 0 }
    }

    /// Plays it.
    pub fn run(mut self) {
        for event in std::mem::take(&mut self.events) {
            self.record(&event)
                .unwrap_or_else(|problem| panic!("{}: {problem}\n{event}", self.name));
        }
        for (index, step) in std::mem::take(&mut self.steps).iter().enumerate() {
            let before = self.name.clone();
            self.name = format!("{before}, step {}", index + 1);
            self.step(step);
            self.name = before;
        }
        assert_eq!(audited(self.book.store()), [], "{}: the auditors agree", self.name);
    }

    fn options() -> Options {
        let people = People {
            maker: Some("甲".into()),
            checker: Some("乙".into()),
            approver: Some("丙".into()),
        };
        Options { people, ..options() }
    }

    fn record(&mut self, event: &serde_json::Value) -> Result<(), Problem> {
        let mut event = event.clone();
        // `@id` stands for the number of the entry of that id.
        if let Some(id) = event["entry"].as_str().and_then(|text| text.strip_prefix('@')) {
            event["entry"] = self.found(id).seq.into();
        }
        let event = Event::from_json(event.to_string().as_bytes())?;
        self.book.record(event, &Self::options()).map(|_| ())
    }

    fn step(&mut self, step: &Table) {
        const VERBS: &[(&str, &[&str])] = &[
            // These before `post`, which is one of their keys.
            ("recompute", &["differences", "post"]),
            ("interest", &["from", "to", "amount", "rate", "post", "parts", "figures"]),
            ("record", &["refused", "numbers"]),
            ("compute", &["lines"]),
            ("post", &["lines", "date"]),
            ("pay", &[]),
            ("entry", &["posted"]),
            ("working", &["figures"]),
            ("claim", &["fields"]),
            ("subsidy", &["fields"]),
            ("balances", &[]),
            ("ratios", &["figures", "owner"]),
            ("totals", &[]),
        ];
        let verb = VERBS.iter().find(|(verb, _)| step.contains_key(*verb));
        let (verb, more) = verb.unwrap_or_else(|| panic!("{}: no such step: {step}", self.name));
        known(&self.name, step, &[&[*verb], *more].concat());
        match *verb {
            "record" => self.record_step(step),
            "compute" | "post" => self.lines_step(step, verb),
            "pay" => self.pay(day(text(step, "pay").unwrap())),
            "entry" => self.entry_step(step),
            "working" => self.working_step(step),
            "claim" | "subsidy" => self.fields_step(step, verb),
            "balances" => self.balances_step(table(step, "balances")),
            "ratios" => self.ratios_step(step),
            "interest" => self.interest_step(step),
            "recompute" => self.recompute_step(step),
            _ => self.totals_step(table(step, "totals")),
        }
    }

    fn record_step(&mut self, step: &Table) {
        let events = objects(text(step, "record").unwrap());
        let refused = text(step, "refused");
        for (index, event) in events.iter().enumerate() {
            let last = index + 1 == events.len();
            let code = refused.filter(|_| last);
            match (self.record(event), code) {
                (Ok(()), None) => {}
                (Err(problem), Some(code)) => {
                    assert_eq!(problem.code, code, "{}", self.name);
                    for (key, value) in
                        step.get("numbers").and_then(Value::as_table).into_iter().flatten()
                    {
                        assert_eq!(
                            problem.arg(key),
                            value.as_str(),
                            "{}: {key} of {problem}",
                            self.name
                        );
                    }
                }
                (Ok(()), Some(code)) => panic!("{}: {code} was expected of {event}", self.name),
                (Err(problem), None) => panic!("{}: {problem}\n{event}", self.name),
            }
        }
    }

    fn lines_step(&mut self, step: &Table, verb: &str) {
        let quarter = quarter(text(step, verb).unwrap());
        let lines = compute_subsidies(self.book.state(), quarter, Programme::ALL);
        let wanted = list(step, "lines");
        assert_eq!(lines.len(), wanted.len(), "{}: lines of {quarter}: {lines:#?}", self.name);
        for (line, wanted) in lines.iter().zip(wanted) {
            self.compare(line, wanted.as_table().unwrap());
            self.amount = self.amount.add(line.amount).unwrap();
            self.days += line.days;
        }
        if verb == "post" {
            let date = text(step, "date").map_or(CalendarQuarter(quarter).last_day(), day);
            self.post(&lines, date);
        }
    }

    /// Approves what may be paid, and reads it back from the book.
    fn post(&mut self, lines: &[SubsidyLine], date: Date) {
        for line in lines.iter().filter(|line| line.is_payable()) {
            let event = self.book.once_more(approval(line, date).unwrap()).unwrap();
            let id = event.id.clone();
            let recorded = self.book.record(event, &Self::options());
            recorded.unwrap_or_else(|problem| panic!("{}: {problem}", self.name));
            let known = self.book.state().subsidies.get(&id).unwrap();
            assert_eq!(known.amount, line.amount, "{}", self.name);
            let sum: i128 = known.years.iter().map(|(_, used)| i128::from(used.fen())).sum();
            assert_eq!(sum, i128::from(line.amount.fen()), "{}", self.name);
        }
    }

    fn pay(&mut self, date: Date) {
        let open: Vec<_> = unpaid(self.book.state(), None)
            .into_iter()
            .map(|(line, amount)| (line.clone(), amount))
            .collect();
        assert!(!open.is_empty(), "{}: nothing to pay", self.name);
        for (line, amount) in open {
            let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
            let account = self.book.paying_account(&cell, amount).unwrap().clone();
            let event = self.book.once_more(payment(&line, date, &account, amount)).unwrap();
            let recorded = self.book.record(event, &Self::options());
            recorded.unwrap_or_else(|problem| panic!("{}: {problem}", self.name));
        }
    }

    /// Compares a line with what the case names of it; a line that may be paid has no reason.
    fn compare(&self, line: &SubsidyLine, expected: &Table) {
        let json = line.working.to_json();
        for (key, value) in expected {
            let wanted = case::wanted(value);
            let got = match key.as_str() {
                // Those that cut.
                "ceilings" => {
                    let rows = json["ceilings"].as_array().unwrap().iter();
                    let cut = rows.filter(|row| row["before"] != row["after"]);
                    cut.map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
                }
                other => {
                    case::figures(line, &json, other).unwrap_or_else(|| vec![figure(&json, other)])
                }
            };
            assert_eq!(got, wanted, "{}: {key} of {} in {json:#}", self.name, line.period);
        }
        let reason = expected.contains_key("reason");
        assert_eq!(line.is_payable(), !reason, "{}: {} {:?}", self.name, line.period, line.reason);
    }

    fn found(&self, id: &str) -> Entry {
        let found = self.book.find(id).unwrap();
        found.unwrap_or_else(|| panic!("{}: no entry of the id {id}", self.name))
    }

    fn entry_step(&self, step: &Table) {
        let entry = self.found(text(step, "entry").unwrap());
        let lines: Vec<_> = entry.all_lines().collect();
        let posted: Vec<Vec<String>> = lines
            .chunks(2)
            .map(|pair| {
                let [debit, credit] = pair else { panic!("{}: lines come in pairs", self.name) };
                assert_eq!((debit.side, credit.side), (Side::Debit, Side::Credit));
                assert_eq!(debit.amount, credit.amount);
                vec![
                    debit.account.to_string(),
                    credit.account.to_string(),
                    debit.amount.to_string(),
                ]
            })
            .collect();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let wanted: Vec<Vec<String>> = list(step, "posted")
            .iter()
            .map(|pair| pair.as_array().unwrap().iter().map(text).collect())
            .collect();
        assert_eq!(posted, wanted, "{}", self.name);
    }

    fn working_step(&self, step: &Table) {
        let entry = self.found(text(step, "working").unwrap());
        let own = match &entry.event.kind {
            Kind::ApproveSubsidy(own) => own.working.as_ref(),
            _ => None,
        };
        let working = own.or(entry.working.as_ref()).map(Json::value).unwrap_or_default();
        self.figures(table(step, "figures"), |key| figure(&working, key));
    }

    fn figures(&self, wanted: &Table, got: impl Fn(&str) -> String) {
        for (key, value) in wanted {
            let wanted = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(got(key), wanted, "{}: {key}", self.name);
        }
    }

    /// A record as JSON, so that a case may name any of its fields.
    fn fields_step(&self, step: &Table, verb: &str) {
        let state = self.book.state();
        let id = text(step, verb).unwrap();
        let record = match verb {
            "claim" => state.claims.get(id).map(serde_json::to_value),
            _ => state.subsidies.get(id).map(serde_json::to_value),
        };
        let record = record.unwrap_or_else(|| panic!("{}: no {verb} {id}", self.name)).unwrap();
        let word = match verb {
            "claim" => state.claims.get(id).map(|claim| claim.state.code()),
            _ => state.subsidies.get(id).map(|line| line.state.code()),
        };
        self.figures(table(step, "fields"), |key| match (key, &record[key]) {
            ("state", _) => word.unwrap_or_default().to_owned(),
            (_, serde_json::Value::Number(fen)) => {
                Money::from_fen(fen.as_i64().unwrap()).unwrap().to_string()
            }
            (_, other) => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
        });
    }

    fn balances_step(&self, wanted: &Table) {
        let state = self.book.state();
        for (key, amount) in wanted {
            let parts: Vec<&str> = key.split(' ').collect();
            let [owner, fund, account] = parts[..] else { panic!("{}: {key}", self.name) };
            let fund = Fund::parse(fund).unwrap();
            let cell = Cell { owner: state.owners.get(owner).unwrap().code.clone(), fund };
            let found = match account {
                "available" => state.available(&cell),
                _ => {
                    let account =
                        Account::ALL.iter().find(|own| own.to_string() == account).unwrap();
                    if account.is_cash() {
                        state.cash(&cell)
                    } else {
                        state.balance(owner, fund, *account, None)
                    }
                }
            };
            assert_eq!(found.to_string(), amount.as_str().unwrap(), "{}: {key}", self.name);
        }
    }

    fn ratios_step(&self, step: &Table) {
        let span = Span::until(day(text(step, "ratios").unwrap()));
        let owner = text(step, "owner").map(|owner| self.book.state().owner(owner));
        let found = self.book.with_movements(|source| ratios(source, owner, span)).unwrap();
        let shown = |ratio: Ratio| format!("{} / {}", ratio.numerator, ratio.denominator);
        self.figures(table(step, "figures"), |key| match key {
            "leverage" => shown(found.leverage),
            "borne" => shown(found.borne),
            "non_performing" => shown(found.non_performing),
            "overdue" => shown(found.overdue),
            "recovered" => shown(found.recovered),
            "consumed" => shown(found.consumed),
            other => panic!("{}: no ratio {other}", self.name),
        });
    }

    /// Settled quarters computed again; posted on the day of `post`, after which nothing differs.
    fn recompute_step(&mut self, step: &Table) {
        let range = Range {
            since: quarter(text(step, "recompute").unwrap()),
            until: None,
            programmes: Programme::ALL.to_vec(),
        };
        let found = self.book.recompute(&range).unwrap();
        let wanted = list(step, "differences");
        assert_eq!(found.len(), wanted.len(), "{}: {found:#?}", self.name);
        for (own, wanted) in found.iter().zip(wanted) {
            self.figures(wanted.as_table().unwrap(), |key| match key {
                "quarter" => own.quarter.to_string(),
                "loan" => own.loan.to_string(),
                "standing" => own.standing.to_string(),
                "recomputed" => own.recomputed.to_string(),
                "difference" => own.amount().to_string(),
                "effective" => own.effective.to_string(),
                "years" => own.years.to_string(),
                other => panic!("{}: no figure {other}", self.name),
            });
            assert!(!own.causes.is_empty(), "{}: {own:#?}", self.name);
        }
        if let Some(date) = text(step, "post").map(day) {
            for event in self.book.corrections(&found, date).unwrap() {
                let recorded = self.book.record(event, &Self::options());
                recorded.unwrap_or_else(|problem| panic!("{}: {problem}", self.name));
            }
            assert_eq!(self.book.recompute(&range).unwrap(), [], "{}", self.name);
        }
    }

    /// Interest on an account, shared among the owners.
    fn interest_step(&mut self, step: &Table) {
        let credited = Credited {
            bank_account: Id::parse(text(step, "interest").unwrap()).unwrap(),
            days: Period {
                from: day(text(step, "from").unwrap()),
                to: day(text(step, "to").unwrap()),
            },
            amount: Money::parse(text(step, "amount").unwrap()).unwrap(),
            rate: text(step, "rate").map(|rate| Rate::parse(rate).unwrap()),
            date: None,
        };
        let split = self.book.split_interest(&credited).unwrap();
        let parts: Table = split
            .parts
            .iter()
            .map(|part| (part.owner.to_string(), part.amount.to_string().into()))
            .collect();
        assert_eq!(&parts, table(step, "parts"), "{}", self.name);
        let (computed, difference) = split.computed.unwrap_or_default();
        if step.contains_key("figures") {
            self.figures(table(step, "figures"), |key| match key {
                "computed" => computed.to_string(),
                "difference" => difference.to_string(),
                "agrees" => split.agrees().to_string(),
                other => panic!("{}: no figure {other}", self.name),
            });
        }
        if step.get("post").and_then(Value::as_bool) == Some(true) {
            for event in split.events {
                self.book.record(event, &Self::options()).unwrap();
            }
        }
    }

    fn totals_step(&self, wanted: &Table) {
        self.figures(wanted, |key| match key {
            "amount" => self.amount.to_string(),
            "days" => self.days.to_string(),
            other => panic!("{}: no total {other}", self.name),
        });
        assert!(Total::from(self.amount) >= Total::ZERO);
    }
}

/// A figure of a working by its path, as text.
fn figure(json: &serde_json::Value, path: &str) -> String {
    let found = path.split('.').fold(json, |value, key| match key.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[key],
    });
    found.as_str().map_or_else(|| found.to_string(), str::to_owned)
}
