//! Faults of eight kinds, put into made-up months: the right one, with the right lines, has to be
//! the first suggestion. `POOLBOOK_FAULT_CASES` says how many cases of each kind are made.

use super::months::{ACCOUNTS, Account, Dice, LAST, Movement, at_bank, date, in_book, months};
use poolbook::audit::reconcile::{
    BookLine, Input, Matching, OtherAccount, Place, Settings, StatementLine, SuggestInput,
    Suggestion, Zone, match_lines, reconciliation, suggest,
};
use poolbook::domain::event::Event;
use poolbook::domain::money::{Money, Total};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const KINDS: [&str; 8] = [
    "transposed",
    "doubled",
    "missing",
    "wrong sign",
    "other account",
    "split or merged",
    "bank charge",
    "interest or returned",
];

/// Lines by what they are, before places are known: account, side, and the line's text mark.
#[derive(Clone, Debug)]
struct Expected {
    faults: &'static [&'static str],
    /// Items that must have the suggestion first: all of them, or the one that is open.
    bank: Vec<StatementLine>,
    book: Vec<(usize, BookLine)>,
    /// One of the items is enough, because either of two equal lines may be the one left open.
    any: bool,
}

struct Case {
    accounts: [Account; 3],
    expected: Expected,
}

fn swapped(fen: i64, dice: &mut Dice) -> Option<i64> {
    let digits: Vec<char> = fen.abs().to_string().chars().collect();
    let at: Vec<usize> = (0..digits.len() - 1)
        .filter(|at| digits[*at] != digits[at + 1] && (*at > 0 || digits[1] != '0'))
        .collect();
    if at.is_empty() {
        return None;
    }
    let at = *dice.of(&at);
    let mut digits = digits;
    digits.swap(at, at + 1);
    Some(digits.into_iter().collect::<String>().parse::<i64>().unwrap() * fen.signum())
}

/// Of two payments of one amount to one firm nobody could say which has the fault.
fn has_twin(all: &[Movement], one: &Movement) -> bool {
    let other = |other: &&Movement| other.account == one.account && other.entry != one.entry;
    all.iter().filter(other).any(|other| (other.fen, &other.party) == (one.fen, &one.party))
}

/// A movement of the first account that bank and book both have, well within the months.
fn chosen<'a>(
    all: &'a [Movement],
    dice: &mut Dice,
    fits: &dyn Fn(&Movement) -> bool,
) -> Option<&'a Movement> {
    let fit: Vec<&Movement> = all
        .iter()
        .filter(|one| one.account == 0 && one.bank_day < LAST - 12 && one.book_day < LAST - 12)
        .filter(|one| fits(one) && !has_twin(all, one))
        .collect();
    (!fit.is_empty()).then(|| *dice.of(&fit))
}

fn plain(accounts: &mut [Account; 3], all: &[Movement], without: &[u64]) {
    for one in all {
        let own = &mut accounts[one.account];
        own.statement.push(at_bank(one));
        if !(one.account == 0 && without.contains(&one.entry)) {
            own.book.push(in_book(one));
        }
    }
}

fn case(kind: usize, dice: &mut Dice) -> Option<Case> {
    let all = months(dice);
    let mut accounts: [Account; 3] = Default::default();
    let expected = match kind {
        0 => transposed(&all, dice, &mut accounts)?,
        1 => doubled(&all, dice, &mut accounts)?,
        2 => missing(&all, dice, &mut accounts)?,
        3 => wrong_sign(&all, dice, &mut accounts)?,
        4 => other_account(&all, dice, &mut accounts)?,
        5 => split_or_merged(&all, dice, &mut accounts)?,
        6 => charge(&all, dice, &mut accounts),
        _ => interest_or_returned(&all, dice, &mut accounts)?,
    };
    accounts.iter_mut().enumerate().for_each(|(number, own)| own.finish(number));
    Some(Case { accounts, expected })
}

fn transposed(all: &[Movement], dice: &mut Dice, accounts: &mut [Account; 3]) -> Option<Expected> {
    let one = chosen(all, dice, &|_| true)?;
    let fen = swapped(one.fen, dice)?;
    plain(accounts, all, &[]);
    let line = accounts[0].book.iter_mut().find(|line| line.entry == one.entry)?;
    line.amount = Money::from_fen(fen).unwrap();
    let book = vec![(0, line.clone())];
    Some(Expected { faults: &["transposed-digits"], bank: vec![at_bank(one)], book, any: false })
}

