//! Shapes of the documents that people outside the office keep and check: checkpoints, proofs,
//! packs.

use crate::report::table::{Column, ColumnKind, Shape};

shapes! {
    /// A checkpoint that was made.
    CHECKPOINT "checkpoint" {
        meta [
            origin Text, entries Integer, root Text, sm3 Text, closed Text, bytes Integer,
            code Text,
            printed_line Text, signed_by Text, file Text, text Json,
        ]
        rows []
        totals false
    }
    /// A proof that was written; the file itself is described in `notes/format.md`.
    PROOF "prove" {
        meta [kind Word, from_size Integer, entry Integer, size Integer, hashes Integer, file Text]
        rows []
        totals false
    }
    /// Proof files that were checked.
    CHECK_PROOF "check-proof" {
        meta [count Integer]
        rows [
            file Text, kind Word, from_size Integer, entry Integer, size Integer, hashes Integer,
            printed_line Text, result Word,
        ]
        totals false
        sections {
            "findings" [file Text, check Text, what Text, why Text, next Text]
        }
    }
    /// Checkpoints that were checked without a book.
    CHECK_CHECKPOINT "check-checkpoint" {
        meta [count Integer]
        rows [
            file Text, origin Text, entries Integer, printed_line Text, signatures Integer,
            signed_by Text, result Word,
        ]
        totals false
        sections {
            "findings" [file Text, check Text, what Text, why Text, next Text]
        }
    }
    /// A proof pack of an owner that was checked without a book.
    CHECK_PACK "check-pack" {
        meta [
            owner Text, name Text, from Text, to Text, entries Integer, shared Integer,
            size Integer,
            printed_line Text, findings Integer,
        ]
        rows [pack_line Integer, part Text, what Text, why Text, next Text]
        totals false
    }
}
