//! All nodes of a tree, for many audit paths at once.

use crate::store::tree::{Hash, empty_root, node_hash};

/// The rows of the tree from the leaves up. A last node without a neighbour moves up as it is, which
/// gives the same nodes as the definition of RFC 6962.
pub(super) struct Levels(Vec<Vec<Hash>>);

impl Levels {
    /// Cost: one hash a leaf; memory: two hashes a leaf.
    pub(super) fn new(leaves: Vec<Hash>) -> Self {
        let mut rows = vec![leaves];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let pairs = row.chunks(2).map(|pair| match pair {
                [left, right] => node_hash(left, right),
                other => other.first().copied().unwrap_or_default(),
            });
            let above = pairs.collect();
            rows.push(above);
        }
        Self(rows)
    }

    pub(super) fn root(&self) -> Hash {
        self.0.last().and_then(|row| row.first()).copied().unwrap_or_else(empty_root)
    }

    /// The path from the leaf at a place, counted from 0, to the root.
    pub(super) fn path(&self, mut place: usize) -> Vec<Hash> {
        let mut path = Vec::new();
        for row in &self.0 {
            path.extend(row.get(place ^ 1));
            place >>= 1;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tree::{Sha2, prove};

    #[test]
    fn paths_and_roots_are_those_of_the_definition() {
        for count in 0..70_u8 {
            let leaves: Vec<Hash> = (0..count).map(|n| [n; 32]).collect();
            let levels = Levels::new(leaves.clone());
            assert_eq!(levels.root(), prove::root::<Sha2>(&leaves), "{count}");
            for place in 0..leaves.len() {
                let path = prove::inclusion::<Sha2>(&leaves, place).unwrap();
                assert_eq!(levels.path(place), path, "{place} of {count}");
            }
        }
    }
}
