//! poolbook

pub mod domain;
pub mod intake;
pub mod limits;
pub mod problem;
pub mod report;
pub mod store;
