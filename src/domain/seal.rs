//! What a close and a checkpoint commit to beside the journal: the trees of owners.
//!
//! A tree of an owner is built like the journal's, over the entries that concern the owner; which
//! those are is told here and in `notes/format.md`, because an owner's proof rests on it.

use crate::domain::corrected::Corrected;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, RecordKind};
use crate::domain::text::Id;
use std::collections::BTreeSet;

/// An owner's tree as it stood once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRoot {
    /// Owner.
    pub owner: Id,
    /// Entries that concern it.
    pub count: u64,
    /// Root over them.
    pub root: [u8; 32],
}

/// What is sealed with the journal as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seals {
    /// The tree of every owner that any entry concerns, in the order of codes.
    pub owners: Vec<OwnerRoot>,
    /// Root of the journal under SM3, where it was asked for.
    pub sm3: Option<[u8; 32]>,
}

impl Seals {
    /// The tree of an owner; none where no entry concerns it.
    pub fn of(&self, owner: &str) -> Option<&OwnerRoot> {
        self.owners.iter().find(|root| root.owner == owner)
    }
}

/// The owners that an entry concerns, in the order of codes: those that it names, or else the owner
/// of the record that it names. `owner_of` tells the latter as of the entry's place in the journal.
/// Cost: the lines of the entry.
pub fn concerned(
    entry: &Entry,
    owner_of: &mut dyn FnMut(RecordKind, &Id) -> Option<Id>,
) -> BTreeSet<Id> {
    let event = &entry.event;
    let mut owners = BTreeSet::new();
    let voucher = entry.voucher.as_ref().map(|voucher| &voucher.owner);
    for owner in entry.all_lines().map(|line| &line.owner).chain(voucher) {
        if !owners.contains(owner) {
            owners.insert(owner.clone());
        }
    }
    name_owners(event, &mut owners);
    if !owners.is_empty() {
        return owners;
    }
    let back = match &event.kind {
        Kind::Reverse(_) => entry.taken_back(),
        _ => None,
    };
    // A correction is about what the fact is about.
    let back = match &back.as_ref().unwrap_or(event).kind {
        Kind::Correct(_) => Corrected::of_working(entry).map(|told| told.fact.now.event),
        _ => back,
    };
    let told = back.as_ref().unwrap_or(event);
    name_owners(told, &mut owners);
    if owners.is_empty() {
        owners.extend(told.kind.named().and_then(|(record, id)| owner_of(record, id)));
    }
    owners
}

fn name_owners(event: &Event, owners: &mut BTreeSet<Id>) {
    owners.extend(event.owner.clone());
    match &event.kind {
        Kind::Transfer(own) => owners.extend([own.to_owner.clone()]),
        Kind::SettleTransfer(own) => owners.extend([own.to_owner.clone()]),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a transfer, or of its reversal, are of both owners, though the voucher is of one.
    #[test]
    fn each_owner_of_a_line_is_concerned() {
        let line = |owner: &str, side: &str| {
            format!(
                r#"{{"account":"1002.01","amount":"1.00","bank_account":"P","fund":"RISK","owner":"{owner}","side":"{side}"}}"#
            )
        };
        let text = format!(
            r#"{{"date":"2017-03-01","event":{{"entry":"5","event":"reverse","reason":"误记"}},"id":"r","lines":[{},{}],"maker":"甲","recorded":"2019-01-05T08:00:00Z","reverses":5,"seq":6,"voucher":{{"month":"2017-03","number":1,"owner":"410821","word":"记"}}}}"#,
            line("410821", "debit"),
            line("410822", "credit"),
        );
        let entry = Entry::decode(text.as_bytes()).unwrap();
        let owners = concerned(&entry, &mut |_, _| unreachable!("the lines name them"));
        let owners: Vec<&str> = owners.iter().map(Id::as_str).collect();
        assert_eq!(owners, ["410821", "410822"]);
    }
}
