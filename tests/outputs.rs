//! What is written outside the book: it goes where it was told to and nowhere else, whole or not at
//! all, and nothing that was there is lost.
//!
//! Every option that names a file to be made stands in [`OUTPUTS`]; the manual pages say which those are.

use crate::errors::{copy_dir, must, shell};
use crate::support::tree::{Tree, changed, tree};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A command with `OUT` where its output is named, its exit code when all is well, and the files
/// that it reads besides the book.
struct Output {
    run: &'static str,
    exit: i32,
    reads: &'static [&'static str],
}

const fn output(run: &'static str, exit: i32, reads: &'static [&'static str]) -> Output {
    Output { run, exit, reads }
}

/// Every way to make a file. Open items of the sample give 1, as does a rejected row.
const OUTPUTS: &[Output] = &[
    output("record rows.csv --rejects OUT", 1, &["rows.csv"]),
    output("record --map map.toml loans.csv --rejects OUT", 1, &["map.toml", "loans.csv"]),
    output("checkpoint -o OUT", 0, &[]),
    output("checkpoint --key key -o OUT", 0, &["key"]),
    output("prove 1 -o OUT", 0, &[]),
    output("prove 1 --checkpoint kept -o OUT", 0, &["kept"]),
    output("prove --from kept -o OUT", 0, &["kept"]),
    output("export journal -o OUT", 0, &[]),
    output("export hledger -o OUT", 0, &[]),
    output("export ledger -o OUT", 0, &[]),
    output("export beancount -o OUT", 0, &[]),
    output("export csv -o OUT", 0, &[]),
    output("export xlsx -o OUT", 0, &[]),
    output("export events -o OUT", 0, &[]),
    output("export events old.backup -o OUT", 0, &["old.backup"]),
    output("export audit --owner 410821 -o OUT", 0, &[]),
    output("statement profile new --from bank.csv -o OUT", 0, &["bank.csv"]),
    output("reconcile RISK-CCB-410821 -o OUT.csv", 1, &[]),
    output(
        "reconcile RISK-CCB-410821 own.csv --profile own.toml -o OUT.csv",
        1,
        &["own.csv", "own.toml"],
    ),
    output("reconcile status -o OUT.csv", 1, &[]),
    output("reconcile lines RISK-CCB-410821 -o OUT.csv", 0, &[]),
    output("reconcile suggest RISK-CCB-410821 -o OUT.csv", 1, &[]),
    output("reconcile suggest RISK-CCB-410821 --drafts OUT", 1, &[]),
    output("reconcile suggest RISK-CCB-410821 -o other.csv --drafts OUT", 1, &[]),
    output("reconcile certify INT-CCB-410883 --as-of 2017-12-31 -o OUT.csv", 0, &[]),
    output("reconcile certificates -o OUT.csv", 0, &[]),
    output("reconcile sources RISK-CCB-410821 -o OUT.csv", 0, &[]),
    output("reconcile three-way --owner 410883 --loans list.csv -o OUT.csv", 0, &["list.csv"]),
    output("quarter 2017Q4 --from $FIXTURES/jiaozuo-2017 -o OUT.csv", 1, &[]),
    output("backup OUT", 0, &[]),
];

/// The demo city's book with the files that the commands read, made once.
static SAMPLE: LazyLock<TempDir> = LazyLock::new(|| {
    let sample = tempfile::tempdir().unwrap();
    let dir = sample.path();
    // The sample has open items, which the exit code says.
    let (code, err) = poolbook(dir, "quarter 2017Q4 --post --from $FIXTURES/jiaozuo-2017");
    assert_eq!(code, 1, "{err}");
    must(FILES, dir, Path::new("the files that commands read"));
    sample
});

const FILES: &str = r#"
poolbook checkpoint -o kept
poolbook backup old.backup
printf '%s\n' '-----BEGIN PRIVATE KEY-----' \
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC '-----END PRIVATE KEY-----' >key
chmod 600 key
cat >rows.csv <<'END'
id,event,date,owner,source,amount
o-1,commit,2017-12-01,410821,city,1.00
o-2,commit,2017-12-01,410821,city,-1.00
END
cp $FIXTURES/sba-7a/mapping.toml map.toml
head -3 $FIXTURES/sba-7a/loans-in-ut-ri.csv >loans.csv
cp $FIXTURES/jiaozuo-2017/bank/RISK-CCB-410821/2017.csv bank.csv
cp bank.csv own.csv
cp $FIXTURES/jiaozuo-2017/bank/profiles/CCB-JZ.toml own.toml
cp $FIXTURES/loan-lists/410883-sound.csv list.csv
"#;

/// A copy of the sample to work in.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    copy_dir(SAMPLE.path(), place.path());
    must("chmod 600 key", place.path(), Path::new("key"));
    place
}

