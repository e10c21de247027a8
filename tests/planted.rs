//! The tests are tested: each planted bug, and who must catch it.
//!
//! A bug is planted for the whole process, so the bugs are tried in a process of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use poolbook::planted::{Bug, plant};

use crate::torture::{copies, faults, flips, power};
use crate::{
    bounds, caps, close, conformance, effective, people, real_index, refusals, rule_words,
    store_contract, store_files, store_index, tails, verify,
};

/// A guard: its name, and what it does.
type Guard = (&'static str, fn());

const POWER: Guard = ("power cuts", || _ = power::power_cuts(1, 1));
const COPIES: Guard = ("power cuts of copies", || _ = copies::power_cuts(400, 1));
const FAULTS: Guard = ("failing calls", || _ = faults::failing_calls(2, 1));
const INDEX_FAULTS: Guard = ("failing index", faults::failing_index);
const FLIPS: Guard = ("flipped bits", || _ = flips::flipped_bits(1_500, 1));
const CUTS: Guard = ("cut files", || _ = flips::cut_files(600, 1));
const FORGERIES: Guard = ("forgeries", verify::a_forger_with_sound_checksums_is_found);
const CASES: Guard = ("worked cases", conformance::every_case_comes_to_its_figures);
const REFUSALS: Guard = ("refusals", refusals::every_reason_is_reached_and_names_its_numbers);

const SPREAD: Guard = ("order of keys", rule_words::a_spread_is_written_in_order_or_not_at_all);

/// Each bug, and who is responsible for it.
const BUGS: &[(Bug, Guard)] = &[
    (Bug::AcknowledgedUnsynced, POWER),
    (Bug::HeadBeforeData, POWER),
    (Bug::HeadNotAlternating, POWER),
    (Bug::NamesUnsynced, POWER),
    (Bug::HeadNamedFirst, POWER),
    (Bug::LineChecksumIgnored, FLIPS),
    (Bug::SlotChecksumIgnored, FLIPS),
    (Bug::ShortJournalAccepted, CUTS),
    (Bug::TornGroupCounted, POWER),
    (Bug::SyncTriedAgain, FAULTS),
    (Bug::WriteTriedAgain, FAULTS),
    (Bug::PoisonForgotten, FAULTS),
    (Bug::QuarantineUnsynced, POWER),
    (Bug::CutBeforeCopy, POWER),
    (Bug::TornTailIsDamage, POWER),
    (
        Bug::DamageIsTornTail,
        ("damage", store_files::damage_behind_a_lagging_head_is_told_from_a_torn_write),
    ),
    (Bug::TailBelieved, POWER),
    (Bug::LaterSyncBelieved, FAULTS),
    (Bug::SlotBelieved, POWER),
    (
        Bug::RootNotCompared,
        ("rewriting", store_files::rewritten_history_with_sound_checksums_differs_from_the_head),
    ),
    (
        Bug::IndexBelieved,
        ("other indexes", store_index::index_of_another_book_or_of_another_time_is_not_believed),
    ),
    (Bug::OlderSlotCounts, CUTS),
    (Bug::LeafPrefix, ("contract", store_contract::memory::entries_come_back_byte_for_byte)),
    (Bug::TailLeft, POWER),
    (Bug::RefusalLeavesLock, CUTS),
    (Bug::IndexUnguarded, INDEX_FAULTS),
    (Bug::SamePerson, ("people", people::a_payment_takes_as_many_people_as_the_book_says)),
    (Bug::HalfEven, ("rounding", bounds::half_a_fen_goes_away_from_zero)),
    (
        Bug::VoucherTwice,
        ("vouchers", people::vouchers_run_without_gaps_over_transfers_refusals_and_closes),
    ),
    (Bug::ClosedPeriodOpen, ("closes", close::every_way_in_is_shut_and_leaves_no_trace)),
    (Bug::SidesExchanged, CASES),
    (Bug::CellUnbalanced, CASES),
    (Bug::ReversedTwice, REFUSALS),
    (Bug::CapsUncounted, ("ceilings", caps::two_requests_cannot_both_use_the_last_yuan)),
    (Bug::IdReused, ("ids", effective::the_same_id_with_another_true_date_is_another_event)),
    (Bug::SumWraps, ("bounds", bounds::sums_end_at_the_bounds)),
    (Bug::ClockBack, ("clock", bounds::the_time_of_recording_never_goes_back)),
    (Bug::AuditorBlind, FORGERIES),
    (Bug::GapAccepted, FORGERIES),
    (Bug::BackupUnsynced, COPIES),
    (Bug::BackupNameUnsynced, COPIES),
    (Bug::RestoredUnsynced, COPIES),
    (Bug::LeavesNameUnsynced, COPIES),
    (
        Bug::SilenceIsAbsence,
        (
            "failing calls over a real index",
            real_index::a_failing_call_gives_right_figures_or_an_error,
        ),
    ),
    (Bug::KeysUnsorted, SPREAD),
    (Bug::TailUnjudged, ("tails", tails::what_cannot_be_ours_does_not_count)),
];

/// Whether the guard raises the alarm.
fn alarm(guard: Guard) -> bool {
    catch_unwind(AssertUnwindSafe(guard.1)).is_err()
}

/// Set in the process in which the bugs are planted.
const ALONE: &str = "POOLBOOK_PLANTED_ALONE";

#[test]
fn planted_bugs_are_caught() {
    if std::env::var_os(ALONE).is_some() {
        return catch_all();
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "planted::planted_bugs_are_caught", "--nocapture"]).env(ALONE, "1");
    let output = alone.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let caught = said.lines().filter(|line| line.starts_with("caught ")).count();
    assert_eq!(caught, BUGS.len(), "{said}");
}

fn catch_all() {
    let mut bugs: Vec<Bug> = BUGS.iter().map(|(bug, _)| *bug).collect();
    bugs.dedup();
    assert!(
        bugs.is_sorted() && bugs.len() == Bug::TailUnjudged as usize,
        "each bug once, in order"
    );
    // Alarms are expected here by the dozen; that none is raised without a bug is what the other tests
    // show.
    std::panic::set_hook(Box::new(|_| {}));
    let mut wrong = Vec::new();
    for (bug, guard) in BUGS {
        plant(Some(*bug));
        let caught = alarm(*guard);
        plant(None);
        println!("{} {bug:?}, by {}", if caught { "caught" } else { "MISSED" }, guard.0);
        if !caught {
            wrong.push(format!("{bug:?} is passed over by {}", guard.0));
        }
    }
    // The writer itself stops that one, before a byte of it is stored.
    plant(Some(Bug::KeysUnsorted));
    let stopped = catch_unwind(AssertUnwindSafe(SPREAD.1)).unwrap_err();
    plant(None);
    let said = stopped.downcast_ref::<String>().map_or("", String::as_str);
    assert!(said.starts_with("BUG: the keys of canonical JSON"), "{said}");
    let _ = std::panic::take_hook();
    assert_eq!(wrong, [""; 0]);
}
