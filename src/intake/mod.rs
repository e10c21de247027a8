//! Files in: csv and its kin, workbooks, JSON Lines, folders, bank statements.
//!
//! Everything that happened ends in [`crate::domain::event::Event`]s, read through
//! [`crate::domain::field::Fields`] like those of the command line. From the bytes up:
//! [`decode`] and [`sniff`] say what a file is; [`rows`] gives the rows of any table file
//! (`workbook` guards and reads workbooks); [`cell`] and [`headers`] make plain what people write
//! into cells; [`table`] joins them.
//!
//! Invariant: nothing here guesses. What can be read in two ways is refused, with its place.

mod archive;
pub mod cell;
mod columns_of_banks;
mod compound;
pub mod dates;
pub mod decode;
pub mod folder;
pub mod headers;
pub mod heading;
pub mod jsonl;
mod lines;
pub mod loan_list;
pub mod mapping;
pub mod profile;
pub mod rejects;
pub mod rows;
pub mod settings;
pub mod sniff;
pub mod source;
pub mod statement;
pub mod table;
mod workbook;
mod xml;
