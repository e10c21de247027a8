//! What the program keeps of statements, matches, thresholds and certificates is what the naive book
//! has.

use super::certified::Certificate;
use super::statements::{chain, names};
use super::twin::Twin;
use poolbook::book::Book;
use poolbook::book::statements::{CertificateStanding, Status};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::Money;
use poolbook::limits::CERTIFICATE_TOUCHES_MAX;
use poolbook::store::MemoryStore;

fn number(entry: u64) -> usize {
    usize::try_from(entry).unwrap()
}

fn fen(money: Money) -> i128 {
    money.fen().into()
}

fn day(date: Date) -> String {
    date.to_string()
}

/// Records of all statements and matches, and the thresholds in force.
fn records_agree(book: &Book<MemoryStore>, twin: &Twin) {
    let facts = &book.state().statements;
    assert_eq!(facts.imports.iter().count(), twin.sheets.len());
    for (found, sheet) in facts.imports.iter().zip(&twin.sheets) {
        let place = (found.id.as_str(), found.bank_account.as_str(), found.channel.as_str());
        assert_eq!(place, (sheet.id.as_str(), sheet.bank.as_str(), sheet.channel.as_str()));
        let parts = (number(found.entry), found.parts, found.recorded, found.undone.map(number));
        assert_eq!(parts, (sheet.first, sheet.parts, sheet.seen, sheet.undone), "{}", sheet.id);
        let sums = (fen(found.opening), fen(found.closing), number(found.lines));
        assert_eq!(sums, (sheet.opening, sheet.closing, sheet.lines.len()), "{}", sheet.id);
        let days = (day(found.from), day(found.to));
        assert_eq!(days, (sheet.from.clone(), sheet.to.clone()), "{}", sheet.id);
        let (balance, reached) = sheet.reached();
        assert_eq!((fen(found.reached.0), day(found.reached.1)), (balance, reached.to_owned()));
        assert_eq!(found.person().map(|name| name.as_str()), Some(sheet.person.as_str()));
    }
    let matches = facts.matches.iter().map(|one| (one.id.to_string(), one.undone.map(number)));
    let expected = twin.matches.iter().map(|one| (one.id.clone(), one.undone));
    assert_eq!(matches.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let told = twin.thresholds();
    let told = |name: &str| told.get(name).copied();
    let found = facts.in_force().map(|one| {
        [one.match_score, one.propose_score, one.days_near, one.days_far, one.age_warn_days]
    });
    let fields = ["match_score", "propose_score", "days_near", "days_far", "age_warn_days"];
    assert_eq!(found.unwrap_or_default(), fields.map(told));
}

/// What stands of the statements of an account, line by line, and what waits.
fn chains_agree(book: &Book<MemoryStore>, twin: &Twin, bank: &str) {
    for channel in twin.channels(bank) {
        let sheets = twin.sheets(bank, channel, twin.entries());
        let (runs, waiting) = chain(&sheets);
        let found = book.channel(bank, Some(channel), None).unwrap();
        let of = |sheet: &&super::statements::Sheet| {
            (sheet.bank.as_str(), sheet.channel.as_str()) == (bank, channel)
        };
        let expected = twin.sheets.iter().filter(of).map(|sheet| match () {
            () if sheet.undone.is_some() => "undone",
            () if sheet.seen < sheet.parts => "incomplete",
            () if waiting.iter().any(|one| one.first == sheet.first) => "waiting",
            () => "standing",
        });
        let status = found.batches.iter().map(|batch| batch.status);
        let code = |status: Status| status.code();
        assert_eq!(expected.collect::<Vec<_>>(), status.map(code).collect::<Vec<_>>(), "{bank}");
        let expected = runs
            .iter()
            .map(|run| (run.from.to_owned(), run.to.to_owned(), run.opening, run.closing()));
        let run = found.runs.iter();
        let run = run.map(|run| (day(run.from), day(run.to), fen(run.opening), fen(run.closing)));
        assert_eq!(expected.collect::<Vec<_>>(), run.collect::<Vec<_>>(), "{bank} {channel}");
        let line = |name: String, date: String, amount| format!("{name} {date} {amount}");
        let expected = names(&runs, bank, channel).into_iter();
        let expected = expected.map(|(name, one)| line(name, one.date.clone(), one.amount));
        let lines = found.lines.iter();
        let lines = lines.map(|one| line(one.id.to_string(), day(one.date), fen(one.amount)));
        assert_eq!(expected.collect::<Vec<_>>(), lines.collect::<Vec<_>>(), "{bank} {channel}");
    }
}

/// Lines of the book on an account.
fn postings_agree(book: &Book<MemoryStore>, twin: &Twin, bank: &str) {
    let found = book.book_lines(bank, None).unwrap().into_iter();
    let found =
        found.map(|one| (day(one.date), number(one.entry), u64::from(one.line), fen(one.amount)));
    let expected = twin.postings(bank).into_iter().map(|one| {
        let line = one.name.rsplit('.').next().unwrap().parse::<u64>().unwrap();
        (one.date, one.entry, line, one.amount)
    });
    let (mut found, mut expected): (Vec<_>, Vec<_>) = (found.collect(), expected.collect());
    found.sort();
    expected.sort();
    assert_eq!(expected, found, "{bank}");
}

fn certificates_agree(book: &Book<MemoryStore>, twin: &Twin, bank: &str) {
    let expected: Vec<&Certificate> =
        twin.certificates.iter().filter(|one| one.bank == bank).collect();
    let found = book.certificates(bank);
    assert_eq!(expected.len(), found.len(), "{bank}");
    for (expected, found) in expected.into_iter().zip(found) {
        assert_eq!((&expected.day, expected.entry), (&day(found.date), number(found.entry)));
        let touched = twin.is_touched(expected);
        assert_eq!(touched, !found.touched.is_empty(), "{bank} {}", expected.day);
        if found.touched.len() < CERTIFICATE_TOUCHES_MAX {
            let standing = match book.certificate_standing(bank, found).unwrap() {
                CertificateStanding::Holds => None,
                CertificateStanding::BrokenBy(entry) => Some(number(entry)),
            };
            assert_eq!(twin.broken_by(expected), standing, "{bank} {}", expected.day);
        }
    }
}

/// Both know the same of the banks' side of an account, or of all accounts.
pub fn banks_agree(book: &Book<MemoryStore>, twin: &Twin, bank: Option<&str>) {
    records_agree(book, twin);
    for known in twin.banks.iter().filter(|known| bank.is_none_or(|bank| known.id == bank)) {
        chains_agree(book, twin, known.id);
        postings_agree(book, twin, known.id);
        certificates_agree(book, twin, known.id);
    }
}
