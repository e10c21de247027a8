//! `poolbook`: the book of a city's science-and-technology loan risk pools (科技贷款风险池账本).
//!
//! # Bird's-eye view
//!
//! Staff enter [events](domain::event). A pure function [decides](domain::decide) about each one
//! against the [state](domain::state) that the earlier entries give: it accepts the event with one
//! balanced [entry](domain::entry), or refuses it with one [refusal](domain::refusal). Entries go
//! to an append-only journal, which is the truth. A sled index over it answers questions without
//! reading the journal again and can always be rebuilt. Auditors get a [second opinion](audit) that
//! shares no path with the code that decided.
//!
//! ```text
//! csv xlsx jsonl folder ─► intake ─► Event ─► decide ─► Entry ─► store (journal, then index)
//!                                               ▲         │
//!                                             State ◄── apply          audit ◄─ entries, index rows
//!                                                                        └─► report ─► text csv json
//! ```
//!
//! # Code map
//!
//! | module | content |
//! | --- | --- |
//! | [`domain`] | the rules of the field, pure |
//! | [`audit`] | figures and checks recomputed from stored lines, pure |
//! | [`store`] | journal, index, lock; knows nothing about money |
//! | [`book`] | the orchestrator: open, record, verify, the quarterly run |
//! | [`intake`] | input of files |
//! | [`report`] | output of tables, and all wording |
//! | [`limits`], [`problem`] | every bound; problems reported to the user |
//!
//! The binary adds the command line (`src/cli`). Dependencies run `cli → {book, report, intake} →
//! {store, audit, domain}`; a test checks the imports against this order.
//!
//! # Invariants
//!
//! Invariant: an entry balances inside every (owner, fund) cell that it touches.
//! Invariant: nothing in the journal is ever edited or deleted; a mistake is reversed.
//! Invariant: what was acknowledged survives a power cut; what was refused leaves no trace.
//! Invariant: replaying the journal gives the same state, the same index and the same reports.
//! Invariant: money is whole fen, every operation on it is checked, and there is one rounding.
//! Invariant: only `store` and the binary use the clock, the disk and the terminal.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod audit;
pub mod book;
pub mod domain;
pub mod intake;
pub mod limits;
pub mod planted;
pub mod problem;
pub mod report;
pub mod store;

/// Long-form pages, kept beside the code that they describe.
pub mod notes {
    #[doc = include_str!("notes/glossary.md")]
    pub mod glossary {}
    /// The manuals; `poolbook guide` prints them. `tests/readme.rs` runs their commands.
    pub mod manual {
        /// The Chinese manuals.
        pub mod zh {
            #[doc = include_str!("notes/manual/zh/finance.md")]
            pub mod finance {}
            #[doc = include_str!("notes/manual/zh/statements.md")]
            pub mod statements {}
            #[doc = include_str!("notes/manual/zh/bureau.md")]
            pub mod bureau {}
            #[doc = include_str!("notes/manual/zh/audit.md")]
            pub mod audit {}
            #[doc = include_str!("notes/manual/zh/installing.md")]
            pub mod installing {}
            #[doc = include_str!("notes/manual/zh/developing.md")]
            pub mod developing {}
        }
        /// The English manuals.
        pub mod en {
            #[doc = include_str!("notes/manual/en/finance.md")]
            pub mod finance {}
            #[doc = include_str!("notes/manual/en/statements.md")]
            pub mod statements {}
            #[doc = include_str!("notes/manual/en/bureau.md")]
            pub mod bureau {}
            #[doc = include_str!("notes/manual/en/audit.md")]
            pub mod audit {}
            #[doc = include_str!("notes/manual/en/installing.md")]
            pub mod installing {}
            #[doc = include_str!("notes/manual/en/developing.md")]
            pub mod developing {}
        }
    }
    #[doc = include_str!("notes/accounting.md")]
    pub mod accounting {}
    #[doc = include_str!("notes/format.md")]
    pub mod format {}
    #[doc = include_str!("notes/performance.md")]
    pub mod performance {}
    #[doc = include_str!("notes/rules.md")]
    pub mod rules {}
    #[doc = include_str!("notes/postings.md")]
    pub mod postings {}
    #[doc = include_str!("notes/rounding.md")]
    pub mod rounding {}
    #[doc = include_str!("notes/decisions.md")]
    pub mod decisions {}
    #[doc = include_str!("notes/invariants.md")]
    pub mod invariants {}
    #[doc = include_str!("notes/verify.md")]
    pub mod verify {}
    #[doc = include_str!("notes/changelog.md")]
    pub mod changelog {}
}
