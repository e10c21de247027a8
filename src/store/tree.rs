//! The Merkle tree of RFC 6962 over the entries; only its right edge is kept.
//!
//! A leaf is `SHA-256(0x00 || entry)`, a node `SHA-256(0x01 || left || right)`. Appending needs
//! only the roots of the complete subtrees, one for each binary one of the count, so the state is
//! at most 64 hashes however long the journal grows.

use sha2::{Digest, Sha256};
use std::marker::PhantomData;

use crate::planted::{Bug, planted};

pub mod prove;

/// One value of a hash function of 256 bits.
pub type Hash = [u8; 32];

/// The hash function that a tree is built with.
pub trait TreeHash: Clone + Copy + std::fmt::Debug + Default + PartialEq + Eq {
    /// The hash of bytes.
    fn hash(bytes: &[u8]) -> Hash;

    /// The hash of a byte and the bytes after it.
    fn tagged(tag: u8, bytes: &[u8]) -> Hash;

    /// Hash of one entry's bytes.
    fn leaf(entry: &[u8]) -> Hash {
        Self::tagged(0x00, entry)
    }

    /// Hash of two neighbouring subtrees.
    fn node(left: &Hash, right: &Hash) -> Hash {
        // One buffer of known length is hashed faster than three updates.
        let mut bytes = [0x01_u8; 65];
        bytes[1..33].copy_from_slice(left);
        bytes[33..65].copy_from_slice(right);
        Self::hash(&bytes)
    }
}

/// Defines a tree hash from a crate's hash function.
macro_rules! tree_hash {
    ($($(#[$doc:meta])* $name:ident $function:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl TreeHash for $name {
            fn hash(bytes: &[u8]) -> Hash {
                <$function>::digest(bytes).into()
            }

            fn tagged(tag: u8, bytes: &[u8]) -> Hash {
                <$function>::new().chain_update([tag]).chain_update(bytes).finalize().into()
            }
        }
    )*};
}

tree_hash! {
    /// SHA-256 (FIPS 180-4): the tree of the journal.
    Sha2 Sha256;
    /// SM3 (GB/T 32905-2016): the hash of a second tree over the same entries, in checkpoints.
    Sm3 sm3::Sm3;
}

/// Hash of one entry's bytes.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha2::tagged(u8::from(planted(Bug::LeafPrefix)), entry)
}

/// Hash of two neighbouring subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha2::node(left, right)
}

/// Root of the empty tree: the hash of no bytes.
pub fn empty_root() -> Hash {
    Sha2::hash(&[])
}

/// The right edge of a tree: the roots of its complete subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge<H> {
    count: u64,
    nodes: Vec<Hash>,
    function: PhantomData<H>,
}

/// The edge of the journal's tree.
pub type Frontier = Edge<Sha2>;

impl<H: TreeHash> Edge<H> {
    /// The edge of a tree of `count` leaves; `None` unless there is one node for each binary one of
    /// the count.
    pub fn from_nodes(count: u64, nodes: Vec<Hash>) -> Option<Self> {
        let fits = nodes.len() == count.count_ones() as usize;
        fits.then_some(Self { count, nodes, function: PhantomData })
    }

    /// Copies another edge and reuses its own memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.count = other.count;
        self.nodes.clone_from(&other.nodes);
    }

    /// Number of leaves.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Roots of the complete subtrees, largest first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds one leaf.
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one of the count is a complete subtree that the new leaf merges with.
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                hash = H::node(&left, &hash);
            }
        }
        self.nodes.push(hash);
        self.count += 1;
    }

    /// Root over all leaves.
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else { return H::hash(&[]) };
        nodes.fold(*last, |right, left| H::node(left, &right))
    }
}

/// Lower-case hexadecimal text of a hash.
pub fn hex(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    /// Inputs and roots of the RFC 6962 reference implementation (certificate-transparency's
    /// merkle_tree_test): root after each of the first eight leaves.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_the_reference() {
        let mut tree = Frontier::default();
        assert_eq!(
            hex(&tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in LEAVES.iter().zip(ROOTS) {
            tree.append(leaf_hash(leaf));
            assert_eq!(hex(&tree.root()), root, "after {} leaves", tree.count());
        }
    }

    #[test]
    fn roots_equal_those_of_another_implementation() {
        let mut ours = Frontier::default();
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut ours_sm3 = Edge::<Sm3>::default();
        let mut theirs_sm3 = MemoryBackedTree::<sm3::Sm3, Vec<u8>>::new();
        for n in 0..300_u32 {
            let entry = n.to_be_bytes().repeat(n as usize % 7);
            ours.append(leaf_hash(&entry));
            ours_sm3.append(Sm3::leaf(&entry));
            theirs.push(entry.clone());
            theirs_sm3.push(entry);
            assert_eq!(ours.root().as_slice(), theirs.root().as_bytes().as_slice(), "{n}");
            assert_eq!(ours_sm3.root().as_slice(), theirs_sm3.root().as_bytes().as_slice(), "{n}");
        }
    }

    #[test]
    fn sm3_is_that_of_the_standard() {
        // GB/T 32905-2016, example 1 of annex A.
        assert_eq!(
            hex(&Sm3::hash(b"abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
    }

    #[test]
    fn edge_goes_through_its_nodes() {
        let mut tree = Frontier::default();
        for n in 0..77_u8 {
            tree.append(leaf_hash(&[n]));
        }
        let again = Frontier::from_nodes(tree.count(), tree.nodes().to_vec()).unwrap();
        assert_eq!(again, tree);
        assert_eq!(
            Frontier::from_nodes(78, tree.nodes().to_vec()).map(|tree| tree.count()),
            Some(78)
        );
        assert!(Frontier::from_nodes(79, tree.nodes().to_vec()).is_none());
    }
}
