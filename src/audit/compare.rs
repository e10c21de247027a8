//! The tables of the index against movements recomputed from the entries: every row that differs.

use crate::audit::finding::Finding;
use crate::audit::movements::Rows;
use crate::audit::turnover::{
    DAY_TABLE, Delta, ENTRIES_TABLE, Key, OPEN_CHUNK, Part, YEAR_TABLE, read_value,
};
use crate::domain::calendar::Month;
use crate::domain::money::Total;
use crate::problem::Problem;
use std::collections::BTreeMap;

/// The check under which every difference is listed.
pub const CHECK: &str = "index-differs";

/// Lists every row of the tables that is missing, too many or other than the entries say.
/// Cost: builds the tables once in memory and scans the stored ones once.
///
/// # Errors
/// Those of the store.
pub fn compare(recomputed: Delta, stored: &(impl Rows + ?Sized)) -> Result<Vec<Finding>, Problem> {
    let mut expected: BTreeMap<Vec<u8>, Vec<u8>> =
        recomputed.into_puts(&mut |_| Ok(None))?.into_iter().collect();
    let mut findings = Vec::new();
    for table in [YEAR_TABLE, DAY_TABLE, ENTRIES_TABLE] {
        stored.range(&[table], &mut |key, value| {
            let wanted = expected.remove(key);
            if wanted.as_deref() != Some(value) {
                findings.push(difference(key, wanted.as_deref(), Some(value)));
            }
        })?;
    }
    let missing = expected.iter().map(|(key, value)| difference(key, Some(value), None));
    findings.extend(missing);
    Ok(findings)
}

fn difference(key: &[u8], expected: Option<&[u8]>, found: Option<&[u8]>) -> Finding {
    let shown = |value: Option<&[u8]>| {
        value.map_or_else(
            || "-".to_owned(),
            |value| show_value(key, value).unwrap_or_else(|| hexadecimal(value)),
        )
    };
    let subject = show_key(key).unwrap_or_else(|| hexadecimal(key));
    Finding::new(CHECK, None, subject, shown(expected), shown(found))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key in words; owners and bank accounts by their numbers.
fn show_key(key: &[u8]) -> Option<String> {
    let cell = |key: Key| {
        let Key { owner, fund, account, flow, bank } = key;
        format!("owner {owner} {fund} {account} {flow:?} bank {bank}")
    };
    match *key.first()? {
        YEAR_TABLE => {
            Key::read_year_key(key).map(|(key, year)| format!("year {year} {}", cell(key)))
        }
        DAY_TABLE => {
            Key::read_day_key(key).map(|(key, month)| format!("month {month} {}", cell(key)))
        }
        _ => {
            let [_, o1, o2, m1, m2, run, chunk @ ..] = key else { return None };
            let owner = u16::from_be_bytes([*o1, *o2]);
            let month = Month::from_index(u16::from_be_bytes([*m1, *m2]));
            let chunk = u32::from_be_bytes(chunk.try_into().ok()?);
            Some(format!("entries owner {owner} {month} run {run} chunk {chunk}"))
        }
    }
}

/// The value in words: sums of each month or day, or how many entries and which.
fn show_value(key: &[u8], value: &[u8]) -> Option<String> {
    if matches!(key.first()?, &YEAR_TABLE | &DAY_TABLE) {
        let parts: Vec<Part> = read_value(key, value).ok()?;
        let sums = parts.iter().map(|(which, debit, credit): &(u8, Total, Total)| {
            format!("{which}: {debit}/{credit}")
        });
        return Some(sums.collect::<Vec<_>>().join(", "));
    }
    let numbers: Vec<u64> = if key.ends_with(&OPEN_CHUNK.to_be_bytes()) {
        read_value::<(u32, Vec<u64>)>(key, value).ok()?.1
    } else {
        read_value(key, value).ok()?
    };
    let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    Some(format!("{} entries: {list}", numbers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{delta, scenario};

    fn tables() -> BTreeMap<Vec<u8>, Vec<u8>> {
        delta(&scenario()).into_puts(&mut |_| Ok(None)).unwrap().into_iter().collect()
    }

    #[test]
    fn equal_tables_have_no_difference() {
        assert_eq!(compare(delta(&scenario()), &tables()).unwrap(), []);
    }

    #[test]
    fn every_changed_missing_or_foreign_row_is_listed() {
        let keys: Vec<Vec<u8>> = tables().into_keys().collect();
        for key in &keys {
            let mut changed = tables();
            changed.remove(key);
            let findings = compare(delta(&scenario()), &changed).unwrap();
            assert_eq!((findings.len(), findings[0].found.as_str()), (1, "-"));
            let mut changed = tables();
            if let Some(last) = changed.get_mut(key).unwrap().last_mut() {
                *last ^= 1;
            }
            assert_eq!(compare(delta(&scenario()), &changed).unwrap().len(), 1);
        }
        let mut changed = tables();
        changed.insert(vec![YEAR_TABLE, 9], vec![1]);
        changed.insert(vec![0x20], vec![1]);
        let findings = compare(delta(&scenario()), &changed).unwrap();
        assert_eq!((findings.len(), findings[0].expected.as_str()), (1, "-"));
    }

    #[test]
    fn a_difference_reads_in_words() {
        let mut changed = tables();
        let key = changed.keys().next().cloned().unwrap();
        let other = postcard::to_stdvec(&vec![(1_u8, Total(100), Total(0))]).unwrap();
        changed.insert(key, other);
        let finding = compare(delta(&scenario()), &changed).unwrap().remove(0);
        assert_eq!(finding.subject, "year 2017 owner 1 RISK 1002.01 None bank 1");
        assert!(finding.expected.starts_with("1: 4000000.00/0.00, 2: 6000000.00/0.00"));
        assert_eq!(finding.found, "1: 1.00/0.00");
    }
}
