//! Matching by line: what is matched, what is only proposed, what stays open. Expected groups are
//! argued by hand in each test.

use super::{bank, book, day};
use poolbook::audit::reconcile::{
    BookLine, Confirmed, Matching, Settings, StatementLine, Zone, match_lines,
};

fn run(statement: &[StatementLine], book: &[BookLine]) -> Matching {
    match_lines(statement, book, &[], &Settings::default())
}

/// `M 0=1` for a matched group, `P` for a proposed one: places of the statement, then the book.
fn groups(found: &Matching) -> Vec<String> {
    let list =
        |places: &[usize]| places.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    let zone = |zone| if zone == Zone::Matched { "M" } else { "P" };
    let all = found.groups.iter();
    all.map(|group| {
        format!("{} {}={}", zone(group.zone), list(&group.statement), list(&group.book))
    })
    .collect()
}

#[test]
fn the_nearest_date_wins_and_ten_days_is_near() {
    let statement = [bank("12-10", "5.00"), bank("12-12", "5.00")];
    let found = run(&statement, &[book("12-12", "5.00", 1), book("12-20", "5.00", 2)]);
    assert_eq!(groups(&found), ["M 0=1", "M 1=0"]);
    let one = &statement[..1];
    let nearest = run(one, &[book("12-05", "5.00", 1), book("12-11", "5.00", 2)]);
    assert_eq!((groups(&nearest), nearest.open_book), (vec!["M 0=1".to_owned()], vec![0]));
    assert_eq!(groups(&run(one, &[book("12-20", "5.00", 1)])), ["M 0=0"]);
    // Further away it is somebody else's to say, and after a month no question.
    assert_eq!(groups(&run(one, &[book("12-21", "5.00", 1)])), ["P 0=0"]);
    assert_eq!(groups(&run(one, &[book("11-10", "5.00", 1)])), ["P 0=0"]);
    assert_eq!(groups(&run(one, &[book("11-09", "5.00", 1)])), [""; 0]);
}

#[test]
fn a_choice_that_nobody_can_make_is_proposed_with_the_other_answer() {
    let two = [book("12-08", "5.00", 1), book("12-12", "5.00", 2)];
    let found = run(&[bank("12-10", "5.00")], &two);
    assert_eq!(groups(&found), ["P 0=0"]);
    assert_eq!(found.groups[0].alternatives[0].book, [1]);
    assert!(found.groups[0].reasons.contains(&"several-answers"));
    assert_eq!(found.open_book, [1]);
    // The same with two owners on the same day.
    let mut two = [book("12-10", "5.00", 1), book("12-10", "5.00", 2)];
    two[1].owner = "410822".into();
    assert_eq!(groups(&run(&[bank("12-10", "5.00")], &two)), ["P 0=0"]);
    // A second line of the bank: both clear, whichever belongs to which.
    let both = run(&[bank("12-10", "5.00"), bank("12-10", "5.00")], &two);
    assert_eq!(groups(&both), ["M 0=0", "M 1=1"]);
}

#[test]
fn lines_that_nobody_can_tell_apart_are_paired_in_order() {
    let twins = [book("12-10", "5.00", 7), book("12-10", "5.00", 8)];
    let found = run(&[bank("12-11", "5.00")], &twins);
    assert_eq!((groups(&found), found.open_book), (vec!["M 0=0".to_owned()], vec![1]));
}

