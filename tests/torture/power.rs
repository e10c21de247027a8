//! The power fails: after any call of any command, with any of the unsynced sectors and names.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use poolbook::store::{Changes, FileStore, ReadStore, Store, check_on};

use super::script::{Attempt, COMMANDS, Command, Session, book, seed};
use crate::support::budget;
use crate::support::disk::{SimDisk, State};
use crate::support::random::Random;
use crate::support::{group, id_of};

/// What a book holds must be what it was given: every acknowledged entry, no group by half, nothing
/// else, and no human is asked. Says what is wrong.
pub fn kept(disk: &SimDisk, attempt: &Attempt) -> Result<u64, String> {
    let before = disk.state().files();
    let mut store = match FileStore::open_on(disk.disk(), book(), Duration::ZERO) {
        Ok(store) => store,
        Err(error) if !attempt.created && error.problem().code == "book-missing" => {
            let store = FileStore::create_on(disk.disk(), book());
            store.map_err(|error| format!("it cannot be made: {:?}", error.problem()))?
        }
        Err(error) => return Err(format!("it does not open: {:?}", error.problem())),
    };
    let mut entries = Vec::new();
    let replayed = store.replay(&mut |_, json| Ok(id_of(json)));
    let scanned = replayed.and_then(|()| {
        store.scan(1, &mut |_, json| {
            entries.push(json.to_vec());
            Ok(())
        })
    });
    scanned.map_err(|error| format!("it cannot be read: {:?}", error.problem()))?;
    let count = entries.len() as u64;
    if count < attempt.acknowledged {
        return Err(format!("{count} of {} acknowledged entries", attempt.acknowledged));
    }
    if !attempt.ends.contains(&count) {
        return Err(format!("half a group: {count} entries, groups end at {:?}", attempt.ends));
    }
    if !attempt.entries.starts_with(&entries) {
        return Err("other entries than were given".to_owned());
    }
    evidence(&before, disk)?;
    let indexed = store.index(Changes::default()).and_then(|()| store.close());
    indexed.map_err(|error| format!("it does not close: {:?}", error.problem()))?;
    Ok(count)
}

/// Whatever was cut off the journal stands in quarantine.
fn evidence(before: &BTreeMap<PathBuf, Vec<u8>>, disk: &SimDisk) -> Result<(), String> {
    let journal = book().join("journal.jsonl");
    let Some(old) = before.get(&journal) else { return Ok(()) };
    let after = disk.state().files();
    let cut = old.get(after[&journal].len()..).unwrap_or_default();
    let is_aside = |(path, bytes): (&PathBuf, &Vec<u8>)| {
        path.starts_with(book().join("quarantine")) && bytes.as_slice() == cut
    };
    let kept = cut.is_empty() || after.iter().any(is_aside);
    kept.then_some(()).ok_or_else(|| "the tail was cut and is nowhere".to_owned())
}

/// A sound book is told so, by reading and by checking.
fn sound(disk: &SimDisk, count: u64) -> Result<(), String> {
    let read = ReadStore::open_on(disk.disk(), book());
    let read = read.map_err(|error| format!("reading: {:?}", error.problem()))?;
    let checked = check_on(disk.disk(), book(), (|_| false, &mut ()), &mut |_, _| Ok(()));
    let checked = checked.map_err(|error| format!("checking: {:?}", error.problem()))?;
    match read.head().count == count && checked.findings.is_empty() {
        true => Ok(()),
        false => Err(format!("{} entries read, {:?}", read.head().count, checked.findings)),
    }
}

/// One power cut and what follows: opening, perhaps a second cut while opening or recording.
fn cut(state: &State, attempt: &Attempt, random: &mut Random) -> Result<u64, String> {
    let disk = state.cut(random);
    let first = disk.state().files();
    let again = random.below(4) == 0;
    if again {
        disk.remember();
    }
    let count = kept(&disk, attempt)?;
    if random.below(8) == 0 {
        sound(&disk, count)?;
    }
    let states = disk.history();
    let mut cuts = 1;
    if again && !states.is_empty() {
        let during = &states[random.below(states.len())];
        let second = during.cut(random);
        kept(&second, attempt)
            .and_then(|_| evidence(&first, &second))
            .map_err(|fault| format!("cut again while opening: {fault}"))?;
        cuts += 1;
    }
    if random.below(4) == 0 {
        go_on(disk, went_on(attempt, count), random)
            .map_err(|fault| format!("cut again while going on: {fault}"))?;
        cuts += 1;
    }
    if random.below(4) == 0 {
        let killed = state.killed();
        let count = kept(&killed, attempt).map_err(|fault| format!("only killed: {fault}"))?;
        go_on(killed, went_on(attempt, count), random)
            .map_err(|fault| format!("killed, and the power cut while going on: {fault}"))?;
        cuts += 1;
    }
    Ok(cuts)
}

