//! Account names that every ledger program accepts: components of ASCII letters, digits, `-` and
//! letters of other scripts, each beginning with an ASCII capital or a digit.
//!
//! Codes and ids, which distinguish accounts, are written reversibly; names, which only help the
//! user, lose characters that are not allowed. So two accounts never share a name, whatever names
//! are chosen.

use crate::audit::turnover::{Key, Numbers};
use crate::domain::account::{Account, Class, Fund};
use crate::domain::entry::Line;
use crate::domain::state::State;
use crate::report::locale::Locale;

/// An account as other ledgers know it: a head of the chart in a cell, and for money its bank
/// account. The order is that of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// Head of the chart.
    pub account: Account,
    /// Number of the owner.
    pub owner: u16,
    /// Fund.
    pub fund: Fund,
    /// Number of the bank account; 0 is none.
    pub bank: u16,
}

impl From<Key> for Leaf {
    fn from(key: Key) -> Self {
        Self { account: key.account, owner: key.owner, fund: key.fund, bank: key.bank }
    }
}

impl Leaf {
    /// The account of a line.
    pub fn of(line: &Line, state: &State) -> Self {
        let bank = line.bank_account.as_deref().map_or(0, |id| Numbers::bank(state, id));
        let owner = Numbers::owner(state, &line.owner);
        Self { account: line.account, owner, fund: line.fund, bank }
    }
}

/// Names of accounts without their first component.
pub struct Names<'a> {
    state: &'a State,
    locale: &'a Locale,
}

impl<'a> Names<'a> {
    /// Names from the master data of a book, heads in the language of the locale.
    pub fn new(state: &'a State, locale: &'a Locale) -> Self {
        Self { state, locale }
    }

    /// `1002-01-银行存款-风险池专户:C410821-修武县:RISK:B-RISK-410821`.
    pub fn rest(&self, leaf: Leaf) -> String {
        let account = leaf.account;
        let mut name = account.code().replace('.', "-");
        add_plain(&mut name, self.locale.account(account));
        name.push_str(":C");
        match self.state.owners.iter().nth(usize::from(leaf.owner)) {
            Some(owner) => {
                name.push_str(&reversible(&owner.code));
                add_plain(&mut name, &owner.name);
            }
            None => name.push_str(&leaf.owner.to_string()),
        }
        name.push(':');
        name.push_str(leaf.fund.code());
        if let Some(place) = leaf.bank.checked_sub(1) {
            name.push_str(":B-");
            match self.state.bank_accounts.iter().nth(usize::from(place)) {
                Some(bank) => name.push_str(&reversible(&bank.id)),
                None => name.push_str(&leaf.bank.to_string()),
            }
        }
        name
    }
}

/// The first component of an account in lower case; off-balance accounts have one of their own.
pub fn root(account: Account) -> &'static str {
    match account.class() {
        Class::Asset | Class::ContraAsset => "assets",
        Class::Liability => "liabilities",
        Class::Fund => "equity",
        Class::Income => "income",
        Class::Expense => "expenses",
        Class::Memo => "memo",
    }
}

/// Returns true for a character that every program accepts inside a component: ASCII letters and
/// digits, Latin letters with marks, Cyrillic, hanzi.
fn is_sound(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '\u{C0}'..='\u{24F}' if c != '×' && c != '÷')
        || matches!(c, '\u{400}'..='\u{481}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

/// Appends `-` and a name; each run of characters that a component does not allow becomes `-`.
fn add_plain(out: &mut String, name: &str) {
    for part in name.split(|c| !is_sound(c)).filter(|part| !part.is_empty()) {
        out.push('-');
        out.push_str(part);
    }
}

/// Encodes an id so that it can be decoded again: a character other than letters, digits and `-` is
/// written as `-u5F-`, with its number in hexadecimal; so is `-` itself if the id contains `-u`.
pub fn reversible(id: &str) -> String {
    let plain_hyphen = !id.contains("-u");
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if is_sound(c) || (c == '-' && plain_hyphen) {
            out.push(c);
        } else {
            out.push_str(&format!("-u{:X}-", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes a component from left to right.
    fn read(text: &str) -> String {
        let Some((before, rest)) = text.split_once("-u") else { return text.to_owned() };
        let (number, after) = rest.split_once('-').unwrap();
        let c = u32::from_str_radix(number, 16).ok().and_then(char::from_u32).unwrap();
        format!("{before}{c}{}", read(after))
    }

    #[test]
    fn ids_are_readable_where_they_can_be() {
        assert_eq!(reversible("RISK-410821"), "RISK-410821");
        assert_eq!(reversible("建行#1"), "建行-u23-1");
        assert_eq!(reversible("a_-u5F-"), "a-u5F--u2D-u5F-u2D-");
    }

    #[test]
    fn names_keep_what_can_be_shown() {
        let mut out = "C410821".to_owned();
        add_plain(&mut out, "  修武县; (\"新\"): *a  b|");
        assert_eq!(out, "C410821-修武县-新-a-b");
        add_plain(&mut out, "：；");
        assert_eq!(out, "C410821-修武县-新-a-b");
    }

    proptest! {
        #[test]
        fn ids_read_back(id in "[-u5Fa_:.#/修é×D]{1,20}") {
            prop_assert_eq!(read(&reversible(&id)), id);
        }
    }
}
