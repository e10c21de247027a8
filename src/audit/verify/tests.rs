//! Every check of lines, numbers and people against an entry planted for it; those that hold lines
//! against events are tried in `tests/verify_checks.rs`.

use super::*;
use crate::audit::sample::{OWNERS, any_entries, entry, line, pair, reader, reversed, scenario};
use crate::domain::account::Side;
use crate::domain::entry::Voucher;
use crate::domain::money::Money;
use crate::domain::text::Id;

/// Numbers vouchers as they should be: gapless per owner, month and word.
fn numbered(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut last: HashMap<(String, Month, &str), u32> = HashMap::new();
    for entry in &mut entries {
        let owner = entry.lines[0].owner.clone();
        let month = Month::of(entry.event.date);
        let number = last.entry((owner.to_string(), month, "记")).or_default();
        *number += 1;
        entry.voucher = Some(Voucher { month, number: *number, owner, word: VoucherWord::General });
    }
    entries
}

fn outcome(entries: &[Entry]) -> Outcome {
    let mut verifier = Verifier::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        verifier.check(place as u64 + 1, entry.to_bytes().len(), entry);
    }
    let mut outcome = verifier.finish();
    outcome.confirm(&mut |seq| reader(entries)(seq)).unwrap();
    // These entries are made of lines alone, so what holds lines against events is left out here.
    let last = CHECKS.iter().position(|check| *check == "cell-below-zero").unwrap();
    outcome.findings.retain(|finding| CHECKS[..=last].contains(&finding.check));
    outcome
}

fn found(entries: &[Entry]) -> Vec<String> {
    let told = |finding: &Finding| {
        let Finding { check, entry, subject, expected, found } = finding;
        format!("{check} {} [{subject}] {expected} | {found}", entry.unwrap_or(0))
    };
    outcome(entries).findings.iter().map(told).collect()
}

/// Plants a fault in the worked scenario and lists what is found.
fn planted(fault: impl FnOnce(&mut Vec<Entry>)) -> Vec<String> {
    let mut entries = numbered(scenario());
    fault(&mut entries);
    found(&entries)
}

fn fen(fen: i64) -> Money {
    Money::from_fen(fen).unwrap()
}

#[test]
fn a_sound_journal_has_no_findings() {
    assert_eq!(planted(|_| {}), [""; 0]);
    let outcome = outcome(&numbered(scenario()));
    assert_eq!((outcome.summary.entries, outcome.summary.lines), (8, 22));
    assert_eq!(outcome.summary.debit, outcome.summary.credit);
}

#[test]
fn faults_of_amounts_and_lines() {
    assert_eq!(
        planted(|all| all[1].lines[0].amount = fen(600_000_001)),
        ["entry-unbalanced 2 [410821 RISK] 0.00 | 0.01"]
    );
    // Both sides are equal, but not within each cell.
    assert_eq!(
        planted(|all| all[1].lines[1].owner = Id::parse(OWNERS[2]).unwrap()),
        [
            "entry-unbalanced 2 [410821 RISK] 0.00 | 6000000.00",
            "entry-unbalanced 2 [410822 RISK] 0.00 | -6000000.00"
        ]
    );
    assert_eq!(
        planted(|all| {
            all[1].memo = vec![
                line(OWNERS[1], Fund::Risk, Account::Commitments, Side::Debit, 5),
                line(OWNERS[1], Fund::Risk, Account::MemoCounter, Side::Credit, 4),
            ];
        }),
        ["memo-unbalanced 2 [410821 RISK] 0.00 | 0.01"]
    );
    assert_eq!(
        planted(|all| all[2].lines.iter_mut().for_each(|line| line.amount = fen(0))),
        ["line-amount 3 [1002.01] > 0.00 | 0.00", "line-amount 3 [4604] > 0.00 | 0.00"]
    );
    assert_eq!(
        planted(|all| all[7].lines = vec![all[7].lines.clone(); 251].concat()),
        ["entry-line-count 8 [lines] 0, 2..500 | 502"]
    );
    assert_eq!(
        planted(|all| all[0].lines[1].account = Account::Commitments),
        ["line-register 1 [9001] memo | lines"]
    );
    assert_eq!(
        planted(|all| all[7].lines.iter_mut().for_each(|line| line.fund = Fund::Fee)),
        ["line-fund 8 [1219.02] RISK | GFEE", "line-fund 8 [1218.02] RISK | GFEE"]
    );
}

