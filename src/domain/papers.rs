//! Contract and note numbers as banks write them, and the loans on which they stand.
//!
//! A bank writes a contract number and a note number once. A loan that comes in a second time, by
//! another county or under another loan number of ours, shows by them.

use crate::domain::loan::{Loan, Note};
use crate::domain::state::State;
use compact_str::CompactString;
use std::hash::BuildHasher as _;
use unicode_normalization::UnicodeNormalization as _;

/// Which paper carries a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paper {
    /// The loan contract.
    Contract,
    /// The drawdown note (借据).
    Note,
}

/// A number without what people write differently: width, case, blanks, dashes, brackets and the
/// words 第 and 号.
pub fn plain_number(text: &str) -> CompactString {
    let letters = text.nfkc().flat_map(char::to_uppercase);
    letters.filter(|letter| letter.is_alphanumeric() && !matches!(letter, '第' | '号')).collect()
}

/// A key under which a number's loans are found; two numbers may share one.
fn key(paper: Paper, number: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one((paper, number))
}

/// The number of a note, unless it is the loan's own, which stands in for one that nobody gave.
fn note_number<'l>(loan: &Loan, note: &'l Note) -> Option<&'l str> {
    (note.id != loan.id).then_some(note.id.as_str())
}

impl State {
    /// Notes the numbers on a loan. A loan that is taken back again stays noted; whoever looks a
    /// number up looks at the loan itself, too.
    pub(crate) fn note_papers(&mut self, loan: &str) {
        let Some(place) = self.loans.number(loan) else { return };
        self.note_papers_at(place);
    }

    /// Takes stored loans in with the numbers on them.
    pub(super) fn load_loans(&mut self, value: &[u8]) -> Option<()> {
        let known = self.loans.len();
        self.loans.load(value)?;
        for place in known..self.loans.len() {
            self.note_papers_at(u32::try_from(place).ok()?);
        }
        Some(())
    }

    fn note_papers_at(&mut self, place: u32) {
        let Some(loan) = self.loans.iter().as_slice().get(place as usize) else { return };
        let contract =
            loan.contract.as_deref().map(|number| key(Paper::Contract, &plain_number(number)));
        let notes = loan.notes.iter().filter_map(|note| note_number(loan, note));
        let notes = notes.map(|number| key(Paper::Note, &plain_number(number)));
        let keys: Vec<u64> = contract.into_iter().chain(notes).collect();
        for key in keys {
            let places = self.papers.entry(key).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }

    /// The loans of a bank on which a number stands, in the order of enrolment. Cost: one hash
    /// look-up.
    pub fn loans_of_paper<'s>(
        &'s self,
        paper: Paper,
        bank: &'s str,
        number: &str,
    ) -> impl Iterator<Item = &'s Loan> + use<'s> {
        let plain = plain_number(number);
        let places = (!plain.is_empty()).then(|| self.papers.get(&key(paper, &plain))).flatten();
        let loans = self.loans.iter().as_slice();
        let found = places.into_iter().flatten().filter_map(|place| loans.get(*place as usize));
        found.filter(move |loan| {
            let same = |number: &str| plain_number(number) == plain;
            let stands = match paper {
                Paper::Contract => loan.contract.as_deref().is_some_and(same),
                Paper::Note => {
                    loan.notes.iter().filter_map(|note| note_number(loan, note)).any(same)
                }
            };
            stands && self.is_one_bank(bank, &loan.bank)
        })
    }

    /// True for one bank, which may be registered twice: by its credit code or its name.
    fn is_one_bank(&self, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let (Some(one), Some(other)) = (self.parties.get(one), self.parties.get(other)) else {
            return false;
        };
        one.identity() == other.identity() || plain_number(&one.name) == plain_number(&other.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for spelling in [
            "HT-2024-001",
            "ht-2024-001",
            "ＨＴ－２０２４－００１",
            "HT 2024 001",
            "HT—2024—001号",
            "HT（2024）001",
        ] {
            assert_eq!(plain_number(spelling), "HT2024001", "{spelling}");
        }
        assert_ne!(plain_number("HT-2024-001"), plain_number("HT-2024-0010"));
        assert_eq!(plain_number("2024年（焦作）字第00001号"), "2024年焦作字00001");
    }
}