fn doubled(all: &[Movement], dice: &mut Dice, accounts: &mut [Account; 3]) -> Option<Expected> {
    let one = chosen(all, dice, &|_| true)?;
    plain(accounts, all, &[]);
    if dice.percent(60) {
        let mut again = in_book(one);
        again.entry = 900;
        again.date = date(one.book_day + dice.between(0, 2));
        accounts[0].book.push(again.clone());
        let book = vec![(0, in_book(one)), (0, again)];
        return Some(Expected { faults: &["doubled-in-book"], bank: Vec::new(), book, any: true });
    }
    let again = at_bank(one);
    accounts[0].statement.push(again.clone());
    let bank = vec![again.clone(), again];
    Some(Expected { faults: &["doubled-at-bank"], bank, book: Vec::new(), any: true })
}

fn missing(all: &[Movement], dice: &mut Dice, accounts: &mut [Account; 3]) -> Option<Expected> {
    // Charges and interest that are missing are faults of their own.
    let business = |one: &Movement| !matches!(one.event, "bank-charge" | "pool-interest");
    let one = chosen(all, dice, &business)?;
    if dice.percent(60) {
        plain(accounts, all, &[one.entry]);
        let bank = vec![at_bank(one)];
        return Some(Expected { faults: &["missing-in-book"], bank, book: vec![], any: false });
    }
    plain(accounts, all, &[]);
    let gone = at_bank(one);
    let at = accounts[0].statement.iter().position(|line| *line == gone)?;
    accounts[0].statement.remove(at);
    let book = vec![(0, in_book(one))];
    Some(Expected { faults: &["missing-at-bank"], bank: Vec::new(), book, any: false })
}

fn wrong_sign(all: &[Movement], dice: &mut Dice, accounts: &mut [Account; 3]) -> Option<Expected> {
    let one = chosen(all, dice, &|_| true)?;
    plain(accounts, all, &[]);
    let line = accounts[0].book.iter_mut().find(|line| line.entry == one.entry)?;
    line.amount = Money::from_fen(-one.fen).unwrap();
    let book = vec![(0, line.clone())];
    Some(Expected { faults: &["wrong-sign"], bank: vec![at_bank(one)], book, any: false })
}

fn other_account(
    all: &[Movement],
    dice: &mut Dice,
    accounts: &mut [Account; 3],
) -> Option<Expected> {
    let one = chosen(all, dice, &|one| one.event != "move")?;
    plain(accounts, all, &[one.entry]);
    let to = 1 + dice.below(2) as usize;
    let line = BookLine { owner: ACCOUNTS[to].1.into(), ..in_book(one) };
    accounts[to].book.push(line.clone());
    let (bank, book) = (vec![at_bank(one)], vec![(to, line)]);
    Some(Expected { faults: &["other-account"], bank, book, any: false })
}

fn split_or_merged(
    all: &[Movement],
    dice: &mut Dice,
    accounts: &mut [Account; 3],
) -> Option<Expected> {
    let one = chosen(all, dice, &|one| one.event == "pay-subsidy" && one.fen < -1_000_000)?;
    plain(accounts, all, &[]);
    let whole = at_bank(one);
    if dice.percent(50) {
        let at = accounts[0].statement.iter().position(|line| *line == whole)?;
        accounts[0].statement.remove(at);
        let (mut rest, mut bank) = (one.fen, Vec::new());
        for left in (0..dice.between(1, 3)).rev() {
            let part = rest * dice.between(20, 60) / 100;
            rest -= part;
            let mut lines = vec![part];
            if left == 0 {
                lines.push(rest);
            }
            for fen in lines {
                let mut line = whole.clone();
                line.amount = Money::from_fen(fen).unwrap();
                line.date = date(one.bank_day + dice.between(0, 2));
                accounts[0].statement.push(line.clone());
                bank.push(line);
            }
        }
        let book = vec![(0, in_book(one))];
        return Some(Expected { faults: &["split-payment"], bank, book, any: false });
    }
    // The bank pays several of a batch in one sum.
    let batch: Vec<&Movement> = all
        .iter()
        .filter(|other| (other.account, other.book_day) == (0, one.book_day))
        .filter(|other| other.document == one.document)
        .take(2 + dice.below(4) as usize)
        .collect();
    if batch.len() < 2 {
        return None;
    }
    for paid in &batch {
        let line = at_bank(paid);
        let at = accounts[0].statement.iter().position(|other| *other == line)?;
        accounts[0].statement.remove(at);
    }
    let mut sum = at_bank(batch[0]);
    sum.amount = Money::from_fen(batch.iter().map(|paid| paid.fen).sum()).unwrap();
    sum.name = String::new();
    sum.memo = if dice.percent(50) {
        format!("批量代付{}", one.document)
    } else {
        "批量代付".into()
    };
    accounts[0].statement.push(sum.clone());
    let book = batch.iter().map(|paid| (0, in_book(paid))).collect();
    Some(Expected { faults: &["merged-payment"], bank: vec![sum], book, any: false })
}

