//! Backups, restored books and kept leaf hashes on a disk that fails: the power is cut at every
//! point, and each call fails in every way. What counts is whole or not there, and what was there
//! stays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use poolbook::book::backup::{Wanted, backup_on, restore_on};
use poolbook::book::checkpoint::take_on;
use poolbook::book::{Book, Scope};
use poolbook::domain::event::Event;
use poolbook::problem::Problem;
use poolbook::store::disk::Disk;
use poolbook::store::{FileStore, ReadStore, Store, check_on};
use sha2::{Digest as _, Sha256};

use super::script::{book, seed};
use crate::backup::small;
use crate::support::book::{event, record};
use crate::support::budget;
use crate::support::disk::{Call, Fault, SimDisk, State};
use crate::support::random::Random;
use crate::support::{all, root};

type Files = BTreeMap<PathBuf, Vec<u8>>;
type Run = fn(&Arc<dyn Disk>) -> Result<(), Problem>;

const BACKUP: &str = "/home/b.backup";
const EXPORT: &str = "/home/export.jsonl";
const LEAVES: &str = "/home/book/leaves";
const BACK: &str = "/home/back";
const FAR: &str = "/home/a/new/back";

/// Calls that look for what interrupted runs left, or take it away: that they fail need not stop what
/// is to be done.
const COURTESY: [Call; 6] =
    [Call::Lstat, Call::Open, Call::Flock, Call::Unlink, Call::Rmdir, Call::Getdents];

/// Something to do, what it begins with and what it makes.
struct Job {
    name: &'static str,
    before: Files,
    /// A directory that is there and empty.
    empty: Option<&'static str>,
    run: Run,
    /// Names whose files are all what they were or all what they shall be.
    made: &'static [&'static str],
    /// What the path of everything begins with that it may leave when it is interrupted.
    aside: &'static str,
    /// The files of a run that nothing disturbed.
    after: Files,
}

fn backup(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    backup_on(disk, (book(), Path::new(BACKUP)), false, false).map(drop)
}

fn backup_over(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    backup_on(disk, (book(), Path::new(BACKUP)), true, false).map(drop)
}

fn restore(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    restore_on(disk, (Path::new(BACKUP), Path::new(BACK)), &Wanted::default()).map(drop)
}

fn restore_export(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    restore_on(disk, (Path::new(EXPORT), Path::new(FAR)), &Wanted::default()).map(drop)
}

fn restore_journal(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    let journal = book().join("journal.jsonl");
    restore_on(disk, (&journal, Path::new(BACK)), &Wanted::default()).map(drop)
}

fn keep_leaves(disk: &Arc<dyn Disk>) -> Result<(), Problem> {
    let taken = take_on(disk, book(), true).map_err(|problems| problems[0].clone())?;
    taken.leaves.unwrap().keep().map_err(Problem::from)
}

/// A book of so many sectors that a part of them can be lost, with leaf hashes kept half-way.
fn sample() -> (Files, Vec<Vec<u8>>) {
    let disk = SimDisk::with(&[(Path::new("/home/other"), b"of somebody else")]);
    let store = FileStore::create_on(disk.disk(), book()).unwrap();
    let mut own = Book::open(store, Scope::All).unwrap();
    record(&mut own, &small());
    let party = |n: usize| -> Event {
        event(&format!(
            r#"{{"event":"party","id":"p{n}","date":"2017-01-03","party":"b{n}","kind":"bank","name":"行{n}"}}"#
        ))
    };
    record(&mut own, &(0..14).map(party).collect::<Vec<_>>());
    keep_leaves(&disk.disk()).unwrap();
    record(&mut own, &(14..28).map(party).collect::<Vec<_>>());
    let entries = all(own.store());
    drop(own);
    let mut files = disk.state().files();
    // Whoever is at it signs the lock; this one is nobody's.
    files.insert(book().join("lock"), Vec::new());
    let export = entries.iter().flat_map(|entry| [entry, &b"\n"[..]].concat()).collect();
    files.insert(EXPORT.into(), export);
    (files, entries)
}

