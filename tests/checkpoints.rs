//! Checkpoints and proofs from the command line, as clerks and auditors use them.

use crate::errors::{Holder, must, shell};
use crate::forged_history::Written;
use crate::proofs::naive;
use crate::support::{all, fixture, root};
use poolbook::audit::checkpoint::{Checkpoint, base64};
use poolbook::audit::proof::{Sha2, Sm3, leaf};
use poolbook::store::ReadStore;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A book of some entries in `book`, a checkpoint of them in `old`, and one entry more.
fn office() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let set_up = fs::read_to_string(fixture("errors/books/set-up.sh")).unwrap();
    let base = set_up.lines().next().unwrap().strip_prefix("# on ").map(str::to_owned);
    if let Some(base) = base {
        let base = fs::read_to_string(fixture(&format!("errors/books/{base}.sh"))).unwrap();
        must(&base, dir.path(), Path::new("base"));
    }
    must(&set_up, dir.path(), Path::new("set-up"));
    let more = "poolbook checkpoint -o old >/dev/null\n\
        poolbook join --owner 410883 --date 2017-06-01 >/dev/null";
    must(more, dir.path(), Path::new("more"));
    dir
}

fn entries(dir: &TempDir) -> Vec<Vec<u8>> {
    all(&ReadStore::open(&dir.path().join("book")).unwrap())
}

/// Runs a command; gives exit code, stdout and stderr.
fn run(script: &str, dir: &TempDir) -> (i32, String, String) {
    shell(script, dir.path(), "en")
}

/// Runs a command with JSON out.
fn read(script: &str, dir: &TempDir) -> (i32, Value) {
    let (code, out, err) = run(&format!("{script} --format json"), dir);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{script}: {out}{err}")))
}

/// Codes of the findings of a report, sorted.
fn codes(report: &Value) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.chain(report["findings"].as_array().into_iter().flatten());
    let mut codes: Vec<_> =
        rows.filter_map(|row| row["check"].as_str()).map(str::to_owned).collect();
    codes.sort();
    codes
}

#[test]
fn a_checkpoint_holds_the_roots_of_the_entries() {
    let dir = office();
    let (code, out, err) = run("poolbook checkpoint", &dir);
    assert_eq!(code, 0, "{err}");
    // The entry that seals them is one of them.
    let entries = entries(&dir);
    let checkpoint = Checkpoint::parse(out.as_bytes()).unwrap();
    let sm3: Vec<_> = entries.iter().map(|entry| leaf::<Sm3>(entry)).collect();
    let ledger: String =
        leaf::<Sha2>(&entries[0])[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        checkpoint.to_string(),
        format!(
            "poolbook/2/410800/{ledger}\n{}\n{}\nsm3 {}\nclosed -\n\n",
            entries.len(),
            base64(&root(&entries)),
            base64(&naive::root::<Sm3>(&sm3))
        )
    );
    let line = checkpoint.body.line().to_string();
    assert!(err.contains(&line), "{err}");
    // The file is the same text, and the report names it.
    let (code, report) = read("poolbook checkpoint -o new", &dir);
    assert_eq!((code, fs::read_to_string(dir.path().join("new")).unwrap()), (0, out.clone()));
    assert_eq!((&report["printed_line"], &report["file"]), (&json!(line), &json!("new")));
    let kept = fs::read(dir.path().join("book/leaves")).unwrap();
    let hashes: Vec<u8> = entries.iter().flat_map(|entry| leaf::<Sha2>(entry)).collect();
    assert_eq!(kept, hashes);
    // A close is named from then on, but not in the checkpoint of before.
    let close = "poolbook close --owner 410821 --period 2017-03 --maker 甲 --checker 乙 >/dev/null";
    must(close, dir.path(), Path::new("close"));
    let (_, report) = read("poolbook checkpoint", &dir);
    let number = entries.len() + 1;
    assert_eq!(report["closed"], json!(format!("410821 2017-03 {number}")));
    let closed = format!("closed 410821 2017-03 {number}\n\n");
    assert!(report["text"].as_str().unwrap().ends_with(&closed));
    let (code, report) = read("poolbook verify --against new --against old", &dir);
    assert_eq!((code, codes(&report)), (0, Vec::<String>::new()));
    assert_eq!(report["compared"].as_array().unwrap().len(), 2);
}

