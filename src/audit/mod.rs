//! The auditors' second opinion: figures recomputed from the stored lines, sharing no path with the
//! code that decided them. Pure: no clock, disk or printing; callers hand in entries and rows.
//!
//! Reading order: [`flow`] says in which column of the roll-forward a line shows; [`turnover`] adds
//! lines up into the tables of the index; [`movements`] reads them back over any period; the views
//! are [`balance`], [`trial_balance`], [`account_ledger`], [`scale`], [`ratios`], [`day_sums`] and
//! [`explain`]; [`late`] lists what was booked long after its day; [`verify`], [`compare`],
//! [`reconcile`] and [`loan_list`] look for what does not agree; [`statements`] says which bank
//! statements stand. [`checkpoint`] and [`proof`] are what somebody keeps and checks who has no book.

pub mod account_ledger;
pub mod balance;
pub mod checkpoint;
pub mod compare;
pub mod day_sums;
pub mod explain;
pub mod finding;
pub mod flow;
pub mod late;
pub mod loan_list;
pub mod movements;
pub mod owner_trees;
pub mod pack;
pub mod proof;
pub mod ratios;
pub mod reconcile;
pub mod scale;
pub mod statements;
pub mod trial_balance;
pub mod turnover;
pub mod verify;

#[cfg(test)]
mod sample;
