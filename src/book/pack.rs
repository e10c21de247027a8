//! An owner's proof pack: its entries, what they rest on, and the proofs that they are all of them.
//!
//! The format stands to the byte in `notes/format.md`. Who checks a pack uses other code, in
//! [`crate::audit::pack`].

mod gather;
mod tree;
mod write;

use super::Book;
use crate::audit::checkpoint::Body;
use crate::domain::calendar::Date;
use crate::domain::refusal::Reason;
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use gather::Gathered;
use tree::Levels;

/// Whose pack, and the days of its trial balance.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Owner.
    pub owner: Id,
    /// First day; without one, the day on which the owner joined.
    pub from: Option<Date>,
    /// Last day; without one, the day of the checkpoint.
    pub to: Option<Date>,
}

/// A pack that can be written.
pub struct Pack<'b, S: Store> {
    book: &'b Book<S>,
    name: String,
    owner: Id,
    days: (Date, Date),
    /// What the checkpoint says that all proofs lead to.
    pub body: Body,
    /// Entry of the checkpoint.
    pub checkpoint: u64,
    /// Entries of the owner in the pack.
    pub entries: u64,
    /// Entries of the owner that came later and are not covered.
    pub uncovered: u64,
    gathered: Gathered,
    levels: Levels,
}

impl<S: Store> Book<S> {
    /// Gathers an owner's pack up to the latest checkpoint.
    /// Cost: one reading of the journal; memory: 64 bytes an entry.
    ///
    /// # Errors
    /// `owner-unknown`; `pack-no-checkpoint`; `date-order`; `owner-root` where the journal does not
    /// give the tree that the checkpoint holds; or the store's own.
    pub fn pack(&self, asked: &Asked) -> Result<Pack<'_, S>, Problem> {
        let state = self.state();
        let owner = state.owners.get(&asked.owner);
        let is_city = asked.owner == *state.city();
        if owner.is_none() && !is_city {
            return Err(state.owner_unknown(&asked.owner));
        }
        let none = || Problem::refused("pack-no-checkpoint").with("owner", &asked.owner);
        let checkpoint = state.checkpoints.iter().last().ok_or_else(none)?.entry;
        let sealed = self.entry(checkpoint)?;
        let settings = state.settings.as_ref();
        let name = match owner {
            Some(owner) => owner.name.to_string(),
            None => settings.map_or_else(String::new, |settings| settings.name.to_string()),
        };
        let to = asked.to.unwrap_or(sealed.event.date);
        let joined = owner.map_or(to, |owner| owner.joined.min(to));
        let from = asked.from.unwrap_or(joined);
        if from > to {
            return Err(Reason::DateOrder
                .refuse()
                .with("earlier_field", "from")
                .with("earlier", from)
                .with("later_field", "to")
                .with("later", to));
        }
        let mut gathered = Gathered::of(self, &asked.owner, (from, to), &sealed)?;
        let (entries, uncovered) = (gathered.entries.len() as u64, gathered.uncovered);
        let levels = Levels::new(std::mem::take(&mut gathered.leaves));
        let body = gathered.body(state.city(), levels.root());
        Ok(Pack {
            book: self,
            name,
            owner: asked.owner.clone(),
            days: (from, to),
            body,
            checkpoint,
            entries,
            uncovered,
            gathered,
            levels,
        })
    }
}
