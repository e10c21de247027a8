//! Input of files: csv and similar texts, workbooks, JSON Lines, folders, bank statements.
//!
//! All business events end as [`crate::domain::event::Event`]s, read through
//! [`crate::domain::field::Fields`] like those of the command line. From the bytes up: [`document`]
//! opens a file once; [`decode`] and [`sniff`] recognize encoding and kind; [`rows`] gives the rows
//! of any table file (`workbook` guards and reads workbooks); [`cell`] and [`headers`] normalize
//! cells and headings; [`table`] joins them.
//!
//! Invariant: nothing here guesses. A value that can be read in two ways is refused, with its
//! place.

mod archive;
pub mod cell;
mod columns_of_banks;
mod compound;
pub mod dates;
mod day;
pub mod decode;
pub mod document;
pub mod folder;
pub mod headers;
pub mod heading;
mod html;
pub mod jsonl;
mod lines;
pub mod loan_list;
pub mod mapping;
mod mhtml;
pub mod profile;
pub mod rejects;
pub mod rows;
pub mod settings;
mod sheet_rows;
pub mod sniff;
pub mod source;
mod spreadsheet_ml;
pub mod statement;
pub mod table;
mod workbook;
mod xml;
mod zipped;
