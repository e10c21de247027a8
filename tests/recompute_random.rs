//! Random facts, told in time or late, with corrections posted at any time: in the end every line
//! stands where it would stand had everything been known from the beginning, and nothing is left to
//! correct.

use crate::support::settled::Settled;
use poolbook::book::{Book, Scope};
use poolbook::domain::account::Fund;
use poolbook::domain::calendar::{Date, parse_date};
use proptest::prelude::*;
use serde_json::{Value, json};

const QUARTERS: [&str; 4] = ["2024Q1", "2024Q2", "2024Q3", "2024Q4"];
/// The day after each quarter on which what became known since is told.
const TOLD: [&str; 4] = ["2024-04-05", "2024-07-05", "2024-10-05", "2025-01-06"];
/// Loan, firm, drawn on; all of them for a year.
const LOANS: [(&str, &str, &str); 3] =
    [("L1", "F1", "2024-01-15"), ("L2", "F1", "2024-02-20"), ("L3", "F2", "2024-03-01")];

/// One fact, known some time after the quarter of its slot.
#[derive(Clone, Debug)]
struct Fact {
    slot: usize,
    loan: usize,
    kind: u8,
    day: i64,
    amount: i64,
}

fn fact() -> impl Strategy<Value = Fact> {
    (0..4_usize, 0..LOANS.len(), 0..8_u8, 0..340_i64, 1..30_000_000_i64)
        .prop_map(|(slot, loan, kind, day, amount)| Fact { slot, loan, kind, day, amount })
}

/// What happens besides the facts: whether lines are paid, and differences posted, after a quarter.
type Doings = [(bool, bool); 4];

impl Fact {
    fn event(&self, told: Date) -> Value {
        let (loan, _, drawn) = LOANS[self.loan];
        let drawn = parse_date(drawn).unwrap();
        let day = drawn.checked_add(jiff::Span::new().days(self.day)).unwrap().min(told);
        let amount = format!("{}.{:02}", self.amount / 100, self.amount % 100);
        let mut own = match self.kind {
            0..=2 => json!({"event": "repay", "amount": amount}),
            3 => json!({"event": "overdue"}),
            4 => json!({"event": "cure"}),
            5 => json!({"event": "extend", "due": "2025-09-30"}),
            6 => {
                json!({"event": "fee-paid", "from": drawn.to_string(), "to": "2025-01-15", "amount": "30000.00", "fee_rate": "1%"})
            }
            _ if self.day % 5 == 0 => json!({"event": "remove", "reason": "x"}),
            _ => json!({"event": "reprice", "rate": "5%"}),
        };
        own["loan"] = loan.into();
        own["effective"] = day.to_string().into();
        own
    }
}

/// A book with the loans and nothing else.
fn lent(rules: &str) -> Settled {
    let mut own = Settled::new(rules);
    for (loan, firm, drawn) in LOANS {
        own.lend(loan, firm, "1000000.00", drawn, &drawn.replace("2024", "2025"));
    }
    own
}

/// Tells the facts of a slot on a day; what a loan's state does not allow is left out.
fn tell(own: &mut Settled, facts: &[Fact], slot: usize, date: &str) {
    let last = parse_date(TOLD[slot]).unwrap();
    for fact in facts.iter().filter(|fact| fact.slot == slot) {
        let event = own.made(date, fact.event(last));
        let _ = own.book.record(event, &Settled::options());
    }
}

/// Facts told after their quarters, differences posted in between and at the end.
fn late(rules: &str, facts: &[Fact], doings: &Doings) -> Settled {
    let mut own = lent(rules);
    for (slot, (quarter, (pays, posts))) in QUARTERS.iter().zip(doings).enumerate() {
        own.settle(quarter);
        if *pays {
            own.pay(TOLD[slot]);
        }
        tell(&mut own, facts, slot, TOLD[slot]);
        if *posts {
            own.post("2024Q1", TOLD[slot]);
        }
    }
    own.post("2024Q1", "2025-01-31");
    // A period in which nothing was ever approved is the business of the quarterly run.
    QUARTERS.iter().for_each(|quarter| own.settle(quarter));
    own
}

/// The same facts known before the first quarter is settled.
fn in_time(rules: &str, facts: &[Fact]) -> Settled {
    let mut own = lent(rules);
    (0..4).for_each(|slot| tell(&mut own, facts, slot, "2025-01-31"));
    QUARTERS.iter().for_each(|quarter| own.settle(quarter));
    own
}

/// Nothing is left to correct, and the journal holds all of it.
fn settled(own: Settled) -> Result<(), TestCaseError> {
    prop_assert_eq!(own.differences("2024Q1"), []);
    own.caps();
    let before = crate::support::book::fingerprint(&own.book);
    let again = Book::open(own.book.into_store(), Scope::All).unwrap();
    let mut again = again;
    again.reindex().unwrap();
    prop_assert_eq!(before, crate::support::book::fingerprint(&again));
    Ok(())
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn every_line_stands_as_if_all_had_been_known(
        facts in prop::collection::vec(fact(), 0..7),
        doings in any::<Doings>(),
    ) {
        let own = late("", &facts, &doings);
        prop_assert_eq!(own.kept(), in_time("", &facts).kept());
        settled(own)?;
    }

    #[test]
    fn a_firm_has_of_its_caps_what_it_would_have_had(
        facts in prop::collection::vec(fact(), 0..7),
        doings in any::<Doings>(),
        accrual in any::<bool>(),
        cap in 100_i64..40_000,
    ) {
        let by = if accrual { "accrual" } else { "settlement" };
        let rules = format!("firm_year_max = \"{cap}.00\"\ncap_year = \"{by}\"");
        let own = late(&rules, &facts, &doings);
        let other = in_time(&rules, &facts);
        prop_assert_eq!(own.caps(), other.caps());
        let firms = |own: &Settled| {
            let state = own.book.state();
            let kept = |firm: &str| -> i128 {
                let lines = state.subsidies.iter().filter(|line| line.firm == *firm);
                let fund = lines.filter(|line| line.programme.fund() == Fund::Interest);
                fund.filter(|line| !line.trail.is_empty()).map(|line| line.kept().0).sum()
            };
            ["F1", "F2"].map(kept)
        };
        prop_assert_eq!(firms(&own), firms(&other));
        settled(own)?;
    }
}
