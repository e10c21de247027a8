//! Checkpoints and proofs: what is read prints as it stood, and what is accepted is true.
//!
//! Proofs are judged by the definitions of RFC 6962, followed from the root down; the checker walks
//! up. Beside proof files there is a short form, whose bytes name entries and parts of one known
//! tree, so that most changes of it are proofs of something.

use super::told;
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::checkpoint::code::{CheckCode, Line};
use poolbook::audit::checkpoint::note::{KeyFile, PublicKey, check_name};
use poolbook::audit::proof::file::Proof;
use poolbook::audit::proof::{Hash, Sha2, is_consistent, is_included};
use poolbook::store::tree::{leaf_hash, node_hash};

/// Entries of the known tree.
const KNOWN: u64 = 16;

/// A checkpoint prints as it was read, and so does its line.
pub fn checkpoint(input: &[u8]) {
    let read = match Checkpoint::parse(input) {
        Ok(read) => read,
        Err(problem) => return told(&problem),
    };
    assert_eq!(read.to_string().as_bytes(), input, "what is read prints as it stood");
    let line = read.body.line();
    assert_eq!(Line::parse(&line.to_string()), Some(line));
    assert_eq!(CheckCode::parse(read.code().as_str()), Some(read.code()));
    assert!(read.unsigned().len() <= input.len());
}

/// A printed line and a code read back however they are spelt; a key is read or told.
pub fn checkpoint_line(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(line) = Line::parse(text) {
        assert!(line.entries > 0 && !line.city.contains(char::is_whitespace));
        assert_eq!(Line::parse(&line.to_string()), Some(line));
    }
    for word in text.split_whitespace().take(8) {
        let Some(code) = CheckCode::parse(word) else { continue };
        assert_eq!(code.as_str().len(), 4 * 5 + 3);
        assert_eq!(CheckCode::parse(code.as_str()), Some(code.clone()));
        assert_eq!(CheckCode::parse(&code.as_str().to_lowercase().replace('-', "")), Some(code));
    }
    let [private, public] = [KeyFile::from_pem(text).err(), PublicKey::from_pem(text).err()];
    private.iter().chain(&public).for_each(told);
    if let Err(problem) = check_name(text) {
        told(&problem);
    }
}

/// The largest power of two below a number of two or more.
fn half(size: u64) -> u64 {
    let mut half = 1;
    while half < size - half {
        half *= 2;
    }
    half
}

/// The root that a path leads to, from the definition of PATH; none when it has the wrong length.
pub fn led_to(leaf: Hash, place: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if size == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (last, rest) = path.split_last()?;
    let left = half(size);
    Some(if place < left {
        node_hash(&led_to(leaf, place, left, rest)?, last)
    } else {
        node_hash(last, &led_to(leaf, place - left, size - left, rest)?)
    })
}

/// Both roots that a proof leads to, from the definition of SUBPROOF.
fn both(first: u64, second: u64, known: Option<Hash>, path: &[Hash]) -> Option<(Hash, Hash)> {
    if first == second {
        let root = match (known, path) {
            (Some(root), []) => root,
            (None, [root]) => *root,
            _ => return None,
        };
        return Some((root, root));
    }
    let (last, rest) = path.split_last()?;
    let left = half(second);
    Some(if first <= left {
        let (old, new) = both(first, left, known, rest)?;
        (old, node_hash(&new, last))
    } else {
        let (old, new) = both(first - left, second - left, None, rest)?;
        (node_hash(last, &old), node_hash(last, &new))
    })
}

fn included(leaf: &Hash, entry: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    let is = is_included::<Sha2>(leaf, entry, size, path, root);
    let can = (1..=size).contains(&entry) && path.len() <= 64;
    let expected = can && led_to(*leaf, entry - 1, size, path) == Some(*root);
    assert_eq!(is, expected, "entry {entry} of {size}, {} hashes", path.len());
    is
}

