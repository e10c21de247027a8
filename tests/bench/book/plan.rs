//! A made-up book of any length: the same events for the same plan, on every machine.
//!
//! Seven owners, three banks and a guarantor, 200 firms, loans that are all drawn at the beginning,
//! then three years of daily business: half of it on loans (repayments, interest paid), the rest on
//! the pools (deposit interest, bank charges, contributions, budgets, transfers, moves, fees).

use poolbook::domain::calendar::Date;
use poolbook::domain::event::{
    BankCharge, Budget, Contribute, Disburse, Enrol, Event, InterestPaid, Kind, Move, PoolInterest,
    Repay, Source, Transfer, TrusteeFee,
};
use poolbook::domain::money::Money;
use poolbook::domain::rate::Rate;
use poolbook::domain::source::EventSource;
use poolbook::domain::text::Id;
use poolbook::problem::Problem;
use std::fmt::Write as _;

const OWNERS: [&str; 7] = ["410802", "410803", "410811", "410821", "410822", "410825", "410883"];
const FUNDS: [&str; 3] = ["RISK", "INT", "GFEE"];
const BANKS: [&str; 3] = ["ICBC-JZ", "CCB-JZ", "HXRCB-JZ"];
const FIRMS: u64 = 200;
const DAYS: u64 = 1095;

