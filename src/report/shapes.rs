//! The declared shapes of all reports: keys, kinds and order, stated once.

use crate::report::table::{Column, ColumnKind, Shape};

/// Columns from a short notation.
macro_rules! columns {
    ($($key:ident $kind:ident),* $(,)?) => {
        &[$(Column { key: stringify!($key), kind: ColumnKind::$kind }),*]
    };
}

/// Answer to a recorded event or to many.
pub static RECORDED: Shape = Shape {
    name: "recorded",
    meta: columns![recorded Integer, already Integer, entries Integer, root Text, dry_run Bool],
    rows: columns![
        seq Integer, id Text, event Word, date Date, owner Text, voucher Text, amount Money, already Bool,
    ],
    totals: false,
    sections: &[],
};

/// Every shape.
pub static ALL: &[&Shape] = &[&RECORDED];
