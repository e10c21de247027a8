//! Checking proofs of the journal's tree: that an entry is in it, and that a tree is the beginning
//! of another. Made for the eyes of somebody who trusts neither the program nor its user.
//!
//! The algorithms are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the trees are RFC 6962's).
//! They share no line with the code that makes proofs, not even the hash of a node. Every function
//! is total: it ends after 64 steps at most, whatever it is given, and needs no memory of its own.

pub mod file;

use crate::limits::PROOF_HASHES_MAX;
use sha2::digest::consts::U32;
use sha2::digest::{Digest, OutputSizeUser};

/// One value of a hash function of 256 bits.
pub type Hash = [u8; 32];

/// A hash function of 256 bits: SHA-256 or SM3.
pub trait Function: Digest + OutputSizeUser<OutputSize = U32> {}

impl<D: Digest + OutputSizeUser<OutputSize = U32>> Function for D {}

/// SHA-256.
pub type Sha2 = sha2::Sha256;
/// SM3.
pub type Sm3 = sm3::Sm3;

/// The leaf of an entry's bytes: the hash of 0x00 and the bytes.
pub fn leaf<D: Function>(entry: &[u8]) -> Hash {
    D::new().chain_update([0x00]).chain_update(entry).finalize().into()
}

/// The node over two others: the hash of 0x01 and both.
fn node<D: Function>(left: &Hash, right: &Hash) -> Hash {
    D::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// Whether a leaf is entry number `entry`, counted from 1, of the tree of `size` entries with this
/// root. Cost: one hash for each of the path, which are 64 at most.
pub fn is_included<D: Function>(
    leaf: &Hash,
    entry: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> bool {
    if entry == 0 || entry > size || path.len() > PROOF_HASHES_MAX {
        return false;
    }
    // Place of the node at hand in its row, and of the last node of that row.
    let (mut place, mut last) = (entry - 1, size - 1);
    let mut hash = *leaf;
    for other in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node::<D>(other, &hash);
            // A last node without a partner moves up until it has one.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node::<D>(&hash, other);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree of `first` entries is the beginning of the tree of `second` entries, given both
/// roots. A tree of no entries begins every other and proves nothing, so it is refused. Cost: two
/// hashes for each of the path, which are 64 at most.
pub fn is_consistent<D: Function>(
    (first, first_root): (u64, &Hash),
    (second, second_root): (u64, &Hash),
    path: &[Hash],
) -> bool {
    if first == 0 || first > second || path.len() > PROOF_HASHES_MAX {
        return false;
    }
    if first == second {
        return path.is_empty() && first_root == second_root;
    }
    let (mut place, mut last) = (first - 1, second - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    // Where the old tree is one complete subtree, its root is where both begin.
    let (start, path) = match (first.is_power_of_two(), path.split_first()) {
        (true, _) => (*first_root, path),
        (false, Some((start, rest))) => (*start, rest),
        (false, None) => return false,
    };
    if path.is_empty() {
        return false;
    }
    let (mut old, mut new) = (start, start);
    for other in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node::<D>(other, &old);
            new = node::<D>(other, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node::<D>(&new, other);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *first_root && new == *second_root
}
