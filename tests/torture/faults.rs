//! A call fails: each kind of failure at each call of each command.

use std::time::Instant;

use poolbook::store::Store;

use super::power::{go_on, kept, went_on};
use super::script::{COMMANDS, Command, Session, seed};
use crate::support::budget;
use crate::support::disk::{Call, Fault};
use crate::support::random::Random;
use crate::support::table::Trouble;

/// A command with one fault, and all that must hold afterwards; nothing if the command ended before.
fn strike(
    command: &Command,
    (fault, nth, on): (Fault, usize, bool),
    random: &mut Random,
) -> Result<Option<Call>, String> {
    let mut session = (command.before)();
    session.disk.fail(fault, nth, on);
    let ran = (command.run)(&mut session);
    let Some(call) = session.disk.heal().get(nth).copied() else { return Ok(None) };
    if let Err(error) = &ran {
        let problem = error.problem();
        let code = problem.code;
        let known =
            ["io-failed", "disk-full", "cannot-create", "outcome-unknown", "store-poisoned"];
        if !known.contains(&code) {
            return Err(format!("told as {problem:?}"));
        }
        poisoned(&mut session, fault, call, code)?;
    } else if !on && fault == Fault::Eio && call == Call::Fdatasync && session.store.is_some() {
        return Err("a sync that failed was passed over".to_owned());
    }
    let attempt = session.now().clone();
    let before = session.disk.state();
    // A handle that has failed must do no harm when it is given up.
    drop(session.store.take());
    for state in [before, session.disk.state()] {
        let cut = state.cut(random);
        let count = kept(&cut, &attempt).map_err(|fault| format!("then a power cut: {fault}"))?;
        go_on(cut, went_on(&attempt, count), random)?;
        let killed = state.killed();
        let count = kept(&killed, &attempt)?;
        let next = go_on(killed, went_on(&attempt, count), random);
        next.map_err(|fault| format!("reopened, then a power cut: {fault}"))?;
    }
    Ok(Some(call))
}

/// After a write or a sync that failed, the handle takes nothing more.
fn poisoned(
    session: &mut Session,
    fault: Fault,
    call: Call,
    code: &'static str,
) -> Result<(), String> {
    let Some(store) = &mut session.store else { return Ok(()) };
    let is_final = matches!(call, Call::Fdatasync | Call::Ftruncate)
        || fault == Fault::Eio && call == Call::Pwrite;
    let taken = store.begin().is_ok() && store.abandon().is_ok();
    if is_final && taken {
        return Err(format!("the handle goes on after {code}"));
    }
    Ok(())
}

/// Tries every fault at every call, as far as the budget for one command and fault allows; it is a
/// multiple of this.
pub fn failing_calls(most: usize, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut tried = 0;
    for command in COMMANDS {
        let mut session = (command.before)();
        session.disk.fail(Fault::Eintr, usize::MAX, false);
        (command.run)(&mut session).unwrap();
        let calls = session.disk.heal();
        for fault in Fault::ALL {
            let sites: Vec<usize> =
                (0..calls.len()).filter(|site| fault.strikes(calls[*site])).collect();
            // A long life repeats itself: a plain run looks at less of it.
            let most = most * command.weight / if calls.len() > 1_000 { 4 } else { 1 };
            let step = sites.len().div_ceil(most.max(1)).max(1);
            for site in sites.iter().skip(random.below(step)).step_by(step) {
                let ways: &[bool] = if fault == Fault::Enospc { &[false, true] } else { &[false] };
                for on in ways {
                    let struck = strike(command, (fault, *site, *on), &mut random);
                    let struck = struck.unwrap_or_else(|wrong| {
                        panic!(
                            "{}, call {site} ({:?}), {fault:?}, {on}: {wrong}",
                            command.name, calls[*site]
                        )
                    });
                    assert_eq!(struck, Some(calls[*site]), "{}: another call", command.name);
                    tried += 1;
                }
            }
        }
    }
    tried
}

#[test]
fn failing_call_is_told_and_loses_nothing() {
    let start = Instant::now();
    let tried = failing_calls(budget("POOLBOOK_FAULT_SITES", 1) as usize, seed());
    let spent = start.elapsed().as_millis();
    println!("{tried} failing calls in {spent} ms: nothing lost, none tried again");
}

/// The index fails, panics or hangs at each of its calls: no entry is hurt, and the next opening
/// makes it again.
pub fn failing_index() {
    for command in COMMANDS.iter().filter(|command| command.name != "import") {
        for trouble in [Trouble::Fail, Trouble::Panic, Trouble::Hang] {
            for nth in (0..).map_while(|nth| (nth < 12).then_some(nth)) {
                let mut session = (command.before)();
                session.disk.index().fail(trouble, nth);
                let ran = (command.run)(&mut session);
                if let Err(error) = ran {
                    let code = error.problem().code;
                    assert!(code == "index-failed", "{} {trouble:?} {nth}: {code}", command.name);
                }
                drop(session.store.take());
                if session.disk.index().heal() <= nth {
                    break;
                }
                let attempt = session.now().clone();
                let count = kept(&session.disk, &attempt).unwrap_or_else(|wrong| {
                    panic!("{} {trouble:?} at {nth}: {wrong}", command.name)
                });
                assert!(count >= attempt.acknowledged);
            }
        }
    }
}

#[test]
fn failing_index_hurts_no_entry() {
    failing_index();
}
