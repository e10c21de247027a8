//! Figures and facts that the working of an entry holds, by name; nobody searches its text.

use super::Entry;
use crate::domain::codes;
use crate::domain::event::Event;

codes! {
    /// A limit of the rules against which a loan was enrolled, because others had released it already.
    pub Warning {
        /// The circuit breaker had stopped enrolments of the scope.
        BreakerStopped "breaker-stopped",
        /// The loans exceeded the leverage multiple.
        LeverageExceeded "leverage-exceeded",
        /// The pool had no money yet.
        PoolPlanned "pool-planned",
        /// The ratio had reached the warning line of the breaker.
        BreakerWarning "breaker-warning",
    }
}

impl Entry {
    /// The event that a reversal takes back. It travels with the reversal, so that replay and the
    /// auditors need no look-up.
    pub fn taken_back(&self) -> Option<Event> {
        let working = self.working.as_ref()?.value();
        Event::from_json(working.get("reversed")?.to_string().as_bytes()).ok()
    }

    /// True if the loan was enrolled against this limit.
    pub fn has_warning(&self, warning: Warning) -> bool {
        let Some(working) = &self.working else { return false };
        let value = working.value();
        let warnings = value.get("warnings").and_then(|list| list.as_array());
        warnings.into_iter().flatten().any(|word| word.as_str() == Some(warning.code()))
    }

    /// True if a loan was enrolled against leverage or the circuit breaker.
    pub fn is_noted(&self) -> bool {
        self.has_warning(Warning::BreakerStopped) || self.has_warning(Warning::LeverageExceeded)
    }
}
