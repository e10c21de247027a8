//! The rules of the field, pure: no clock, disk, randomness or printing.
//!
//! Reading order: [`money`], [`rate`], [`calendar`], [`account`] are the values; [`event`] is the
//! vocabulary; [`entry`] is what the journal keeps; [`state`] is what the book knows; [`decide`] says
//! yes with one balanced entry or no with one [`refusal`]; [`posting`] is the accounting table;
//! [`apply`] takes an entry in. [`rules`] and [`rates`] are dated data.
//!
//! Invariant: nothing in here reads a clock, a file, the environment or chance, and nothing prints.
//! Invariant: `decide` reads its arguments only; `apply` cannot fail.

pub mod account;
pub mod apply;
pub mod calendar;
pub mod cap;
pub mod capitals;
mod codes;
pub mod consequence;
pub mod corrected;
pub mod credit_code;
pub mod currency;
pub mod decide;
pub mod digest;
pub mod division;
pub mod entry;
pub mod event;
pub mod field;
pub mod json;
pub mod lifecycle;
pub mod loan;
pub mod money;
pub mod months;
mod owner;
pub mod papers;
pub mod period;
pub mod person;
pub(crate) mod plain;
pub mod pool;
pub mod posting;
pub mod rate;
pub mod rates;
pub mod refusal;
pub mod registry;
pub mod rules;
pub mod seal;
pub mod settings;
pub mod source;
pub mod state;
pub mod statement;
pub mod subsidy;
pub mod table;
pub mod text;
pub mod years;

pub(crate) use codes::codes;
