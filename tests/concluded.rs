//! A loan at its end counts for nothing any more: not in the leverage of its pool, not in the circuit
//! breaker, not for its firm.

use crate::support::book::{audited, blank, event};
use crate::support::settled::Settled;
use crate::support::sums::agree;
use poolbook::book::Book;
use poolbook::domain::entry::Entry;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// Loans of at most the pool's money, one of a firm at a time, and a stop at 5 % overdue.
const RULES: &str = "id = \"r\"\nname = \"r\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\n\
    bank = \"60%\"\n[enrolment]\none_item = true\nfirm_max = \"1000000.00\"\n\
    [leverage]\nlimit = 1\n[breaker]\nwarn = \"3%\"\nstop = \"5%\"\n";

struct City(Book<MemoryStore>);

impl City {
    fn one(&mut self, mut value: Value) -> Result<Entry, Problem> {
        let count = self.0.head().count;
        value["id"] =
            value["id"].as_str().map_or_else(|| format!("e{count}"), str::to_owned).into();
        value["date"] = value["date"].as_str().unwrap_or("2024-02-01").to_owned().into();
        let told = self.0.record(event(&value.to_string()), &Settled::options());
        agree(self.0.state(), &value.to_string());
        told.map(|(entry, _)| entry.unwrap())
    }

    fn tell(&mut self, value: Value) -> Entry {
        let told = value.to_string();
        self.one(value).unwrap_or_else(|problem| panic!("{problem}\n{told}"))
    }

    fn enrol(&mut self, loan: &str) -> Result<Entry, Problem> {
        self.one(json!({"event": "enrol", "owner": "410821", "loan": loan, "firm": "FIRM",
            "bank": "BANK", "amount": "1000000.00", "due": "2024-12-01", "rate": "4%"}))
    }
}

/// A pool of 1,000,000.00 whose one loan of 1,000,000.00 was lost: the pool paid 40 % of it, had all
/// of that back, and the claim is concluded.
fn concluded() -> (City, u64) {
    let mut city = City(blank());
    for value in [
        json!({"event": "open-book", "city": "410800", "name": "焦作市", "currency": "CNY"}),
        json!({"event": "adopt-rules", "rules": RULES}),
        json!({"event": "join", "owner": "410821"}),
        json!({"event": "party", "party": "BANK", "kind": "bank", "name": "银行"}),
        json!({"event": "party", "party": "FIRM", "kind": "firm", "name": "企业"}),
        json!({"event": "bank-account", "owner": "410821", "bank_account": "P", "fund": "RISK"}),
        json!({"event": "contribute", "owner": "410821", "source": "county", "bank_account": "P",
            "amount": "1000000.00"}),
    ] {
        city.tell(value);
    }
    city.enrol("L").unwrap();
    for value in [
        json!({"event": "disburse", "loan": "L", "amount": "1000000.00"}),
        json!({"event": "overdue", "loan": "L"}),
        json!({"event": "file-claim", "claim": "C", "loan": "L", "base": "1000000.00"}),
        json!({"event": "approve-claim", "claim": "C"}),
        json!({"event": "pay-claim", "claim": "C", "bank_account": "P"}),
        json!({"event": "recover", "claim": "C", "bank_account": "P", "gross": "1000000.00"}),
    ] {
        city.tell(value);
    }
    let closed = city
        .tell(json!({"event": "close-claim", "claim": "C", "reason": "终结", "document": "9号"}));
    (city, closed.seq)
}

#[test]
fn a_concluded_loan_leaves_leverage_breaker_and_firm() {
    let (mut city, closed) = concluded();
    // What was stopped stays stopped until somebody releases it.
    assert_eq!(city.enrol("M").unwrap_err().code, "pool-suspended");
    city.tell(json!({"event": "release", "owner": "410821", "reason": "x", "document": "1号"}));
    let taken = city.enrol("M").unwrap();
    let working = taken.working.unwrap().value();
    assert_eq!(working["leverage"]["loans_before"], "0.00");
    assert_eq!(working["breaker"]["numerator"], "0.00");
    assert_eq!(working["breaker"]["denominator"], "0.00");
    assert_eq!(audited(city.0.store()), []);
    // Taken back, it counts again, and the limits of one loan a firm hold it.
    city.tell(json!({"event": "remove", "loan": "M", "reason": "x"}));
    city.tell(json!({"event": "reverse", "entry": closed, "reason": "x"}));
    assert!(city.enrol("N").is_err(), "the loan is in the sums again");
    assert_eq!(audited(city.0.store()), []);
}

/// The other way round it would hide a stop: 1,000,000.00 overdue of 1,000,000.00 is not half of
/// 2,000,000.00.
#[test]
fn a_concluded_loan_does_not_thin_the_ratio() {
    let (mut city, _) = concluded();
    city.tell(json!({"event": "release", "owner": "410821", "reason": "x", "document": "1号"}));
    city.enrol("M").unwrap();
    city.tell(json!({"event": "disburse", "loan": "M", "amount": "1000000.00"}));
    city.tell(json!({"event": "overdue", "loan": "M"}));
    let problem = city.enrol("N").unwrap_err();
    assert_eq!((problem.code, problem.arg("ratio")), ("pool-suspended", Some("100.00%")));
}