fn poolbook(dir: &Path, arguments: &str) -> (i32, String) {
    let people = "POOLBOOK_CHECKER=王澍文 POOLBOOK_APPROVER=张栎川";
    let (code, _, err) = shell(&format!("{people} poolbook {arguments}"), dir, "en");
    (code, err)
}

/// The command with its output named; the end of the name that a report needs goes with it.
fn with(run: &str, name: &str) -> String {
    let (command, end) = run.split_once("OUT").unwrap();
    format!("{command}{name}{end}")
}

/// Places where nothing may be made: the name that is given, what is set up before (with `END` for what
/// the name of a report must end with), and how it is refused.
const BAD: &[(&str, &str, &str)] = &[
    ("old", "echo mine >oldEND", "output-exists"),
    ("book/new --force", "", "output-in-book"),
    ("link --force", "echo mine >old; ln -s old linkEND", "output-special"),
    ("nowhere/new", "", "cannot-create"),
    ("folder/../old", "mkdir folder; echo mine >oldEND", "output-exists"),
    ("book/index/new", "", "output-in-book"),
    ("shelf/../book/new", "mkdir shelf", "output-in-book"),
    ("way/new", "ln -s book way", "output-in-book"),
    ("way/new", "mkdir book/quarantine; ln -s $PWD/book/quarantine way", "output-in-book"),
    ("other/new", "cp -r book other", "output-in-book"),
    ("other/new", "cp -r book other; rm other/head", "output-in-book"),
    ("other/new", "cp -r book other; rm other/journal.jsonl", "output-in-book"),
    ("other/deep/new", "mkdir -p other/deep; touch other/journal.jsonl", "output-in-book"),
    ("second --force", "ln book/journal.jsonl secondEND", "output-in-book"),
    ("second --force", "ln book/head secondEND", "output-in-book"),
    ("link --force", "ln -s nowhere linkEND", "output-special"),
    ("link --force", "ln -s book/journal.jsonl linkEND", "output-special"),
    ("pipe --force", "mkfifo pipeEND", "output-special"),
    ("dir --force", "mkdir dirEND", "output-special"),
    ("rows.csv/new", "", "cannot-create"),
    ("/proc/new", "", "cannot-create"),
    ("/dev/null --force", "", "output-special"),
    ("/dev/full --force", "", "output-special"),
];

/// Whatever stands at a bad place and wherever it leads, the command is refused, and there is not one
/// byte more or less than before: neither in the folder nor in the book.
#[test]
fn no_output_goes_where_it_must_not() {
    for (place_number, (name, setup, code)) in BAD.iter().enumerate() {
        let (name, force) = name.split_once(' ').unwrap_or((name, ""));
        for end in ["", ".csv"] {
            // Devices have names that no report can end with.
            if !end.is_empty() && name.starts_with("/dev") {
                continue;
            }
            let place = place();
            must(&setup.replace("END", end), place.path(), Path::new(setup));
            let before = tree(place.path());
            let own = OUTPUTS.iter().filter(|output| output.run.ends_with(&format!("OUT{end}")));
            // All of them at the first places; at the others those that go their own ways.
            let ways = ["--rejects", "checkpoint -o", "--drafts", "certify", "status", "backup"];
            let some = |output: &&Output| {
                place_number < 4 || ways.iter().any(|way| output.run.contains(way))
            };
            for output in own.filter(some) {
                let run = format!("{} {force}", with(output.run, name));
                let (exit, err) = poolbook(place.path(), &run);
                assert_eq!((exit, err.contains(&format!("[{code}]"))), (73, true), "{run}: {err}");
                assert_eq!(changed(&before, &tree(place.path())), [""; 0], "{run} after {setup}");
            }
        }
    }
}

