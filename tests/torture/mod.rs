//! What the world may do to a book: cut the power, kill the process, fail a call, flip a bit.
//!
//! Each test has a budget and a seed in environment variables (see the README under developers).

pub mod copies;
pub mod faults;
pub mod flips;
mod kills;
mod media;
pub mod power;
mod script;
