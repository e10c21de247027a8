//! Real media: a disk that is full, a directory that may not be written, an index that hangs.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use poolbook::limits::INDEX_WAIT_SECONDS;
use poolbook::store::disk::Real;
use poolbook::store::{FileStore, Store};

use crate::support::{append, checked, codes, group, replay, small};

/// Runs a script with a disk of its own of so many KiB at `disk`, `poolbook` on the path. Where
/// that is not allowed, it says so and nothing is tested.
fn on_small_disk(script: &str, directory: &Path) -> Option<String> {
    let run = |script: &str| {
        let path = Path::new(env!("CARGO_BIN_EXE_poolbook")).parent().unwrap().to_owned();
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths =
            std::env::join_paths(std::iter::once(path).chain(std::env::split_paths(&paths)));
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script]).current_dir(directory);
        command
            .env("PATH", paths.unwrap())
            .env("POOLBOOK_LANG", "en")
            .env("POOLBOOK_MAKER", "录入员")
            .output()
    };
    std::fs::create_dir(directory.join("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=2m none disk";
    if !run(mount).is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: a disk of its own needs `unshare -m` and `mount`");
        return None;
    }
    let output = run(&format!("{mount} && {script}")).unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// The disk is full to the last byte: everything can be read and checked, nothing is recorded, and
/// it goes on once there is room.
#[test]
fn full_disk_leaves_a_book_that_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let script = r#"
        book="poolbook --book disk/book --lang en"
        line() { printf '{"event":"party","id":"%s","date":"2017-01-01","party":"%s","kind":"bank","name":"%s"}\n' $1 $1 $1; }
        line one > one.jsonl; for n in $(seq 60); do line n$n; done > more.jsonl
        $book init --city 410800 --date 2017-01-01 >/dev/null && $book record one.jsonl >/dev/null
        rm -rf disk/book/index
        dd if=/dev/zero of=disk/filler bs=512 2>/dev/null
        for command in balance verify trial-balance; do
            $book $command >/dev/null 2>said; echo "full $command $?"
        done
        $book record more.jsonl 2>said >/dev/null; echo "full record $?"; grep -o 'disk-full' said
        rm disk/filler
        $book record more.jsonl >/dev/null 2>said; echo "room record $?"
        $book verify >/dev/null 2>said; echo "room verify $?"
        wc -l < disk/book/journal.jsonl
    "#;
    let Some(said) = on_small_disk(script, directory.path()) else { return };
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    let expected = [
        "full balance 0",
        // There is no index.
        "full verify 1",
        "full trial-balance 0",
        "full record 74",
        "disk-full",
        "room record 0",
        "room verify 0",
        "62",
    ];
    assert_eq!(lines, expected, "{said}");
}

/// sled reads a file that never answers: the index is set aside after a while, the command goes on
/// with one in memory, and the next opening makes it anew.
#[test]
#[cfg(unix)]
fn index_that_hangs_is_given_up() {
    let (_directory, book) = small();
    let conf = book.join("index/conf");
    std::fs::remove_file(&conf).unwrap();
    let made = Command::new("mkfifo").arg(&conf).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("SKIPPED: there is no `mkfifo`");
        return;
    }
    let disk = Arc::new(Real { patience: Duration::from_millis(200) });
    // The disk of the system gives it longer.
    assert_eq!(poolbook::store::disk::real().patience().as_secs(), INDEX_WAIT_SECONDS);
    let mut store = FileStore::open_on(disk, &book, Duration::ZERO).unwrap();
    assert_eq!(codes(store.notes()), ["index-failed", "index-in-memory"]);
    replay(&mut store);
    append(&mut store, group(6..=7)).unwrap();
    assert_eq!(store.find(6).unwrap(), [6]);
    store.close().unwrap();
    assert!(book.join("quarantine/index-1").is_dir() && !book.join("index").exists());
    let mut store = FileStore::open(&book).unwrap();
    assert_eq!(codes(store.notes()), ["index-missing"]);
    replay(&mut store);
    assert_eq!((store.head().count, store.find(7).unwrap()), (7, vec![7]));
    store.close().unwrap();
    assert_eq!(checked(&book).findings, []);
}

/// The directory may not be written, so that no index can be made or moved.
#[test]
#[cfg(unix)]
fn spoilt_index_that_cannot_be_moved_is_replaced_in_memory() {
    let (_directory, book) = small();
    std::fs::remove_dir_all(book.join("index")).unwrap();
    std::fs::write(book.join("index"), b"no directory").unwrap();
    // A file where the directory should be refuses whatever is to be moved there, even to root.
    std::fs::write(book.join("quarantine"), b"no directory").unwrap();
    let mut store = FileStore::open(&book).unwrap();
    assert_eq!(codes(store.notes()), ["index-failed", "index-in-memory"]);
    replay(&mut store);
    append(&mut store, group(6..=6)).unwrap();
    assert_eq!(store.find(6).unwrap(), [6]);
    store.close().unwrap();
    assert_eq!(std::fs::read(book.join("index")).unwrap(), b"no directory");
    assert_eq!(checked(&book).findings, []);
}