#[test]
fn names_accounts_and_documents_decide_between_equal_amounts() {
    let mut statement = [bank("12-10", "5.00"), bank("12-10", "5.00")];
    statement[0].name = "焦作市华飞电子电器有限公司".into();
    statement[1].memo = "付焦科〔2017〕9号贴息".into();
    let mut books = [book("12-09", "5.00", 1), book("12-10", "5.00", 2), book("12-10", "5.00", 3)];
    books[0].document = "焦科〔2017〕9号".into();
    books[2].party_name = "焦作市华飞电子电器股份有限公司".into();
    let found = run(&statement, &books);
    assert_eq!(groups(&found), ["M 0=2", "M 1=0"]);
    assert_eq!(found.groups[0].reasons, ["same-amount", "same-day", "same-party-name"]);
    // The account of somebody else is never matched by itself.
    let mut statement = [bank("12-10", "5.00")];
    statement[0].account = "4100 1234 5678".into();
    let mut books = [book("12-10", "5.00", 1)];
    books[0].party_account = "410099998888".into();
    assert_eq!(groups(&run(&statement, &books)), ["P 0=0"]);
    books[0].party_account = "410012345678".into();
    assert_eq!(groups(&run(&statement, &books)), ["M 0=0"]);
}

#[test]
fn money_in_never_meets_money_out() {
    let found = run(&[bank("12-10", "-5.00")], &[book("12-10", "5.00", 1)]);
    assert_eq!(groups(&found), [""; 0]);
    // 8.00 out less 3.00 back is not 5.00 out.
    let parts = [book("12-10", "-8.00", 1), book("12-10", "3.00", 2)];
    assert_eq!(groups(&run(&[bank("12-10", "-5.00")], &parts)), [""; 0]);
}

#[test]
fn one_line_of_the_bank_for_several_of_the_book() {
    // A batch by one document, more lines than are searched.
    let mut batch: Vec<BookLine> =
        (0..40).map(|n| book("12-10", &format!("-{}.{:02}", 100 + n, n), n + 1)).collect();
    batch.iter_mut().for_each(|line| line.document = "焦财〔2017〕8号".into());
    // 40 * 100 + (0 + .. + 39) * 1.01 = 4000 + 780 * 1.01
    let found = run(&[bank("12-12", "-4787.80")], &batch);
    assert_eq!((found.groups.len(), found.groups[0].book.len()), (1, 40));
    assert_eq!(found.groups[0].zone, Zone::Matched);
    // Two odd amounts of the day and no other sum: no coincidence.
    let parts =
        [book("12-10", "-123.45", 1), book("12-10", "-6789.01", 2), book("12-10", "-77.70", 3)];
    let found = run(&[bank("12-10", "-6912.46")], &parts);
    assert_eq!((groups(&found), found.open_book), (vec!["M 0=0+1".to_owned()], vec![2]));
    // Round amounts meet by chance.
    let round = [book("12-10", "100000.00", 1), book("12-10", "200000.00", 2)];
    assert_eq!(groups(&run(&[bank("12-10", "300000.00")], &round)), ["P 0=0+1"]);
}

#[test]
fn several_lines_of_the_bank_for_one_of_the_book() {
    let parts = [bank("12-11", "-123.45"), bank("12-10", "-6789.01"), bank("12-10", "-77.70")];
    let found = run(&parts, &[book("12-10", "-6912.46", 1)]);
    assert_eq!((groups(&found), found.open_statement), (vec!["M 0+1=0".to_owned()], vec![2]));
}

#[test]
fn several_sums_are_proposed_and_all_listed() {
    // 10.01 + 20.02 = 14.03 + 16.00 = 30.03.
    let amounts = ["10.01", "20.02", "14.03", "16.00"];
    let parts: Vec<BookLine> =
        amounts.iter().zip(1..).map(|(amount, n)| book("12-10", amount, n)).collect();
    let found = run(&[bank("12-10", "30.03")], &parts);
    assert_eq!(groups(&found), ["P 0=0+1"]);
    let others: Vec<_> = found.groups[0].alternatives.iter().map(|other| &other.book).collect();
    assert_eq!(others, [&vec![2, 3]]);
    assert_eq!(found.open_book, [2, 3]);
    assert!(!found.steps_exhausted);
}