fn charge(all: &[Movement], dice: &mut Dice, accounts: &mut [Account; 3]) -> Expected {
    plain(accounts, all, &[]);
    let text = dice.of(&["手续费", "工本费", "对公账户管理费", "短信服务费", "跨行汇费", ""]);
    let line = StatementLine {
        date: date(dice.between(0, LAST)),
        amount: Money::from_fen(-dice.between(2, 190) * 50).unwrap(),
        memo: (*text).to_owned(),
        ..StatementLine::default()
    };
    accounts[0].statement.push(line.clone());
    Expected { faults: &["bank-charge"], bank: vec![line], book: Vec::new(), any: false }
}

fn interest_or_returned(
    all: &[Movement],
    dice: &mut Dice,
    accounts: &mut [Account; 3],
) -> Option<Expected> {
    if dice.percent(50) {
        let one = all.iter().find(|one| one.account == 0 && one.event == "pool-interest")?;
        plain(accounts, all, &[one.entry]);
        let bank = vec![at_bank(one)];
        return Some(Expected { faults: &["bank-interest"], bank, book: Vec::new(), any: false });
    }
    let one = chosen(all, dice, &|one| one.event == "pay-subsidy")?;
    plain(accounts, all, &[]);
    let line = StatementLine {
        date: date(one.bank_day + dice.between(1, 8)),
        amount: Money::from_fen(-one.fen).unwrap(),
        memo: (*dice.of(&["退票", "退汇：账号户名不符", "付款退回"])).to_owned(),
        name: one.name.clone(),
        ..StatementLine::default()
    };
    accounts[0].statement.push(line.clone());
    Some(Expected { faults: &["returned-payment"], bank: vec![line], book: Vec::new(), any: false })
}

/// The event of an entry, as the book would give it.
fn event(accounts: &[Account; 3], entry: u64) -> Option<Value> {
    let (number, line) = accounts
        .iter()
        .enumerate()
        .find_map(|(at, own)| Some((at, own.book.iter().find(|line| line.entry == entry)?)))?;
    let amount = Total(i128::from(line.amount.fen()).abs()).to_string();
    let mut event = json!({
        "event": line.memo, "id": format!("e-{entry}"), "date": line.date.to_string(),
        "owner": line.owner.as_str(), "bank_account": ACCOUNTS[number].0, "amount": amount,
        "maker": "张会计",
    });
    let own = event.as_object_mut()?;
    match line.memo.as_str() {
        "contribute" => drop(own.insert("source".into(), "county".into())),
        "pay-subsidy" => drop(own.insert("subsidy".into(), format!("s-{entry}").into())),
        "pay-claim" => drop(own.insert("claim".into(), format!("c-{entry}").into())),
        "move" => {
            own.remove("bank_account");
            own.insert("from_bank_account".into(), ACCOUNTS[0].0.into());
            own.insert("to_bank_account".into(), ACCOUNTS[2].0.into());
        }
        _ => {}
    }
    Some(event)
}

fn others<'a>(rest: &'a [Account], matchings: &'a [Matching]) -> Vec<OtherAccount<'a>> {
    let all = rest.iter().zip(matchings).zip(&ACCOUNTS[1..]);
    all.map(|((own, matching), (bank_account, owner))| OtherAccount {
        bank_account,
        owner,
        statement: &own.statement,
        book: &own.book,
        matching,
    })
    .collect()
}

