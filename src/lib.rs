//! poolbook

pub mod domain;
pub mod intake;
pub mod limits;
pub mod problem;
pub mod store;
pub mod report;
