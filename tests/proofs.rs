//! Proofs of the tree: the published values, another implementation, and a naive tree by which every
//! proof of small trees is known. A hostile proof is refused whatever is bent in it.

use crate::support::fixture;
use poolbook::audit::proof::{Function, Hash, Sha2, Sm3, is_consistent, is_included, leaf};
use poolbook::store::tree::{self, TreeHash, prove};

/// What the fixture of published values holds.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    #[allow(dead_code, reason = "names where the values come from")]
    source: String,
    leaves: Vec<String>,
    roots: Vec<String>,
    inclusion: Vec<Included>,
    consistency: Vec<Continued>,
}

#[derive(serde::Deserialize)]
struct Included {
    entry: u64,
    size: usize,
    hashes: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Continued {
    first: usize,
    second: usize,
    hashes: Vec<String>,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hashes(hex: &[String]) -> Vec<Hash> {
    hex.iter().map(|hex| bytes(hex).try_into().unwrap()).collect()
}

#[test]
fn the_published_proofs_are_made_and_accepted() {
    let text = std::fs::read(fixture("proofs/rfc6962.json")).unwrap();
    let published: Published = serde_json::from_slice(&text).unwrap();
    let leaves: Vec<Hash> = published.leaves.iter().map(|hex| leaf::<Sha2>(&bytes(hex))).collect();
    let roots = hashes(&published.roots);
    for size in 1..=8 {
        assert_eq!(prove::root::<tree::Sha2>(&leaves[..size]), roots[size - 1]);
    }
    assert_eq!((published.inclusion.len(), published.consistency.len()), (5, 4));
    for case in &published.inclusion {
        let (path, place) = (hashes(&case.hashes), case.entry as usize - 1);
        let made = prove::inclusion::<tree::Sha2>(&leaves[..case.size], place);
        assert_eq!(made.as_ref(), Some(&path), "entry {} of {}", case.entry, case.size);
        let (size, root) = (case.size as u64, &roots[case.size - 1]);
        assert!(is_included::<Sha2>(&leaves[place], case.entry, size, &path, root));
    }
    for case in &published.consistency {
        let path = hashes(&case.hashes);
        let made = prove::consistency::<tree::Sha2>(&leaves[..case.second], case.first);
        assert_eq!(made.as_ref(), Some(&path), "{} to {}", case.first, case.second);
        let [first, second] = [case.first, case.second].map(|size| (size as u64, &roots[size - 1]));
        assert!(is_consistent::<Sha2>(first, second, &path));
    }
}

#[test]
fn proofs_are_those_of_another_implementation() {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    fn check<D: Function + ct_merkle::digest::Digest, H: TreeHash>() {
        let (mut theirs, mut leaves) = (MemoryBackedTree::<D, Vec<u8>>::new(), Vec::new());
        for size in 1..=33_usize {
            let entry = vec![size as u8; size % 5];
            leaves.push(leaf::<D>(&entry));
            theirs.push(entry);
            for place in 0..size {
                let ours = prove::inclusion::<H>(&leaves, place).unwrap().concat();
                assert_eq!(ours, theirs.prove_inclusion(place).as_bytes(), "{place} of {size}");
            }
            for first in 1..size {
                let ours = prove::consistency::<H>(&leaves, first).unwrap().concat();
                let theirs = theirs.prove_consistency(size - first);
                assert_eq!(ours, theirs.as_bytes(), "{first} to {size}");
            }
        }
    }
    check::<Sha2, tree::Sha2>();
    check::<Sm3, tree::Sm3>();
}

/// A tree that keeps every row: as simple as a tree can be, and used nowhere else.
pub(crate) mod naive {
    use super::{Function, Hash};

    /// Root of the leaves, row by row; the odd one out moves up as it is.
    pub fn root<D: Function>(leaves: &[Hash]) -> Hash {
        let mut row = leaves.to_vec();
        while row.len() > 1 {
            row = row.chunks(2).map(node::<D>).collect();
        }
        row[0]
    }

    fn node<D: Function>(pair: &[Hash]) -> Hash {
        match pair {
            [left, right] => {
                let bytes = [&[1], left.as_slice(), right.as_slice()].concat();
                D::digest(bytes).into()
            }
            _ => pair[0],
        }
    }

    /// The partners on the way up from a leaf.
    pub fn path<D: Function>(leaves: &[Hash], mut place: usize) -> Vec<Hash> {
        let (mut row, mut path) = (leaves.to_vec(), Vec::new());
        while row.len() > 1 {
            path.extend(row.get(place ^ 1));
            row = row.chunks(2).map(node::<D>).collect();
            place /= 2;
        }
        path
    }
}

fn leaves<D: Function>(size: usize) -> Vec<Hash> {
    (0..size).map(|n| leaf::<D>(format!("entry {n}").as_bytes())).collect()
}

/// Every list of hashes that differs from a proof in one bit, one hash or the order.
fn bent(path: &[Hash], other: Hash) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for place in 0..path.len() {
        for bit in 0..256 {
            let mut bad = path.to_vec();
            bad[place][bit / 8] ^= 1 << (bit % 8);
            all.push(bad);
        }
        let mut shorter = path.to_vec();
        shorter.remove(place);
        all.push(shorter);
        if place > 0 && path[place] != path[place - 1] {
            let mut swapped = path.to_vec();
            swapped.swap(place, place - 1);
            all.push(swapped);
        }
    }
    for place in 0..=path.len() {
        let mut longer = path.to_vec();
        longer.insert(place, other);
        all.push(longer);
    }
    all.push([path, path].concat());
    all.push(vec![other; 65]);
    // An empty proof doubled is an empty proof.
    all.retain(|bad| bad.as_slice() != path);
    all
}

/// Sizes up to which every proof of every tree is made and tried.
const SIZE_MAX: usize = 33;
/// The same with every wrong number.
const NUMBERS_MAX: usize = 17;
/// The same with every wrong bit.
const BITS_MAX: usize = 9;

#[test]
fn every_inclusion_of_small_trees() {
    fn check<D: Function, H: TreeHash>() {
        let all = leaves::<D>(SIZE_MAX);
        let roots: Vec<Hash> = (1..=SIZE_MAX).map(|n| naive::root::<D>(&all[..n])).collect();
        for size in 1..=SIZE_MAX {
            for place in 0..size {
                let path = naive::path::<D>(&all[..size], place);
                assert_eq!(prove::inclusion::<H>(&all[..size], place), Some(path.clone()));
                assert!(is_included::<D>(
                    &all[place],
                    place as u64 + 1,
                    size as u64,
                    &path,
                    &roots[size - 1]
                ));
                for (root, tree) in roots[..NUMBERS_MAX].iter().zip(1..) {
                    if size > NUMBERS_MAX {
                        break;
                    }
                    for entry in 0..=size + 1 {
                        let is = is_included::<D>(&all[place], entry as u64, tree, &path, root);
                        assert_eq!(is, (tree as usize, entry) == (size, place + 1));
                    }
                }
                if size > BITS_MAX {
                    continue;
                }
                let included = |leaf: &Hash, path: &[Hash], root: &Hash| {
                    is_included::<D>(leaf, place as u64 + 1, size as u64, path, root)
                };
                let (leaf, root) = (all[place], roots[size - 1]);
                for bad in bent(&path, leaf) {
                    assert!(!included(&leaf, &bad, &root), "entry {place} of {size}");
                }
                for bit in 0..256 {
                    let flip = |mut hash: Hash| {
                        hash[bit / 8] ^= 1 << (bit % 8);
                        hash
                    };
                    assert!(!included(&flip(leaf), &path, &root));
                    assert!(!included(&leaf, &path, &flip(root)));
                }
            }
        }
    }
    check::<Sha2, tree::Sha2>();
    check::<Sm3, tree::Sm3>();
}

#[test]
fn every_continuation_of_small_trees() {
    type D = Sha2;
    let all = leaves::<D>(SIZE_MAX);
    let roots: Vec<Hash> = (1..=SIZE_MAX).map(|n| naive::root::<D>(&all[..n])).collect();
    // The tree of a book that was changed in its second entry.
    let mut changed = all.clone();
    changed[1] = leaf::<D>(b"another entry");
    for second in 1..=SIZE_MAX {
        let other = naive::root::<D>(&changed[..second]);
        for first in 1..=second {
            let path = prove::consistency::<tree::Sha2>(&all[..second], first).unwrap();
            let (old, new) =
                ((first as u64, &roots[first - 1]), (second as u64, &roots[second - 1]));
            assert!(is_consistent::<D>(old, new, &path), "{first} to {second}");
            if second > 1 {
                assert!(!is_consistent::<D>(old, (second as u64, &other), &path));
                // Nor does a proof made from the changed book help.
                let path = prove::consistency::<tree::Sha2>(&changed[..second], first).unwrap();
                let other = (second as u64, &other);
                assert_eq!(is_consistent::<D>(old, other, &path), first == 1 && second > 1);
            }
            // Another size with its own root is another claim.
            for wrong in (1..=SIZE_MAX).filter(|wrong| *wrong != first) {
                let wrong = (wrong as u64, &roots[wrong - 1]);
                assert!(!is_consistent::<D>(wrong, new, &path) || wrong == new && path.is_empty());
            }
            for wrong in (1..=SIZE_MAX).filter(|wrong| *wrong != second) {
                let wrong = (wrong as u64, &roots[wrong - 1]);
                assert!(!is_consistent::<D>(old, wrong, &path) || wrong == old && path.is_empty());
            }
            if second > BITS_MAX {
                continue;
            }
            for bad in bent(&path, all[0]) {
                assert!(!is_consistent::<D>(old, new, &bad), "{first} to {second}");
            }
            for bit in 0..256 {
                let (mut bad_old, mut bad_new) = (*old.1, *new.1);
                bad_old[bit / 8] ^= 1 << (bit % 8);
                bad_new[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_consistent::<D>((old.0, &bad_old), new, &path));
                assert!(!is_consistent::<D>(old, (new.0, &bad_new), &path));
            }
        }
    }
}

#[test]
fn claims_without_bounds_end_at_once() {
    let (hash, path) = ([7; 32], vec![[7; 32]; 64]);
    for entry in [0, 1, 1 << 63, u64::MAX - 1, u64::MAX] {
        for size in [0, 1, 1 << 63, u64::MAX] {
            for length in [0, 1, 63, 64] {
                assert!(!is_included::<Sha2>(&hash, entry, size, &path[..length], &[8; 32]));
                let (first, second) = ((entry, &hash), (size, &[8; 32]));
                assert!(!is_consistent::<Sha2>(first, second, &path[..length]));
            }
        }
    }
    assert!(!is_consistent::<Sha2>((0, &hash), (0, &hash), &[]), "no entries prove nothing");
    assert!(is_consistent::<Sha2>((u64::MAX, &hash), (u64::MAX, &hash), &[]));
}
