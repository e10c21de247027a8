//! The worked examples of the field, as data in `fixtures/examples`: every case names the section
//! that its figures come from, and a failure names the case.

use crate::support::case::{self, list, text};
use poolbook::domain::calendar::{Date, InterestQuarter, Period, Quarter, date, parse_date};
use poolbook::domain::capitals::capitals;
use poolbook::domain::credit_code;
use poolbook::domain::event::{ContractDays, Programme};
use poolbook::domain::loan::{FeePaid, InterestPaid, Loan, Note, NoteState};
use poolbook::domain::money::Money;
use poolbook::domain::rate::{Fraction, Rate, Share, split, split_cumulative};
use poolbook::domain::rates::RateTable;
use poolbook::domain::rules::RuleSet;
use poolbook::domain::subsidy::interest::Case;
use poolbook::domain::subsidy::{FirmKey, Run, SubsidyLine, cap_years, compute, steps};
use poolbook::domain::text::Id;
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use toml::{Table, Value};

const HEAD: &str = "id = \"R\"\nname = \"R\"\n[sharing]\n[[sharing.band]]\npool = \"1\"\n";
const ALL: &[Programme] = &[Programme::InterestDiscount, Programme::GuaranteeFee];

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table(name: &str) -> Table {
    fixture(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn strings(table: &Table, key: &str) -> Vec<String> {
    list(table, key).iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn shares(table: &Table) -> Vec<Share> {
    strings(table, "shares").iter().map(|text| Share::parse(text).unwrap()).collect()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// Lays one table over another: tables merge, everything else replaces, an empty text removes.
fn lay(base: &Table, over: &Table) -> Table {
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
            (Some(Value::Array(below)), Value::Array(above)) if key == "loan" || key == "note" => {
                let first = below.first().and_then(Value::as_table).unwrap();
                let laid = above.iter().map(|above| lay(first, above.as_table().unwrap()).into());
                made.insert(key.clone(), Value::Array(laid.collect()));
            }
            _ => {
                made.insert(key.clone(), value.clone());
            }
        }
    }
    made
}

fn dated<T>(table: &Table, key: &str, read: impl Fn(&str) -> T) -> Vec<(Date, T)> {
    let pair = |row: &Value| {
        let row = row.as_array().unwrap();
        (day(row[0].as_str().unwrap()), read(row[1].as_str().unwrap()))
    };
    list(table, key).iter().map(pair).collect()
}

fn note(table: &Table, index: usize) -> Note {
    let amount = money(text(table, "amount").unwrap());
    let interest = list(table, "interest").iter().map(|row| {
        let cell = |index: usize| row.as_array().unwrap().get(index).and_then(Value::as_str);
        let to = day(cell(1).unwrap());
        InterestPaid {
            paid: cell(3).map_or(to, day),
            from: day(cell(0).unwrap()),
            to,
            amount: money(cell(2).unwrap()),
            instalment: false,
            entry: 0,
        }
    });
    Note {
        id: id(&format!("N{}", index + 1)),
        drawing_of: None,
        entry: 0,
        amount,
        drawn: day(text(table, "drawn").unwrap()),
        due: day(text(table, "due").unwrap()),
        state: NoteState::Active,
        balance: amount,
        exposure: Money::ZERO,
        repayments: dated(table, "repayments", money),
        rates: dated(table, "rates", rate),
        extensions: dated(table, "extensions", day),
        overdue: dated(table, "overdue", |text| (!text.is_empty()).then(|| day(text))),
        npl: text(table, "npl").map(day),
        cures: Vec::new(),
        removed: None,
        interest: interest.collect(),
        others: Vec::new(),
        compensated: Money::ZERO,
        claims: Vec::new(),
        filings: Vec::new(),
        subsidised: Vec::new(),
    }
}

fn loan(table: &Table) -> Loan {
    let notes: Vec<Note> = list(table, "note")
        .iter()
        .enumerate()
        .map(|(index, value)| note(value.as_table().unwrap(), index))
        .collect();
    let fees = list(table, "fees").iter().map(|row| {
        let cell = |index: usize| row[index].as_str().unwrap();
        FeePaid {
            paid: day(cell(0)),
            from: day(cell(0)),
            to: day(cell(1)),
            amount: money(cell(2)),
            rate: rate(cell(3)),
            instalment: false,
            entry: 0,
            refunds: Vec::new(),
        }
    });
    let signed = day(text(table, "signed").unwrap());
    Loan {
        id: id(text(table, "id").unwrap()),
        owner: id("410821"),
        firm: id("FIRM"),
        bank: id("BANK"),
        guarantor: text(table, "guarantor").map(id),
        entry: 0,
        contract: None,
        amount: Money::from_fen(notes.iter().map(|note| note.amount.fen()).sum()).unwrap(),
        signed,
        enrolled: signed,
        due: notes.iter().map(|note| note.due).max().unwrap(),
        rate: rate(text(table, "rate").unwrap()),
        day_count: ContractDays::Act360,
        drawing_of: None,
        renews: None,
        security: None,
        firm_class: None,
        first_loan: table.get("first_loan").and_then(Value::as_bool).unwrap_or(false),
        pool_share: None,
        guarantor_share: None,
        rules: Some(id("R")),
        share: Share::ONE,
        removed: text(table, "removed").map(day),
        notes,
        deposit: Money::ZERO,
        fees: fees.collect(),
        trail: Vec::new(),
        changes: Vec::new(),
    }
}

fn rules(policy: &Table) -> RuleSet {
    let text = format!("{HEAD}{}", toml::to_string(policy).unwrap());
    RuleSet::parse(&text).unwrap_or_else(|found| panic!("{found:#?}\n{text}"))
}

fn used(case: &Table) -> HashMap<FirmKey, Vec<(i16, Money)>> {
    let mut used = HashMap::new();
    for (firm, rows) in case.get("used").and_then(Value::as_table).into_iter().flatten() {
        let row = |row: &Value| {
            let year = i16::try_from(row[0].as_integer().unwrap()).unwrap();
            (year, money(row[1].as_str().unwrap()))
        };
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(row).collect();
        for programme in ALL {
            used.insert((*programme, firm.as_str().into()), rows.clone());
        }
    }
    used
}

/// Compares one line with what the case expects of it; only what is named is compared.
fn compare(name: &str, line: &SubsidyLine, expected: &Table) {
    let json = line.working.to_json();
    for (key, value) in expected {
        let wanted = case::wanted(value);
        let got = match key.as_str() {
            "sum" => vec![json["sum"].as_str().unwrap().to_owned()],
            "ceilings" => case::column(&json, "ceilings", "kind"),
            other => case::figures(line, &json, other)
                .unwrap_or_else(|| panic!("{name}: unknown expectation {other}")),
        };
        assert_eq!(got, wanted, "{name}: {key} of {} in {json:#}", line.period);
    }
    assert_eq!(line.is_payable(), !expected.contains_key("reason"), "{name}: {}", line.period);
    let rows = cap_years(Some(&json), Quarter::parse(&line.period).unwrap(), line.amount);
    assert_eq!(rows, line.working.cap_years, "{name}");
    assert!(steps(&json).iter().any(|step| step.code == "amount"), "{name}");
}

fn run_case(case: &Table, rates: &RateTable) {
    let name = text(case, "name").unwrap();
    let rules = rules(case["policy"].as_table().unwrap());
    let loans: Vec<Loan> = list(case, "loan").iter().map(|l| loan(l.as_table().unwrap())).collect();
    let mut used = used(case);
    let mut budget = HashMap::new();
    if let Some(amount) = text(case, "budget") {
        budget.extend(ALL.iter().map(|programme| ((*programme, id("410821")), money(amount))));
    }
    let other = text(case, "other").map_or(Money::ZERO, money);
    let (mut total, mut days) = (Money::ZERO, 0);
    for step in list(case, "expect") {
        let step = step.as_table().unwrap();
        let quarter = Quarter::parse(text(step, "quarter").unwrap()).unwrap();
        let run = Run {
            quarter,
            programmes: ALL,
            rates,
            rules: &|_| Some(&rules),
            firm_key: &|firm| firm.as_str().into(),
            used: &used,
            budget: &budget,
            approved: &|_, _, _| false,
            budgeted: &|_, _, _| None,
            other: &|_, _, _| other,
            facts: &(),
        };
        let lines = compute(&run, loans.iter());
        let wanted = list(step, "lines");
        assert_eq!(lines.len(), wanted.len(), "{name}: lines of {quarter}: {lines:#?}");
        for (line, wanted) in lines.iter().zip(wanted) {
            compare(name, line, wanted.as_table().unwrap());
            total = total.add(line.amount).unwrap();
            days += line.days;
            let key = (line.programme, line.firm.as_str().into());
            used.entry(key).or_default().extend(line.working.cap_years.iter().copied());
        }
    }
    if let Some(wanted) = text(case, "total") {
        assert_eq!(total.to_string(), wanted, "{name}: total");
    }
    if let Some(wanted) = case.get("total_days").and_then(Value::as_integer) {
        assert_eq!(days, wanted, "{name}: days");
    }
}

fn run_file(file: &str) -> usize {
    let whole = table(&format!("examples/{file}"));
    let rates = RateTable::parse(&fixture(text(&whole, "rates").unwrap())).unwrap();
    let base = whole["base"].as_table().unwrap();
    let cases = list(&whole, "case");
    for case in cases {
        run_case(&lay(base, case.as_table().unwrap()), &rates);
    }
    cases.len()
}

#[test]
fn worked_interest_discounts() {
    assert!(run_file("interest.toml") > 25);
}

#[test]
fn worked_guarantee_fees() {
    assert!(run_file("guarantee_fee.toml") > 3);
}

#[test]
fn worked_splits() {
    let whole = table("examples/splits.toml");
    let show = |parts: &[Money]| parts.iter().map(Money::to_string).collect::<Vec<_>>();
    let tables = |key: &str| list(&whole, key).iter().map(|value| value.as_table().unwrap());
    let balancing =
        |case: &Table| usize::try_from(case["balancing"].as_integer().unwrap()).unwrap();
    for case in tables("loss") {
        let parts = split(money(text(case, "whole").unwrap()), &shares(case), balancing(case));
        assert_eq!(show(&parts.unwrap()), strings(case, "parts"), "{}", case["name"]);
    }
    for case in tables("share") {
        let part = Share::parse(text(case, "share").unwrap()).unwrap();
        let part = part.of(money(text(case, "whole").unwrap())).unwrap();
        assert_eq!(part.to_string(), text(case, "part").unwrap(), "{}", case["name"]);
    }
    for case in tables("recovery") {
        let shares = shares(case);
        let mut before = Money::ZERO;
        let mut totals = vec![Money::ZERO; shares.len()];
        for receipt in list(case, "receipts") {
            let receipt = receipt.as_table().unwrap();
            let cost = money(text(receipt, "cost").unwrap());
            let net = money(text(receipt, "gross").unwrap()).sub(cost).unwrap();
            let parts = split_cumulative(before, net, &shares, balancing(case)).unwrap();
            assert_eq!(show(&parts), strings(receipt, "parts"), "{}", case["name"]);
            before = before.add(net).unwrap();
            for (total, part) in totals.iter_mut().zip(parts) {
                *total = total.add(part).unwrap();
            }
        }
        assert_eq!(show(&totals), strings(case, "totals"), "{}", case["name"]);
    }
    tables("deposit_interest").for_each(deposit_interest);
}

/// Principal × rate × days / 360, exact.
fn interest(principal: Money, rate: Rate, days: i64) -> Fraction {
    let days = Fraction::new(i128::from(days), 360).unwrap();
    Fraction::whole(principal.fen()).times(rate.fraction()).unwrap().times(days).unwrap()
}

fn deposit_interest(case: &Table) {
    let yearly = rate(text(case, "rate").unwrap());
    let owners = list(case, "owners");
    let exact: Vec<Fraction> = owners
        .iter()
        .map(|owner| {
            let rows = owner["balances"].as_array().unwrap().iter();
            rows.fold(Fraction::ZERO, |sum, row| {
                let (balance, days) = (row[0].as_str().unwrap(), row[1].as_integer().unwrap());
                sum.plus(interest(money(balance), yearly, days)).unwrap()
            })
        })
        .collect();
    let sum = exact.iter().fold(Fraction::ZERO, |sum, part| sum.plus(*part).unwrap());
    let mut rest = sum.round_fen().unwrap();
    assert_eq!(rest.to_string(), text(case, "total").unwrap(), "{}", case["name"]);
    for (index, (owner, exact)) in owners.iter().zip(&exact).enumerate() {
        let part = if index + 1 == owners.len() { rest } else { exact.round_fen().unwrap() };
        assert_eq!(part.to_string(), owner["part"].as_str().unwrap(), "{}", case["name"]);
        rest = rest.sub(part).unwrap();
    }
}

#[test]
fn credit_codes_and_capitals() {
    let whole = table("examples/identifiers.toml");
    let codes = whole["credit_code"].as_table().unwrap();
    for code in strings(codes, "pass") {
        assert_eq!(credit_code::check(&code), Ok(()), "{code}");
    }
    for case in list(codes, "fail") {
        let problem = credit_code::check(case["code"].as_str().unwrap()).unwrap_err();
        assert_eq!(problem.arg("expected"), case["computed"].as_str());
    }
    for (amount, wanted) in whole["capitals"].as_table().unwrap() {
        assert_eq!(capitals(money(amount)), wanted.as_str().unwrap(), "{amount}");
    }
}

/// L1 of `interest.toml` without a ceiling, with an amount and a repayment of its own.
fn plain(
    amount: Money,
    repaid: Option<(Date, Money)>,
) -> (Loan, &'static RuleSet, &'static RateTable) {
    static READ: OnceLock<(Loan, RuleSet, RateTable)> = OnceLock::new();
    let (loan, rules, rates) = READ.get_or_init(|| {
        let whole = table("examples/interest.toml");
        let rates = RateTable::parse(&fixture(text(&whole, "rates").unwrap())).unwrap();
        let base = whole["base"].as_table().unwrap();
        let policy = "[interest_discount]\nreference = \"in-force\"\ninterest_ceiling = false\n\
                      [[interest_discount.rate]]\nseries = \"lpr-1y\"\nshare = \"50%\"\n";
        let loan = loan(list(base, "loan")[0].as_table().unwrap());
        (loan, rules(&policy.parse().unwrap()), rates)
    });
    let mut loan = loan.clone();
    loan.notes[0].amount = amount;
    loan.notes[0].repayments.extend(repaid);
    (loan, rules, rates)
}

/// The exact sum and the rounded amount of a period.
fn sum_of(loan: &Loan, rules: &RuleSet, rates: &RateTable, period: Period) -> (Fraction, Money) {
    let discount = rules.interest_discount.as_ref().unwrap();
    let case = Case { loan, note: &loan.notes[0], rules, discount, rates, facts: &() };
    let working = case
        .eligible(period)
        .and_then(|eligible| case.working(period, &eligible, None, Money::ZERO));
    working.map_or((Fraction::ZERO, Money::ZERO), |working| (working.sum, working.computed))
}

#[test]
fn accrual_to_a_calendar_quarter_is_another_question() {
    // Section 5.2: 77 days, 11,068.75.
    let (loan, rules, rates) = plain(money("3000000.00"), None);
    let period = Period { from: day("2024-01-01"), to: day("2024-04-01") };
    assert_eq!(sum_of(&loan, rules, rates, period).1.to_string(), "11068.75");
}

proptest::proptest! {
    /// One settlement period or two: the exact sums agree, the rounded ones within one fen.
    #[test]
    fn a_period_cut_in_two_gives_the_same(
        fen in 1i64..100_000_000_000, repaid in 0i64..100, at in 0i64..366, cut in 1i64..92,
    ) {
        let amount = Money::from_fen(fen).unwrap();
        let on = |days: i64| day("2024-01-15").checked_add(jiff::Span::new().days(days)).unwrap();
        let part = Money::from_fen(fen / 100 * repaid).unwrap();
        let (loan, rules, rates) = plain(amount, Some((on(at), part)));
        let whole = InterestQuarter(Quarter::parse("2024Q3").unwrap()).period();
        let middle = whole.from.checked_add(jiff::Span::new().days(cut)).unwrap();
        let sum = |from, to| sum_of(&loan, rules, rates, Period { from, to });
        let (one, rounded) = sum(whole.from, whole.to);
        let (first, a) = sum(whole.from, middle);
        let (second, b) = sum(middle, whole.to);
        proptest::prop_assert_eq!(first.plus(second).unwrap(), one);
        proptest::prop_assert!((a.fen() + b.fen() - rounded.fen()).abs() <= 1);
    }

    /// More principal never bears less discount, and days bear it one by one.
    #[test]
    fn more_principal_never_bears_less(fen in 1i64..100_000_000_000, more in 0i64..1_000_000) {
        let (small, rules, rates) = plain(Money::from_fen(fen).unwrap(), None);
        let (large, _, _) = plain(Money::from_fen(fen + more).unwrap(), None);
        let period = InterestQuarter(Quarter::parse("2024Q3").unwrap()).period();
        let amount = |loan: &Loan| sum_of(loan, rules, rates, period).1;
        proptest::prop_assert!(amount(&small) <= amount(&large));
        // An independent sum: one day at a time with the rate of the day.
        let change = date(2024, 7, 22).unwrap();
        let mut sum = Fraction::ZERO;
        let mut today = period.from;
        while today < period.to {
            let yearly = if today < change { rate("1.725%") } else { rate("1.675%") };
            sum = sum.plus(interest(small.notes[0].amount, yearly, 1)).unwrap();
            today = today.tomorrow().unwrap();
        }
        proptest::prop_assert_eq!(sum, sum_of(&small, rules, rates, period).0);
    }

    /// Whatever the dates of a note say, a line stays within its formula, its budget and its caps.
    #[test]
    fn odd_records_never_pay_too_much(
        fen in 1i64..=100_000_000_000_000_000,
        days in proptest::collection::vec(0i64..900, 12),
        words in (0usize..4, 0usize..2, 0usize..2, 0usize..2, 0usize..3),
    ) {
        let on = |index: usize| {
            let span = jiff::Span::new().days(days[index]);
            day("2023-06-01").checked_add(span).unwrap()
        };
        let (mut loan, _, rates) = plain(Money::from_fen(fen).unwrap(), None);
        let note = &mut loan.notes[0];
        (note.drawn, note.due) = (on(0), on(1));
        note.repayments = vec![(on(2), Money::from_fen(fen / 3).unwrap()), (on(3), note.amount)];
        note.rates = vec![(on(4), rate("9%")), (on(5), rate("0%"))];
        note.overdue = vec![(on(6), Some(on(7)))];
        let amount = note.amount;
        let (instalment, entry) = (false, 0);
        let slip = |from, to| InterestPaid { paid: on(8), from, to, amount, instalment, entry };
        note.interest = vec![slip(on(9), on(10)), slip(on(9), on(11))];
        let (rate, refunds) = (rate("1%"), Vec::new());
        let fee = FeePaid { paid: on(8), from: on(9), to: on(11), amount, rate, instalment, entry, refunds };
        loan.fees = vec![fee.clone(), fee];
        let policy = format!(
            "[interest_discount]\nreference = \"in-force\"\nday_count = \"{}\"\noverdue = \"{}\"\n\
             cap_year = \"{}\"\npay_after = \"{}\"\nfirm_year_max = \"50000.00\"\n\
             [[interest_discount.rate]]\n{}\n[fee_subsidy]\nmode = \"A\"\nshare = \"1/3\"\n",
            ["act/360", "act/365", "by-month", "whole-months"][words.0],
            ["stop", "pause"][words.1],
            ["settlement", "accrual"][words.2],
            ["period", "full-repayment"][words.3],
            [
                "series = \"lpr-1y\"\nshare = \"1/3\"",
                "basis = \"contract-spread\"\nseries = \"lpr-1y\"",
                "basis = \"interest-paid\"\nshare = \"50%\"",
            ][words.4],
        );
        let rules = rules(&policy.parse().unwrap());
        let key = (Programme::InterestDiscount, id("410821"));
        let budget = HashMap::from([(key, money("30000.00"))]);
        for quarter in ["2023Q4", "2024Q1", "2024Q3", "2025Q1"] {
            let run = Run {
                quarter: Quarter::parse(quarter).unwrap(),
                programmes: ALL,
                rates,
                rules: &|_| Some(&rules),
                firm_key: &|firm| firm.as_str().into(),
                used: &HashMap::new(),
                budget: &budget,
                approved: &|_, _, _| false,
                budgeted: &|_, _, _| None,
                other: &|_, _, _| Money::ZERO,
                facts: &(),
            };
            for line in compute(&run, std::iter::once(&loan)) {
                proptest::prop_assert!(Money::ZERO <= line.amount && line.amount <= line.computed);
                proptest::prop_assert!(line.days > 0);
                proptest::prop_assert_eq!(line.is_payable(), line.amount.is_positive());
                let years: i64 = line.working.cap_years.iter().map(|(_, part)| part.fen()).sum();
                proptest::prop_assert_eq!(years, line.amount.fen());
                if line.programme == Programme::InterestDiscount {
                    proptest::prop_assert!(line.amount <= money("30000.00"));
                }
                proptest::prop_assert!(line.working.to_json().is_object());
            }
        }
    }
}