#[test]
fn too_many_lines_to_add_up_are_told() {
    let parts: Vec<BookLine> =
        (0..60).map(|n| book("12-10", &format!("{}.00", 100 + n), n + 1)).collect();
    let found = run(&[bank("12-10", "5000.00")], &parts);
    assert!(found.steps_exhausted);
    assert_eq!(groups(&found), [""; 0]);
}

#[test]
fn both_sides_of_a_move_clear_on_their_own_statements() {
    // One entry; each account sees its own line of it.
    let (mut out, mut into) = (book("12-10", "-9.99", 5), book("12-10", "9.99", 5));
    (out.line, into.line) = (2, 1);
    assert_eq!(groups(&run(&[bank("12-10", "-9.99")], &[out])), ["M 0=0"]);
    assert_eq!(groups(&run(&[], std::slice::from_ref(&into))), [""; 0]);
    assert_eq!(groups(&run(&[bank("12-11", "9.99")], &[into])), ["M 0=0"]);
}

#[test]
fn a_reversed_entry_clears_with_its_reversal() {
    let wrong = book("12-05", "-50.00", 3);
    let mut reversal = book("12-20", "50.00", 9);
    reversal.reverses = Some(3);
    let right = book("12-05", "-55.00", 10);
    let found = run(&[bank("12-06", "-55.00")], &[reversal, right, wrong]);
    assert_eq!(groups(&found), ["M =0+2", "M 0=1"]);
    // Money that merely came back on another day is no reversal.
    let two = [book("12-05", "-50.00", 3), book("12-20", "50.00", 9)];
    assert_eq!(run(&[], &two).open_book, [0, 1]);
}

#[test]
fn confirmed_matches_go_first() {
    let mut statement = [bank("12-10", "5.00"), bank("12-10", "7.00")];
    (statement[0].id, statement[1].id) = ("aa".into(), "bb".into());
    let books = [book("12-10", "5.00", 1), book("10-01", "5.00", 2), book("12-10", "7.00", 3)];
    let confirm = |lines: &[&str], postings: &[(u64, u32)]| Confirmed {
        entry: 40,
        lines: lines.iter().map(|id| (*id).into()).collect(),
        postings: postings.to_vec(),
    };
    let settings = Settings::default();
    let found = match_lines(&statement, &books, &[confirm(&["aa"], &[(2, 1)])], &settings);
    assert_eq!(
        (groups(&found), found.open_book),
        (vec!["M 0=1".to_owned(), "M 1=2".to_owned()], vec![0])
    );
    assert_eq!(found.groups[0].confirmed, Some(40));
    // One that does not come out even keeps its lines, but is only proposed.
    let found = match_lines(&statement, &books, &[confirm(&["bb"], &[(1, 1)])], &settings);
    assert_eq!((groups(&found), found.open_book), (vec!["P 1=0".to_owned()], vec![1, 2]));
    assert_eq!(found.groups[0].reasons, ["confirmed", "sum-differs"]);
    // The same when a line of it is gone.
    let found = match_lines(&statement, &books, &[confirm(&["aa", "zz"], &[(1, 1)])], &settings);
    assert_eq!(groups(&found), ["P 0=0", "M 1=2"]);
}

/// Ten lines of one amount every day, for years: none may be skipped, whatever the numbers.
#[test]
fn runs_of_equal_amounts() {
    let date = |n: usize| day("12-01").checked_add(jiff_days(n / 10)).unwrap();
    let statement: Vec<StatementLine> =
        (0..1500).map(|n| StatementLine { date: date(n), ..bank("12-01", "5.00") }).collect();
    let books: Vec<BookLine> =
        (0..1500).map(|n| BookLine { date: date(n), ..book("12-01", "5.00", n as u64) }).collect();
    let found = run(&statement, &books);
    assert_eq!(found.groups.iter().filter(|group| group.zone == Zone::Matched).count(), 1500);
    assert_eq!(run(&statement, &books[..1499]).open_statement.len(), 1);
}

fn jiff_days(days: usize) -> jiff::Span {
    jiff::Span::new().days(days as i64)
}
