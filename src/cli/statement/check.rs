//! `statement check FILE...`: reads everything, does all the arithmetic, writes nothing.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::reconcile::profiles;
use crate::cli::statement::{Known, row};
use poolbook::intake::statement::{Statement, gap, prove_in_order, read_file};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::statement_check;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    profile: Vec<PathBuf>,
    #[command(flatten)]
    known: Known,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut profiles = profiles(&args.profile)?;
    args.known.tell(&mut profiles, args.file.len())?;
    let (mut statements, mut problems) = (Vec::new(), Vec::new());
    for file in &args.file {
        match read_file(file, None, &profiles) {
            Ok(read) => statements.extend(read),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }
    prove_in_order(&mut statements);
    let gaps = gaps(&statements);
    let rows: Vec<_> = statements
        .iter()
        .enumerate()
        .map(|(index, statement)| {
            row(statement, gaps.iter().filter(|(after, _)| *after == index).count())
        })
        .collect();
    context.output.report(&statement_check(args.file.len(), &rows))?;
    let own =
        statements.iter().flat_map(|statement| statement.remarks.iter().chain(statement.doubts()));
    for problem in own.chain(gaps.iter().map(|(_, problem)| problem)) {
        context.output.talk(&in_words_as_note(problem, &context.output.locale));
    }
    let clean = rows.iter().all(|row| row.breaks == 0 && row.undecided == 0);
    Ok(if clean { Exit::Done } else { Exit::Findings })
}

/// Consecutive statements of one account whose balances do not agree, with the index of the later
/// one. Statements whose days overlap are not compared here.
fn gaps(statements: &[Statement]) -> Vec<(usize, Problem)> {
    let mut order: Vec<usize> = (0..statements.len()).collect();
    let of = |index: &usize| statements.get(*index);
    order.sort_by_key(|index| {
        of(index).map(|statement| (statement.number.clone(), statement.from, statement.to))
    });
    let mut gaps = Vec::new();
    for pair in order.windows(2) {
        let [first, second] = pair else { continue };
        let (Some(before), Some(after)) = (of(first), of(second)) else { continue };
        let follows = before.number.is_some()
            && before.number == after.number
            && before.to.zip(after.from).is_some_and(|(to, from)| to < from);
        if follows && before.closing != after.opening {
            gaps.push((*second, gap(before, after).in_file(after.file.as_str())));
        }
    }
    gaps
}
