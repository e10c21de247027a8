//! Several processes at one book: who reads stops nobody and is stopped by nobody, who writes is alone
//! and named, and what is being written is neither counted nor called damage.

use crate::errors::{Holder, must, shell};
use poolbook::store::head;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A book of 修武县 with 100.00 in its pool, and a file of contributions of 0.01 each.
const BOOK: &str = "
poolbook init --city 410800 --date 2017-01-01
poolbook join --owner 410821 --date 2017-03-01
poolbook bank-account --owner 410821 --bank-account POOL --fund RISK --date 2017-03-01
poolbook contribute --owner 410821 --bank-account POOL --source county --amount 100.00 \\
  --date 2017-03-01
";
/// Who records; every command below is given these.
const PEOPLE: &str =
    "export POOLBOOK_MAKER=王会计 POOLBOOK_CHECKER=李会计 POOLBOOK_APPROVER=赵局长\n";
/// Longest wait for what another process does, in a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn book() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    must(&format!("{PEOPLE}{BOOK}"), temp.path(), Path::new("the book"));
    temp
}

/// Writes a file of so many contributions.
fn events(dir: &Path, name: &str, count: u32) {
    let line = |n: u32| {
        format!(
            "{{\"id\":\"{name}-{n}\",\"event\":\"contribute\",\"date\":\"2017-03-02\",\"owner\":\"410821\",\
             \"source\":\"county\",\"bank_account\":\"POOL\",\"amount\":\"0.01\"}}\n"
        )
    };
    fs::write(dir.join(name), (1..=count).map(line).collect::<String>()).unwrap();
}

fn run(script: &str, dir: &Path) -> (i32, String, String) {
    shell(&format!("{PEOPLE}{script}"), dir, "zh")
}

/// The program on its own, so that signals reach it and nobody else.
fn start(arguments: &[&str], dir: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolbook"));
    command.args(arguments).current_dir(dir).env_clear().env("POOLBOOK_LANG", "zh");
    command.env("POOLBOOK_MAKER", "王会计").env("USER", "tester");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(done.success(), "kill {name}");
}

/// Bytes of the journal's file, and bytes that its head counts.
fn lengths(dir: &Path) -> (u64, u64) {
    let disk = poolbook::store::disk::real();
    let file = fs::metadata(dir.join("book/journal.jsonl")).unwrap().len();
    let slots = head::read(disk.as_ref(), &dir.join("book/head")).unwrap();
    (file, slots.newest.map_or(0, |(_, slot)| slot.length))
}

/// A `record` that is stopped while a group of it lies behind the head; it goes on, and must succeed,
/// when this is ended.
struct Stopped(Child);

