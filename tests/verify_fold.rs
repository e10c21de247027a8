//! One damaged byte is one finding, with what follows from it folded; nothing is left out.

use crate::errors::{must, shell};
use crate::verify::county_cell;
use poolbook::problem::Exit;
use serde_json::Value;
use std::path::Path;

/// Changes a digit of an amount in the first entry of an event; its line.
fn damage(journal: &Path, event: &str) -> String {
    let text = std::fs::read_to_string(journal).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let event = format!("\"event\":\"{event}\"");
    let line = lines.iter().position(|line| line.contains(&event)).unwrap();
    let place = lines[line].find(".00\"").unwrap() + 1;
    lines[line].replace_range(place..=place, "1");
    std::fs::write(journal, lines.join("\n") + "\n").unwrap();
    (line + 1).to_string()
}

/// The balances after the first contribution rest on it; the drawing of the loan is damaged as well.
#[test]
fn one_damaged_byte_is_one_cause_and_two_are_two() {
    let fixture = county_cell();
    let journal = fixture.path().join("journal.jsonl");
    let one = damage(&journal, "contribute");
    let found = fixture.verify();
    let of = found.consequences();
    assert_eq!(found.exit(), Exit::Damaged);
    assert!(found.findings.len() > 3, "{:#?}", found.findings);
    let causes = |of: &[Option<usize>]| -> Vec<usize> {
        of.iter().enumerate().filter(|(_, of)| of.is_none()).map(|(place, _)| place).collect()
    };
    let first = causes(&of);
    assert_eq!(first.len(), 1, "{:#?}", found.findings);
    assert_eq!(found.findings[first[0]].code, "line-damaged");
    assert!(of.iter().flatten().all(|cause| *cause == first[0]));
    let two = damage(&journal, "disburse");
    let found = fixture.verify();
    let lines = causes(&found.consequences()).into_iter().map(|place| &found.findings[place]);
    let lines: Vec<_> = lines.map(|finding| (finding.code, finding.arg("line"))).collect();
    let expected = [&one, &two].map(|line| ("line-damaged", Some(line.as_str())));
    assert_eq!(lines, expected);
}

/// People see the cause with a count, `--all` shows every finding, JSON always does.
#[test]
fn people_see_the_cause_and_programs_see_all() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let set_up = "poolbook init --city 410800 --date 2017-01-01
        poolbook join --owner 410821 --date 2017-01-01
        poolbook bank-account --owner 410821 --fund RISK --bank-account P --date 2017-01-01
        set -- --owner 410821 --source county --bank-account P
        poolbook contribute \"$@\" --amount 100 --date 2017-01-01
        poolbook contribute \"$@\" --amount 50 --date 2017-01-02
        poolbook bank-charge --owner 410821 --bank-account P --amount 3 --date 2017-01-03";
    must(set_up, dir, dir);
    damage(&dir.join("book/journal.jsonl"), "contribute");
    let (code, out, err) = shell("poolbook --format json verify", dir, "en");
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    let rows = found["rows"].as_array().unwrap();
    let follow = rows.iter().filter(|row| !row["consequence_of"].is_null()).count();
    assert_eq!((code, found["findings"].as_u64()), (76, Some(rows.len() as u64)));
    assert!(follow > 0 && follow + 1 == rows.len(), "{out}");
    assert_eq!(found["causes"], 1);
    let (code, table, _) = shell("poolbook verify", dir, "en");
    assert_eq!(code, 76);
    let told = format!("(and {follow} that follow from it)");
    assert_eq!(table.matches(&told).count(), 1, "{table}");
    assert!(table.contains(&format!("{follow} more findings follow")), "{table}");
    let (code, all, _) = shell("poolbook verify --all", dir, "en");
    assert_eq!(code, 76);
    assert!(!all.contains("that follow from it"), "{all}");
    for row in rows {
        let code = row["check"].as_str().unwrap();
        assert!(all.contains(code), "{code}: {all}");
    }
    let (_, table, _) = shell("poolbook verify", dir, "zh");
    assert!(table.contains(&format!("（其后 {follow} 项为其后果）")), "{table}");
}
