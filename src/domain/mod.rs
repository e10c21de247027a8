//! The rules of the field, pure: no clock, disk, randomness or printing.
//!
//! Reading order: [`money`], [`rate`], [`calendar`], [`account`] are the values; [`event`] is the
//! vocabulary; [`entry`] is what the journal keeps.

pub mod account;
pub mod calendar;
pub mod capitals;
pub mod credit_code;
pub mod division;
pub mod entry;
pub mod event;
pub mod field;
pub mod json;
pub mod loan;
pub mod money;
pub mod rate;
pub mod rates;
pub mod rules;
pub mod settings;
pub mod subsidy;
pub mod text;
