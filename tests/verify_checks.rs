//! Each check of `verify` against a journal forged to trip it, with sound checksums, tree and head.
//!
//! A forged entry mostly differs from what deciding its event again gives, too; that is what
//! `tests/verify.rs` looks at. Here the auditors' own checks must give it away by themselves.

use crate::verify::forged;
use crate::verify_forgeries::{Book, ROWS, Row, sound};
use crate::verify_forgeries_branches::branches;
use crate::verify_forgeries_pools::OF_POOLS;
use crate::verify_forgeries_rules::OF_RULES;
use crate::verify_forgeries_slips::OF_SLIPS;
use crate::verify_forgeries_statements::OF_STATEMENTS;
use poolbook::audit::finding::Finding;
use poolbook::audit::verify::{CHECKS, Verifier};
use poolbook::book::verify::{Verification, checks};
use poolbook::domain::account::Account;
use poolbook::domain::entry::Entry;
use poolbook::domain::money::Money;
use std::collections::{BTreeMap, BTreeSet};

/// Checks that a journal with sound checksums cannot trip, because the writer of the bytes does not
/// take such entries; unit tests of the pass plant them.
const PLANTED: &[&str] = &["entry-too-long", "entry-group-broken"];

/// Checks that `tests/close.rs` and `tests/people.rs` trip beside what they are about.
const BESIDE: &[&str] = &["close-digest", "payment-unapproved"];

/// The checks of entries, and of the trees that some of them seal.
fn all_checks() -> BTreeSet<&'static str> {
    CHECKS.iter().copied().chain([poolbook::audit::owner_trees::CHECK]).collect()
}

/// The rows of every family of checks.
fn all_rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(OF_POOLS).chain(OF_SLIPS).chain(OF_STATEMENTS).chain(OF_RULES)
}

/// Codes of the auditors' findings.
fn codes(found: &Verification) -> BTreeSet<&'static str> {
    let codes = found.findings.iter().map(|finding| finding.code);
    codes.filter(|code| all_checks().contains(code)).collect()
}

fn verified(all: &[Entry]) -> Verification {
    let bytes: Vec<Vec<u8>> = all.iter().map(Entry::to_bytes).collect();
    forged(&bytes).verify()
}

#[test]
fn each_check_finds_what_was_forged_for_it() {
    let mut books: BTreeMap<Book, Vec<Entry>> = BTreeMap::new();
    let mut others = Vec::new();
    for (check, book, forge, expected) in all_rows().chain(branches()) {
        let sound = books.entry(*book).or_insert_with(|| {
            let all = sound(*book);
            assert_eq!(verified(&all).findings, [], "{book:?} is sound");
            all
        });
        assert!(expected.contains(check), "{check}");
        let mut all = sound.clone();
        forge(&mut all);
        let found = verified(&all);
        if codes(&found) != expected.iter().copied().collect() {
            others.push(format!("{check}: {:?}", codes(&found)));
        }
        // The table of checks counts what was found.
        for made in &found.checks {
            let findings = found.findings.iter().filter(|finding| finding.code == made.code);
            assert_eq!(made.findings, findings.count() as u64, "{check}: {}", made.code);
            assert!(made.findings == 0 || made.looked_at > 0, "{check}: {}", made.code);
        }
    }
    assert_eq!(others, Vec::<String>::new(), "{}", others.join("\n"));
}

#[test]
fn no_check_is_without_a_forgery() {
    let forged: BTreeSet<&str> =
        all_rows().map(|(check, ..)| *check).chain(PLANTED.iter().chain(BESIDE).copied()).collect();
    assert_eq!(forged, all_checks());
    // A check that looks at several things has a row for each.
    let rows = all_rows().count();
    assert!(rows + PLANTED.len() + BESIDE.len() >= all_checks().len());
}

#[test]
fn every_check_is_listed_once_with_what_it_looked_at() {
    let found = verified(&sound(Book::County));
    let made: Vec<&str> = found.checks.iter().map(|made| made.code).collect();
    assert_eq!(made, checks().collect::<Vec<_>>());
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());
    let looked = |code: &str| found.checks.iter().find(|made| made.code == code).unwrap().looked_at;
    // 23 entries, one of them a reversal; 15 of them are vouchers. Two recoveries of one claim.
    assert_eq!(
        (looked("entry-seq"), looked("reversal-lines"), looked("line-damaged")),
        (23, 1, 23)
    );
    assert_eq!(
        (looked("recovery-share"), looked("claim-twice"), looked("voucher-number")),
        (2, 1, 15)
    );
    assert_eq!(looked("index-differs"), 0, "no index was given");
}

/// Entries of a book that the auditors' own checks do not defend, by event and account, when a line
/// of theirs stands on another account or says one fen more with its counterpart.
fn undefended(all: &[Entry]) -> BTreeSet<String> {
    let mut missed = BTreeSet::new();
    for place in 0..all.len() {
        let count = all[place].all_lines().count();
        for which in 0..count {
            let mut forged = all.to_vec();
            let entry = &mut forged[place];
            let word = entry.event.kind.word();
            let line = entry.lines.iter_mut().chain(&mut entry.memo).nth(which).unwrap();
            let was = line.account;
            line.account = if was.is_memo() { Account::Quota } else { Account::OtherExpense };
            if was != line.account && audit(&forged).is_empty() {
                missed.insert(format!("{word} {was} account"));
            }
            let mut forged = all.to_vec();
            let entry = &mut forged[place];
            let pair =
                entry.lines.iter_mut().chain(&mut entry.memo).skip(which - which % 2).take(2);
            pair.for_each(|line| line.amount = Money::from_fen(line.amount.fen() + 1).unwrap());
            if audit(&forged).is_empty() {
                missed.insert(format!("{word} {was} amount"));
            }
        }
    }
    missed
}

fn audit(all: &[Entry]) -> Vec<Finding> {
    let mut verifier = Verifier::new();
    for (seq, entry) in (1..).zip(all) {
        verifier.check(seq, 0, entry);
    }
    verifier.finish().findings
}

#[test]
fn no_line_moves_and_no_amount_changes_unseen() {
    let books = [Book::County, Book::Funding, Book::Settlement, Book::Clawback, Book::Transfer];
    let later = [Book::Closed, Book::WindUp, Book::Quota, Book::Caps];
    for book in books.into_iter().chain(later) {
        let all = sound(book);
        assert_eq!(audit(&all), [], "{book:?} is sound");
        assert_eq!(undefended(&all), BTreeSet::new(), "{book:?}");
    }
}
