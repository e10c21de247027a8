//! Codes without a case in the gallery, each with the reason.

/// Reason, and the codes that it excuses.
pub const UNREACHABLE: &[(&str, &[&str])] = &[
];
