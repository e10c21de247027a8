//! Pools as a whole: leverage, the circuit breaker with its releases, run off, wound up and closed.

use crate::scenarios::{jiaozuo, played};
use crate::support::book::{audited, event, options};
use poolbook::audit::balance::{Cells, balance};
use poolbook::audit::movements::Span;
use poolbook::book::Book;
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::calendar::parse_date;
use poolbook::domain::entry::Entry;
use poolbook::domain::money::Total;
use poolbook::domain::pool::{PoolState, inter_pool_key, pool_state};
use poolbook::domain::text::Id;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

fn tell(book: &mut Book<MemoryStore>, mut value: Value) -> Result<Entry, Problem> {
    if value["id"].is_null() {
        value["id"] = format!("e{}", book.head().count).into();
    }
    let told = book.record(event(&value.to_string()), &options());
    assert_eq!(audited(book.store()), [], "the auditors agree");
    told.map(|(entry, _)| entry.unwrap())
}

fn state_of(book: &Book<MemoryStore>, owner: &str, day: &str) -> PoolState {
    pool_state(book.state(), &Id::parse(owner).unwrap(), parse_date(day).unwrap())
}

/// Two owners, two banks, two firms, rules with these tables, 1,000,000.00 paid in by each owner.
pub fn city(tables: &str) -> Book<MemoryStore> {
    let mut book = jiaozuo();
    let rules = format!(
        "id = \"r\"\nname = \"r\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n{tables}"
    );
    let mut events = vec![json!({"event": "adopt-rules", "rules": rules})];
    for owner in ["410821", "410822"] {
        events.push(json!({"event": "join", "owner": owner}));
        events.push(json!({"event": "bank-account", "owner": owner, "fund": "RISK",
            "bank_account": format!("POOL-{owner}")}));
        events.push(json!({"event": "contribute", "owner": owner, "source": "county",
            "bank_account": format!("POOL-{owner}"), "amount": "1000000.00"}));
    }
    for (party, kind) in [("B1", "bank"), ("B2", "bank"), ("F1", "firm"), ("F2", "firm")] {
        events.push(json!({"event": "party", "party": party, "kind": kind, "name": party}));
    }
    for mut event in events {
        event["date"] = "2017-01-01".into();
        tell(&mut book, event).unwrap();
    }
    book
}

pub fn enrol(loan: &str, owner: &str, bank: &str, amount: &str) -> Value {
    json!({"event": "enrol", "date": "2017-03-01", "owner": owner, "loan": loan, "bank": bank,
        "firm": "F1", "amount": amount, "due": "2018-03-01", "rate": "4%"})
}

fn draw(book: &mut Book<MemoryStore>, loan: &str, owner: &str, bank: &str, amount: &str) {
    tell(book, enrol(loan, owner, bank, amount)).unwrap();
    let event = json!({"event": "disburse", "date": "2017-03-01", "loan": loan, "amount": amount});
    tell(book, event).unwrap();
}

pub fn of_loan(kind: &str, loan: &str, date: &str) -> Value {
    json!({"event": kind, "loan": loan, "date": date})
}

pub fn release(owner: Option<&str>, bank: Option<&str>) -> Value {
    json!({"event": "release", "date": "2017-08-01", "owner": owner, "bank": bank,
        "reason": "整改完成", "document": "焦科金〔2017〕1号"})
}

const OWNER_BREAKER: &str = "[breaker]\nwarn = \"3%\"\nstop = \"5%\"\n";

