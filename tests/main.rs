//! Tests from outside: everything goes through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit;
mod bad_input;
mod bounds;
mod cli;
mod close;
mod conformance;
mod corrections;
mod effective;
mod errors;
mod errors_unreachable;
mod examples;
mod exports;
mod fuzz_corpus;
mod jiaozuo;
mod model;
mod oracles;
mod people;
mod properties;
mod readme;
mod recompute;
mod refusals;
mod scenarios;
mod store_contract;
mod store_faults;
mod store_files;
mod store_index;
mod support;
mod tape;
mod tidy;
mod verify;
mod verify_checks;
