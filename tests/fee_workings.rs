//! The working of a guarantee fee's subsidy, whole: the rate that was charged, the rate applied, the
//! days of the fee year. Every figure is worked by hand.

use crate::support::book::audited;
use crate::support::settled::{Settled, rules};
use serde_json::{Value, json};

/// A loan of 3,000,000.00 drawn on a day under rules for fees, its fee of 45,000.00 for a year at
/// 1.5%, and the segments of the first quarter.
fn segments(fee_rules: &str, drawn: &str, due: &str) -> Value {
    let mut own = Settled::new("");
    let text = rules("").replace("id = \"R\"", "id = \"F\"");
    let text = text.replace("mode = \"A\"\nshare = \"50%\"", fee_rules);
    own.tell("2024-01-02", json!({"event": "adopt-rules", "rules": text}));
    own.lend("L1", "F1", "3000000.00", drawn, due);
    own.tell(
        drawn,
        json!({"event": "fee-paid", "loan": "L1", "from": drawn, "to": due,
            "amount": "45000.00", "fee_rate": "1.5%"}),
    );
    own.settle("2024Q1");
    let entry = own.book.find("GFEE/2024Q1/L1").unwrap().unwrap();
    assert_eq!(audited(own.book.store()), []);
    let told: Value = serde_json::from_str(&entry.event.to_json()).unwrap();
    told["working"]["segments"].clone()
}

/// 77 days lie between 15 January and 1 April 2024, 366 between the two 15 January.
#[test]
fn a_segment_names_the_rate_charged_and_the_rate_applied() {
    let (drawn, due) = ("2024-01-15", "2025-01-15");
    let segment = |amount: &str, base: u32, principal: &str, rate: &str, source: &str| {
        json!([{"amount": amount, "base": base, "days": 77, "from": drawn, "principal": principal,
            "rate": rate, "source": source, "source_rate": "0.015", "to": "2024-04-01",
            "until": "period-end"}])
    };
    for (rules, expected) in [
        // 45,000.00 x 77/366 x 50% = 4,733.606557.
        (
            "mode = \"A\"\nshare = \"50%\"",
            segment("4733.606557…", 366, "45000.00", "0.5", "fee-paid"),
        ),
        // 3,000,000.00 x 1% x 77/366 = 6,311.475409.
        (
            "mode = \"B\"\nrate = \"1%\"\nyear_base = \"actual\"",
            segment("6311.475409…", 366, "3000000.00", "0.01", "guarantee"),
        ),
        // Half of what 1.5% lacks of 2%: 3,000,000.00 x 0.25% x 77/365 = 1,582.191780.
        (
            "mode = \"C\"\nshare = \"50%\"\ngap_from = \"2%\"\nyear_base = \"365\"",
            segment("1582.191780…", 365, "3000000.00", "0.0025", "guarantee"),
        ),
        // 3,000,000.00 x 0.8% x 77/360 = 5,133.333333.
        (
            "mode = \"D\"\nrate = \"0.8%\"\nyear_base = \"360\"",
            segment("5133.333333…", 360, "3000000.00", "0.008", "guarantee"),
        ),
    ] {
        assert_eq!(segments(rules, drawn, due), expected, "{rules}");
    }
}

/// The year of a fee has 366 days where it takes in a 29 February: drawn on 28 February 2024 it does,
/// on 1 March it does not, though both lie in a leap year.
#[test]
fn a_fee_year_takes_in_29_february_or_not() {
    let rules = "mode = \"B\"\nrate = \"1%\"\nyear_base = \"actual\"";
    for (drawn, due, days, base, amount) in [
        // 3,000,000.00 x 1% x 33/366 = 2,704.918032.
        ("2024-02-28", "2025-02-28", 33, 366, "2704.918032…"),
        // 3,000,000.00 x 1% x 31/365 = 2,547.945205.
        ("2024-03-01", "2025-03-01", 31, 365, "2547.945205…"),
    ] {
        let found = segments(rules, drawn, due);
        assert_eq!(found[0]["days"], days, "{drawn}");
        assert_eq!(found[0]["base"], base, "{drawn}");
        assert_eq!(found[0]["amount"], amount, "{drawn}");
    }
}
