//! Everything below a directory, to be compared before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// What stands at each path: its kind and permissions, and the bytes of a file or where a link leads.
pub type Tree = BTreeMap<PathBuf, (String, Vec<u8>)>;

/// The tree of a directory, by paths below it. Left out of a book are what may be made again (the
/// index) and the lock, which whoever is at it signs.
pub fn tree(directory: &Path) -> Tree {
    let mut tree = Tree::new();
    walk(directory, Path::new(""), &mut tree);
    tree
}

/// The paths of what is other than before, new or gone.
pub fn changed(before: &Tree, after: &Tree) -> Vec<String> {
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    let changed = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    changed.map(|path| path.display().to_string()).collect()
}

fn walk(directory: &Path, below: &Path, tree: &mut Tree) {
    let is_book = directory.join("journal.jsonl").exists() && directory.join("head").exists();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if is_book && ["index", "lock"].iter().any(|own| *own == name) {
            continue;
        }
        let (path, below) = (entry.path(), below.join(&name));
        let about = fs::symlink_metadata(&path).unwrap();
        let (kind, bytes) = match about.file_type() {
            kind if kind.is_symlink() => {
                ("link", fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
            }
            kind if kind.is_dir() => ("directory", Vec::new()),
            kind if kind.is_fifo() => ("pipe", Vec::new()),
            _ => ("file", fs::read(&path).unwrap()),
        };
        tree.insert(below.clone(), (format!("{kind} {:o}", about.mode()), bytes));
        if about.is_dir() {
            walk(&path, &below, tree);
        }
    }
}