fn consistent(first: (u64, &Hash), second: (u64, &Hash), path: &[Hash]) -> bool {
    let is = is_consistent::<Sha2>(first, second, path);
    let can = (1..=second.0).contains(&first.0) && path.len() <= 64;
    let expected =
        can && both(first.0, second.0, Some(*first.1), path) == Some((*first.1, *second.1));
    assert_eq!(is, expected, "{} to {}, {} hashes", first.0, second.0, path.len());
    is
}

/// Root over a part of the known tree.
fn part(from: u64, to: u64) -> Hash {
    if to - from == 1 {
        return leaf_hash(format!("{{\"seq\":{to}}}").as_bytes());
    }
    let middle = from + half(to - from);
    node_hash(&part(from, middle), &part(middle, to))
}

/// The part that a byte names: where it begins, and how many entries it has.
fn named(byte: u8) -> Hash {
    let (from, count) = (u64::from(byte / 16), u64::from(byte % 16) + 1);
    part(from, (from + count).min(KNOWN))
}

/// A proof file: it prints as what it is, and it holds only if the definitions say so.
fn file(input: &[u8]) -> bool {
    let proof = match Proof::parse(input) {
        Ok(proof) => proof,
        Err(problem) => {
            told(&problem);
            return false;
        }
    };
    assert_eq!(Proof::parse(&proof.to_json()), Ok(proof.clone()));
    let held = proof.check();
    held.as_ref().err().into_iter().for_each(told);
    match &proof {
        Proof::Inclusion(is) => {
            let body = &is.checkpoint.body;
            let path = included(&is.leaf, is.entry, is.size, &is.hashes, &body.root);
            let own = leaf_hash(is.json.as_bytes()) == is.leaf && is.size == body.entries;
            assert!(held.is_err() || path && own);
        }
        Proof::Consistency(is) => {
            let [from, to] = [&is.from.body, &is.to.body];
            let (first, second) = ((from.entries, &from.root), (to.entries, &to.root));
            let path = consistent(first, second, &is.hashes);
            assert!(held.is_err() || path && from.origin == to.origin);
        }
    }
    held.is_ok()
}

/// Only what is in a tree is shown to be in it.
pub fn proof_inclusion(input: &[u8]) {
    inclusion(input);
}

/// The same, and whether the proof was accepted.
pub fn inclusion(input: &[u8]) -> bool {
    let [entry, size, leaf, path @ ..] = input else { return false };
    if *entry == b'{' {
        return file(input);
    }
    let (entry, size, leaf) = (u64::from(*entry), u64::from(*size), named(*leaf));
    let path: Vec<Hash> = path.iter().take(70).map(|byte| named(*byte)).collect();
    // Whatever is claimed of any root, and what is claimed of the root of a real tree.
    let size_known = size.clamp(1, KNOWN);
    let is = included(&leaf, entry, size, &path, &part(0, size_known));
    if is && size == size_known {
        assert_eq!(leaf, part(entry - 1, entry), "another entry was shown to be in the tree");
    }
    is
}

/// Only what begins a tree is shown to begin it.
pub fn proof_consistency(input: &[u8]) {
    consistency(input);
}

/// The same, and whether the proof was accepted.
pub fn consistency(input: &[u8]) -> bool {
    let [first, second, path @ ..] = input else { return false };
    if *first == b'{' {
        return file(input);
    }
    let (first, second) = (u64::from(*first), u64::from(*second));
    let path: Vec<Hash> = path.iter().take(70).map(|byte| named(*byte)).collect();
    let [old, new] = [first, second].map(|size| part(0, size.clamp(1, KNOWN)));
    let is = consistent((first, &old), (second, &new), &path);
    // The tree of a book whose first entry was changed never goes on from the real one.
    let changed = node_hash(&[7; 32], &new);
    assert!(
        !consistent((first, &old), (second, &changed), &path) || first == second && old == changed
    );
    is
}
