//! Books for tests, and what two books can be compared by.

use poolbook::audit::finding::Finding;
use poolbook::audit::verify::Verifier;
use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::calendar::Month;
use poolbook::domain::entry::{Entry, VoucherWord};
use poolbook::domain::event::{Event, Source};
use poolbook::domain::registry::tables;
use poolbook::domain::state::State;
use poolbook::domain::text::Id;
use poolbook::store::{MemoryStore, Store, TABLE_MAX};
use std::fmt::Write as _;

/// Who makes what names nobody.
pub const CLERK: &str = "录入员";

/// A fixed clock, and a maker for events that name none.
pub fn options() -> Options {
    let now = "2019-01-05T08:00:00Z".parse().unwrap();
    let people = People { maker: Some(CLERK.into()), ..People::default() };
    // Tests set the clock as they like; tests/late.rs asks about it.
    Options { now, people, dry_run: false, clock_confirmed: true, date_confirmed: true }
}

/// An event of its JSON text.
pub fn event(json: &str) -> Event {
    Event::from_json(json.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{json}"))
}

/// An empty book in memory, not even opened.
pub fn blank() -> Book<MemoryStore> {
    Book::open(MemoryStore::new(), Scope::All).unwrap()
}

/// Records events one by one; each must be taken.
pub fn record<S: Store>(book: &mut Book<S>, events: &[Event]) {
    for event in events {
        let result = book.record(event.clone(), &options());
        result.unwrap_or_else(|problem| panic!("{problem}\n{}", event.to_json()));
    }
}

/// Key and value of a row of the index.
pub type Row = (Vec<u8>, Vec<u8>);

/// Every row of the index but the trees of owners: how far those reach depends on when something was
/// sealed last through this index.
pub fn rows<S: Store>(store: &S) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in (0..TABLE_MAX).filter(|table| *table != tables::OWNER_TREE) {
        store.range(&[table], &mut |key, value| rows.push((key.to_vec(), value.to_vec()))).unwrap();
    }
    rows
}

/// Every entry, decoded from the stored bytes.
pub fn entries<S: Store>(store: &S) -> Vec<Entry> {
    super::all(store).iter().map(|bytes| Entry::decode(bytes).unwrap()).collect()
}

/// What the auditors find in the entries, but for days below zero, which examples do not mind.
pub fn audited<S: Store>(store: &S) -> Vec<Finding> {
    let mut verifier = Verifier::new();
    for (entry, seq) in entries(store).iter().zip(1..) {
        verifier.check(seq, entry.to_bytes().len(), entry);
    }
    let mut findings = verifier.finish().findings;
    findings.retain(|finding| finding.check != "cell-below-zero");
    findings
}

/// A balance of an account in a cell, with its sign: debit positive.
pub type Balance = (Id, Fund, Account, Option<Id>, i128);

/// Every balance that is not zero, as the state has it.
pub fn balances(state: &State) -> Vec<Balance> {
    let mut balances = Vec::new();
    for owner in state.owners.iter() {
        for fund in Fund::ALL {
            for account in Account::ALL {
                let banks = state.bank_accounts.iter().map(|bank| Some(bank.id.clone()));
                let banks = if account.is_cash() { banks.collect() } else { vec![None] };
                for bank in banks {
                    let net = state.balance(&owner.code, fund, *account, bank.as_ref()).0;
                    if net != 0 {
                        balances.push((owner.code.clone(), fund, *account, bank, net));
                    }
                }
            }
        }
    }
    balances.sort();
    balances
}

/// Every balance that is not zero, added up from stored lines.
pub fn summed(entries: &[Entry]) -> Vec<Balance> {
    let mut sums = std::collections::BTreeMap::new();
    for line in entries.iter().flat_map(Entry::all_lines) {
        let key = (line.owner.clone(), line.fund, line.account, line.bank_account.clone());
        *sums.entry(key).or_insert(0) += line.signed().0;
    }
    let kept = sums.into_iter().filter(|(_, net)| *net != 0);
    kept.map(|((owner, fund, account, bank), net)| (owner, fund, account, bank, net)).collect()
}

/// What stands promised and not paid in, and what is to be paid out, by source.
pub fn commitments(state: &State) -> Vec<(Id, Source, [i128; 2])> {
    let owners = state.owners.iter().map(|owner| &owner.code);
    let each = owners.flat_map(|owner| Source::ALL.iter().map(move |source| (owner, *source)));
    let open = |owner: &Id, source| {
        [state.commitment(owner, source), state.withdrawal(owner, source)].map(|total| total.0)
    };
    each.map(|(owner, source)| (owner.clone(), source, open(owner, source))).collect()
}

/// Everything that a state knows, in a fixed order, `entries` being the length of the journal.
pub fn snapshot(state: &State, entries: u64) -> String {
    let mut out = format!("{:?} {:?}\n", state.settings, state.last_recorded);
    macro_rules! tables {
        ($($table:ident)*) => {$(
            for record in state.$table.iter() {
                writeln!(out, "{record:?}").unwrap();
            }
        )*};
    }
    tables!(owners parties bank_accounts adopted_rules adopted_rates targets);
    tables!(loans claims subsidies caps receipts qualifications suspensions pools);
    tables!(cap_counts quotas applications filings closings);
    writeln!(out, "{:?}\n{:?}", balances(state), commitments(state)).unwrap();
    for owner in state.owners.iter() {
        for month in (2017..=2019).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            let month = Month::parse(&format!("{}-{:02}", month.0, month.1)).unwrap();
            for word in VoucherWord::ALL {
                write!(out, "{} ", state.last_voucher(&owner.code, month, word)).unwrap();
            }
        }
    }
    for seq in 1..=entries + 1 {
        if let Some(by) = state.reversed_by(seq) {
            write!(out, "{seq} by {by}, ").unwrap();
        }
    }
    for adopted in state.adopted_rules.iter() {
        let rules = state.rules(&adopted.id).map(|rules| &rules.id);
        let in_force = state.rules_on(adopted.from).map(|rules| &rules.id);
        write!(out, "{rules:?} {in_force:?}").unwrap();
    }
    for party in state.parties.iter() {
        let code = party.credit_code.as_deref().unwrap_or_default();
        let holder = state.party_of_code(party.kind, code).map(|party| &party.id);
        write!(out, " {holder:?}").unwrap();
    }
    out
}

/// State, journal and index of a book: equal for equal books.
pub fn fingerprint<S: Store>(book: &Book<S>) -> (String, [u8; 32], Vec<Row>) {
    let head = book.head();
    assert_eq!(book.store().index_head(), Some(head), "the index reflects the journal");
    (snapshot(book.state(), head.count), head.root, rows(book.store()))
}
