//! Who bears what, from the rules text to the approved claim: bands, balancing, the
//! city's part, interest on deposits, limits over a firm's loans.

use crate::scenarios::jiaozuo;
use crate::support::book::{event, options};
use poolbook::book::Book;
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::entry::Entry;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

fn tell(book: &mut Book<MemoryStore>, mut value: Value) -> Result<Entry, Problem> {
    value["id"] = format!("e{}", book.head().count).into();
    if value["date"].is_null() {
        value["date"] = "2017-01-01".into();
    }
    book.record(event(&value.to_string()), &options()).map(|(entry, _)| entry.unwrap())
}

/// A county, a county-level city, a district, each with money, under these rules.
fn city(rules: &str) -> Book<MemoryStore> {
    let mut book = jiaozuo();
    let rules = format!("id = \"r\"\nname = \"r\"\n{rules}");
    tell(&mut book, json!({"event": "adopt-rules", "rules": rules})).unwrap();
    for owner in ["410821", "410882", "410802"] {
        let account = format!("POOL-{owner}");
        for event in [
            json!({"event": "join", "owner": owner}),
            json!({"event": "bank-account", "owner": owner, "bank_account": account,
                "fund": "RISK"}),
            json!({"event": "contribute", "owner": owner, "bank_account": account,
                "source": "city", "amount": "9000000.00"}),
        ] {
            tell(&mut book, event).unwrap();
        }
    }
    for (party, kind) in
        [("B1", "bank"), ("B2", "bank"), ("G", "guarantor"), ("F1", "firm"), ("F2", "firm")]
    {
        let event = json!({"event": "party", "party": party, "kind": kind, "name": party});
        tell(&mut book, event).unwrap();
    }
    book
}

