//! What closes and checkpoints say of the trees of owners, read for deciding them again, and the rows
//! that the index keeps of the trees.

use crate::audit::compare;
use crate::audit::finding::Finding;
use crate::audit::movements::Rows;
use crate::domain::decide::JournalHead;
use crate::domain::entry::{Entry, Given};
use crate::domain::event::Kind;
use crate::domain::registry::tables::OWNER_TREE;
use crate::domain::seal::{OwnerRoot, Seals};
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an entry says it sealed; taken as it stands, and compared later with what it was.
pub(in crate::book) fn told(given: &Given, stored: &[u8]) -> (JournalHead, Option<Seals>) {
    let working = Entry::decode(stored).ok().and_then(|entry| entry.working);
    let working = working.map(|working| working.value()).unwrap_or_default();
    let entries = working.pointer("/journal/entries").and_then(Value::as_u64);
    let root = |at: &str| working.pointer(at).and_then(|root| bytes_of(root.as_str()?));
    let (entries, root_of_journal) = (entries.unwrap_or_default(), root("/journal/root"));
    let head = JournalHead { entries, root: root_of_journal.unwrap_or_default() };
    let seals = match &given.event.kind {
        Kind::Close(_) => {
            let tree = working.get("owner_tree").zip(given.event.owner.clone());
            let tree = tree.and_then(|(tree, owner)| owner_root(owner, tree));
            tree.map(|tree| Seals { owners: vec![tree], sm3: None })
        }
        Kind::Certify(_) => None,
        _ => {
            let rows = working.get("owners").and_then(Value::as_array);
            let row = |row: &Value| owner_root(Id::parse(row.get("owner")?.as_str()?).ok()?, row);
            let owners = rows.map(|rows| rows.iter().filter_map(row).collect());
            Some(Seals { owners: owners.unwrap_or_default(), sm3: root("/journal/sm3") })
        }
    };
    (head, seals)
}

fn owner_root(owner: Id, row: &Value) -> Option<OwnerRoot> {
    let (count, root) = (row.get("count")?.as_u64()?, row.get("root")?.as_str()?);
    Some(OwnerRoot { owner, count, root: bytes_of(root)? })
}

/// The bytes of 64 hexadecimal digits.
pub fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// How many entries the trees of an index reflect.
pub(super) fn reflected(index: &dyn Rows) -> Result<Option<u64>, Problem> {
    let row = index.get(&[OWNER_TREE])?;
    Ok(row.map(|row| row.try_into().map_or(u64::MAX, u64::from_be_bytes)))
}

/// The trees of an index against those built from the entries; `expected` without the table byte.
pub(super) fn compare_rows(
    mut expected: BTreeMap<Vec<u8>, Vec<u8>>,
    reflected: Option<u64>,
    index: &dyn Rows,
    findings: &mut Vec<Problem>,
) -> Result<(), Problem> {
    if let Some(count) = reflected {
        expected.insert(Vec::new(), count.to_be_bytes().to_vec());
    }
    let mut tell = |key: &[u8], expected: &str, found: &str| {
        let subject = format!("tree {}", String::from_utf8_lossy(key));
        findings.push(Finding::new(compare::CHECK, None, subject, expected, found).problem());
    };
    index.range(&[OWNER_TREE], &mut |key, value| {
        let key = key.get(1..).unwrap_or_default();
        match expected.remove(key) {
            Some(wanted) if wanted == value => {}
            Some(_) => tell(key, "a row", "another row"),
            None => tell(key, "-", "a row"),
        }
    })?;
    expected.keys().for_each(|key| tell(key, "a row", "-"));
    Ok(())
}
