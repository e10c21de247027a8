//! Reports say when the index is not that of the journal; the journal decides.

use crate::consequences::small;
use crate::errors::{must, shell};
use serde_json::Value;
use std::path::Path;

const REPORTS: [&str; 7] =
    ["balance", "trial-balance", "account 1002.01", "loan", "pool", "cap", "scale"];

/// What a report warns of in JSON, and what stands on stderr.
fn warned(dir: &Path, report: &str) -> (Vec<String>, String, Value) {
    let (code, out, err) = shell(&format!("poolbook --format json {report}"), dir, "en");
    assert_eq!(code, 0, "{report}: {err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    let codes = found["warnings"].as_array().unwrap().iter();
    let codes = codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    (codes, err, found)
}

#[test]
fn every_report_says_that_the_index_is_behind_foreign_or_missing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    small(dir);
    let more = "poolbook contribute --owner 410821 --source county --bank-account P --amount 7 --date 2017-02-01";
    must(&format!("cp -r book/index old; {more}"), dir, dir);
    for report in REPORTS {
        assert_eq!(warned(dir, report).0, [""; 0], "{report}: the index is sound");
    }
    must("rm -r book/index; cp -r old book/index", dir, dir);
    for report in REPORTS {
        let (codes, err, found) = warned(dir, report);
        assert_eq!(codes, ["index-behind"], "{report}");
        let args = &found["warnings"][0]["args"];
        assert_eq!((&args["reflected"], &args["entries"]), (&"7".into(), &"8".into()));
        assert!(err.contains("the index reflects 7 of the 8 entries"), "{err}");
        assert!(err.contains("run reindex; then run verify"), "{err}");
    }
    // 100.00 and 7.00: the entry that the index lacks counts all the same.
    let (.., found) = warned(dir, "balance");
    assert_eq!(found["totals"]["closing"], "107.00");
    // An index that is ahead of the journal belongs to another one.
    must(
        "mkdir other; cp -r book other/book; cp -r old other/book/index.old; cd other; rm -r book/index
        poolbook reindex
        poolbook contribute --owner 410821 --source county --bank-account P --amount 9 \\
            --date 2017-02-01
        cd ..; rm -r book/index; cp -r other/book/index book/index",
        dir,
        dir,
    );
    let (codes, err, found) = warned(dir, "balance");
    assert_eq!(codes, ["index-unusable"], "{err}");
    assert_eq!(found["totals"]["closing"], "107.00");
    must("rm -r book/index", dir, dir);
    assert_eq!(warned(dir, "balance").0, ["index-missing"]);
    must("poolbook reindex", dir, dir);
    assert_eq!(warned(dir, "balance").0, [""; 0]);
}
