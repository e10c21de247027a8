//! Roots of the journal under another hash function, computed from the file.
//!
//! SM3 takes four times as long as SHA-256 on processors that support the latter in hardware, so it
//! has a thread of its own, which shares nothing with the check that runs beside it.

use super::disk::Mode;
use super::journal::Journal;
use super::line::{LEAD, more, parse};
use super::tree::{Edge, TreeHash};
use super::{Extent, Head, StoreError};

/// Roots of beginnings of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Number of lines, and the root over all of them.
    pub all: Head,
    /// The root at each requested size that the journal reaches, ascending.
    pub at: Vec<Head>,
    /// The number of each line that `mark` picked, and the head of the journal before its group.
    pub marked: Vec<(u64, Head)>,
}

/// The roots under `H` of the first `sizes` lines (ascending), of the whole, and before the groups
/// of the lines that `mark` picks. A damaged line is hashed in its damaged form. Cost: one leaf and
/// one node a line.
///
/// # Errors
/// The journal cannot be read.
pub fn roots<H: TreeHash>(
    extent: &Extent,
    sizes: &[u64],
    mark: fn(&[u8]) -> bool,
) -> Result<Roots, StoreError> {
    let end = extent.offset.saturating_add(extent.length);
    let source = Journal::open(extent.disk.as_ref(), &extent.path, Mode::Read)?;
    let mut lines = source.lines(extent.offset, end);
    let head = |edge: &Edge<H>| Head { count: edge.count(), root: edge.root() };
    let (mut edge, mut before) = (Edge::<H>::default(), Edge::<H>::default());
    let (mut at, mut marked, mut open_group) = (Vec::new(), Vec::new(), false);
    let mut sizes = sizes.iter().copied().peekable();
    while let Some(line) = lines.next()? {
        let json = parse(line.bytes).filter(|_| line.whole);
        if !open_group {
            before.copy_from(&edge);
        }
        if let Some(json) = json {
            open_group = more(json) > 0;
            if mark(json) {
                marked.push((edge.count() + 1, head(&before)));
            }
        }
        edge.append(H::leaf(json.or(line.bytes.get(LEAD..)).unwrap_or_default()));
        while sizes.next_if(|size| *size <= edge.count()).is_some() {
            at.push(head(&edge));
        }
    }
    Ok(Roots { all: head(&edge), at, marked })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Sha2, Sm3, prove};
    use super::*;

    #[test]
    fn roots_stand_at_every_size_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let entries: Vec<String> =
            (1..=9).map(|n| format!("{{\"more\":{},\"n\":{n}}}", 9 - n)).collect();
        let mut bytes = Vec::new();
        for entry in &entries {
            super::super::line::frame(&mut bytes, |out| out.extend(entry.as_bytes())).unwrap();
        }
        std::fs::write(directory.path().join("journal.jsonl"), &bytes).unwrap();
        let mark = |json: &[u8]| json.ends_with(b"\"n\":4}");
        let found = roots::<Sm3>(&Extent::of_book(directory.path()).unwrap(), &[1, 5, 9, 12], mark)
            .unwrap();
        let leaves: Vec<_> = entries.iter().map(|entry| Sm3::leaf(entry.as_bytes())).collect();
        let head =
            |count: usize| Head { count: count as u64, root: prove::root::<Sm3>(&leaves[..count]) };
        // All lines are one group, before which the journal is empty.
        let marked = vec![(4, head(0))];
        assert_eq!(found, Roots { all: head(9), at: vec![head(1), head(5), head(9)], marked });
        let sha = roots::<Sha2>(&Extent::of_book(directory.path()).unwrap(), &[], mark).unwrap();
        assert_ne!(sha.all.root, found.all.root);
    }
}