#[test]
fn the_printed_line_is_enough() {
    let dir = office();
    let (_, report) = read("poolbook check-checkpoint old", &dir);
    let line = report["rows"][0]["printed_line"].as_str().unwrap().to_owned();
    let (code, report) = read(&format!("poolbook verify --line '{line}'"), &dir);
    assert_eq!((code, &report["compared"][0]["result"]), (0, &json!("unchanged")));
    let lower = line.to_lowercase().replace('-', "");
    assert_eq!(read(&format!("poolbook verify --line '{lower}'"), &dir).0, 0);
    let other = if line.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{other}", &line[..line.len() - 1]);
    let (code, report) = read(&format!("poolbook verify --line '{wrong}'"), &dir);
    assert_eq!((code, codes(&report)), (76, vec!["check-code".to_owned()]));
    let (code, report) = read(&format!("poolbook check-checkpoint old --code '{wrong}'"), &dir);
    assert_eq!((code, codes(&report)), (1, vec!["check-code".to_owned()]));
    assert_eq!(read(&format!("poolbook check-checkpoint old --code '{line}'"), &dir).0, 0);
    let later = line.replacen(" 15 ", " 99 ", 1);
    let (code, report) = read(&format!("poolbook verify --line '{later}'"), &dir);
    assert_eq!((code, codes(&report)), (76, vec!["rolled-back".to_owned()]));
}

#[test]
fn a_checkpoint_is_made_of_what_stands_in_the_file() {
    // One digit of an amount, while the head says what it was; an entry that is gone.
    for change in ["sed -i '9s/1/2/g' book/journal.jsonl", "sed -i 9d book/journal.jsonl"] {
        let dir = office();
        must(change, dir.path(), Path::new(change));
        let (exit, out, err) = run("poolbook checkpoint", &dir);
        assert_eq!((exit, out.as_str()), (76, ""), "{change}: {err}");
        assert!(!dir.path().join("book/leaves.new").exists());
    }
    // One slot of the head is lost: the other one and the journal are enough.
    let dir = office();
    let (_, expected, _) = run("poolbook checkpoint", &dir);
    let flip = "printf X | dd of=book/head bs=1 seek=45 conv=notrunc status=none";
    must(flip, dir.path(), Path::new(flip));
    let (exit, out, err) = run("poolbook checkpoint", &dir);
    assert!(err.contains("head-damaged"), "{err}");
    assert_eq!((exit, out), (0, expected));
}

#[test]
fn a_book_that_cannot_be_written_gets_its_checkpoint_and_is_told() {
    let dir = office();
    fs::remove_file(dir.path().join("book/leaves")).unwrap();
    let (_, expected, _) = run("poolbook checkpoint --dry-run", &dir);
    assert!(!dir.path().join("book/leaves").exists(), "a dry run writes nothing");
    let holder = Holder::take(dir.path());
    let (code, out, err) = run("poolbook checkpoint", &dir);
    drop(holder);
    assert_eq!((code, out), (0, expected));
    assert!(err.contains("the leaf hashes were not kept"), "{err}");
    assert!(!dir.path().join("book/leaves").exists());
}