/// What a command reads is never what it writes, however either is spelled.
#[test]
fn no_output_is_an_input_of_the_same_command() {
    for output in OUTPUTS {
        let end = output.run.split_once("OUT").unwrap().1;
        for read in output.reads {
            for setup in ["cp READ NEW; mv NEW READ; ln READ NEW", "mv READ NEW; ln -s NEW READ"] {
                let place = place();
                let new = format!("new{end}");
                let setup = setup.replace("READ", read).replace("NEW", &new);
                must(&setup, place.path(), Path::new("set-up"));
                let before = tree(place.path());
                for spelling in ["new", "./new", "book/../new"] {
                    let run = format!("{} --force", with(output.run, spelling));
                    let (exit, err) = poolbook(place.path(), &run);
                    let told = err.contains("[output-is-input]");
                    assert_eq!((exit, told), (73, true), "{setup}; {run}: {err}");
                }
                assert_eq!(changed(&before, &tree(place.path())), [""; 0], "{setup}");
            }
        }
    }
    // Two outputs of one command need two files, even where there is none yet.
    let place = place();
    let run = "reconcile suggest RISK-CCB-410821 -o a.csv --drafts ./a.csv";
    let (exit, err) = poolbook(place.path(), run);
    assert_eq!((exit, err.contains("[output-is-input]")), (73, true), "{err}");
}

