//! Worked scenarios of the field: events in, the entries of the accounting table out.

use crate::support::book::audited;
use crate::support::book::entries;
use crate::support::fixture;
use poolbook::audit::verify::Verifier;
use poolbook::book::{Book, Options, Outcome, People, Scope};
use poolbook::domain::account::{Account, Fund, Side};
use poolbook::domain::calendar::Month;
use poolbook::domain::entry::VoucherWord;
use poolbook::domain::event::{Event, Source};
use poolbook::domain::lifecycle::LoanState;
use poolbook::domain::money::Total;
use poolbook::domain::state::Cell;
use poolbook::domain::text::Id;
use poolbook::store::MemoryStore;

pub fn options() -> Options {
    Options {
        now: "2018-01-05T08:00:00Z".parse().unwrap(),
        people: People { maker: Some("录入员".into()), ..People::default() },
        dry_run: false,
        clock_confirmed: true,
        date_confirmed: true,
    }
}

/// A book of Jiaozuo in memory, opened and empty.
pub fn jiaozuo() -> Book<MemoryStore> {
    let mut book = Book::open(MemoryStore::new(), Scope::All).unwrap();
    let opening = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;
    book.record(Event::from_json(opening.as_bytes()).unwrap(), &options()).unwrap();
    book
}

/// Events of a JSON Lines fixture; a rules text beginning with `@` names the file that holds it.
pub fn events(name: &str) -> Vec<Event> {
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    let folder = fixture(name).parent().unwrap().to_owned();
    let lines = text.lines().map(|line| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["rules", "rates"] {
            let file =
                value[key].as_str().and_then(|text| text.strip_prefix('@')).map(str::to_owned);
            if let Some(file) = file {
                value[key] = std::fs::read_to_string(folder.join(file)).unwrap().into();
            }
        }
        Event::from_json(value.to_string().as_bytes()).unwrap_or_else(|problem| panic!("{problem}"))
    });
    lines.collect()
}

/// The book of a scenario, whose entries are held to the debits and credits of its table.
pub fn played(name: &str) -> Book<MemoryStore> {
    let mut book = jiaozuo();
    let mut posted = vec!["event,debit,credit,amount".to_owned()];
    let events = &mut events(&format!("scenarios/{name}.jsonl"));
    let result = book.record_all(events, &options(), &mut |_, outcome| {
        let Outcome::New(entry) = outcome else { panic!("nothing was recorded before") };
        let lines: Vec<_> = entry.all_lines().collect();
        for pair in lines.chunks(2) {
            let [debit, credit] = pair else { panic!("lines come in pairs") };
            assert_eq!((debit.side, credit.side), (Side::Debit, Side::Credit));
            assert_eq!(debit.amount, credit.amount);
            posted.push(format!(
                "{},{},{},{}",
                entry.event.id, debit.account, credit.account, debit.amount
            ));
        }
    });
    result.unwrap_or_else(|refused| panic!("{refused:?}"));
    let mut verifier = Verifier::new();
    for (entry, seq) in entries(book.store()).iter().zip(1..) {
        verifier.check(seq, entry.to_bytes().len(), entry);
    }
    let findings = verifier.finish().findings;
    assert!(findings.is_empty(), "{findings:?}");
    let expected = std::fs::read_to_string(fixture(&format!("scenarios/{name}.csv"))).unwrap();
    assert_eq!(posted, expected.lines().collect::<Vec<_>>());
    assert_eq!(audited(book.store()), [], "the auditors agree");
    book
}

fn cell(fund: Fund) -> Cell {
    Cell { owner: Id::parse("410821").unwrap(), fund }
}

#[test]
fn the_county_cell_of_the_worked_scenario() {
    let book = played("county-cell");
    let (state, cell) = (book.state(), cell(Fund::Risk));
    // 9,627,584.57 before the replenishment of 372,415.43 brings the pool back to 10,000,000.00.
    assert_eq!(state.cash(&cell).to_string(), "10000000.00");
    assert_eq!(state.balance("410821", Fund::Risk, Account::RecoveryRight, None), Total::ZERO);
    assert_eq!(state.available(&cell).to_string(), "10000000.00");
}