#[test]
fn faults_of_bank_accounts() {
    assert_eq!(
        planted(|all| all[0].lines[0].bank_account = None),
        ["line-bank-account 1 [1002.01] bank_account | -"]
    );
    assert_eq!(
        planted(|all| {
            let (debit, credit) = (Account::CashInterest, Account::BudgetInterest);
            all[1].lines = pair(OWNERS[1], Fund::Interest, debit, credit, 600_000_000);
            all[1].lines[0].bank_account = Some(Id::parse("RISK").unwrap());
        }),
        ["line-bank-account-fund 2 [RISK] RISK | INT"]
    );
}

#[test]
fn faults_of_people() {
    let people = |maker: Option<&str>, checker: Option<&str>| {
        planted(|all| {
            let event = r#"{"event":"trustee-fee","id":"T-5","date":"2017-05-12","owner":"410821","bank_account":"x","amount":"500.01"}"#;
            all[4].event = crate::domain::event::Event::from_json(event.as_bytes()).unwrap();
            all[4].event.maker = maker.map(Into::into);
            all[4].event.checker = checker.map(Into::into);
        })
    };
    assert_eq!(people(Some("甲"), Some("乙")), [""; 0]);
    assert_eq!(people(Some("甲"), Some("甲")), ["maker-is-checker 5 [checker] - | 甲"]);
    assert_eq!(
        people(Some("甲"), None),
        ["payment-unchecked 5 [trustee-fee] maker / checker | 甲 / -"]
    );
}

#[test]
fn faults_of_numbers_and_order() {
    assert_eq!(planted(|all| all[3].seq = 9), ["entry-seq 4 [seq] 4 | 9"]);
    assert_eq!(
        planted(|all| all[3].recorded = "2018-01-05T07:59:59Z".parse().unwrap()),
        ["recorded-order 4 [recorded] 2018-01-05T08:00:00Z | 2018-01-05T07:59:59Z"]
    );
    assert_eq!(planted(|all| all[7].more = 2), ["entry-group-broken 8 [more] 0 | 2"]);
    assert_eq!(planted(|all| all[3].more = 2), ["entry-group-broken 5 [more] 1 | 0"]);
    assert_eq!(
        planted(|all| all[3].voucher.as_mut().unwrap().number = 3),
        ["voucher-number 4 [410821 2017-04 记] 1 | 3"]
    );
    assert_eq!(
        planted(|all| all[3].event.date = all[4].event.date),
        ["voucher-month 4 [voucher] 2017-05 | 2017-04"]
    );
    assert_eq!(planted(|all| all[3].voucher = None), ["voucher-missing 4 [voucher] 记 | -"]);
    let found = planted(|all| all[3].voucher.as_mut().unwrap().word = VoucherWord::Register);
    assert_eq!(found, ["voucher-word 4 [voucher] 记 | 备"]);
    assert_eq!(
        planted(|all| all[6].event.id = all[2].event.id.clone()),
        ["id-doubled 7 [T-3] - | entry 3"]
    );
}

#[test]
fn a_gap_or_double_is_found_once_and_the_run_goes_on() {
    let with = |numbers: [u32; 8]| {
        planted(|all| {
            for (entry, number) in all.iter_mut().zip(numbers) {
                entry.event.date = crate::domain::calendar::parse_date("2017-05-05").unwrap();
                let month = Month::of(entry.event.date);
                let voucher = entry.voucher.as_mut().unwrap();
                (voucher.month, voucher.number) = (month, number);
            }
        })
    };
    assert_eq!(with([1, 2, 3, 4, 5, 6, 7, 8]), [""; 0]);
    let run = "[410821 2017-05 记]";
    assert_eq!(with([1, 2, 4, 5, 6, 7, 8, 9]), [format!("voucher-number 3 {run} 3 | 4")]);
    assert_eq!(with([1, 2, 2, 3, 4, 5, 6, 7]), [format!("voucher-number 3 {run} 3 | 2")]);
    assert_eq!(with([2, 3, 4, 5, 6, 7, 8, 9]), [format!("voucher-number 1 {run} 1 | 2")]);
}

