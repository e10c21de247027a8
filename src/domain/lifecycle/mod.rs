//! Where a loan, a claim and a subsidy line stand, and which moves are legal from there.
//!
//! One table a family: each state with its word and the moves that it allows. A move is the word of
//! an event, or the step of a review (`review-claim`, `review-subsidy`). Deciding asks these tables
//! and no others, and a refusal names what they say.

mod claim;
mod loan;
mod subsidy;

pub use claim::ClaimState;
pub use loan::LoanState;
pub use subsidy::SubsidyState;

use crate::domain::refusal::Reason;
use crate::problem::Problem;

/// A family of states with its table of legal moves.
macro_rules! lifecycle {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$state_doc:meta])* $variant:ident $word:literal [$($moved:literal)*])*
    }) => {
        $crate::domain::codes! {
            $(#[$doc])*
            pub $name { $($(#[$state_doc])* $variant $word),* }
        }

        impl $name {
            /// The moves that are legal from here.
            pub fn legal(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($moved),*]),* }
            }
        }

        impl $crate::domain::lifecycle::Lifecycle for $name {
            const STATES: &'static [Self] = Self::ALL;
            fn word(self) -> &'static str {
                self.code()
            }
            fn moves(self) -> &'static [&'static str] {
                self.legal()
            }
        }
    };
}
use lifecycle;

/// What the tables have in common.
pub(crate) trait Lifecycle: Copy + 'static {
    /// Every state.
    const STATES: &'static [Self];
    /// The word of a state.
    fn word(self) -> &'static str;
    /// The moves that a state allows.
    fn moves(self) -> &'static [&'static str];

    /// Holds a move to the table; the refusal names the state, the states that allow the move and
    /// the moves that the state allows, and awaits the name of the record.
    fn check(self, reason: Reason, moved: &str) -> Result<(), Problem> {
        if self.moves().contains(&moved) {
            return Ok(());
        }
        Err(self.refuse(reason, moved))
    }

    /// The refusal of a move.
    fn refuse(self, reason: Reason, moved: &str) -> Problem {
        let allowing = Self::STATES.iter().filter(|state| state.moves().contains(&moved));
        let allowing: Vec<&str> = allowing.map(|state| state.word()).collect();
        reason
            .refuse()
            .with("event", moved)
            .with("state", self.word())
            .with("legal", or_none(&allowing))
            .with("moves", or_none(self.moves()))
    }
}

fn or_none(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
