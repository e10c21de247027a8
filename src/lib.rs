//! poolbook
pub mod audit;
pub mod domain;
pub mod limits;
pub mod problem;
