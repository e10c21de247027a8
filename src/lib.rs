//! poolbook
pub mod domain;
pub mod intake;
pub mod limits;
pub mod problem;
