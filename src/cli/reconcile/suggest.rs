//! `reconcile suggest BANK_ACCOUNT`: the probable errors behind each open line, best first, with
//! drafts of the events that correct them; writes nothing to the book.

use super::{Account, day};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::{Made, Target};
use poolbook::audit::reconcile::{
    OtherAccount, SuggestInput, Suggestion, causes, explain_gap, suggest,
};
use poolbook::book::Scope;
use poolbook::problem::Exit;
use poolbook::report::views::{self, OtherView, SuggestionsView};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(long)]
    as_of: Option<String>,
    #[arg(long)]
    line: Vec<String>,
    #[arg(long, default_value_t = 3)]
    most: usize,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    drafts: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let made = args.drafts.as_deref();
    let made = made.map(|path| Made::open(context, ("drafts", path), args.target.force));
    let made = made.transpose()?;
    let asked = args.as_of.as_deref().map(day).transpose()?;
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    let account = Account::recorded(&book, &args.bank_account)?;
    let mut form = account.form(asked.unwrap_or_else(|| account.last_day()));
    let mut others = Vec::new();
    for other in state.bank_accounts.iter().filter(|other| other.id != account.account.id) {
        others.push(Account::recorded(&book, &other.id)?);
    }
    let beside: Vec<OtherAccount<'_>> = others
        .iter()
        .map(|other| OtherAccount {
            bank_account: &other.account.id,
            owner: &other.account.owner,
            statement: &other.statement,
            book: &other.book,
            matching: &other.matching,
        })
        .collect();
    if !args.line.is_empty() {
        let named = |name: &str| args.line.iter().any(|line| line == name);
        form.items.retain(|item| account.name_of(item).is_some_and(|name| named(&name)));
    }
    let event = |seq: u64| -> Option<Value> {
        serde_json::from_str(&book.entry(seq).ok()?.event.to_json()).ok()
    };
    let input = SuggestInput {
        bank_account: &account.account.id,
        owner: &account.account.owner,
        last_day: form.last_day,
        statement: &account.statement,
        book: &account.book,
        matching: &account.matching,
        items: &form.items,
        others: &beside,
        event: &event,
        settings: &account.settings,
    };
    let suggestions = suggest(&input);
    let causes = causes(&input, &suggestions);
    let gap = i64::try_from(form.difference.0).unwrap_or(i64::MAX);
    let explanation = explain_gap(gap, &causes, &account.settings);
    let names: Vec<OtherView<'_>> = others
        .iter()
        .map(|other| OtherView {
            bank_account: &other.account.id,
            statement: &other.statement,
            book: &other.book,
        })
        .collect();
    let view = SuggestionsView {
        account: account.view(&form),
        others: &names,
        suggestions: &suggestions,
        causes: &causes,
        explanation: &explanation,
        most: args.most.max(1),
    };
    let report = views::suggestions(&view, state, &open::journal(&book.head()));
    page.report(context, &report)?;
    if let (Some(made), Some(path)) = (made, &args.drafts) {
        write_drafts(&suggestions, made, path, context)?;
    }
    Ok(if form.items.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Writes the ready events, and says how many there are and how many suggestions are left.
fn write_drafts(
    suggestions: &[Vec<Suggestion>],
    mut made: Made,
    path: &Path,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let (text, events, left) = drafts(suggestions);
    made.put(text.as_bytes())?;
    made.keep(context)?;
    let (events, left) = (events.to_string(), left.to_string());
    let file = path.display().to_string();
    let args = [("file", &*file), ("events", &*events), ("left", &*left)];
    context.output.say("suggest-drafts", &args);
    Ok(())
}

/// The ready events of the best suggestion of each line, one a line and each once; how many there
/// are, and how many suggestions still lack what only a person knows.
fn drafts(suggestions: &[Vec<Suggestion>]) -> (String, usize, usize) {
    let (mut lines, mut left): (Vec<String>, usize) = (Vec::new(), 0);
    for best in suggestions.iter().filter_map(|list| list.first()) {
        let Some(draft) = &best.draft else { continue };
        if !best.missing.is_empty() {
            left += 1;
            continue;
        }
        for event in draft.as_array().into_iter().flatten() {
            let line = event.to_string();
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    (text, lines.len(), left)
}
