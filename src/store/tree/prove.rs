//! Proofs from the hashes of the leaves, made as RFC 6962 defines them (sections 2.1.1 and 2.1.2).
//!
//! Nothing is stored for them: proofs are rare, and the tree over a million leaves is hashed in a
//! second. Checking a proof uses other code, in `audit::proof`.

use super::{Hash, TreeHash};

/// Root of the tree over these leaves (MTH). Cost: one hash a leaf.
pub fn root<H: TreeHash>(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => H::hash(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(half(leaves.len()));
            H::node(&root::<H>(left), &root::<H>(right))
        }
    }
}

/// The hashes that lead from the leaf at a place, counted from 0, to the root, lowest first (PATH).
/// `None` if there is no such leaf. Cost: one hash a leaf.
pub fn inclusion<H: TreeHash>(leaves: &[Hash], place: usize) -> Option<Vec<Hash>> {
    if place >= leaves.len() {
        return None;
    }
    let (mut part, mut place, mut path) = (leaves, place, Vec::new());
    while part.len() > 1 {
        let (left, right) = part.split_at(half(part.len()));
        if place < left.len() {
            path.push(root::<H>(right));
            part = left;
        } else {
            path.push(root::<H>(left));
            part = right;
            place -= left.len();
        }
    }
    path.reverse();
    Some(path)
}

/// The hashes that prove that the tree over the first `first` leaves is the beginning of the tree
/// over all of them (PROOF). `None` unless `first` is between 1 and the number of leaves. Cost: one
/// hash a leaf.
pub fn consistency<H: TreeHash>(leaves: &[Hash], first: usize) -> Option<Vec<Hash>> {
    if first == 0 || first > leaves.len() {
        return None;
    }
    // The current subtree, the number of its leaves that are old, and a flag: once all of them are
    // old, its root is the old root itself, which the verifier knows.
    let (mut part, mut old, mut known, mut path) = (leaves, first, true, Vec::new());
    while old < part.len() {
        let (left, right) = part.split_at(half(part.len()));
        if old <= left.len() {
            path.push(root::<H>(right));
            part = left;
        } else {
            path.push(root::<H>(left));
            part = right;
            old -= left.len();
            known = false;
        }
    }
    if !known {
        path.push(root::<H>(part));
    }
    path.reverse();
    Some(path)
}

/// The largest power of two below a length of two or more: the leaves of the left subtree.
fn half(length: usize) -> usize {
    1 << (length.max(2) - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, Sha2, Sm3};
    use super::*;

    #[test]
    fn the_left_subtree_is_the_largest_power_of_two_below() {
        let expected =
            [(2, 1), (3, 2), (4, 2), (5, 4), (7, 4), (8, 4), (9, 8), (17, 16), (1025, 1024)];
        for (length, left) in expected {
            assert_eq!(half(length), left, "{length}");
        }
    }

    #[test]
    fn roots_by_definition_are_those_of_the_edge() {
        fn check<H: TreeHash>() {
            let (mut edge, mut leaves) = (Edge::<H>::default(), Vec::new());
            for n in 0..130_u8 {
                assert_eq!(root::<H>(&leaves), edge.root(), "{n}");
                let leaf = H::leaf(&[n]);
                leaves.push(leaf);
                edge.append(leaf);
            }
        }
        check::<Sha2>();
        check::<Sm3>();
    }

    #[test]
    fn what_is_not_there_has_no_proof() {
        let leaves = [[1; 32], [2; 32]];
        assert_eq!(inclusion::<Sha2>(&leaves, 2), None);
        assert_eq!(consistency::<Sha2>(&leaves, 0), None);
        assert_eq!(consistency::<Sha2>(&leaves, 3), None);
        assert_eq!(consistency::<Sha2>(&leaves, 2), Some(Vec::new()));
    }
}
