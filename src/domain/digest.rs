//! The digest of a trial balance: 64 characters that stand for an owner's balances on a day.
//!
//! It is the SHA-256 of this text in UTF-8, every line ended by a line feed:
//!
//! ```text
//! poolbook/trial-balance/1
//! 410821 2017-12-31
//! RISK 1002.01 debit 9627584.57
//! RISK 3101.02 credit 4000000.00
//! ```
//!
//! The second line is owner and day. Then comes one line for every fund and account, off-balance
//! accounts included, whose balance at the end of the day is not zero: funds in the order RISK, INT,
//! GFEE, accounts in the order of the chart, the side on which the balance stands, and the amount
//! without thousands separators.

use crate::domain::account::{Account, Fund, Side};
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Net debits by fund and account.
pub type Balances = BTreeMap<(Fund, Account), Total>;

/// The text whose hash the digest is.
pub fn text(owner: &str, day: Date, balances: &Balances) -> String {
    let mut text = format!("poolbook/trial-balance/1\n{owner} {day}\n");
    for ((fund, account), net) in balances.iter().filter(|(_, net)| **net != Total::ZERO) {
        let side = if *net > Total::ZERO { Side::Debit } else { Side::Credit };
        let amount = (*net).max(-*net);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{fund} {account} {} {amount}", side.code());
    }
    text
}

/// The digest in lower-case hexadecimal.
pub fn digest(owner: &str, day: Date, balances: &Balances) -> String {
    hex(&Sha256::digest(text(owner, day, balances).as_bytes()))
}

/// The hash of nothing, which is the root of an empty tree, in hexadecimal.
pub fn of_nothing() -> String {
    hex(&Sha256::digest([]))
}

/// Lower-case hexadecimal text of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    #[test]
    fn the_text_is_as_documented() {
        let day = parse_date("2017-12-31").unwrap();
        let balances = Balances::from([
            ((Fund::Risk, Account::CapitalCity), Total(-400_000_000)),
            ((Fund::Interest, Account::CashInterest), Total(1)),
            ((Fund::Risk, Account::CashRisk), Total(962_758_457)),
            ((Fund::Fee, Account::CashFee), Total::ZERO),
        ]);
        let expected = "poolbook/trial-balance/1\n410821 2017-12-31\n\
            RISK 1002.01 debit 9627584.57\nRISK 3101.02 credit 4000000.00\n\
            INT 1002.02 debit 0.01\n";
        assert_eq!(text("410821", day, &balances), expected);
        // printf of the text above | sha256sum
        assert_eq!(
            digest("410821", day, &balances),
            "7dd066e171da851024471fcb2f7d0bffd29c9e1fd83522cf887d39f60ab41c48"
        );
    }
}