#[test]
fn keys_of_openssl_sign_and_openssl_checks() {
    let dir = office();
    let make = "openssl genpkey -algorithm ed25519 -out key && chmod 600 key && \
        openssl pkey -in key -pubout -out public && \
        openssl genpkey -algorithm ed25519 -out other && openssl pkey -in other -pubout -out foreign";
    if run("command -v openssl", &dir).0 != 0 {
        eprintln!("SKIPPED: there is no openssl to make keys with");
        return;
    }
    must(make, dir.path(), Path::new("keys"));
    must(
        "poolbook checkpoint --key key --name jiaozuo.example -o signed >/dev/null",
        dir.path(),
        Path::new("sign"),
    );
    let text = fs::read_to_string(dir.path().join("signed")).unwrap();
    let (body, signature) = text.split_once("\n\n").unwrap();
    let (name, bytes) =
        signature.strip_prefix("\u{2014} ").unwrap().trim_end().split_once(' ').unwrap();
    assert_eq!(name, "jiaozuo.example");
    // Another program finds the signature right: 4 bytes of hash stand before it.
    fs::write(dir.path().join("body"), format!("{body}\n")).unwrap();
    let check = format!(
        "printf %s '{bytes}' | base64 -d | tail -c 64 >signature && openssl pkeyutl -verify -pubin \
         -inkey public -rawin -in body -sigfile signature"
    );
    must(&check, dir.path(), Path::new("openssl"));
    let signed =
        |key: &str| read(&format!("poolbook check-checkpoint signed --public-key {key}"), &dir);
    let (code, report) = signed("public");
    assert_eq!((code, &report["rows"][0]["signed_by"]), (0, &json!("jiaozuo.example")));
    let (code, report) = signed("foreign");
    assert_eq!((code, codes(&report)), (1, vec!["signature-missing".to_owned()]));
    let (code, report) = read("poolbook verify --against signed --public-key foreign", &dir);
    assert_eq!((code, codes(&report)), (1, vec!["signature-missing".to_owned()]));
    assert_eq!(read("poolbook verify --against signed --public-key public", &dir).0, 0);
    // The signer's name is the origin where none is given; a changed text is not what was signed.
    must(
        "poolbook checkpoint --key key | sed 's/^closed.*/closed 1 2 3/' >bent 2>/dev/null",
        dir.path(),
        Path::new("bend"),
    );
    let (code, report) = read("poolbook check-checkpoint bent --public-key public", &dir);
    assert_eq!((code, codes(&report)), (1, vec!["signature-wrong".to_owned()]));
    let (code, report) = read("poolbook verify --against bent --public-key public", &dir);
    assert_eq!(
        (code, codes(&report)),
        (1, vec!["checkpoint-line".to_owned(), "signature-wrong".to_owned()])
    );
    // Proofs carry the checkpoint, and so its signature.
    must("poolbook prove 2 --checkpoint signed >proof", dir.path(), Path::new("prove"));
    assert_eq!(
        read("poolbook check-proof proof --public-key public --checkpoint signed", &dir).0,
        0
    );
    let (code, report) = read("poolbook check-proof proof --public-key foreign", &dir);
    assert_eq!((code, codes(&report)), (1, vec!["signature-missing".to_owned()]));
}