impl Stopped {
    fn in_the_middle(arguments: &[&str], dir: &Path) -> Self {
        let (_, counted) = lengths(dir);
        let stopped = Self(start(arguments, dir));
        let child = &stopped.0;
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "{arguments:?} wrote nothing");
            if lengths(dir).0 > counted {
                signal(child, "-STOP");
                while !stopped.every_thread_is_stopped() {
                    assert!(began.elapsed() < PATIENCE, "{arguments:?} does not stop");
                    std::thread::sleep(Duration::from_millis(1));
                }
                let (file, head) = lengths(dir);
                assert!(file > head, "it was stopped too late: the file is too small");
                return stopped;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// A thread that is within a write ends it before it stops, later than the first one.
    fn every_thread_is_stopped(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        // A thread that has ended meanwhile writes nothing either.
        let mut stats =
            threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
        stats.all(|stat| stat.contains(") T "))
    }

    fn end(mut self) {
        signal(&self.0, "-CONT");
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // One that has ended cannot be killed any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Commands that only read, as far as they say the same however often they are asked.
const READING: [&str; 15] = [
    "balance",
    "balance --known-at 3",
    "trial-balance",
    "account 1002.01 --owner 410821",
    "voucher 4",
    "explain closing --owner 410821 --fund RISK",
    "late",
    "pool 410821",
    "scale",
    "export journal",
    "export hledger",
    "export csv",
    "statement list",
    "reconcile status",
    "subsidy compute 2017Q1",
];

/// What each of them says.
fn answers(dir: &Path) -> Vec<(String, i32, String)> {
    let ask = |what: &&str| {
        let (exit, out, err) = run(&format!("poolbook {what}"), dir);
        assert!(exit <= 1 && !out.is_empty(), "{what}: {exit} {err}");
        ((*what).to_owned(), exit, out)
    };
    READING.iter().map(ask).collect()
}

#[test]
fn an_output_that_nobody_reads_stops_no_writer() {
    let temp = book();
    let dir = temp.path();
    // More than a pipe holds (64 KiB), so that the reader hangs in the middle of its output.
    events(dir, "many.jsonl", 2_000);
    must(&format!("{PEOPLE}poolbook record many.jsonl"), dir, Path::new("many"));
    for (number, what) in ["journal", "csv", "hledger"].into_iter().enumerate() {
        let mut reader = start(&["export", what], dir);
        let mut first = [0];
        reader.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        let name = format!("more-{number}.jsonl");
        events(dir, &name, 3);
        let (exit, _, err) = run(&format!("poolbook record {name}"), dir);
        assert_eq!(exit, 0, "beside export {what}: {err}");
        assert!(reader.try_wait().unwrap().is_none(), "export {what} did not hang");
        let mut rest = Vec::new();
        reader.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
        assert!(reader.wait().unwrap().success());
        // It shows the book as it was when the command began.
        assert!(!String::from_utf8_lossy(&rest).contains(&name), "export {what}");
    }
    assert_eq!(run("poolbook verify", dir).0, 0);
}

/// Who recorded gives the book back before it tells so.
#[test]
fn an_output_of_a_writer_that_nobody_reads_stops_no_other() {
    let temp = book();
    let dir = temp.path();
    // As many files with as long names as make an answer of more than a pipe holds.
    let names: Vec<String> = (0..500).map(|n| format!("{n:0>180}.jsonl")).collect();
    events(dir, &names[0], 1);
    for name in names.iter().skip(1) {
        fs::copy(dir.join(&names[0]), dir.join(name)).unwrap();
    }
    let mut arguments = vec!["record"];
    arguments.extend(names.iter().map(String::as_str));
    let mut first = start(&arguments, dir);
    let mut byte = [0];
    first.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    let (exit, _, err) = run("poolbook join --owner 410823 --date 2017-03-01", dir);
    assert_eq!(exit, 0, "{err}");
    assert!(first.try_wait().unwrap().is_none(), "it did not hang");
    drop(first.stdout.take());
    // Nobody reads on: that is no failure.
    assert!(first.wait().unwrap().success());
}

/// A reader must be unable to take the lock: here nobody can, for it is a link, which is refused.
#[test]
fn readers_do_not_touch_the_lock() {
    let temp = book();
    let dir = temp.path();
    let before = answers(dir);
    let (lock, elsewhere) = (dir.join("book/lock"), dir.join("elsewhere"));
    fs::rename(&lock, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
    assert_eq!(answers(dir), before);
    let (exit, _, err) = run("poolbook join --owner 410823 --date 2017-03-01", dir);
    assert!(exit == 76 && err.contains("[book-foreign]"), "{exit} {err}");
    assert_eq!(fs::read(&elsewhere).unwrap(), b"", "what the link leads to is left alone");
    // What is only tried out takes no lock either.
    let (exit, _, err) = run("poolbook --dry-run join --owner 410823 --date 2017-03-01", dir);
    assert_eq!(exit, 0, "{err}");
}

#[test]
fn somebody_elses_lock_stops_no_reader() {
    let temp = book();
    let dir = temp.path();
    let before = answers(dir);
    let verdict = run("poolbook verify", dir);
    let holder = Holder::take(dir);
    assert_eq!(answers(dir), before);
    assert_eq!(run("poolbook verify", dir), verdict);
    assert_eq!(verdict.0, 0);
    drop(holder);
}

#[test]
fn what_is_being_written_is_not_counted_and_not_damage() {
    let temp = book();
    let dir = temp.path();
    let before = answers(dir);
    let verdict = run("poolbook --format json verify", dir);
    assert_eq!(verdict.0, 0, "{}", verdict.2);
    events(dir, "large.jsonl", 12_000);
    let writer = Stopped::in_the_middle(&["record", "large.jsonl"], dir);
    let (file, counted) = lengths(dir);
    assert_eq!(answers(dir), before);
    let beside = run("poolbook --format json verify", dir);
    assert_eq!(beside.0, 0, "{}{}", beside.1, beside.2);
    let [alone, beside] = [verdict, beside]
        .map(|(_, out, _)| serde_json::from_str::<serde_json::Value>(&out).unwrap());
    for same in ["entries", "root", "bytes", "findings"] {
        assert_eq!(alone[same], beside[same], "{same}");
    }
    assert!(alone["being_written_bytes"].is_null());
    assert_eq!(beside["being_written_bytes"].as_u64(), Some(file - counted));
    let tail = fs::read(dir.join("book/journal.jsonl")).unwrap();
    let tail = &tail[usize::try_from(counted).unwrap()..usize::try_from(file).unwrap()];
    let lines = tail.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(beside["being_written_lines"].as_u64(), Some(lines));
    let told = run("poolbook verify", dir).1;
    assert!(told.contains(&format!("{} 字节", file - counted)), "{told}");
    // Proofs, backups and tried-out records rest on what is acknowledged, too.
    for what in ["prove 1", "backup copy.backup", "--dry-run join --owner 410823 --date 2017-03-01"]
    {
        let (exit, _, err) = run(&format!("poolbook {what}"), dir);
        assert_eq!(exit, 0, "{what}: {err}");
    }
    writer.end();
    let (exit, out, err) = run("poolbook --format json verify", dir);
    assert_eq!(exit, 0, "{out}{err}");
    let after: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(after["entries"].as_u64(), alone["entries"].as_u64().map(|count| count + 12_000));
}

/// The same between the groups of a file that is taken in row by row, where a part is acknowledged.
#[test]
fn what_is_acknowledged_of_a_long_record_is_counted() {
    let temp = book();
    let dir = temp.path();
    events(dir, "rows.jsonl", 12_000);
    let (_, before) = lengths(dir);
    let record = ["record", "rows.jsonl", "--rejects", "rejects.jsonl"];
    let writer = Stopped::in_the_middle(&record, dir);
    let (_, counted) = lengths(dir);
    let (exit, out, err) = run("poolbook --format json verify", dir);
    assert_eq!(exit, 0, "{out}{err}");
    let journal = fs::read(dir.join("book/journal.jsonl")).unwrap();
    let lines =
        journal[..usize::try_from(counted).unwrap()].iter().filter(|b| **b == b'\n').count();
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["entries"].as_u64(), Some(lines as u64));
    assert!(counted >= before);
    // 100.00 and a fen a line behind the first four.
    let (exit, out, err) = run("poolbook --format csv balance", dir);
    assert_eq!(exit, 0, "{err}");
    let fen = 10_000 + lines - 4;
    assert!(out.contains(&format!("{}.{:02}", fen / 100, fen % 100)), "{fen} in {out}");
    writer.end();
    assert_eq!(run("poolbook verify", dir).0, 0);
}

#[test]
fn a_torn_tail_is_no_finding_only_while_a_writer_is_there() {
    let temp = book();
    let dir = temp.path();
    let journal = dir.join("book/journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    let tail = b"0a17984f {\"date\":\"2017-03-02\",\"ev";
    fs::write(&journal, [&whole[..], tail].concat()).unwrap();
    let holder = Holder::take(dir);
    let (exit, out, err) = run("poolbook verify", dir);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(out.contains(&format!("{} 字节", tail.len())), "{out}");
    drop(holder);
    let (exit, out, err) = run("poolbook verify", dir);
    assert_eq!(exit, 1, "{out}{err}");
    assert!(out.contains("line-torn"), "{out}");
    // Damage below the head is damage also beside a writer.
    let mut damaged = [&whole[..], tail].concat();
    damaged[20] ^= 1;
    fs::write(&journal, damaged).unwrap();
    let holder = Holder::take(dir);
    assert_eq!(run("poolbook verify", dir).0, 76);
    drop(holder);
}

#[test]
fn the_second_writer_waits_and_is_told_who_has_the_book() {
    let temp = book();
    let dir = temp.path();
    events(dir, "large.jsonl", 12_000);
    // The option before the command is none.
    let writer = Stopped::in_the_middle(&["--book", "book", "record", "large.jsonl"], dir);
    let pid = writer.0.id().to_string();
    let (exit, out, err) = run("poolbook join --owner 410823 --date 2017-03-01", dir);
    assert_eq!((exit, out.as_str()), (75, ""), "{err}");
    let told = format!("账本正由 tester 使用（进程 {pid}，自 20");
    assert!(err.contains("[book-busy]") && err.contains(&told), "{err}");
    assert!(err.contains("命令 record）"), "{err}");
    // Its process is there, but another one holds the lock of another book.
    writer.end();
    assert_eq!(fs::read(dir.join("book/lock")).unwrap(), b"", "the name goes with the lock");
    let holder = Holder::take(dir);
    let (exit, _, err) = run("poolbook join --owner 410823 --date 2017-03-01", dir);
    assert_eq!(exit, 75, "{err}");
    assert!(err.contains("未留下名称") && !err.contains(&pid), "{err}");
    drop(holder);
    assert_eq!(run("poolbook join --owner 410823 --date 2017-03-01", dir).0, 0);
    assert_eq!(run("poolbook verify", dir).0, 0);
}

#[test]
fn the_holder_has_a_name_without_any_in_the_environment() {
    let temp = book();
    let dir = temp.path();
    events(dir, "large.jsonl", 12_000);
    let mut nameless = Command::new(env!("CARGO_BIN_EXE_poolbook"));
    nameless.args(["record", "large.jsonl"]).current_dir(dir).env_clear();
    nameless.env("POOLBOOK_MAKER", "王会计").env("USER", "").stdout(Stdio::null());
    let mut child = nameless.spawn().unwrap();
    let began = Instant::now();
    let text = loop {
        let text = fs::read_to_string(dir.join("book/lock")).unwrap();
        if text.lines().count() == 4 {
            break text;
        }
        assert!(
            began.elapsed() < PATIENCE && child.try_wait().unwrap().is_none(),
            "no name: {text}"
        );
    };
    let id = Command::new("id").arg("-un").output().unwrap();
    let user = String::from_utf8(id.stdout).unwrap();
    assert!(text.contains(&format!("\nuser {user}")), "{text}");
    assert!(text.ends_with("\ncommand record\n"), "{text}");
    assert!(child.wait().unwrap().success());
}

/// While entries are decided and written nobody has sled's file open, so that it can be copied.
#[test]
fn a_long_record_lets_others_read_the_index() {
    let temp = book();
    let dir = temp.path();
    events(dir, "some.jsonl", 2_000);
    must(&format!("{PEOPLE}poolbook record some.jsonl"), dir, Path::new("some"));
    events(dir, "large.jsonl", 12_000);
    let writer = Stopped::in_the_middle(&["record", "large.jsonl"], dir);
    let (exit, out, err) = run("poolbook --format json verify", dir);
    assert_eq!(exit, 0, "{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        found["index_compared"].as_bool(),
        Some(true),
        "the index could not be copied: {err}"
    );
    writer.end();
}

#[test]
fn a_reader_beside_many_short_writers_is_always_right() {
    let temp = book();
    let dir = temp.path();
    let stop = dir.join("stop");
    let script = "n=0; while [ ! -e stop ]; do n=$((n+1)); poolbook contribute --id c-$n --owner 410821 \
         --bank-account POOL --source county --amount 0.01 --date 2017-03-02 >/dev/null || exit 1; \
         echo $n; done";
    let program = Path::new(env!("CARGO_BIN_EXE_poolbook")).parent().unwrap();
    let mut writer = Command::new("sh")
        .args(["-uc", &format!("{PEOPLE}{script}")])
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut acknowledged = 0_u64;
    for _ in 0..12 {
        acknowledged = lines.next().unwrap().unwrap().parse().unwrap();
        let (exit, out, err) = run("poolbook --format json verify", dir);
        // A writer may have the index open for longer than a reader waits; that is no finding.
        assert!(err.is_empty() || err.contains("占用"), "{err}");
        assert_eq!(exit, 0, "{out}{err}");
        let found: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(found["entries"].as_u64().unwrap() >= 4 + acknowledged, "{acknowledged}: {out}");
    }
    fs::write(stop, "").unwrap();
    let last = lines.map(|line| line.unwrap().parse().unwrap()).last();
    assert!(writer.wait().unwrap().success());
    let (_, out, _) = run("poolbook --format json verify", dir);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["entries"].as_u64(), Some(4 + last.unwrap_or(acknowledged)));
}