/// Unknown receipts, deposits, the treasury's money, a new custodian; then every contributor leaves
/// and nothing is left (E-83).
#[test]
fn a_pool_is_funded_and_liquidated() {
    let book = played("funding");
    let state = book.state();
    for fund in [Fund::Risk, Fund::Interest] {
        assert_eq!(state.cash(&cell(fund)), Total::ZERO);
        assert_eq!(state.reserved(&cell(fund)), Total::ZERO);
    }
    assert_eq!(state.loans.get("L-1").unwrap().deposit.to_string(), "0.00");
    assert_eq!(state.commitment("410821", Source::County).to_string(), "500000.00");
    assert_eq!(state.withdrawal("410821", Source::City), Total::ZERO);
    assert!(state.receipts.iter().all(|receipt| receipt.open.is_zero()));
    // What was recovered is what was paid, and the cost came off first.
    let claim = state.claims.get("C-2").unwrap();
    assert_eq!(
        (claim.recovered.to_string(), claim.net_recovered.to_string()),
        ("40000.00".into(), "100000.00".into())
    );
}

/// A rest that the bank bears, a final loss lower than paid, two irregular claims.
#[test]
fn paid_claims_are_settled_and_revoked() {
    let book = played("settlement");
    let state = book.state();
    let balance = |account| state.balance("410821", Fund::Risk, account, None);
    // 1,000,000 - 300,000 - 2,000 + 50,000 + 40,000; the revoked claims came back in full.
    assert_eq!(state.cash(&cell(Fund::Risk)).to_string(), "788000.00");
    assert_eq!(state.available(&cell(Fund::Risk)).to_string(), "788000.00");
    for account in [Account::RecoveryRight, Account::CompensationRefund, Account::Exposure] {
        assert_eq!(balance(account), Total::ZERO, "{account}");
    }
    // 300,000 paid and kept less 50,000 back; the claim of the year before stays an expense.
    assert_eq!(balance(Account::Compensation).to_string(), "290000.00");
    let states = state.claims.iter().map(|claim| claim.state.code());
    assert_eq!(states.collect::<Vec<_>>(), ["written-off", "revoked", "revoked"]);
    assert!(state.claims.iter().all(|claim| claim.open_right().unwrap().is_zero()));
    assert_eq!(balance(Account::BankYear).to_string(), "420000.00");
}

/// A subsidy reduced, returned by the bank, paid again and clawed back in every way.
#[test]
fn a_subsidy_is_returned_and_clawed_back() {
    let book = played("clawback");
    let state = book.state();
    let balance = |account| state.balance("410821", Fund::Interest, account, None);
    // 100,000 - 9,000 + 2,000 - 6,500 + 3,000, of which 3,000 are the treasury's.
    assert_eq!(state.cash(&cell(Fund::Interest)).to_string(), "89500.00");
    assert_eq!(state.available(&cell(Fund::Interest)).to_string(), "86500.00");
    for account in [Account::ClawbackReceivable, Account::ClawbackAllowance, Account::PriorYears] {
        assert_eq!(balance(account), Total::ZERO, "{account}");
    }
    let states = state.subsidies.iter().map(|line| line.state.code());
    assert_eq!(states.collect::<Vec<_>>(), ["written-off", "clawed-back"]);
    // The firm's year: 10,000 - 1,000 - 5,000 + 8,000; a later year frees nothing of it.
    assert_eq!(balance(Account::FirmYear).to_string(), "12000.00");
    let used: Vec<String> = state.caps.iter().map(|cap| cap.used.to_string()).collect();
    assert_eq!(used, ["12000.00"]);
}

/// Domain 4.5: the year end moves -372,415.43 to the surplus, and the replenishment brings it back.
#[test]
fn the_year_of_the_worked_scenario_is_closed() {
    let book = played("close");
    let (state, cell) = (book.state(), cell(Fund::Risk));
    let balance = |account| state.balance("410821", Fund::Risk, account, None).to_string();
    assert_eq!(balance(Account::Surplus), "372415.43");
    for account in [Account::PeriodResult, Account::Compensation, Account::RecoveryIncome] {
        assert_eq!(balance(account), "0.00", "{account}");
    }
    assert_eq!(state.cash(&cell).to_string(), "10000000.00");
    // One run of vouchers: each December entry and both closes have a number, none is missing.
    let december = Month::parse("2017-12").unwrap();
    assert_eq!(state.last_voucher("410821", december, VoucherWord::General), 4);
}

/// A yearly quota beside no pool money: taken in, raised, used, given back within the year, lowered to
/// what is used; the money comes as it is needed (E-46).
#[test]
fn a_quota_is_used_and_given_back_within_its_year() {
    let book = played("quota");
    let state = book.state();
    let balance = |account| state.balance("410821", Fund::Risk, account, None);
    // 593,827.16 less 593,827.16 of 2017, and 150,000.00 less 150,000.00 of 2018.
    assert_eq!(balance(Account::Quota), Total::ZERO);
    assert_eq!(state.cash(&cell(Fund::Risk)), Total::ZERO);
    assert_eq!(balance(Account::BudgetCompensation).to_string(), "-593827.16");
    let approved: Vec<String> =
        state.claims.iter().map(|claim| claim.approved.to_string()).collect();
    assert_eq!(approved, ["493827.16", "100000.00", "150000.00"]);
}

