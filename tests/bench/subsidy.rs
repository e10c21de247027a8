//! A quarter's interest discounts of 100,000 loans, each with its working (design 11: 0.3 s).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::float_arithmetic, reason = "times and speeds are not money")]

use poolbook::domain::calendar::{Date, Quarter, parse_date};
use poolbook::domain::event::{ContractDays, Programme};
use poolbook::domain::json::Writer;
use poolbook::domain::loan::{InterestPaid, Loan, Note, NoteState};
use poolbook::domain::money::Money;
use poolbook::domain::rate::{Rate, Share};
use poolbook::domain::rates::RateTable;
use poolbook::domain::rules::RuleSet;
use poolbook::domain::subsidy::{Run, compute};
use poolbook::domain::text::Id;
use std::collections::HashMap;
use std::time::Instant;

const RULES: &str = include_str!("../../fixtures/jiaozuo-2017/rules/jiaozuo-demo.toml");
const RATES: &str = include_str!("../../fixtures/jiaozuo-2017/rates.toml");

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn id(text: String) -> Id {
    Id::parse(&text).unwrap()
}

/// Every fourth loan repaid a part in the quarter.
fn loan(index: i64) -> Loan {
    let amount = Money::from_fen(10_000_000 + index * 37).unwrap();
    let repaid = (day("2017-11-01"), Money::from_fen(5_000_000).unwrap());
    let note = Note {
        id: id("1".to_owned()),
        drawing_of: None,
        entry: 0,
        amount,
        drawn: day("2017-03-01").checked_add(jiff::Span::new().days(index % 180)).unwrap(),
        due: day("2018-03-01"),
        state: NoteState::Active,
        balance: amount,
        exposure: Money::ZERO,
        repayments: if index % 4 == 0 { vec![repaid] } else { Vec::new() },
        rates: Vec::new(),
        extensions: Vec::new(),
        overdue: Vec::new(),
        npl: None,
        cures: Vec::new(),
        removed: None,
        interest: vec![InterestPaid {
            paid: day("2017-12-21"),
            from: day("2017-09-21"),
            to: day("2017-12-21"),
            amount,
            instalment: false,
            entry: 0,
        }],
        others: Vec::new(),
        compensated: Money::ZERO,
        claims: Vec::new(),
        filings: Vec::new(),
        subsidised: Vec::new(),
    };
    Loan {
        id: id(format!("L{index:07}")),
        owner: id(format!("4108{}", 21 + index % 3)),
        firm: id(format!("F{:06}", index / 2)),
        bank: id("BANK".to_owned()),
        guarantor: None,
        entry: 0,
        contract: None,
        amount,
        signed: day("2017-03-01"),
        enrolled: day("2017-03-01"),
        due: note.due,
        rate: Rate::parse("5.22%").unwrap(),
        day_count: ContractDays::Act360,
        drawing_of: None,
        renews: None,
        security: None,
        firm_class: None,
        first_loan: false,
        pool_share: None,
        guarantor_share: None,
        rules: Some(id("jiaozuo-demo".to_owned())),
        share: Share::ONE,
        removed: None,
        notes: vec![note],
        deposit: Money::ZERO,
        fees: Vec::new(),
        trail: Vec::new(),
        changes: Vec::new(),
    }
}

fn main() {
    let rules = RuleSet::parse(RULES).unwrap();
    let rates = RateTable::parse(RATES).unwrap();
    for count in [10_000, 100_000, 400_000] {
        let loans: Vec<Loan> = (0..count).map(loan).collect();
        let run = Run {
            quarter: Quarter::parse("2017Q4").unwrap(),
            programmes: &[Programme::InterestDiscount],
            rates: &rates,
            rules: &|_| Some(&rules),
            firm_key: &|firm| firm.as_str().into(),
            used: &HashMap::new(),
            budget: &HashMap::new(),
            approved: &|_, _, _| false,
            budgeted: &|_, _, _| None,
            other: &|_, _, _| Money::ZERO,
            facts: &(),
        };
        let start = Instant::now();
        let lines = compute(&run, loans.iter());
        let computed = start.elapsed().as_secs_f64();
        let mut bytes = Vec::new();
        for line in &lines {
            line.working.write(&mut Writer::new(&mut bytes));
        }
        let written = start.elapsed().as_secs_f64();
        assert_eq!(lines.len(), loans.len());
        println!(
            "{count} loans: computed in {computed:.3} s, with workings as JSON in {written:.3} s ({} bytes a loan)",
            bytes.len() / loans.len()
        );
    }
}