/// Contracts, sharing, liquidation to zero: E-12, E-13, E-82, E-83.
#[test]
fn a_pool_is_wound_up_to_zero_and_closed() {
    let mut book = played("wind-up");
    let state = book.state();
    assert_eq!(state_of(&book, "410821", "2017-12-01"), PoolState::Closed);
    for account in Account::ALL.iter().filter(|account| !account.is_equity() && !account.is_memo())
    {
        for bank in [None, Some("OLD"), Some("NEW")] {
            let bank = bank.map(|bank| Id::parse(bank).unwrap());
            let left = state.balance("410821", Fund::Risk, *account, bank.as_ref());
            assert_eq!(left, Total::ZERO, "{account}");
        }
    }
    assert_eq!(state.sum(inter_pool_key(state, Fund::Risk, ["410822", "410821"])), 0);
    let owners = book.owner_names();
    let span = Span::until(parse_date("2017-12-31").unwrap());
    let view =
        book.with_movements(|source| balance(source, &owners, Cells::default(), span)).unwrap();
    for row in view.rows.iter().filter(|row| *row.owner == *"410821") {
        for (column, amount) in row.columns.iter() {
            // Paid in 1,060,000.00; 400,000.00 compensated, 100,000.00 recovered, 1,000.01 earned;
            // the rest was paid out.
            let expected = match (row.fund, column.code()) {
                (Fund::Risk, "contributions") => "1060000.00",
                (Fund::Risk, "interest") => "1000.01",
                (Fund::Risk, "recoveries") => "100000.00",
                (Fund::Risk, "compensation") => "400000.00",
                (Fund::Risk, "withdrawals") => "761000.01",
                _ => "0.00",
            };
            assert_eq!(amount.to_string(), expected, "{} {}", row.fund, column.code());
        }
    }
    // Nothing moves any more, until the closing is taken back.
    let interest = json!({"event": "pool-interest", "date": "2017-12-01", "owner": "410821",
        "bank_account": "NEW", "amount": "1.00"});
    let problem = tell(&mut book, interest.clone()).unwrap_err();
    assert_eq!((problem.code, problem.arg("state")), ("pool-state", Some("closed")));
    let closing = book.find("closed").unwrap().unwrap().seq.to_string();
    let back = json!({"event": "reverse", "date": "2017-12-01", "entry": closing, "reason": "x"});
    tell(&mut book, back).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-12-01"), PoolState::Liquidating);
    tell(&mut book, interest).unwrap();
    let lend = book.find("lend").unwrap().unwrap().seq.to_string();
    let back = json!({"event": "reverse", "date": "2017-12-01", "entry": lend, "reason": "x"});
    assert_eq!(tell(&mut book, back).unwrap_err().code, "above-open");
}

#[test]
fn a_pool_moves_only_from_state_to_next_state() {
    let mut book = city("");
    let step = |kind: &str, date: &str| json!({"event": kind, "date": date, "owner": "410821", "reason": "x", "document": "1号"});
    let moves = ["run-off", "liquidate", "close-pool"];
    let refused = |book: &mut Book<MemoryStore>, legal: &str, state: &str| {
        for kind in moves.iter().filter(|kind| **kind != legal) {
            let problem = tell(book, step(kind, "2017-06-01")).unwrap_err();
            assert_eq!((problem.code, problem.arg("state")), ("pool-state", Some(state)), "{kind}");
        }
    };
    let mut empty = jiaozuo();
    tell(&mut empty, json!({"event": "join", "date": "2017-01-01", "owner": "410821"})).unwrap();
    assert_eq!(state_of(&empty, "410821", "2017-06-01"), PoolState::Planned);
    refused(&mut empty, "", "planned");
    assert_eq!(state_of(&book, "410821", "2017-06-01"), PoolState::Active);
    draw(&mut book, "L", "410821", "B1", "1000.00");
    refused(&mut book, "run-off", "active");
    let mut bare = step("run-off", "2017-06-01");
    bare["document"] = Value::Null;
    assert_eq!(tell(&mut book, bare).unwrap_err().code, "document-missing");
    tell(&mut book, step("run-off", "2017-06-01")).unwrap();
    refused(&mut book, "liquidate", "run-off");
    let problem = tell(&mut book, enrol("M", "410821", "B1", "1.00")).unwrap_err();
    assert_eq!((problem.code, problem.arg("legal")), ("pool-state", Some("active, warning")));
    tell(&mut book, enrol("M", "410822", "B1", "1.00")).unwrap();
    let problem = tell(&mut book, step("liquidate", "2017-06-02")).unwrap_err();
    assert_eq!((problem.code, problem.arg("loans")), ("pool-loans-open", Some("1,000.00")));
    let repay = json!({"event": "repay", "date": "2017-06-02", "loan": "L", "amount": "1000.00"});
    tell(&mut book, repay).unwrap();
    tell(&mut book, step("liquidate", "2017-06-03")).unwrap();
    refused(&mut book, "close-pool", "liquidating");
    let problem = tell(&mut book, step("close-pool", "2017-06-04")).unwrap_err();
    assert_eq!(problem.arg("balance"), Some("1,000,000.00"));
    // Stages are taken back last first.
    let seq = |book: &Book<MemoryStore>, nth: usize| {
        book.state().pools.get("410821").unwrap().stages[nth].seq.to_string()
    };
    let back = |entry: String| json!({"event": "reverse", "date": "2017-07-01", "entry": entry, "reason": "x"});
    let first = seq(&book, 0);
    assert_eq!(tell(&mut book, back(first.clone())).unwrap_err().code, "reverse-later");
    let second = seq(&book, 1);
    tell(&mut book, back(second)).unwrap();
    tell(&mut book, back(first)).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-06-01"), PoolState::Active);
}