/// True when the program names the fault.
fn is_found(case: &Case) -> bool {
    let settings = Settings::default();
    let matchings: Vec<Matching> = case
        .accounts
        .iter()
        .map(|own| match_lines(&own.statement, &own.book, &[], &settings))
        .collect();
    let [own, rest @ ..] = &case.accounts;
    let form = reconciliation(
        &Input {
            last_day: date(LAST),
            statement: &own.statement,
            book: &own.book,
            statement_opening: Total::ZERO,
            book_opening: Total::ZERO,
            statement_closing: None,
        },
        &matchings[0],
    );
    assert!(form.agrees());
    let others = others(rest, &matchings[1..]);
    let by_entry = |entry| event(&case.accounts, entry);
    let input = SuggestInput {
        bank_account: ACCOUNTS[0].0,
        owner: ACCOUNTS[0].1,
        last_day: date(LAST),
        statement: &own.statement,
        book: &own.book,
        matching: &matchings[0],
        items: &form.items,
        others: &others,
        event: &by_entry,
        settings: &settings,
    };
    let suggestions = suggest(&input);
    assert_eq!(suggestions.len(), form.items.len());
    suggestions.iter().filter_map(|all| all.first()).for_each(drafts_can_be_recorded);
    let wanted = wanted(case);
    let is_right = |first: &Suggestion| {
        let involved: BTreeSet<Place> = first.involved.iter().copied().collect();
        // A returned payment also shows the payment.
        case.expected.faults.contains(&first.fault)
            && wanted.is_subset(&involved)
            && (involved.len() == wanted.len() || wanted.len() == 1)
    };
    let firsts: Vec<Option<&Suggestion>> = form
        .items
        .iter()
        .zip(&suggestions)
        .filter(|(item, _)| wanted.contains(&item.place()))
        .map(|(_, all)| all.first())
        .collect();
    if is_matched(&matchings[0], &wanted) {
        return matches!(case.expected.faults, ["split-payment" | "merged-payment"]);
    }
    let right = firsts.iter().filter(|first| first.is_some_and(is_right)).count();
    let is_found = right > 0 && (case.expected.any || right == firsts.len());
    if !is_found {
        println!("expected {:?} of {wanted:?}", case.expected.faults);
        for first in firsts.into_iter().flatten() {
            println!("  told {} ({}) of {:?}", first.fault, first.cost, first.involved);
        }
    }
    is_found
}

/// The places of the lines that are expected. Of equal lines, the first that are not taken.
fn wanted(case: &Case) -> BTreeSet<Place> {
    let mut wanted = BTreeSet::new();
    for line in &case.expected.bank {
        let alike = |own: &StatementLine| {
            (own.date, own.amount, &own.memo, &own.name)
                == (line.date, line.amount, &line.memo, &line.name)
        };
        let all = case.accounts[0].statement.iter().enumerate();
        let places = all.filter(|(_, own)| alike(own)).map(|(at, _)| Place::Statement(at));
        let free: Vec<Place> = places.filter(|place| !wanted.contains(place)).collect();
        wanted.extend(free.first());
    }
    for (account, line) in &case.expected.book {
        let at = case.accounts[*account]
            .book
            .iter()
            .position(|own| (own.entry, own.line) == (line.entry, line.line))
            .unwrap();
        let place = if *account == 0 { Place::Book(at) } else { Place::OtherBook(account - 1, at) };
        wanted.insert(place);
    }
    wanted
}

/// True when exactly these lines are a matched group: found without being asked.
fn is_matched(matching: &Matching, wanted: &BTreeSet<Place>) -> bool {
    matching.groups.iter().filter(|group| group.zone == Zone::Matched).any(|group| {
        let bank = group.statement.iter().map(|line| Place::Statement(*line));
        let all: BTreeSet<Place> =
            bank.chain(group.book.iter().map(|line| Place::Book(*line))).collect();
        all == *wanted
    })
}

fn drafts_can_be_recorded(suggestion: &Suggestion) {
    for name in super::drafts::arguments(suggestion.fault) {
        let is_told = suggestion.evidence.iter().any(|(own, _)| *own == name);
        assert!(is_told, "{} does not say {name}", suggestion.fault);
    }
    let Some(Value::Array(events)) = &suggestion.draft else { return };
    for event in events {
        // Its event is checked where it is recorded.
        if event["event"] != "match-lines" {
            let read = Event::from_json(event.to_string().as_bytes());
            assert!(read.is_ok(), "{}: {event} {read:?}", suggestion.fault);
        }
    }
}

#[test]
fn the_right_fault_is_the_first_suggestion() {
    let each = std::env::var("POOLBOOK_FAULT_CASES").ok();
    let each: usize = each.map_or(30, |text| text.parse().expect("a number of cases"));
    let (mut found, mut made) = ([0; 8], 0);
    for (kind, found) in found.iter_mut().enumerate() {
        let mut seed = 1_000_000 * kind as u64;
        let mut done = 0;
        while done < each {
            seed += 1;
            let Some(case) = case(kind, &mut Dice(seed)) else { continue };
            done += 1;
            made += 1;
            if is_found(&case) {
                *found += 1;
            } else {
                println!("{}: not found in the case of seed {seed}", KINDS[kind]);
            }
        }
    }
    for (kind, found) in KINDS.iter().zip(found) {
        println!("{kind}: {found} of {each}");
    }
    let all: usize = found.iter().sum();
    println!("all: {all} of {made}");
    assert!(all * 100 >= made * 95, "{all} of {made}");
    for (kind, found) in KINDS.iter().zip(found) {
        assert!(found * 100 >= each * 90, "{kind}: {found} of {each}");
    }
}