#[test]
fn proofs_hold_and_bent_ones_do_not() {
    let dir = office();
    must("poolbook checkpoint -o new >/dev/null", dir.path(), Path::new("new"));
    must(
        "poolbook prove 5 --checkpoint old >in && poolbook prove 5 -o now >/dev/null && poolbook prove --from old >on",
        dir.path(),
        Path::new("prove"),
    );
    let (code, report) = read("poolbook check-proof in now on", &dir);
    assert_eq!((code, codes(&report)), (0, Vec::<String>::new()));
    let sizes: Vec<_> =
        report["rows"].as_array().unwrap().iter().map(|row| row["size"].clone()).collect();
    assert_eq!(sizes, [json!(15), json!(17), json!(17)]);
    // Each is about a checkpoint that somebody keeps, or it is not.
    for (proof, held, exit) in
        [("in", "old", 0), ("in", "new", 1), ("now", "new", 0), ("on", "old", 0), ("on", "new", 0)]
    {
        let (code, report) =
            read(&format!("poolbook check-proof {proof} --checkpoint {held}"), &dir);
        let expected = if exit == 0 { vec![] } else { vec!["proof-checkpoint".to_owned()] };
        assert_eq!((code, codes(&report)), (exit, expected), "{proof} {held}");
    }
    let file = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(dir.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(file("in")["schema"], json!("poolbook/proof/1"));
    assert_eq!(file("in")["json"].as_str().unwrap().as_bytes(), entries(&dir)[4]);
    let judged = |proof: &Value, part: &str| {
        fs::write(dir.path().join("bent"), proof.to_string()).unwrap();
        let (code, report) = read("poolbook check-proof bent", &dir);
        let found = &report["findings"][0];
        let told =
            format!("{} {}", found["check"].as_str().unwrap(), found["what"].as_str().unwrap());
        assert!(code == 1 && told.contains(part), "{told} is not {part}");
    };
    let other = base64(&[7; 32]);
    let (inside, on) = (file("in"), file("on"));
    let bent = |proof: &Value, key: &str, value: Value| {
        let mut bent = proof.clone();
        bent[key] = value;
        bent
    };
    let json = inside["json"].as_str().unwrap();
    judged(&bent(&inside, "leaf", json!(other)), "not that of the entry");
    judged(&bent(&inside, "json", json!(json.replace("2017", "2016"))), "not that of the entry");
    judged(&bent(&inside, "entry", json!(6)), "another number");
    judged(&bent(&inside, "size", json!(13)), "another number of entries");
    judged(&bent(&inside, "hashes", json!([])), "do not lead to the root");
    judged(&bent(&inside, "hashes", json!([other])), "do not lead to the root");
    judged(&bent(&inside, "hashes", json!(vec![other.clone(); 65])), "proof-format");
    judged(&bent(&inside, "hashes", json!(["AAAA"])), "proof-format");
    judged(&bent(&inside, "extra", json!(1)), "proof-format");
    judged(&bent(&inside, "schema", json!("poolbook/proof/2")), "proof-format");
    judged(&bent(&inside, "kind", json!("consistency")), "proof-format");
    judged(&bent(&inside, "checkpoint", json!("poolbook")), "checkpoint-format");
    judged(&bent(&on, "hashes", json!([])), "do not lead to the root");
    let swapped = bent(&bent(&on, "from", on["to"].clone()), "to", on["from"].clone());
    judged(&swapped, "more entries than the later");
    let from = on["from"].as_str().unwrap().replacen("410800", "410700", 1);
    judged(&bent(&on, "from", json!(from)), "different books");
    judged(&json!([1]), "proof-format");
    fs::write(dir.path().join("bent"), vec![b' '; 4 * 1024 * 1024 + 1]).unwrap();
    let (code, report) = read("poolbook check-proof bent", &dir);
    assert_eq!((code, codes(&report)), (1, vec!["proof-large".to_owned()]));
}

#[test]
fn copies_name_the_entry_that_was_changed() {
    let dir = office();
    let entries = entries(&dir);
    let write = |name: &str, entries: &[Vec<u8>], lead: &str, trail: &str| {
        let mut journal = Vec::new();
        for entry in entries {
            journal.extend(format!("{:08x} ", crc32c::crc32c(entry)).bytes());
            journal.extend(entry);
            journal.push(b'\n');
        }
        let lead = lead.replace("BYTES", &journal.len().to_string());
        let bytes = [lead.as_bytes(), &journal, trail.as_bytes()].concat();
        fs::write(dir.path().join(name), bytes).unwrap();
    };
    let header = "{\"schema\":\"poolbook/backup/2\",\"city\":\"410800\",\"bytes\":BYTES}\n";
    let trail = "sha256 0000\n";
    let mut other = entries.clone();
    other[8] =
        String::from_utf8(other[8].clone()).unwrap().replace("POOL-2", "POOL-3").into_bytes();
    assert_ne!(other[8], entries[8]);
    let mut longer = entries.clone();
    longer.push(entries[3].clone());
    for (name, expected) in
        [("same", None), ("other", Some("history-differs")), ("longer", Some("rolled-back"))]
    {
        let lines = match name {
            "same" => &entries[..],
            "other" => &other[..],
            _ => &longer[..],
        };
        write(&format!("{name}-journal"), lines, "", "");
        write(&format!("{name}-backup"), lines, header, trail);
        fs::write(
            dir.path().join(format!("{name}-export")),
            lines.join(&b'\n').iter().chain(b"\n").copied().collect::<Vec<u8>>(),
        )
        .unwrap();
        let book = Written::new(lines);
        for copy in [
            format!("{name}-journal"),
            format!("{name}-backup"),
            format!("{name}-export"),
            book.path().display().to_string(),
        ] {
            let (code, report) = read(&format!("poolbook verify --against {copy}"), &dir);
            assert_eq!(code, if expected.is_some() { 76 } else { 0 }, "{copy}");
            assert_eq!(codes(&report), expected.into_iter().collect::<Vec<_>>(), "{copy}");
            if name == "other" {
                let what = report["rows"][0]["what"].as_str().unwrap();
                assert!(what.starts_with("entry 9 ") && what.contains("POOL-3"), "{what}");
            }
        }
    }
    must("poolbook export journal -o export && cp -r book copy", dir.path(), Path::new("copies"));
    assert_eq!(read("poolbook verify --against export --against copy", &dir).0, 0);
    // A backup that ends too early says nothing.
    let whole = fs::read(dir.path().join("same-backup")).unwrap();
    fs::write(dir.path().join("torn"), &whole[..whole.len() - 100]).unwrap();
    let (code, _, err) = run("poolbook verify --against torn", &dir);
    assert!(code == 65 && err.contains("copy-damaged"), "{err}");
}

#[test]
fn what_a_checkpoint_says_beside_the_root_is_compared_too() {
    let dir = office();
    let other = base64(&[7; 32]);
    for change in [format!("4s,.*,sm3 {other},"), "5s/.*/closed 410821 2017-03 3/".to_owned()] {
        must(&format!("sed '{change}' old >bent"), dir.path(), Path::new("bend"));
        let (code, report) = read("poolbook verify --against bent", &dir);
        assert_eq!((code, codes(&report)), (1, vec!["checkpoint-line".to_owned()]), "{change}");
    }
    // Two of one size need no book to contradict each other.
    must(&format!("sed '3s,.*,{other},' old >bent"), dir.path(), Path::new("bend"));
    let (code, report) = read("poolbook check-checkpoint old bent", &dir);
    assert_eq!((code, codes(&report)), (1, vec!["fork-found".to_owned()]));
    let (_, out, _) = run("poolbook check-checkpoint old bent", &dir);
    assert!(out.contains("FAILED") && out.contains("two histories of one book"), "{out}");
}

/// An entry that names the journal before it, as a checkpoint that is recorded does.
fn naming(seq: usize, entries: usize, root: &str, sm3: &str) -> Vec<u8> {
    let entry = json!({
        "date": "2017-06-01",
        "event": {"event": "checkpoint"},
        "id": format!("checkpoint-{seq}"),
        "recorded": "2019-01-05T08:00:00Z",
        "seq": seq,
        "working": {"journal": {"entries": entries, "root": root, "sm3": sm3}},
    });
    entry.to_string().into_bytes()
}

#[test]
fn what_entries_name_is_compared_under_both_functions() {
    let dir = office();
    let before = entries(&dir);
    let hex = |hash: &[u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sm3: Vec<_> = before.iter().map(|entry| leaf::<Sm3>(entry)).collect();
    let (sha, sm3) = (hex(&root(&before)), hex(&naive::root::<Sm3>(&sm3)));
    let named = |entry: Vec<u8>| {
        let mut entries = before.clone();
        entries.push(entry);
        let found = Written::new(&entries).against(&[], None);
        let found = found.findings.iter().filter(|is| is.code == "checkpoint-root");
        found.map(|is| is.arg("entry").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let seq = before.len() + 1;
    assert_eq!(named(naming(seq, seq - 1, &sha, &sm3)), [""; 0]);
    let wrong = [seq.to_string()];
    assert_eq!(named(naming(seq, seq - 2, &sha, &sm3)), wrong);
    assert_eq!(named(naming(seq, seq - 1, &sm3, &sm3)), wrong);
    assert_eq!(named(naming(seq, seq - 1, &sha, &sha)), wrong);
}