/// The next command, and the power fails in the middle of it.
pub fn go_on(disk: SimDisk, attempt: Attempt, random: &mut Random) -> Result<u64, String> {
    let mut next = Session::after(disk, attempt);
    next.open().map_err(|error| format!("it does not open: {:?}", error.problem()))?;
    next.disk.remember();
    next.record(2, 2)
        .and_then(|()| next.record(9, 9))
        .map_err(|error| format!("it takes nothing: {:?}", error.problem()))?;
    let states = next.disk.history();
    let state = &states[random.below(states.len())];
    kept(&state.cut(random), &next.moments[state.mark as usize])
}

/// After an opening that found `count` entries, these are acknowledged: somebody has seen them.
pub fn went_on(attempt: &Attempt, count: u64) -> Attempt {
    Attempt { acknowledged: count, created: true, ..attempt.clone() }
}

/// Every state of the disk in the life of a command.
pub fn states(command: &Command) -> (Vec<State>, Vec<Attempt>) {
    let mut session = (command.before)();
    session.disk.remember();
    let run = (command.run)(&mut session);
    run.unwrap_or_else(|error| panic!("{}: {:?}", command.name, error.problem()));
    let history = session.disk.history();
    // What ended in order leaves nothing to be put right.
    drop(session.store.take());
    let read = ReadStore::open_on(session.disk.disk(), book()).unwrap();
    let told = (read.head().count, read.notes());
    assert_eq!(told, (session.now().acknowledged, &[][..]), "{}", command.name);
    (history, session.moments)
}

/// Cuts the power at least so often, over every moment of every command; how often it was.
pub fn power_cuts(cuts: u64, seed: u64) -> u64 {
    let mut random = Random(seed);
    let lives: Vec<_> = COMMANDS.iter().map(|command| (command, states(command))).collect();
    let mut done = 0;
    // One round goes over every moment, whatever the budget.
    while done == 0 || done < cuts {
        for (command, (states, moments)) in &lives {
            for (number, state) in states.iter().enumerate() {
                for _ in 0..command.weight {
                    let attempt = &moments[state.mark as usize];
                    let cut = cut(state, attempt, &mut random);
                    done += cut.unwrap_or_else(|fault| {
                        panic!("{} after call {number}, seed {seed}: {fault}", command.name)
                    });
                }
            }
        }
    }
    done
}

#[test]
fn power_cuts_lose_nothing_that_was_acknowledged() {
    let start = Instant::now();
    let done = power_cuts(budget("POOLBOOK_POWER_CUTS", 1_000), seed());
    let spent = start.elapsed().as_millis();
    println!("{done} power cuts in {spent} ms: nothing lost, no false alarm");
}

/// The disk of these tests is worth what it loses: without a sync nothing is certain.
#[test]
fn simulated_disk_loses_what_was_not_synced() {
    let mut session = Session::fresh();
    session.create().unwrap();
    session.disk.remember();
    let lines = group(1..=40);
    session.record(40, 40).unwrap();
    let states = session.disk.history();
    let written = states.iter().find(|state| {
        state.file(&book().join("journal.jsonl")).is_some_and(|bytes| !bytes.is_empty())
    });
    let mut random = Random(3);
    let lengths: std::collections::BTreeSet<usize> = (0..200)
        .map(|_| written.unwrap().cut(&mut random).state())
        .map(|state| state.file(&book().join("journal.jsonl")).unwrap().len())
        .collect();
    assert!(lengths.contains(&0) && lengths.len() > 20, "{lengths:?}");
    let whole: usize = lines.iter().map(|(_, json)| json.len() + 10).sum();
    assert_eq!(lengths.last(), Some(&whole));
}
