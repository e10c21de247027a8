//! Shapes for a bank's file before it is imported.

use crate::report::table::{Column, ColumnKind, Shape};

shapes! {
    /// A first look at a bank's file.
    STATEMENT_SNIFF "statement-sniff" {
        meta [
            file Text, format Word, encoding Text, sheet Text, header_row Integer, profile Text,
            readable Bool,
        ]
        rows [
            profile Text, fits Bool, found_columns Integer, wanted_columns Integer,
            missing_columns Text,
        ]
        totals false
        sections {
            "statements" [
                number Text, currency Text, from Date, to Date, opening Money, money_in Money,
                money_out Money, closing Money, movements Integer, breaks Integer,
            ]
            "top" [row Integer, cells Text]
        }
    }
    /// Statements that were read and checked; nothing is written.
    STATEMENT_CHECK "statement-check" {
        meta [files Integer, movements Integer, breaks Integer, undecided Integer]
        rows [
            file Text, profile Text, number Text, currency Text, from Date, to Date,
            opening Money, money_in Money, money_out Money, closing Money, movements Integer,
            breaks Integer, holds Bool, opening_by Word, undecided Integer, proved Bool,
        ]
        totals false
        sections {
            "columns" [
                file Text, key Text, column_name Text, proof Word, first_row Integer,
                last_row Integer,
            ]
            "sheets" [file Text, sheet Text, kind Word, row_count Integer]
            "other_rows" [file Text, kind Word, row_count Integer]
            "named_rows" [file Text, sheet Text, row Integer, kind Word, text Text]
        }
    }
    /// The profiles that are part of the program.
    STATEMENT_PROFILES "statement-profiles" {
        meta []
        rows [profile Text, mode Word, wanted_columns Text]
        totals false
    }
}
