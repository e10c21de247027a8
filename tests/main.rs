//! Tests from outside: everything goes through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit;
mod examples;
mod fuzz_corpus;
mod jiaozuo;
mod scenarios;
mod store_contract;
mod store_faults;
mod store_files;
mod support;