/// 10 times 1,000,000.00: what is enrolled and not drawn counts, what is settled or removed does
/// not; the pool's part counts four tenths of it.
#[test]
fn leverage_counts_commitments_to_the_fen() {
    for (counts, most, above) in [
        ("loan-balance", "4000000.00", "4000000.01"),
        // 0.4 x 0.01 rounds to nothing, so two fen more are needed to reach the next fen.
        ("pool-part", "19000000.00", "19000000.02"),
    ] {
        let mut book = city(&format!("[leverage]\nlimit = 10\ncounts = \"{counts}\"\n"));
        tell(&mut book, enrol("A", "410821", "B1", "5000000.00")).unwrap();
        draw(&mut book, "B", "410821", "B1", "1000000.00");
        let problem = tell(&mut book, enrol("C", "410821", "B1", above)).unwrap_err();
        assert_eq!(problem.code, "leverage-limit", "{problem}");
        assert_eq!(problem.arg("pool"), Some("1,000,000.00"));
        let entry = tell(&mut book, enrol("C", "410821", "B1", most)).unwrap();
        let told = entry.working.unwrap().value();
        assert_eq!(told["leverage"]["loans"], "10000000.00", "{told}");
        assert_eq!(told["leverage"]["limit"], 10);
        assert_eq!(told["leverage"]["share"], "0.4");
        // Another owner's pool is another pool.
        tell(&mut book, enrol("D", "410822", "B1", "1.00")).unwrap();
        assert_eq!(
            tell(&mut book, enrol("E", "410821", "B1", "0.02")).unwrap_err().code,
            "leverage-limit"
        );
        let repay =
            json!({"event": "repay", "date": "2017-04-01", "loan": "B", "amount": "1000000.00"});
        tell(&mut book, repay).unwrap();
        tell(&mut book, enrol("E", "410821", "B1", "1000000.00")).unwrap();
        tell(
            &mut book,
            json!({"event": "remove", "date": "2017-04-01", "loan": "A", "reason": "x"}),
        )
        .unwrap();
        tell(&mut book, enrol("F", "410821", "B1", "5000000.00")).unwrap();
    }
}

/// 5% of 1,000,000.00, crossed to the fen; the stop outlasts the ratio, the release does not
/// outlast the next crossing, and reversals bring back what was.
#[test]
fn the_breaker_stops_until_it_is_released_and_again_when_it_is_crossed_again() {
    let mut book = city(OWNER_BREAKER);
    draw(&mut book, "A", "410821", "B1", "30000.00");
    draw(&mut book, "B", "410821", "B1", "20000.00");
    draw(&mut book, "C", "410821", "B2", "950000.00");
    tell(&mut book, of_loan("overdue", "A", "2017-07-01")).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-07-01"), PoolState::Warning);
    let entry = tell(&mut book, enrol("W", "410821", "B1", "1.00")).unwrap();
    let told = entry.working.unwrap().value();
    assert_eq!(told["warnings"], json!(["breaker-warning"]));
    assert_eq!(told["breaker"]["numerator"], "30000.00");
    assert_eq!(told["breaker"]["denominator"], "1000000.00");
    let crossing = tell(&mut book, of_loan("overdue", "B", "2017-07-02")).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-07-02"), PoolState::Suspended);
    let stopped = |book: &mut Book<MemoryStore>| {
        let problem = tell(book, enrol("X", "410821", "B1", "1.00")).unwrap_err();
        assert_eq!(problem.code, "pool-suspended", "{problem}");
        assert_eq!(problem.arg("ratio"), Some("5.00%"));
    };
    stopped(&mut book);
    // What was enrolled before is drawn; another owner goes on; the ratio falls and nothing is free.
    let drawn = json!({"event": "disburse", "date": "2017-07-03", "loan": "W", "amount": "1.00"});
    tell(&mut book, drawn).unwrap();
    let paid = json!({"event": "repay", "date": "2017-07-03", "loan": "W", "amount": "1.00"});
    tell(&mut book, paid).unwrap();
    tell(&mut book, enrol("Y", "410822", "B1", "1.00")).unwrap();
    let cure = tell(&mut book, of_loan("cure", "B", "2017-07-04")).unwrap();
    stopped(&mut book);
    let mut bare = release(Some("410821"), None);
    bare["document"] = Value::Null;
    assert_eq!(tell(&mut book, bare).unwrap_err().code, "document-missing");
    let freed = tell(&mut book, release(Some("410821"), None)).unwrap();
    tell(&mut book, enrol("X", "410821", "B1", "1.00")).unwrap();
    let again = tell(&mut book, release(Some("410821"), None)).unwrap_err();
    assert_eq!(again.code, "not-suspended");
    // Taken back in turn: release, then the stop is there again; and so on.
    let back = |book: &mut Book<MemoryStore>, entry: &Entry| {
        let seq = entry.seq.to_string();
        tell(book, json!({"event": "reverse", "date": "2017-12-01", "entry": seq, "reason": "x"}))
            .map(|_| ())
    };
    back(&mut book, &freed).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-12-01"), PoolState::Suspended);
    back(&mut book, &cure).unwrap();
    back(&mut book, &crossing).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-12-01"), PoolState::Warning);
    // Crossed anew, released above the line: it stays released while it stays there.
    tell(&mut book, of_loan("overdue", "B", "2017-12-02")).unwrap();
    tell(&mut book, release(Some("410821"), None)).unwrap();
    tell(&mut book, of_loan("npl", "B", "2017-12-03")).unwrap();
    let entry = tell(&mut book, enrol("Z", "410821", "B1", "1.00")).unwrap();
    assert_eq!(entry.working.unwrap().value()["breaker"]["state"], "released");
    tell(&mut book, of_loan("cure", "B", "2017-12-04")).unwrap();
    tell(&mut book, of_loan("overdue", "B", "2017-12-05")).unwrap();
    assert_eq!(
        tell(&mut book, enrol("V", "410821", "B1", "1.00")).unwrap_err().code,
        "pool-suspended"
    );
}