/// At a good place the file appears whole, is not replaced unless that is asked for, is then no more
/// open than before, and nothing else is left in the folder. A dry run leaves the folder as it is.
#[test]
fn an_output_appears_whole_and_replaces_only_what_it_may() {
    for output in OUTPUTS {
        let place = place();
        let dir = place.path();
        let end = output.run.split_once("OUT").unwrap().1;
        let (run, file) = (with(output.run, "new"), dir.join(format!("new{end}")));
        let names = |dir: &Path| tree(dir).into_keys().collect::<BTreeSet<_>>();
        let before = tree(dir);
        let (exit, err) = poolbook(dir, &format!("--dry-run {run}"));
        assert_eq!(exit, output.exit, "--dry-run {run}: {err}");
        assert_eq!(changed(&before, &tree(dir)), [""; 0], "--dry-run {run}");
        let (exit, err) = poolbook(dir, &run);
        assert_eq!(exit, output.exit, "{run}: {err}");
        let whole = fs::read(&file).unwrap();
        assert!(!whole.is_empty(), "{run}");
        let mut made = names(dir);
        made.retain(|path| !before.contains_key(path) && !path.starts_with("book"));
        made.remove(Path::new("other.csv"));
        assert_eq!(made, BTreeSet::from([file.strip_prefix(dir).unwrap().to_owned()]), "{run}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(dir.join("like"), "").unwrap();
        let usual = mode(&dir.join("like"));
        assert_eq!(mode(&file), if run.starts_with("backup") { 0o600 } else { usual }, "{run}");

        // Not a second time, but with `--force`; the old file keeps its bytes under its other name.
        fs::write(&file, "an older one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::hard_link(&file, dir.join("kept-old")).unwrap();
        let _ = fs::remove_file(dir.join("other.csv"));
        let (exit, err) = poolbook(dir, &run);
        assert_eq!((exit, err.contains("--force")), (73, true), "{run}: {err}");
        assert_eq!(fs::read(&file).unwrap(), b"an older one", "{run}");
        let (exit, err) = poolbook(dir, &format!("{run} --force"));
        assert_eq!(exit, output.exit, "{run} --force: {err}");
        assert_ne!(fs::read(&file).unwrap(), b"an older one", "{run}");
        assert_eq!(fs::read(dir.join("kept-old")).unwrap(), b"an older one", "{run}");
        let about = fs::metadata(&file).unwrap();
        assert_eq!((about.permissions().mode() & 0o777, about.nlink()), (0o600, 1), "{run}");
        let left = names(dir).into_iter().find(|path| path.to_string_lossy().contains("poolbook-"));
        assert_eq!(left, None, "{run}");
    }
}

/// The pages of the manual go into files of their own by the same rules.
#[test]
fn manual_pages_replace_only_what_they_may() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path();
    fs::create_dir(dir.join("man")).unwrap();
    let before = tree(dir);
    assert_eq!(poolbook(dir, "--dry-run man --dir man").0, 0);
    assert_eq!(changed(&before, &tree(dir)), [""; 0]);
    // One page in the way, and not one other is written.
    fs::write(dir.join("man/poolbook-verify.1"), "mine").unwrap();
    let before = tree(dir);
    let (exit, err) = poolbook(dir, "man --dir man");
    assert_eq!((exit, err.contains("[output-exists]")), (73, true), "{err}");
    assert_eq!(changed(&before, &tree(dir)), [""; 0]);
    assert_eq!(poolbook(dir, "man --dir man --force").0, 0);
    let page = fs::read_to_string(dir.join("man/poolbook-verify.1")).unwrap();
    assert!(page.contains("verify"), "{page}");
    let pages = fs::read_dir(dir.join("man")).unwrap().count();
    assert!(pages > 100, "{pages} pages");
    let (exit, err) = poolbook(dir, "man --dir nowhere");
    assert_eq!((exit, err.contains("[cannot-create]")), (73, true), "{err}");
}

/// Every command whose manual names an option that makes a file stands in the table.
#[test]
fn every_option_that_makes_a_file_is_tried() {
    let place = tempfile::tempdir().unwrap();
    must("mkdir man; poolbook man --dir man", place.path(), Path::new("man"));
    let mut missing = Vec::new();
    for page in fs::read_dir(place.path().join("man")).unwrap() {
        let page = page.unwrap().path();
        let text = fs::read_to_string(&page).unwrap().replace('\\', "");
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        let path = name.strip_prefix("poolbook").unwrap().trim_start_matches('-').to_owned();
        for (option, shown) in
            [("-o ", "--output"), ("--drafts", "--drafts"), ("--rejects", "--rejects")]
        {
            let is_tried = |output: &&Output| {
                output.run.contains(option) && output.run.replace(' ', "-").starts_with(&*path)
            };
            // `reconcile` alone is the form.
            if text.contains(shown) && !OUTPUTS.iter().any(|output| is_tried(&output)) {
                missing.push(format!("{path} {shown}"));
            }
        }
        let tried = OUTPUTS.iter().any(|output| output.run.replace(' ', "-").starts_with(&*path));
        if text.contains("--force") && !tried && path != "man" {
            missing.push(format!("{path} --force"));
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// Room that ends while a file is written: it is told, nothing is left, what was there stays, and
/// what the command was to record is not recorded.
#[test]
fn a_disk_that_fills_up_leaves_nothing() {
    let place = place();
    let dir = place.path();
    let mut rows = String::from("id,event,date,owner,source,amount\n");
    for row in 0..3000 {
        let amount = if row == 0 { "1.00" } else { "-1.00" };
        rows.push_str(&format!("o-{row},commit,2017-12-01,410821,city,{amount}\n"));
    }
    fs::write(dir.join("many.csv"), rows).unwrap();
    fs::write(dir.join("old"), "an older one").unwrap();
    // 64 KiB for one file: less than each of these needs.
    let most = "trap '' XFSZ; ulimit -f 128; exec";
    // The index of the book may not find room for itself either, and is set aside; no entry is.
    let tree = |dir: &Path| {
        let mut tree = tree(dir);
        tree.retain(|path, _| !path.starts_with("book/quarantine"));
        tree
    };
    for run in ["export journal -o", "export hledger -o", "backup", "record many.csv --rejects"] {
        for name in ["new", "old --force"] {
            let before = tree(dir);
            let (exit, _, err) = shell(&format!("{most} poolbook {run} {name}"), dir, "en");
            assert_eq!(exit, 74, "{run} {name}: {err}");
            assert_eq!(changed(&before, &tree(dir)), [""; 0], "{run} {name}");
        }
    }
}

#[test]
fn the_tree_of_a_folder_tells_all_that_changes() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path();
    fs::write(dir.join("a"), "1").unwrap();
    let before: Tree = tree(dir);
    fs::write(dir.join("a"), "2").unwrap();
    assert_eq!(changed(&before, &tree(dir)), ["a"]);
    fs::write(dir.join("a"), "1").unwrap();
    assert_eq!(changed(&before, &tree(dir)), [""; 0]);
    fs::set_permissions(dir.join("a"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(dir.join("b"), "").unwrap();
    assert_eq!(changed(&before, &tree(dir)), ["a", "b"]);
    fs::remove_file(dir.join("a")).unwrap();
    assert_eq!(changed(&before, &tree(dir)), ["a", "b"]);
}
