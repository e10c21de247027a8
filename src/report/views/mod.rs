//! Builds reports from the auditors' views and the book's records: each figure gets its column.

mod bank_lines;
mod caps;
mod checkpoints;
mod claims;
mod closing;
mod copy;
mod entry;
mod guides;
mod imports;
mod interest;
mod late;
mod ledger;
mod loans;
mod packs;
mod pools;
mod quarter;
mod recompute;
mod reconcile;
mod reconcile_status;
mod roll_forward;
mod statements;
mod steps;
mod subsidies;
mod three_way;
mod verify;

pub use bank_lines::{LinesAsked, OtherView, SuggestionsView, bank_lines, proposed, suggestions};
pub use caps::{CapsAsked, caps};
pub use checkpoints::{CheckpointRow, ProofRow, checkpoint, checkpoints, proof, proofs};
pub use claims::{claim, claims};
pub use closing::{MatterRow, close_preview};
pub use copy::{CopyView, copy};
pub use entry::{FileOutcome, Standing, recorded, voucher, voucher_text};
pub use guides::{guide, guides};
pub use imports::{
    ImportRow, LineRow, LinesView, TakenRow, statement_import, statement_lines, statements,
};
pub use interest::interest_split;
pub use late::late;
pub use ledger::{account, trial_balance};
pub use loans::{applications, loan, loans};
pub use packs::pack;
pub use pools::pools;
pub use quarter::{QuarterView, quarter};
pub use recompute::recompute;
pub use reconcile::{AccountView, reconcile};
pub use reconcile_status::{
    CertificateRow, ChannelView, ConfirmedRow, SourcesView, StatusRow, certificates, confirmed,
    sources, status,
};
pub use roll_forward::{balance, explain, scale};
pub use statements::{
    FitRow, SniffView, StatementRow, statement_check, statement_profiles, statement_sniff,
};
pub use subsidies::{PaymentRow, Posted, payments, subsidies, working};
pub use three_way::{ThreeWayView, three_way};
pub use verify::{VerifyView, verify};

use crate::domain::calendar::Date;
use crate::limits::YEAR_MAX;
use crate::report::shapes;
use crate::report::table::{Cell, Report};

/// The journal that a report is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Number of entries.
    pub entries: u64,
    /// Their root, in hexadecimal.
    pub root: String,
}

/// `entries`, `root`.
fn journal_cells(journal: &Journal) -> [Cell; 2] {
    [journal.entries.into(), journal.root.as_str().into()]
}

/// The last day of a span; empty if everything recorded was requested.
fn last_day(day: Date) -> Cell {
    if day.year() >= YEAR_MAX { Cell::Empty } else { day.into() }
}

/// The journal that a report is based on, and the last entry that it includes.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The journal.
    pub journal: Journal,
    /// Last entry that is included; `None` for all.
    pub known_at: Option<u64>,
}

impl Basis {
    /// `known_at`, `entries`, `root`.
    fn cells(&self) -> [Cell; 3] {
        let [entries, root] = journal_cells(&self.journal);
        [Cell::optional(self.known_at), entries, root]
    }
}

/// The report of a book: its directory, city and head.
pub fn book(directory: &str, city: Option<&str>, journal: &Journal) -> Report {
    let [entries, root] = journal_cells(journal);
    let name = city.and_then(crate::domain::division::find).map(|division| division.name);
    let meta = vec![directory.into(), Cell::optional(city), Cell::optional(name), entries, root];
    Report::new(&shapes::BOOK, meta)
}
