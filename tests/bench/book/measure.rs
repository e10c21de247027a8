//! Each measurement in a process of its own, so that memory peaks do not mix.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What one process found: named numbers (micros, counts, KiB).
pub type Found = BTreeMap<String, u64>;

/// Runs one measurement in a child process; `process` is its whole life in microseconds.
pub fn child(name: &str, directory: &Path, events: u64, loans: u64) -> Found {
    let program = std::env::current_exe().unwrap();
    let start = Instant::now();
    let output = Command::new(program)
        .args(["child", name])
        .arg(directory)
        .args([events.to_string(), loans.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    let life = start.elapsed();
    assert!(output.status.success(), "{name} failed");
    let mut found: Found = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            Some((key.to_owned(), value.parse().ok()?))
        })
        .collect();
    found.insert("process".to_owned(), micros(life));
    found
}

/// Says a number to the parent process.
pub fn tell(key: &str, value: u64) {
    println!("{key}={value}");
}

/// Times a step and says how long it took.
pub fn timed<T>(key: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = run();
    tell(key, micros(start.elapsed()));
    value
}

pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap()
}

/// Says the peak memory (KiB) and the processor time (microseconds) of this process, where the
/// system tells.
pub fn tell_process() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    tell("peak", peak.unwrap_or(0));
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
    tell("cpu", ticks * 10_000);
}