/// How a book is made up.
pub struct Plan {
    /// Events in all, opening and set-up included.
    pub events: u64,
    /// Loans.
    pub loans: u64,
    setup: Vec<Event>,
    days: Vec<Date>,
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn fen(fen: u64) -> Money {
    Money::from_fen(i64::try_from(fen).unwrap()).unwrap()
}

/// A number that looks like chance and is a function of `n` alone (splitmix64).
fn chance(n: u64) -> u64 {
    let mut x = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn setup() -> Vec<Event> {
    let mut events = Vec::new();
    let mut take = |value: serde_json::Value| {
        events.push(Event::from_json(value.to_string().as_bytes()).unwrap());
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/jiaozuo-2017");
    let text = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let day = r#""date":"2017-01-01""#;
    take(json(format!(
        r#"{{"event":"open-book","id":"open-book",{day},"city":"410800","name":"焦作市","currency":"CNY"}}"#
    )));
    for owner in OWNERS {
        take(json(format!(r#"{{"event":"join","id":"join-{owner}",{day},"owner":"{owner}"}}"#)));
    }
    for (key, file) in [("rules", "rules/jiaozuo-demo.toml"), ("rates", "rates.toml")] {
        let mut event = json(format!(r#"{{"event":"adopt-{key}","id":"{key}",{day}}}"#));
        event[key] = text(file).into();
        take(event);
    }
    for bank in BANKS {
        take(json(format!(
            r#"{{"event":"party","id":"party-{bank}",{day},"party":"{bank}","kind":"bank","name":"示例银行"}}"#
        )));
    }
    take(json(format!(
        r#"{{"event":"party","id":"guar",{day},"party":"GUAR","kind":"guarantor","name":"示例担保"}}"#
    )));
    for firm in 0..FIRMS {
        take(json(format!(
            r#"{{"event":"party","id":"firm-{firm}",{day},"party":"FIRM-{firm}","kind":"firm","name":"示例科技有限公司{firm}"}}"#
        )));
    }
    for owner in OWNERS {
        for (fund, last) in [("RISK", 2), ("INT", 1), ("GFEE", 1)] {
            for number in 1..=last {
                take(json(format!(
                    r#"{{"event":"bank-account","id":"open-{fund}-{owner}-{number}",{day},"owner":"{owner}","bank_account":"{fund}-{owner}-{number}","fund":"{fund}","bank":"{}"}}"#,
                    BANKS[number % 3]
                )));
            }
        }
        // So large that no loan goes beyond the leverage of the rules.
        for (event, fund) in [("contribute", "RISK"), ("budget", "INT"), ("budget", "GFEE")] {
            take(json(format!(
                r#"{{"event":"{event}","id":"first-{fund}-{owner}",{day},"owner":"{owner}","bank_account":"{fund}-{owner}-1","source":"county","amount":"10000000000.00"}}"#
            )));
        }
    }
    events
}

impl Plan {
    /// A plan of so many events and loans.
    pub fn new(events: u64, loans: u64) -> Self {
        let mut day = Date::new(2017, 1, 1).unwrap();
        let days = (0..DAYS).map(|_| {
            let this = day;
            day = day.tomorrow().unwrap();
            this
        });
        Self { events, loans, days: days.collect(), setup: setup() }
    }

    /// How many loans a book of so many events has unless `LOANS` says otherwise: never less than
    /// 1,000, and otherwise about twenty events a loan.
    pub fn usual_loans(events: u64) -> u64 {
        let given = std::env::var("LOANS").ok().and_then(|text| text.parse().ok());
        given.unwrap_or((events / 40).max(1_000))
    }

    fn id_of(&self, n: u64, out: &mut String) {
        out.clear();
        match self.setup.get(n as usize) {
            Some(event) => out.push_str(&event.id),
            None => write!(out, "E-{n:07}").unwrap(),
        }
    }

    /// Event number `n`, from 0. Numbers beyond the plan's end go on with its last day.
    pub fn event(&self, n: u64) -> Event {
        if let Some(event) = self.setup.get(n as usize) {
            return event.clone();
        }
        let mut text = String::with_capacity(16);
        self.id_of(n, &mut text);
        let bulk = n - self.setup.len() as u64;
        let first = 2 * self.loans;
        let (owner, kind) = match bulk.checked_sub(first) {
            None => self.lending(bulk / 2, bulk.is_multiple_of(2)),
            Some(n) => self.business(n, chance(n)),
        };
        // Lending takes January; the rest is spread over the three years.
        let span = (self.events - self.setup.len() as u64).saturating_sub(first).max(1);
        let day = bulk.checked_sub(first).map_or(15, |n| 31 + n * (DAYS - 32) / span);
        let date = self.days[day.min(DAYS - 1) as usize];
        let out = matches!(kind, Kind::Transfer(_) | Kind::TrusteeFee(_));
        let documented = matches!(kind, Kind::Transfer(_) | Kind::Contribute(_) | Kind::Budget(_));
        Event {
            id: id(&text),
            date,
            effective: None,
            owner,
            document: documented.then(|| "焦财〔2017〕1号".into()),
            memo: bulk.is_multiple_of(4).then(|| "银行回单 已核".into()),
            attachments: Vec::new(),
            maker: Some("张会计".into()),
            checker: (out || bulk.is_multiple_of(3)).then(|| "李复核".into()),
            approver: None,
            kind,
        }
    }

    fn lending(&self, loan: u64, enrolling: bool) -> (Option<Id>, Kind) {
        let owner = OWNERS[(loan % 7) as usize];
        let amount = fen(100_000_000 + chance(loan) % 200_000_000);
        let number = id(&format!("L-{loan:06}"));
        let kind = if enrolling {
            Kind::Enrol(Enrol {
                amount,
                bank: id(BANKS[(loan % 3) as usize]),
                contract: None,
                day_count: None,
                due: Date::new(2020, 6, 30).unwrap(),
                firm: id(&format!("FIRM-{}", loan % FIRMS)),
                firm_class: None,
                first_loan: None,
                guarantor: loan.is_multiple_of(2).then(|| id("GUAR")),
                guarantor_share: None,
                loan: number,
                pool_share: None,
                rate: Rate::parse("4.35%").unwrap(),
                drawing_of: None,
                renews: None,
                security: None,
                signed: None,
            })
        } else {
            Kind::Disburse(Disburse {
                amount,
                drawing_of: None,
                due: None,
                loan: number,
                note: None,
            })
        };
        (Some(id(owner)), kind)
    }

    fn business(&self, n: u64, chance: u64) -> (Option<Id>, Kind) {
        let owner_number = (chance >> 8) % 7;
        let owner = OWNERS[owner_number as usize];
        let account = |fund: &str, number: u8| id(&format!("{fund}-{owner}-{number}"));
        let any = FUNDS[((chance >> 16) % 3) as usize];
        let amount = fen(1 + (chance >> 20) % 100_000);
        let loan = id(&format!("L-{:06}", n % self.loans));
        let kind = match chance % 100 {
            0..=24 => return (None, Kind::Repay(Repay { amount, loan, note: None })),
            25..=49 => {
                let month = ((chance >> 40) % 35) as usize * 30;
                let (from, to) = (self.days[month], self.days[month + 30]);
                let paid = InterestPaid { amount, from, instalment: None, loan, note: None, to };
                return (None, Kind::InterestPaid(paid));
            }
            50..=69 => Kind::PoolInterest(PoolInterest {
                accrued: None,
                amount,
                bank_account: account(any, 1),
                fund: None,
                to: None,
            }),
            70..=81 => Kind::BankCharge(BankCharge {
                amount: fen(1 + (chance >> 20) % 5_000),
                bank_account: account(any, 1),
                fund: None,
            }),
            82..=87 => Kind::Contribute(Contribute {
                amount: fen(amount.fen() as u64 + 1_000_000),
                bank_account: account("RISK", 1 + (n % 2) as u8),
                fund: None,
                party: None,
                source: Source::ALL[((chance >> 40) % 5) as usize],
            }),
            88..=91 => Kind::Budget(Budget {
                amount: fen(amount.fen() as u64 + 1_000_000),
                bank_account: account("INT", 1),
                fund: None,
                source: None,
            }),
            92..=94 => {
                let to = OWNERS[((owner_number + 1) % 7) as usize];
                Kind::Transfer(Transfer {
                    amount,
                    bank_account: account("RISK", 1),
                    fund: None,
                    to_bank_account: Some(id(&format!("RISK-{to}-1"))),
                    to_owner: id(to),
                })
            }
            95..=97 => Kind::TrusteeFee(TrusteeFee {
                amount: fen(1 + (chance >> 20) % 5_000),
                bank_account: account("RISK", 1),
                fund: None,
            }),
            _ => Kind::Move(Move {
                amount,
                from_bank_account: account("RISK", 1),
                fund: None,
                to_bank_account: account("RISK", 2),
            }),
        };
        (Some(id(owner)), kind)
    }
}

/// A plan as events in memory, made one by one.
pub struct InMemory<'p>(pub &'p Plan);

impl EventSource for InMemory<'_> {
    fn ids(&mut self, visit: &mut dyn FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem> {
        let mut text = String::new();
        (0..self.0.events).try_for_each(|n| {
            self.0.id_of(n, &mut text);
            visit(&text)
        })
    }

    fn events(
        &mut self,
        visit: &mut dyn FnMut(Event, u64) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        (0..self.0.events).try_for_each(|n| visit(self.0.event(n), n + 1))
    }
}
