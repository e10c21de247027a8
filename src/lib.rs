//! poolbook
pub mod domain;
pub mod limits;
pub mod problem;
pub mod report;
