//! A directory in which a book was begun and holds no entry, in every state that a kill may leave, is
//! as good as none; any other file in it is not.

use std::fs;
use std::path::Path;

use crate::errors::shell;

/// What `init` and `quarter` say of a directory that `make` made.
fn tried(make: &dyn Fn(&Path)) -> [(i32, String); 3] {
    let commands = [
        "init --city 410800 --maker 甲",
        "quarter 2017Q4 --post --from in --maker 甲 --checker 乙 --approver 丙",
        "--dry-run init --city 410800 --maker 甲",
    ];
    commands.map(|command| {
        let temp = tempfile::tempdir().unwrap();
        make(&temp.path().join("book"));
        fs::create_dir(temp.path().join("in")).unwrap();
        let book = "city = \"410800\"\n[[owner]]\ncode = \"410821\"\njoined = \"2017-01-01\"\n";
        fs::write(temp.path().join("in/book.toml"), book).unwrap();
        let (exit, out, err) = shell(&format!("poolbook {command}"), temp.path(), "en");
        (exit, out + &err)
    })
}

#[test]
fn a_book_that_was_only_begun_opens_as_a_new_one() {
    let temp = tempfile::tempdir().unwrap();
    let whole = temp.path().join("book");
    drop(poolbook::store::FileStore::create(&whole).unwrap());
    let head = fs::read(whole.join("head")).unwrap();
    let parts: [(&str, &[u8]); 5] = [
        ("lock", b""),
        ("journal.jsonl", b""),
        ("head.new", &head),
        ("head.new", b"half of"),
        ("head", &head),
    ];
    for taken in 0..1_u32 << parts.len() {
        let has = |place: usize| taken & 1 << place != 0;
        // One file has one content, and a head without its journal is damage.
        if has(2) && has(3) || has(4) && !has(1) {
            continue;
        }
        let said = tried(&|path| {
            fs::create_dir(path).unwrap();
            for (place, (name, bytes)) in parts.iter().enumerate() {
                if has(place) {
                    fs::write(path.join(name), bytes).unwrap();
                }
            }
        });
        for (exit, said) in said {
            // Remarks about a book of one owner may be exit 1; what is refused is more.
            assert!(exit <= 1, "{taken:05b}: {exit} {said}");
        }
    }
}

#[test]
fn other_files_in_the_directory_are_left_alone() {
    for name in ["letter.txt", "index", "journal.jsonl.bak"] {
        let said = tried(&|path| {
            fs::create_dir(path).unwrap();
            fs::write(path.join("lock"), "").unwrap();
            fs::write(path.join(name), "x").unwrap();
        });
        for (exit, said) in said {
            assert_eq!(
                (exit, said.contains("[directory-not-empty]")),
                (77, true),
                "{name}: {said}"
            );
        }
    }
    let said = tried(&|path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("journal.jsonl"), "00000000 {}\n").unwrap();
    });
    for (exit, said) in said {
        assert_eq!((exit, said.contains("[book-incomplete]")), (76, true), "{said}");
    }
}