fn enrol(loan: &str, facts: &Value) -> Value {
    let mut event = json!({"event": "enrol", "date": "2017-03-01", "owner": "410821", "loan": loan,
        "firm": "F1", "bank": "B1", "amount": "3000000.00", "due": "2018-03-01", "rate": "4%"});
    for (key, value) in facts.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

/// Parts of pool, guarantor, bank, and of the pool's part the city's and the owner's, of a claim.
fn parts(book: &mut Book<MemoryStore>, facts: &Value, base: &str) -> [String; 5] {
    let loan = format!("L{}", book.head().count);
    tell(book, enrol(&loan, facts)).unwrap();
    for event in [
        json!({"event": "disburse", "date": "2017-03-01", "loan": loan, "amount": "3000000.00"}),
        json!({"event": "overdue", "date": "2017-07-01", "loan": loan}),
        json!({"event": "file-claim", "date": "2017-10-01", "claim": loan, "loan": loan,
            "base": base}),
    ] {
        tell(book, event).unwrap();
    }
    let approval = json!({"event": "approve-claim", "date": "2017-10-02", "claim": loan});
    let told = tell(book, approval).unwrap().working.unwrap().value();
    let shown = |value: &Value| value.as_str().unwrap().to_owned();
    [
        shown(&told["parts"]["pool"]),
        shown(&told["parts"]["guarantor"]),
        shown(&told["parts"]["bank"]),
        shown(&told["levels"]["city"]),
        shown(&told["levels"]["owner"]),
    ]
}

fn pool_part(book: &mut Book<MemoryStore>, facts: &Value) -> String {
    let [pool, ..] = parts(book, facts, "1000000.00");
    pool
}

/// Domain 5.5: 4:4:2 of 1,234,567.89, whoever takes the rest, and city to county 4:6, district 6:4.
#[test]
fn the_worked_base_by_balancing_party_and_kind_of_owner() {
    let rules = |balancing: &str| {
        format!(
            "[sharing]\nbalancing = \"{balancing}\"\n[[sharing.band]]\nguaranteed = true\n\
             pool = \"40%\"\nguarantor = \"40%\"\nbank = \"20%\"\n[[sharing.band]]\n\
             guaranteed = false\npool = \"40%\"\nbank = \"60%\"\n[city_part]\ncounty = \"40%\"\n\
             county-city = \"40%\"\ndistrict = \"60%\"\nzone = \"60%\"\n"
        )
    };
    let base = "1234567.89";
    let mut book = city(&rules("bank"));
    let guaranteed = |owner: &str| json!({"guarantor": "G", "owner": owner});
    for (owner, city, county) in [
        ("410821", "197530.86", "296296.30"),
        ("410882", "197530.86", "296296.30"),
        ("410802", "296296.30", "197530.86"),
    ] {
        let found = parts(&mut book, &guaranteed(owner), base);
        assert_eq!(found, ["493827.16", "493827.16", "246913.57", city, county], "{owner}");
    }
    let [pool, guarantor, bank, ..] = parts(&mut book, &json!({}), base);
    assert_eq!([pool, guarantor, bank], ["493827.16", "0.00", "740740.73"]);
    for (balancing, expected) in [
        ("pool", ["493827.15", "493827.16", "246913.58"]),
        ("guarantor", ["493827.16", "493827.15", "246913.58"]),
    ] {
        let mut book = city(&rules(balancing));
        let [pool, guarantor, bank, ..] = parts(&mut book, &guaranteed("410821"), base);
        assert_eq!([pool, guarantor, bank], expected, "{balancing}");
    }
}

/// by class of the firm, first that fits; R-06: first loans, the highest of what fits; R-03: by
/// security; R-05: five points more for each year after the first, at most 60%.
#[test]
fn bands_by_class_first_loan_security_and_term() {
    let band = |pool: &str, when: &str| {
        let bank = 100 - pool.parse::<u32>().unwrap();
        format!("[[sharing.band]]\npool = \"{pool}%\"\nbank = \"{bank}%\"\n{when}\n")
    };
    let size = [
        band("80", "firm_class = \"大学项目\""),
        band("60", "security = \"信用\""),
        band("50", "firm_class = [\"小型\", \"中型\"]"),
        band("30", ""),
    ];
    let first = city(&format!("[sharing]\npick = \"first\"\n{}", size.concat()));
    let highest = city(&format!(
        "[sharing]\npick = \"highest\"\n{}{}{}",
        band("50", ""),
        band("70", "security = \"信用\""),
        band("90", "first_loan = true")
    ));
    let term = city(&format!(
        "[sharing]\n{}{}{}{}{}",
        band("40", "tenor_to = 12"),
        band("45", "tenor_over = 12\ntenor_to = 24"),
        band("50", "tenor_over = 24\ntenor_to = 36"),
        band("55", "tenor_over = 36\ntenor_to = 48"),
        band("60", "tenor_over = 48"),
    ));
    let cases: [(_, Vec<(Value, &str)>); 3] = [
        (
            first,
            vec![
                (json!({"firm_class": "大学项目", "security": "信用"}), "800000.00"),
                (json!({"firm_class": "小型", "security": "信用"}), "600000.00"),
                (json!({"firm_class": "中型", "security": "抵押"}), "500000.00"),
                (json!({"firm_class": "大型"}), "300000.00"),
                (json!({"firm_class": "大型", "pool_share": "12.5%"}), "125000.00"),
            ],
        ),
        (
            highest,
            vec![
                (json!({}), "500000.00"),
                (json!({"security": "信用"}), "700000.00"),
                (json!({"security": "信用", "first_loan": "true"}), "900000.00"),
            ],
        ),
        (
            term,
            vec![
                (json!({"due": "2018-03-01"}), "400000.00"),
                (json!({"due": "2018-03-02"}), "450000.00"),
                (json!({"due": "2019-03-01"}), "450000.00"),
                (json!({"due": "2020-03-01"}), "500000.00"),
                (json!({"due": "2021-03-01"}), "550000.00"),
                (json!({"due": "2027-03-01"}), "600000.00"),
            ],
        ),
    ];
    for (mut book, cases) in cases {
        for (facts, expected) in cases {
            assert_eq!(pool_part(&mut book, &facts), expected, "{facts}");
        }
    }
}

const BAND: &str = "[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n";

/// what the bank credits stays in the pool or is the treasury's, as the rules say and unless the
/// event says otherwise.
#[test]
fn interest_belongs_to_whom_the_rules_say() {
    for (rule, told, income, treasury) in [
        ("pool", None, "-8.00", "0.00"),
        ("treasury", None, "0.00", "-8.00"),
        ("treasury", Some("pool"), "-8.00", "0.00"),
        ("pool", Some("treasury"), "0.00", "-8.00"),
    ] {
        let mut book = city(&format!("{BAND}[pool]\ninterest = \"{rule}\"\n"));
        let event = json!({"event": "pool-interest", "date": "2017-03-21", "owner": "410821",
            "bank_account": "POOL-410821", "amount": "8.00", "to": told});
        tell(&mut book, event).unwrap();
        let balance = |account| book.state().balance("410821", Fund::Risk, account, None);
        assert_eq!(balance(Account::InterestIncome).to_string(), income);
        assert_eq!(balance(Account::TreasuryPayable).to_string(), treasury);
    }
}

/// A firm is one firm in every county and at every bank; what is settled or removed gives way.
#[test]
fn a_firms_loans_are_counted_over_owners_and_banks() {
    let mut book = city(&format!("{BAND}[enrolment]\nfirm_max = \"5000000.00\"\n"));
    let of = |owner: &str, bank: &str, amount: &str| json!({"owner": owner, "bank": bank, "amount": amount});
    tell(&mut book, enrol("A", &of("410821", "B1", "3000000.00"))).unwrap();
    let problem = tell(&mut book, enrol("B", &of("410882", "B2", "2000000.01"))).unwrap_err();
    assert_eq!((problem.code, problem.arg("enrolled")), ("firm-max", Some("3,000,000.00")));
    tell(&mut book, enrol("B", &of("410882", "B2", "2000000.00"))).unwrap();
    tell(&mut book, enrol("C", &json!({"firm": "F2"}))).unwrap();
    let draw = json!({"event": "disburse", "date": "2017-03-01", "loan": "A", "amount": "1.00"});
    tell(&mut book, draw).unwrap();
    assert!(tell(&mut book, enrol("D", &of("410802", "B1", "0.01"))).is_err());
    // The last note repaid settles the contract, drawn in full or not.
    let repay = json!({"event": "repay", "date": "2017-04-01", "loan": "A", "amount": "1.00"});
    let repaid = tell(&mut book, repay).unwrap();
    tell(&mut book, enrol("D", &of("410802", "B1", "3000000.00"))).unwrap();
    let remove = json!({"event": "remove", "date": "2017-04-01", "loan": "D", "reason": "x"});
    tell(&mut book, remove).unwrap();
    let back = json!({"event": "reverse", "date": "2017-05-01", "entry": repaid.seq.to_string(),
        "reason": "x"});
    tell(&mut book, back).unwrap();
    assert!(tell(&mut book, enrol("E", &of("410802", "B1", "0.01"))).is_err());

    let mut book = city(&format!("{BAND}[enrolment]\none_item = true\n"));
    tell(&mut book, enrol("A", &json!({}))).unwrap();
    let problem = tell(&mut book, enrol("B", &of("410882", "B2", "1.00"))).unwrap_err();
    assert_eq!((problem.code, problem.arg("live")), ("one-item", Some("1")));
    let remove = json!({"event": "remove", "date": "2017-04-01", "loan": "A", "reason": "x"});
    tell(&mut book, remove).unwrap();
    tell(&mut book, enrol("B", &of("410882", "B2", "1.00"))).unwrap();
}

/// A trustee's fees of a year are held to a share of what is paid in; a new year begins anew, and a
/// fee taken back makes room.
#[test]
fn fees_of_a_year_are_held_to_the_pool() {
    let mut book = city(&format!("{BAND}[pool]\ntrustee_fee_max = \"1%\"\n"));
    let fee = |date: &str, amount: &str| {
        json!({"event": "trustee-fee", "date": date, "owner": "410821", "amount": amount,
            "bank_account": "POOL-410821", "maker": "甲", "checker": "乙"})
    };
    let first = tell(&mut book, fee("2017-05-01", "60000.00")).unwrap();
    assert_eq!(first.working.unwrap().value()["limit"], "90000.00");
    let problem = tell(&mut book, fee("2017-06-01", "30000.01")).unwrap_err();
    assert_eq!((problem.code, problem.arg("used")), ("trustee-fee-max", Some("60,000.00")));
    tell(&mut book, fee("2017-06-01", "30000.00")).unwrap();
    tell(&mut book, fee("2018-01-01", "90000.00")).unwrap();
    let back = json!({"event": "reverse", "date": "2018-02-01", "entry": first.seq.to_string(),
        "reason": "x"});
    tell(&mut book, back).unwrap();
    tell(&mut book, fee("2017-07-01", "60000.00")).unwrap();
}
