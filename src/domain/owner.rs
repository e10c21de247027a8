//! Owners by what people call them.

use crate::domain::field::nearest;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::problem::Problem;

impl State {
    /// The refusal of an owner that is not in the book, with the one that may be meant. Cost: linear
    /// in the owners.
    pub fn owner_unknown(&self, given: &str) -> Problem {
        let alike = |name: &str| name == given || name.contains(given) || given.contains(name);
        let named = self.owners.iter().find(|owner| !given.is_empty() && alike(&owner.name));
        let near = || {
            let codes = self.owners.iter().map(|owner| owner.code.as_str());
            let code = nearest(given, codes)?;
            self.owners.get(code)
        };
        let meant = named.or_else(near);
        let meant = meant.map_or_else(|| "—".to_owned(), |o| format!("{} {}", o.code, o.name));
        Reason::OwnerUnknown.refuse().with("owner", given.escape_debug()).with("nearest", meant)
    }
}