#[test]
fn each_scope_stops_its_own() {
    // Which of owner and bank, beside (410821, B1), is stopped with it.
    for (scope, stopped) in [
        ("pool", [true, true, true]),
        ("owner", [true, false, false]),
        ("bank", [false, true, false]),
        ("bank-of-owner", [false, false, false]),
    ] {
        let mut book = city(&format!("{OWNER_BREAKER}scope = \"{scope}\"\n"));
        for (owner, bank) in
            [("410821", "B1"), ("410821", "B2"), ("410822", "B1"), ("410822", "B2")]
        {
            draw(&mut book, &format!("{owner}{bank}"), owner, bank, "1000.00");
        }
        tell(&mut book, of_loan("overdue", "410821B1", "2017-07-01")).unwrap();
        let tries = [("410821", "B2"), ("410822", "B1"), ("410822", "B2")];
        let mut all = vec![("410821", "B1", true)];
        all.extend(tries.iter().zip(stopped).map(|((owner, bank), stop)| (*owner, *bank, stop)));
        for (owner, bank, stop) in &all {
            let found = tell(&mut book, enrol(&format!("N{owner}{bank}"), owner, bank, "0.01"));
            assert_eq!(found.is_err(), *stop, "{scope} {owner} {bank} {found:?}");
        }
        let owner = scope.contains("owner").then_some("410821");
        let bank = scope.contains("bank").then_some("B1");
        tell(&mut book, release(owner, bank)).unwrap();
        tell(&mut book, enrol("FREE", "410821", "B1", "0.01")).unwrap();
    }
}

/// Compensation of the year over principal whose cover ended in the year.
#[test]
fn the_breaker_watches_npl_and_compensation() {
    let mut book = city(&format!("{OWNER_BREAKER}ratio = \"npl\"\n"));
    draw(&mut book, "A", "410821", "B1", "50000.00");
    draw(&mut book, "B", "410821", "B1", "950000.00");
    tell(&mut book, of_loan("overdue", "A", "2017-07-01")).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-07-01"), PoolState::Active);
    tell(&mut book, of_loan("npl", "A", "2017-07-02")).unwrap();
    assert_eq!(state_of(&book, "410821", "2017-07-02"), PoolState::Suspended);

    let mut book = city(&format!("{OWNER_BREAKER}ratio = \"compensation\"\n"));
    draw(&mut book, "A", "410821", "B1", "100000.00");
    draw(&mut book, "B", "410821", "B1", "950000.00");
    // 900,000.00 repaid, then 40,000.00 paid for 100,000.00: 40,000 / 1,000,000 = 4%.
    let repay = |date: &str, amount: &str| json!({"event": "repay", "date": date, "loan": "B", "amount": amount});
    tell(&mut book, repay("2017-06-01", "900000.00")).unwrap();
    tell(&mut book, of_loan("overdue", "A", "2017-07-01")).unwrap();
    for event in [
        json!({"event": "file-claim", "claim": "C", "loan": "A", "base": "100000.00"}),
        json!({"event": "approve-claim", "claim": "C"}),
        json!({"event": "pay-claim", "claim": "C", "bank_account": "POOL-410821", "maker": "甲", "checker": "乙"}),
    ] {
        let mut event = event;
        event["date"] = "2017-08-01".into();
        tell(&mut book, event).unwrap();
    }
    assert_eq!(state_of(&book, "410821", "2017-08-01"), PoolState::Warning);
    let mut late = enrol("N", "410821", "B1", "1.00");
    late["date"] = "2017-08-02".into();
    let told = tell(&mut book, late).unwrap().working.unwrap().value();
    assert_eq!(told["breaker"]["numerator"], "40000.00");
    assert_eq!(told["breaker"]["denominator"], "1000000.00");
    // A new year begins anew.
    assert_eq!(state_of(&book, "410821", "2018-01-01"), PoolState::Active);
}
