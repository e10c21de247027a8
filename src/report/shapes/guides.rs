//! Shapes of the manuals.

use crate::report::table::{Column, ColumnKind, Shape};

shapes! {
    /// List of the manuals.
    GUIDES "guides" {
        meta []
        rows [topic Text, chinese Text, title Text]
        totals false
    }
    /// A manual with its whole text.
    GUIDE "guide" {
        meta [topic Text, title Text, text Text]
        rows []
        totals false
    }
}