#[test]
fn faults_of_reversals() {
    let reversing = |target: usize, fault: fn(&mut Entry)| {
        planted(|all| {
            let mut reversal = reversed(&all[target - 1], 9);
            reversal.voucher.as_mut().unwrap().number = 2;
            fault(&mut reversal);
            all.push(reversal);
        })
    };
    assert_eq!(reversing(3, |_| {}), [""; 0]);
    // Lines in another order are the same lines.
    assert_eq!(reversing(3, |reversal| reversal.lines.reverse()), [""; 0]);
    let lines = "reversal-lines 9 [lines] entry 3 | -";
    assert_eq!(
        reversing(3, |reversal| {
            reversal.lines.iter_mut().for_each(|line| line.amount = fen(874_999));
        }),
        [lines]
    );
    assert_eq!(
        reversing(3, |reversal| reversal.lines[1].loan = Some(Id::parse("L1").unwrap())),
        [lines]
    );
    assert_eq!(
        reversing(3, |reversal| {
            reversal.lines.iter_mut().for_each(|line| line.side = line.side.opposite());
        }),
        [lines]
    );
    for target in [0, 9, 10, u64::MAX] {
        let found = planted(|all| {
            let mut reversal = reversed(&all[2], 9);
            reversal.voucher.as_mut().unwrap().number = 2;
            reversal.reverses = Some(target);
            all.push(reversal);
        });
        assert_eq!(found, [format!("reversal-target 9 [reverses] 1..8 | {target}")]);
    }
    let twice = |again: fn(&[Entry]) -> Entry| {
        planted(|all| {
            all.push(reversed(&all[2], 9));
            all[8].voucher.as_mut().unwrap().number = 2;
            let mut second = again(all);
            second.voucher.as_mut().unwrap().number = 3;
            all.push(second);
        })
    };
    assert_eq!(twice(|all| reversed(&all[2], 10)), ["reversal-twice 10 [reverses] - | entry 9"]);
    assert_eq!(twice(|all| reversed(&all[8], 10)), ["reversal-of-reversal 10 [reverses] - | 9"]);
}

#[test]
fn days_below_zero() {
    // The county's money is dated after the payment; the city's does not come at all.
    let found = planted(|all| {
        all.remove(0);
        all[0].event.date = all[4].event.date;
        for (place, entry) in all.iter_mut().enumerate() {
            entry.seq = place as u64 + 1;
        }
        *all = numbered(all.clone());
    });
    // 8,750.00 - 493,827.16 from the payment to the county's money.
    assert_eq!(
        found,
        ["cell-below-zero 4 [410821 RISK 2017-05-12..2017-06-13] >= 0.00 | -485077.16"]
    );
    // Everything may be spent, but not a fen more.
    let spent = |fen| {
        planted(|all| {
            let lines = pair(OWNERS[1], Fund::Risk, Account::OtherExpense, Account::CashRisk, fen);
            all.push(entry(9, "2018-01-01", lines));
            *all = numbered(all.clone());
        })
    };
    assert_eq!(spent(962_758_457), [""; 0]);
    assert_eq!(
        spent(962_758_458),
        ["cell-below-zero 9 [410821 RISK 2018-01-01..] >= 0.00 | -0.01"]
    );
}

proptest::proptest! {
    /// One line changed by one fen, anywhere, is found in its entry.
    #[test]
    fn no_unbalanced_entry_is_missed(
        entries in any_entries(),
        which in proptest::prelude::any::<proptest::sample::Index>(),
        more in 1_i64..1_000_000,
    ) {
        let mut entries = entries;
        let place = which.index(entries.len());
        let line = &mut entries[place].lines[0];
        line.amount = Money::from_fen(line.amount.fen() + more).unwrap();
        let seq = Some(place as u64 + 1);
        let findings = outcome(&entries).findings;
        proptest::prop_assert!(
            findings.iter().any(|found| found.check == "entry-unbalanced" && found.entry == seq)
        );
        let balanced = |found: &Finding| found.check != "entry-unbalanced" || found.entry == seq;
        proptest::prop_assert!(findings.iter().all(balanced));
    }
}
