//! Entries for the tests of this part, built by hand so that nothing of the decision code is used.

use crate::audit::balance::OwnerName;
use crate::audit::turnover::{Delta, Numbers};
use crate::domain::account::{Account, Fund, Side};
use crate::domain::calendar::{Month, parse_date};
use crate::domain::entry::{Entry, Line, Voucher, VoucherWord};
use crate::domain::event::Event;
use crate::domain::money::Money;
use crate::domain::text::Id;
use crate::problem::Problem;

/// Owners of the tests; the number of an owner is its place.
pub const OWNERS: [&str; 3] = ["410800", "410821", "410822"];

/// Dense numbers of the tests.
pub struct Fixed;

impl Numbers for Fixed {
    fn owner(&self, id: &str) -> u16 {
        OWNERS.iter().position(|owner| *owner == id).map_or(99, |index| index as u16)
    }
    fn bank(&self, id: &str) -> u16 {
        Fund::ALL.iter().position(|fund| fund.code() == id).map_or(9, |index| index as u16 + 1)
    }
}

/// A line; bank deposit heads name the bank account that bears the fund's code.
pub fn line(owner: &str, fund: Fund, account: Account, side: Side, fen: i64) -> Line {
    Line {
        account,
        amount: Money::from_fen(fen).unwrap(),
        bank_account: account.is_cash().then(|| Id::parse(fund.code()).unwrap()),
        claim: None,
        fund,
        loan: None,
        owner: Id::parse(owner).unwrap(),
        party: None,
        side,
        source: None,
    }
}

/// An entry of some event with these lines on balance; its voucher number is its own number.
pub fn entry(seq: u64, date: &str, lines: Vec<Line>) -> Entry {
    let owner = lines.first().map_or(OWNERS[1], |line| line.owner.as_str()).to_owned();
    let event = format!(
        r#"{{"event":"bank-charge","id":"T-{seq}","date":"{date}","owner":"{owner}","bank_account":"x","amount":"1","maker":"甲"}}"#
    );
    Entry {
        seq,
        recorded: "2018-01-05T08:00:00Z".parse().unwrap(),
        event: Event::from_json(event.as_bytes()).unwrap(),
        voucher: Some(Voucher {
            month: Month::of(parse_date(date).unwrap()),
            number: u32::try_from(seq).unwrap(),
            owner: Id::parse(&owner).unwrap(),
            word: VoucherWord::General,
        }),
        rules: None,
        lines,
        memo: Vec::new(),
        reverses: None,
        more: 0,
        working: None,
    }
}

/// The reversal of an entry on the same day.
pub fn reversed(original: &Entry, seq: u64) -> Entry {
    let lines = original.lines.iter().map(Line::turned).collect();
    let mut reversal = entry(seq, &original.event.date.to_string(), lines);
    reversal.memo = original.memo.iter().map(Line::turned).collect();
    reversal.reverses = Some(original.seq);
    reversal
}

/// The two lines of a movement between two accounts of a cell.
pub fn pair(owner: &str, fund: Fund, debit: Account, credit: Account, fen: i64) -> Vec<Line> {
    vec![line(owner, fund, debit, Side::Debit, fen), line(owner, fund, credit, Side::Credit, fen)]
}

/// The worked scenario of one county cell, one step a month of 2017.
pub fn scenario() -> Vec<Entry> {
    use Account as A;
    let steps = [
        ("2017-01-10", vec![(A::CashRisk, A::CapitalCity, 400_000_000)]),
        ("2017-02-10", vec![(A::CashRisk, A::CapitalCounty, 600_000_000)]),
        ("2017-03-21", vec![(A::CashRisk, A::InterestIncome, 875_000)]),
        ("2017-04-11", vec![(A::Compensation, A::CompensationPayable, 49_382_716)]),
        (
            "2017-05-12",
            vec![
                (A::CompensationPayable, A::CashRisk, 49_382_716),
                (A::RecoveryRight, A::RecoveryAllowance, 49_382_716),
            ],
        ),
        (
            "2017-06-13",
            vec![
                (A::CashRisk, A::RecoveryIncome, 7_266_173),
                (A::RecoveryAllowance, A::RecoveryRight, 7_266_173),
            ],
        ),
        (
            "2017-07-14",
            vec![
                (A::CashRisk, A::RecoveryIncome, 4_000_000),
                (A::RecoveryAllowance, A::RecoveryRight, 4_000_000),
            ],
        ),
        ("2017-08-15", vec![(A::RecoveryAllowance, A::RecoveryRight, 38_116_543)]),
    ];
    let entries = steps.into_iter().enumerate().map(|(index, (date, movements))| {
        let lines = movements
            .into_iter()
            .flat_map(|(debit, credit, fen)| pair(OWNERS[1], Fund::Risk, debit, credit, fen));
        entry(index as u64 + 1, date, lines.collect())
    });
    entries.collect()
}

/// All entries added up.
pub fn delta<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Delta {
    let mut delta = Delta::default();
    for entry in entries {
        delta.add(entry, &Fixed);
    }
    delta
}

/// The owners as reports name them.
pub fn owners() -> Vec<OwnerName> {
    let named = |(number, code): (usize, &&str)| OwnerName {
        number: number as u16,
        code: Id::parse(code).unwrap(),
        name: (*code).to_owned(),
    };
    OWNERS.iter().enumerate().map(named).collect()
}

/// Reads an entry from a list in which each stands at its number.
pub fn reader(entries: &[Entry]) -> impl Fn(u64) -> Result<Entry, Problem> {
    |seq| Ok(entries[usize::try_from(seq).unwrap() - 1].clone())
}

/// Balanced entries of any cells, dates and accounts, a few of them reversals; numbered from 1.
pub fn any_entries() -> impl proptest::strategy::Strategy<Value = Vec<Entry>> {
    use proptest::prelude::*;
    let movement =
        (0..OWNERS.len(), 0..3_usize, 0..30_usize, 0..30_usize, 1_i64..1_000_000_000_000);
    let one = (
        0_i64..1_000,
        proptest::collection::vec(movement.clone(), 1..4),
        proptest::collection::vec(movement, 0..2),
        proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    );
    proptest::collection::vec(one, 1..40).prop_map(|list| {
        let (books, memo): (Vec<Account>, Vec<Account>) =
            Account::ALL.iter().partition(|account| !account.is_memo());
        let lines = |movements: &[(usize, usize, usize, usize, i64)], chart: &[Account]| {
            let pairs = movements.iter().flat_map(|(owner, fund, debit, credit, fen)| {
                let account = |place: &usize| chart[place % chart.len()];
                pair(OWNERS[*owner], Fund::ALL[*fund], account(debit), account(credit), *fen)
            });
            pairs.collect::<Vec<Line>>()
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (days, movements, memos, reverses) in &list {
            let seq = entries.len() as u64 + 1;
            match reverses {
                Some(index) if !entries.is_empty() => {
                    entries.push(reversed(&entries[index.index(entries.len())], seq));
                }
                _ => {
                    let first = parse_date("2016-11-20").unwrap();
                    let date = first.checked_add(jiff::Span::new().days(*days)).unwrap();
                    let mut made = entry(seq, &date.to_string(), lines(movements, &books));
                    made.memo = lines(memos, &memo);
                    entries.push(made);
                }
            }
        }
        entries
    })
}