/// The caps of the field's worked numbers: 2% of 287,654,321.00 binds below 10,000,000.00, and claims
/// use it in the order of approval.
#[test]
fn a_share_of_the_banks_balance_binds() {
    let book = played("caps");
    let state = book.state();
    assert_eq!(state.bank_balance("BANK", 2016), Total::ZERO);
    assert_eq!(state.bank_balance("BANK", 2017).to_string(), "287654321.00");
    let approved: Vec<String> =
        state.claims.iter().map(|claim| claim.approved.to_string()).collect();
    assert_eq!(approved, ["447530.86", "493827.16", "4765432.10"]);
}

/// Applications, reviews, publication, payment orders; a claim to its very end and one withdrawn.
#[test]
fn the_steps_between_the_entries() {
    let book = played("workflow");
    let state = book.state();
    let memo = |account| state.balance("410821", Fund::Risk, account, None);
    // 1,000,000 - 400,000 + 40,000 + 20,000.
    assert_eq!(state.cash(&cell(Fund::Risk)).to_string(), "660000.00");
    for account in [Account::LoansNpl, Account::WrittenOff, Account::ClaimsInReview] {
        assert_eq!(memo(account), Total::ZERO, "{account}");
    }
    // The loan of the withdrawn claim is what is left in the registers.
    assert_eq!(memo(Account::LoansNormal).to_string(), "100000.00");
    assert_eq!(memo(Account::Exposure).to_string(), "40000.00");
    let loans = state.loans.iter().map(|loan| LoanState::of(loan, state).code());
    assert_eq!(loans.collect::<Vec<_>>(), ["concluded", "active"]);
    let applied = state.applications.iter().map(|one| one.state.code());
    assert_eq!(applied.collect::<Vec<_>>(), ["enrolled", "rejected"]);
    let claims = state.claims.iter().map(|claim| claim.state.code());
    assert_eq!(claims.collect::<Vec<_>>(), ["concluded", "withdrawn"]);
    let lines = state.subsidies.iter().map(|line| line.state.code());
    assert_eq!(lines.collect::<Vec<_>>(), ["reissued", "cancelled"]);
    let filing = state.filings.get("F-1").unwrap();
    assert_eq!((filing.state.code(), filing.line.as_deref()), ("approved", Some("S-1")));
    assert_eq!(state.cash(&cell(Fund::Interest)).to_string(), "49000.00");
    assert_eq!(state.available(&cell(Fund::Interest)).to_string(), "49000.00");
}

/// Interest accrued over the year's end and credited in March; an estimate taken back on the first
/// day of the next period (E-22, E-61).
#[test]
fn accruals_are_taken_off_by_what_follows() {
    let mut book = played("accruals");
    let balance = |book: &Book<MemoryStore>, fund, account| {
        book.state().balance("410821", fund, account, None)
    };
    assert_eq!(balance(&book, Fund::Risk, Account::InterestReceivable), Total::ZERO);
    let estimated = balance(&book, Fund::Interest, Account::DiscountAccrued);
    assert_eq!(estimated.to_string(), "-11068.75");
    let back = r#"{"event":"reverse","id":"back","date":"2018-01-01","entry":"8","reason":"次期首日冲回"}"#;
    book.record(Event::from_json(back.as_bytes()).unwrap(), &options()).unwrap();
    assert_eq!(balance(&book, Fund::Interest, Account::DiscountAccrued), Total::ZERO);
    assert_eq!(book.state().available(&cell(Fund::Interest)).to_string(), "100000.00");
    // The accrual rests under the credit, and no more comes off than was accrued.
    for (event, code) in [
        (
            r#"{"event":"reverse","id":"x","date":"2018-03-22","entry":"7","reason":"x"}"#,
            "above-open",
        ),
        (
            r#"{"event":"pool-interest","id":"y","date":"2018-03-22","owner":"410821","bank_account":"POOL","accrued":"0.01","amount":"1.00"}"#,
            "above-open",
        ),
    ] {
        let event = Event::from_json(event.as_bytes()).unwrap();
        assert_eq!(book.record(event, &options()).unwrap_err().code, code);
    }
}
