//! What goes into a pack, found in one reading of the journal.

use crate::audit::checkpoint::{Body, Closed, Origin};
use crate::audit::finding::Finding;
use crate::audit::owner_trees::CHECK;
use crate::book::Book;
use crate::book::seals::owner_of;
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::Date;
use crate::domain::digest::hex;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, Stage};
use crate::domain::json::Writer;
use crate::domain::money::Total;
use crate::domain::seal::concerned;
use crate::domain::text::Id;
use crate::problem::{Exit, Problem};
use crate::store::tree::{Edge, Frontier, Hash, Sm3, TreeHash as _, leaf_hash};
use crate::store::{Store, StoreError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Opening net debit, debits and credits of the period.
pub(super) type Sums = (Total, Total, Total);

/// An entry that may have to be shared, and what of it the owner's entries would have to name.
enum Shared {
    Always,
    Party(Id),
    Account(Id, Option<Id>),
}

/// Everything that a pack holds.
#[derive(Default)]
pub(super) struct Gathered {
    /// Leaves of the journal up to the checkpoint.
    pub leaves: Vec<Hash>,
    /// Entries of the owner that the commitment covers.
    pub entries: Vec<u64>,
    /// Entries of others that they rest on.
    pub shared: Vec<u64>,
    /// The commitment.
    pub commitment: u64,
    /// Entries of the owner after the ones that are covered.
    pub uncovered: u64,
    /// Trial balance by fund and account.
    pub balance: BTreeMap<(Fund, Account), Sums>,
    sm3: Edge<Sm3>,
    closed: Option<Closed>,
    tree: Frontier,
    first: Vec<u8>,
    candidates: Vec<(u64, Shared)>,
    parties: BTreeSet<Id>,
    accounts: BTreeSet<Id>,
}

impl Gathered {
    pub(super) fn of<S: Store>(
        book: &Book<S>,
        owner: &Id,
        days: (Date, Date),
        sealed: &Entry,
    ) -> Result<Self, Problem> {
        let working = sealed.working.as_ref().map(|working| working.value()).unwrap_or_default();
        let covered = working.pointer("/journal/entries").and_then(Value::as_u64).unwrap_or(0);
        let size = sealed.seq;
        let mut found = Self { commitment: size, ..Self::default() };
        let state = book.state();
        let city = state.city();
        book.store().scan(1, &mut |seq, bytes| {
            let leaf = leaf_hash(bytes);
            if seq <= size {
                found.leaves.push(leaf);
                found.sm3.append(Sm3::leaf(bytes));
            }
            let entry = Entry::decode(bytes).map_err(StoreError::from)?;
            if seq == 1 {
                found.first = bytes.to_vec();
            }
            if seq <= size {
                found.note_close(&entry);
            }
            let owners = concerned(&entry, &mut |record, id| owner_of(state, seq, record, id));
            match (owners.contains(owner), seq <= covered) {
                (true, true) => {
                    found.tree.append(leaf);
                    found.take(owner, days, &entry);
                }
                (true, false) => found.uncovered += 1,
                (false, true) if owners.iter().all(|owner| *owner == *city) => {
                    found.candidates.extend(shared(&entry).map(|shared| (seq, shared)));
                }
                _ => {}
            }
            Ok(())
        })?;
        found.choose_shared();
        found.check(owner, &working, size)?;
        Ok(found)
    }

    /// What the checkpoint says.
    pub(super) fn body(&self, city: &str, root: Hash) -> Body {
        Body {
            origin: Origin::of(city, &self.first),
            entries: self.commitment,
            root,
            sm3: Some(self.sm3.root()),
            closed: Some(self.closed.clone()),
        }
    }

    fn note_close(&mut self, entry: &Entry) {
        if let (Kind::Close(own), Some(owner)) = (&entry.event.kind, &entry.event.owner)
            && own.stage.unwrap_or(Stage::Final) == Stage::Final
        {
            let (owner, period) = (owner.to_string(), own.period.to_string());
            self.closed = Some(Closed { owner, period, entry: entry.seq });
        }
    }

    /// Takes an entry of the owner in.
    fn take(&mut self, owner: &Id, (from, to): (Date, Date), entry: &Entry) {
        self.entries.push(entry.seq);
        let event = &entry.event;
        for line in entry.all_lines().filter(|line| line.owner == *owner && event.date <= to) {
            let (opening, debit, credit) =
                self.balance.entry((line.fund, line.account)).or_default();
            let signed = line.signed();
            match (event.date < from, signed > Total::ZERO) {
                (true, _) => *opening += signed,
                (false, true) => *debit += signed,
                (false, false) => *credit += -signed,
            }
        }
        for line in entry.all_lines() {
            self.parties.extend(line.party.clone());
            self.accounts.extend(line.bank_account.clone());
        }
        named(event, &["firm", "bank", "guarantor", "party", "payee"], &mut self.parties);
        let accounts = ["bank_account", "from_bank_account", "to_bank_account"];
        named(event, &accounts, &mut self.accounts);
    }

    /// Of the candidates, those that the owner's entries name; an account names its bank.
    fn choose_shared(&mut self) {
        let candidates = std::mem::take(&mut self.candidates);
        for (_, shared) in &candidates {
            if let Shared::Account(id, Some(bank)) = shared
                && self.accounts.contains(id)
            {
                self.parties.insert(bank.clone());
            }
        }
        let is_named = |shared: &Shared| match shared {
            Shared::Always => true,
            Shared::Party(id) => self.parties.contains(id),
            Shared::Account(id, _) => self.accounts.contains(id),
        };
        let chosen = candidates.iter().filter(|(_, shared)| is_named(shared));
        self.shared = chosen.map(|(seq, _)| *seq).collect();
    }

    /// A pack that would not hold is not given out.
    fn check(&self, owner: &Id, working: &Value, size: u64) -> Result<(), Problem> {
        let rows = working.get("owners").and_then(Value::as_array);
        let row = rows.into_iter().flatten().find(|row| {
            row.get("owner").and_then(Value::as_str).is_some_and(|told| *owner == *told)
        });
        let told = row.map_or_else(
            || (0, hex(&Frontier::default().root())),
            |row| {
                let root = row.get("root").and_then(Value::as_str).unwrap_or("-");
                (row.get("count").and_then(Value::as_u64).unwrap_or(0), root.to_owned())
            },
        );
        let made = (self.tree.count(), hex(&self.tree.root()));
        if told == made {
            return Ok(());
        }
        let shown = |(count, root): (u64, String)| format!("{count} {root}");
        let finding = Finding::new(CHECK, Some(size), owner, shown(made), shown(told));
        Err(Problem { exit: Exit::Findings, ..finding.problem() })
    }
}

/// What other owners' packs may hold of an entry that concerns the city or nobody.
fn shared(entry: &Entry) -> Option<Shared> {
    Some(match &entry.event.kind {
        Kind::OpenBook(_) | Kind::AdoptRules(_) | Kind::AdoptRates(_) => Shared::Always,
        Kind::Party(own) => Shared::Party(own.party.clone()),
        Kind::ChangeParty(own) => Shared::Party(own.party.clone()),
        Kind::Qualify(own) => Shared::Party(own.firm.clone()),
        Kind::Disqualify(own) => Shared::Party(own.firm.clone()),
        Kind::BankAccount(own) => Shared::Account(own.bank_account.clone(), own.bank.clone()),
        _ => return None,
    })
}

/// Adds what the fields of these names hold.
fn named(event: &Event, names: &[&str], found: &mut BTreeSet<Id>) {
    event.kind.visit(&mut |name, value| {
        if names.contains(&name) {
            let mut bytes = Vec::new();
            value.write(&mut Writer::new(&mut bytes));
            let text: Option<String> = serde_json::from_slice(&bytes).ok();
            found.extend(text.and_then(|text| Id::parse(&text).ok()));
        }
    });
}
