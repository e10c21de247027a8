//! The figures of a pack, added up again from its entries: balance in every cell, voucher numbers,
//! trial balance.

use super::lines::{Header, Row, wrong};
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, Month, parse_date};
use crate::domain::entry::{Entry, VoucherWord};
use crate::domain::money::Total;
use crate::domain::text::Id;
use crate::problem::Problem;
use std::collections::BTreeMap;

/// Opening, debits and credits of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    opening: Total,
    debit: Total,
    credit: Total,
}

impl Sums {
    fn closing(self) -> Total {
        self.opening + self.debit - self.credit
    }

    fn is_zero(self) -> bool {
        [self.opening, self.debit, self.credit].iter().all(|sum| *sum == Total::ZERO)
    }

    fn shown(self, fund: &str, account: &str) -> String {
        let Self { opening, debit, credit } = self;
        format!("{fund} {account} {opening} {debit} {credit} {}", self.closing())
    }
}

/// A finding: part, expected, found.
type Found = (&'static str, String, String);

/// The sums so far.
#[derive(Debug)]
pub(super) struct Figures {
    owner: Id,
    from: Date,
    to: Date,
    sums: BTreeMap<(Fund, Account), Sums>,
    vouchers: BTreeMap<(Month, VoucherWord), u32>,
    /// Rows of the trial balance that were read.
    pub rows: u64,
}

impl Figures {
    pub(super) fn new(header: &Header, owner: Id) -> Result<Self, Problem> {
        let day = |text: &str, part| {
            parse_date(text).map_err(|_| wrong(1, part).with("detail", text.escape_debug()))
        };
        let (from, to) = (day(&header.from, "from")?, day(&header.to, "to")?);
        Ok(Self { owner, from, to, sums: BTreeMap::new(), vouchers: BTreeMap::new(), rows: 0 })
    }

    /// Takes an entry of the owner in.
    pub(super) fn add(&mut self, entry: &Entry) -> Vec<Found> {
        let mut found = Vec::new();
        for lines in [&entry.lines, &entry.memo] {
            let mut cells: BTreeMap<(&Id, Fund), Total> = BTreeMap::new();
            for line in lines {
                *cells.entry((&line.owner, line.fund)).or_default() += line.signed();
            }
            for ((owner, fund), net) in cells.into_iter().filter(|(_, net)| *net != Total::ZERO) {
                found.push(("balance", "0.00".to_owned(), format!("{owner} {fund} {net}")));
            }
        }
        if let Some(voucher) = entry.voucher.as_ref().filter(|one| one.owner == self.owner) {
            let last = self.vouchers.entry((voucher.month, voucher.word)).or_default();
            let expected = last.saturating_add(1);
            if voucher.number != expected {
                let run = format!("{} {}", voucher.month, voucher.word.code());
                found.push((
                    "voucher",
                    format!("{run} {expected}"),
                    format!("{run} {}", voucher.number),
                ));
            }
            *last = voucher.number;
        }
        let day = entry.event.date;
        let own = entry.all_lines().filter(|line| line.owner == self.owner && day <= self.to);
        for line in own {
            let sums = self.sums.entry((line.fund, line.account)).or_default();
            let signed = line.signed();
            match (day < self.from, signed > Total::ZERO) {
                (true, _) => sums.opening += signed,
                (false, true) => sums.debit += signed,
                (false, false) => sums.credit += -signed,
            }
        }
        found
    }

    /// A row of the trial balance, which must be the next one that is not zero.
    pub(super) fn row(&mut self, row: &Row) -> Option<(String, String)> {
        self.rows += 1;
        let told = format!(
            "{} {} {} {} {} {}",
            row.fund, row.account, row.opening, row.debit, row.credit, row.closing
        );
        while let Some(((fund, account), sums)) = self.sums.pop_first() {
            if !sums.is_zero() {
                let expected = sums.shown(fund.code(), account.code());
                return (expected != told).then_some((expected, told));
            }
        }
        Some(("-".to_owned(), told))
    }

    /// Accounts whose rows did not come.
    pub(super) fn left(&mut self) -> Vec<(Fund, Account)> {
        let left = std::mem::take(&mut self.sums);
        left.into_iter().filter(|(_, sums)| !sums.is_zero()).map(|(key, _)| key).collect()
    }
}