fn on(files: &Files, empty: Option<&str>) -> SimDisk {
    let files: Vec<(&Path, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
    let disk = SimDisk::with(&files);
    if let Some(empty) = empty.map(Path::new) {
        disk.disk().make_directory(empty).unwrap();
        disk.disk().sync_directory(empty.parent().unwrap()).unwrap();
    }
    disk
}

/// All jobs. What an undisturbed run makes is held to the entries of the book, so that the rest may
/// be compared with it byte for byte.
fn jobs() -> Vec<Job> {
    let (files, entries) = sample();
    let whole = on(&files, None);
    backup(&whole.disk()).unwrap();
    let backed = whole.state().files();
    let older = [(PathBuf::from(BACKUP), b"an older one".repeat(90))];
    let over: Files = files.clone().into_iter().chain(older).collect();
    let job = |name, before: &Files, empty, run: Run, made, aside| {
        let disk = on(before, empty);
        run(&disk.disk()).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let after = disk.state().files();
        let before = before.clone();
        Job { name, before, empty, run, made, aside, after }
    };
    let aside = "/home/poolbook-";
    let far = "/home/a/new/poolbook-";
    let jobs = vec![
        job("backup", &files, None, backup, &[BACKUP], aside),
        job("backup over an older one", &over, None, backup_over, &[BACKUP], aside),
        job("restore", &backed, Some(BACK), restore, BACK_FILES, aside),
        job("restore a journal", &files, None, restore_journal, BACK_FILES, aside),
        job("restore an export", &files, None, restore_export, FAR_FILES, far),
        job("leaf hashes", &files, None, keep_leaves, &[LEAVES], "/home/book/leaves.new"),
    ];
    let leaf = |entry: &Vec<u8>| Sha256::new().chain_update([0]).chain_update(entry).finalize();
    let leaves: Vec<u8> = entries.iter().flat_map(leaf).collect();
    assert_eq!(jobs[5].after[Path::new(LEAVES)], leaves);
    assert_eq!(files[Path::new(LEAVES)], leaves[..18 * 32]);
    assert_eq!(jobs[0].after[Path::new(BACKUP)], jobs[1].after[Path::new(BACKUP)]);
    for (job, at) in [(&jobs[2], BACK), (&jobs[3], BACK), (&jobs[4], FAR)] {
        let disk = on(&job.after, None);
        let read = ReadStore::open_on(disk.disk(), Path::new(at)).unwrap();
        assert_eq!((read.head().count, read.head().root), (32, root(&entries)), "{}", job.name);
        let nobody = &mut ();
        let checked = check_on(disk.disk(), Path::new(at), (|_| false, nobody), &mut |_, _| Ok(()));
        assert_eq!(checked.unwrap().findings, [], "{}", job.name);
    }
    jobs
}

const BACK_FILES: &[&str] = &["/home/back/journal.jsonl", "/home/back/head"];
const FAR_FILES: &[&str] = &["/home/a/new/back/journal.jsonl", "/home/a/new/back/head"];

impl Job {
    fn disk(&self) -> SimDisk {
        on(&self.before, self.empty)
    }

    /// What is made is whole or as before, whole if that was told; nothing else has changed.
    fn judge(&self, state: &State, told: bool) -> Result<(), String> {
        let files = state.files();
        let is = |like: &Files| {
            self.made.iter().all(|path| files.get(Path::new(path)) == like.get(Path::new(path)))
        };
        if told && !is(&self.after) {
            return Err("told to be made, and is not".to_owned());
        }
        if !is(&self.after) && !is(&self.before) {
            return Err("made by half".to_owned());
        }
        let made = |path: &Path| self.made.iter().any(|made| Path::new(made) == path);
        for (path, bytes) in self.before.iter().filter(|(path, _)| !made(path)) {
            if files.get(path) != Some(bytes) {
                return Err(format!("{} has changed", path.display()));
            }
        }
        let foreign = files
            .keys()
            .find(|path| !made(path) && !self.before.contains_key(*path) && !self.is_aside(path));
        foreign.map_or(Ok(()), |path| Err(format!("{} was left", path.display())))
    }

    fn is_aside(&self, path: &Path) -> bool {
        path.to_string_lossy().starts_with(self.aside)
    }

    /// Nothing stands where things grow.
    fn tidy(&self, state: &State) -> Result<(), String> {
        let left = state.files().into_keys().find(|path| self.is_aside(path));
        left.map_or(Ok(()), |path| Err(format!("{} was left", path.display())))
    }

    /// The same once more, which clears away what was left. It may be there already.
    fn again(&self, disk: &SimDisk) -> Result<(), String> {
        match (self.run)(&disk.disk()) {
            Err(problem) if !["output-exists", "book-exists"].contains(&problem.code) => {
                return Err(format!("not the next time, either: {problem}"));
            }
            _ => {}
        }
        self.judge(&disk.state(), true).and_then(|()| self.tidy(&disk.state()))
    }

    /// One power cut, and the same command afterwards, perhaps cut as well.
    fn cut(&self, state: &State, random: &mut Random) -> Result<u64, String> {
        let disk = state.cut(random);
        self.judge(&disk.state(), state.mark == 1)?;
        disk.mark(0);
        disk.remember();
        self.again(&disk).map_err(|wrong| format!("afterwards: {wrong}"))?;
        let states = disk.history();
        let second = states[random.below(states.len())].cut(random);
        self.judge(&second.state(), false).map_err(|wrong| format!("cut twice: {wrong}"))?;
        Ok(2)
    }

    /// One failing call, and the same command afterwards; nothing if it cannot strike there.
    fn strike(
        &self,
        (fault, nth, on): (Fault, usize, bool),
        random: &mut Random,
    ) -> Result<Option<Call>, String> {
        let disk = self.disk();
        disk.fail(fault, nth, on);
        let ran = (self.run)(&disk.disk());
        let call = disk.heal().get(nth).copied().filter(|call| fault.strikes(*call));
        let Some(call) = call else { return Ok(None) };
        match (&ran, fault) {
            (Ok(()), Fault::Eintr | Fault::Short) => {}
            (Ok(()), _) if !COURTESY.contains(&call) => return Err("passed over".to_owned()),
            (Ok(()), _) => {}
            (Err(problem), Fault::Enospc)
                if ["disk-full", "cannot-create"].contains(&problem.code) => {}
            (Err(problem), Fault::Eio)
                if ["io-failed", "cannot-create"].contains(&problem.code) => {}
            (Err(problem), _) => return Err(format!("told as {problem:?}")),
        }
        let state = disk.state();
        self.judge(&state, ran.is_ok())?;
        let clears = !matches!(call, Call::Unlink | Call::Rmdir);
        if clears && ran.is_err() {
            self.tidy(&state)?;
        }
        let cut = state.cut(random);
        self.judge(&cut.state(), ran.is_ok()).map_err(|wrong| format!("then a cut: {wrong}"))?;
        self.again(&cut).map_err(|wrong| format!("after a cut: {wrong}"))?;
        self.again(&state.killed()).map_err(|wrong| format!("afterwards: {wrong}"))?;
        Ok(Some(call))
    }
}

/// Cuts the power at least so often, at every point of every job; how often it was.
pub fn power_cuts(cuts: u64, seed: u64) -> u64 {
    let mut random = Random(seed);
    let jobs = jobs();
    let states = |job: &Job| {
        let disk = job.disk();
        disk.remember();
        (job.run)(&disk.disk()).unwrap();
        disk.mark(1);
        disk.history()
    };
    let lives: Vec<_> = jobs.iter().map(|job| (job, states(job))).collect();
    let mut done = 0;
    while done == 0 || done < cuts {
        for (job, states) in &lives {
            for (number, state) in states.iter().enumerate() {
                done += job.cut(state, &mut random).unwrap_or_else(|wrong| {
                    panic!("{} after change {number}, seed {seed}: {wrong}", job.name)
                });
            }
        }
    }
    done
}

/// Tries every fault at every call, as far as the budget for one job and fault allows.
pub fn failing_calls(most: usize, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut tried = 0;
    for job in jobs() {
        let disk = job.disk();
        disk.fail(Fault::Eintr, usize::MAX, false);
        (job.run)(&disk.disk()).unwrap();
        let calls = disk.heal();
        for fault in Fault::ALL {
            let sites: Vec<usize> =
                (0..calls.len()).filter(|site| fault.strikes(calls[*site])).collect();
            let step = sites.len().div_ceil(most.max(1)).max(1);
            for site in sites.into_iter().skip(random.below(step)).step_by(step) {
                let ways: &[bool] = if fault == Fault::Enospc { &[false, true] } else { &[false] };
                for on in ways {
                    // Threads that read take turns as they like, so the call may be another one.
                    let struck = job.strike((fault, site, *on), &mut random);
                    let struck = struck.unwrap_or_else(|wrong| {
                        panic!(
                            "{}, call {site} ({:?}), {fault:?}, {on}, seed {seed}: {wrong}",
                            job.name, calls[site]
                        )
                    });
                    tried += usize::from(struck.is_some());
                }
            }
        }
    }
    tried
}

#[test]
fn power_cuts_leave_copies_whole_or_not_there() {
    let start = Instant::now();
    let done = power_cuts(budget("POOLBOOK_POWER_CUTS", 1_000) / 5, seed());
    let spent = start.elapsed().as_millis();
    println!("{done} power cuts of copies in {spent} ms: whole or not there");
}

#[test]
fn failing_calls_of_copies_are_told_and_change_nothing() {
    let start = Instant::now();
    let tried = failing_calls(10 * budget("POOLBOOK_FAULT_SITES", 1) as usize, seed());
    let spent = start.elapsed().as_millis();
    println!("{tried} failing calls of copies in {spent} ms: told, nothing by half");
}

/// Where something stands already, not one change is made, whatever fails.
#[test]
fn what_is_there_is_not_touched_by_copies() {
    let jobs = jobs();
    let refusals: [(&Job, &str, &str); 3] = [
        (&jobs[0], BACKUP, "output-exists"),
        (&jobs[2], "/home/back/head", "book-exists"),
        (&jobs[2], "/home/back/notes", "directory-not-empty"),
    ];
    for (job, path, code) in refusals {
        let mut files = job.before.clone();
        files.insert(path.into(), b"of somebody else".to_vec());
        for nth in 0..4 {
            let disk = on(&files, None);
            disk.remember();
            disk.fail(Fault::Eio, nth, false);
            let problem = (job.run)(&disk.disk()).unwrap_err();
            let struck = disk.heal().len() > nth;
            assert_eq!(problem.code, if struck { "cannot-create" } else { code }, "{path}, {nth}");
            assert_eq!((disk.history().len(), disk.state().files()), (1, files.clone()), "{path}");
        }
    }
}
