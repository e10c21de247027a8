//! Lines of a bank account with the lines that they are matched with (银行流水匹配表), and the
//! probable errors behind open lines.

use crate::audit::reconcile::{
    BookLine, Cause, Explanation, Group, Item, Place, StatementLine, Suggestion, Zone,
};
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Note, Report};
use crate::report::views::reconcile::{AccountView, of_bank, posting_name};
use crate::report::views::{Journal, journal_cells, voucher_text};
use std::collections::BTreeMap;

/// The groups that are only proposed, in the order in which the user numbers them, from 1.
pub fn proposed(view: &AccountView<'_>) -> Vec<usize> {
    let groups = view.matching.groups.iter().enumerate();
    groups.filter(|(_, group)| group.zone == Zone::Proposed).map(|(place, _)| place).collect()
}

/// The group of each line, and its number among the proposed ones.
struct Standing<'a> {
    groups: &'a [Group],
    statement: BTreeMap<usize, usize>,
    book: BTreeMap<usize, usize>,
    numbers: BTreeMap<usize, usize>,
}

impl<'a> Standing<'a> {
    fn new(view: &'a AccountView<'_>) -> Self {
        let groups = &view.matching.groups;
        let of = |side: fn(&Group) -> &Vec<usize>| {
            let places = groups.iter().enumerate();
            places
                .flat_map(|(at, group)| side(group).iter().map(move |place| (*place, at)))
                .collect()
        };
        let numbers = (1usize..).zip(proposed(view)).map(|(number, at)| (at, number)).collect();
        Self {
            groups,
            statement: of(|group| &group.statement),
            book: of(|group| &group.book),
            numbers,
        }
    }

    fn state(group: Option<&Group>) -> &'static str {
        match group.map(|group| group.zone) {
            Some(Zone::Matched) => "matched",
            Some(Zone::Proposed) => "proposed",
            None => "open",
        }
    }
}

/// The way in which a group was found.
fn method(group: &Group) -> &'static str {
    match (group.confirmed, group.statement.len(), group.book.len()) {
        (Some(_), ..) => "by-person",
        (None, 1, 1) => "one-to-one",
        (None, 1, _) => "one-to-many",
        (None, _, 1) => "many-to-one",
        (None, 0, _) => "book-alone",
        (None, ..) => "many-to-many",
    }
}

/// Selection of the lines to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinesAsked<'a> {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Only lines in this state.
    pub state: Option<&'a str>,
}

/// The lines of a bank account.
pub fn bank_lines(
    view: &AccountView<'_>,
    asked: LinesAsked<'_>,
    state: &State,
    journal: &Journal,
) -> Report {
    let standing = Standing::new(view);
    let within = |date: Date| {
        asked.from.is_none_or(|from| from <= date) && asked.to.is_none_or(|to| date <= to)
    };
    let wanted = |word: &str| asked.state.is_none_or(|asked| asked == word);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut rows, mut open_book) = (Vec::new(), Vec::new());
    for (place, line) in view.statement.iter().enumerate().filter(|(_, line)| within(line.date)) {
        let at = standing.statement.get(&place).copied();
        let word = Standing::state(at.and_then(|at| standing.groups.get(at)));
        let count = counts.entry(word).or_default();
        *count = count.saturating_add(1);
        if wanted(word) {
            rows.push(line_cells(view, &standing, line, at));
        }
    }
    for (place, line) in view.book.iter().enumerate().filter(|(_, line)| within(line.date)) {
        let at = standing.book.get(&place).copied();
        let word = Standing::state(at.and_then(|at| standing.groups.get(at)));
        let forward = view.is_forward(line);
        if word != "matched" && !forward {
            open_book.push((word, book_cells(&standing, line, at, word)));
        }
    }
    let count = |word: &str| Cell::from(counts.get(word).copied().unwrap_or_default());
    let owner = state.owners.get(&view.account.owner);
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&view.account.id).into(),
        (&view.account.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        Cell::optional(asked.from.or(view.from)),
        Cell::optional(asked.to.or(view.to)),
        Cell::optional(view.to),
        count("matched"),
        count("proposed"),
        count("open"),
        open_book.len().into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::BANK_LINES, meta);
    report.rows = rows;
    for (_, cells) in open_book.into_iter().filter(|(word, _)| wanted(word)) {
        report.section_row("open_book", cells);
    }
    report
}

fn line_cells(
    view: &AccountView<'_>,
    standing: &Standing<'_>,
    line: &StatementLine,
    at: Option<usize>,
) -> Vec<Cell> {
    let group = at.and_then(|at| standing.groups.get(at));
    let lines = || group.into_iter().flat_map(|group| &group.book);
    let booked: Vec<&BookLine> = lines().filter_map(|place| view.book.get(*place)).collect();
    let vouchers: Vec<String> =
        booked.iter().filter_map(|line| line.voucher.as_ref()).map(voucher_text).collect();
    let postings: Vec<String> = booked.iter().map(|line| posting_name(line)).collect();
    let joined = |texts: Vec<String>| {
        let text = texts.join(", ");
        if text.is_empty() { Cell::Empty } else { text.into() }
    };
    let difference = match group {
        None => Total::from(line.amount),
        Some(group) => apart(view, group),
    };
    let side = if line.amount.is_positive() { "bank-credit" } else { "bank-debit" };
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    vec![
        Cell::optional(filled(&line.serial)),
        Cell::optional(filled(&line.id)),
        line.date.into(),
        Cell::Word(side),
        line.amount.into(),
        line.balance.into(),
        Cell::optional(filled(&line.name)),
        Cell::optional(filled(&line.account)),
        Cell::optional(filled(&line.memo)),
        joined(vouchers),
        joined(postings),
        group.map_or(Cell::Empty, |group| Cell::Word(method(group))),
        Cell::optional(group.map(|group| group.score)),
        difference.into(),
        Cell::Word(Standing::state(group)),
        Cell::optional(at.and_then(|at| standing.numbers.get(&at)).copied()),
    ]
}

/// The statement's sum minus the book's sum of a group.
fn apart(view: &AccountView<'_>, group: &Group) -> Total {
    let statement = group.statement.iter().filter_map(|place| view.statement.get(*place));
    let book = group.book.iter().filter_map(|place| view.book.get(*place));
    let sum = |amounts: &mut dyn Iterator<Item = Total>| amounts.sum::<Total>();
    sum(&mut statement.map(|line| line.amount.into()))
        - sum(&mut book.map(|line| line.amount.into()))
}

fn book_cells(
    standing: &Standing<'_>,
    line: &BookLine,
    at: Option<usize>,
    word: &'static str,
) -> Vec<Cell> {
    vec![
        posting_name(line).into(),
        line.date.into(),
        line.amount.into(),
        line.memo.as_str().into(),
        Cell::optional(Some(line.document.as_str()).filter(|text| !text.is_empty())),
        Cell::optional(line.voucher.as_ref().map(voucher_text)),
        Cell::Word(word),
        Cell::optional(at.and_then(|at| standing.numbers.get(&at)).copied()),
    ]
}

/// Another own account that a suggestion may refer to: its name and both of its sides.
pub struct OtherView<'a> {
    /// Its id.
    pub bank_account: &'a str,
    /// Lines of its statement.
    pub statement: &'a [StatementLine],
    /// Lines of its book.
    pub book: &'a [BookLine],
}

/// Suggestions and the differences that they explain.
pub struct SuggestionsView<'a> {
    /// The account with its form for the day.
    pub account: AccountView<'a>,
    /// The other own accounts.
    pub others: &'a [OtherView<'a>],
    /// For each item of the form, best first.
    pub suggestions: &'a [Vec<Suggestion>],
    /// The causes that the first suggestions name.
    pub causes: &'a [Cause],
    /// The causes that explain the difference.
    pub explanation: &'a Explanation,
    /// Number of suggestions that are shown for each line.
    pub most: usize,
}

/// The suggestions for each open line, and the smallest sets that explain the whole difference.
pub fn suggestions(view: &SuggestionsView<'_>, state: &State, journal: &Journal) -> Report {
    let account = &view.account;
    let owner = state.owners.get(&account.account.owner);
    let named = view.suggestions.iter().filter(|list| !list.is_empty()).count();
    let ready = |one: &&Suggestion| one.draft.is_some() && one.missing.is_empty();
    let drafts = view.suggestions.iter().filter_map(|list| list.first()).filter(ready).count();
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&account.account.id).into(),
        (&account.account.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        account.result.last_day.into(),
        account.result.difference.into(),
        account.result.items.len().into(),
        named.into(),
        drafts.into(),
        (!view.explanation.sets.is_empty()).into(),
        view.explanation.searched.into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::SUGGESTIONS, meta);
    let items = account.result.items.iter().zip(view.suggestions);
    for (place, (item, list)) in (1usize..).zip(items) {
        if list.is_empty() {
            report.row(suggestion_cells(view, (place, 0), item, None));
        }
        for (rank, one) in (1usize..).zip(list.iter().take(view.most)) {
            report.row(suggestion_cells(view, (place, rank), item, Some(one)));
        }
    }
    for (number, set) in (1usize..).zip(&view.explanation.sets) {
        for cause in set.iter().filter_map(|place| view.causes.get(*place)) {
            let effect = Total(i128::from(cause.effect));
            report.section_row(
                "explanations",
                vec![
                    number.into(),
                    Cell::Word(cause.fault),
                    effect.into(),
                    involved(view, &cause.involved).into(),
                ],
            );
        }
    }
    if account.result.difference != Total::ZERO && !view.explanation.is_complete {
        let searched = view.explanation.searched.to_string();
        report.note("suggest-searched", vec![("searched", searched)]);
    }
    report
}

fn suggestion_cells(
    view: &SuggestionsView<'_>,
    (place, rank): (usize, usize),
    item: &Item,
    one: Option<&Suggestion>,
) -> Vec<Cell> {
    let account = &view.account;
    let line = match of_bank(item) {
        true => account.statement.get(item.line).map(line_name),
        false => account.book.get(item.line).map(posting_name),
    };
    let told = |one: &Suggestion| {
        let key = format!("suggest-{}", one.fault);
        Cell::Told(Note { key: key.into(), args: one.evidence.clone() })
    };
    let draft = one.and_then(|one| one.draft.as_ref());
    vec![
        place.into(),
        if one.is_some() { rank.into() } else { Cell::Empty },
        Cell::Word(item.kind.code()),
        item.date.into(),
        item.amount.into(),
        Cell::optional(line.filter(|line| !line.is_empty())),
        one.map_or(Cell::Word("no-suggestion"), |one| Cell::Word(one.fault)),
        one.map_or(Cell::Empty, told),
        one.map_or(Cell::Empty, |one| involved(view, &one.involved).into()),
        Cell::optional(one.map(|one| one.missing.join(", ")).filter(|missing| !missing.is_empty())),
        Cell::optional(draft.and_then(|draft| draft.as_array()).map(Vec::len)),
        draft.map_or(Cell::Empty, |draft| Cell::Data(draft.to_string())),
    ]
}

/// The name of a statement line; its row if it was not recorded.
fn line_name(line: &StatementLine) -> String {
    if line.id.is_empty() { format!("#{}", line.row) } else { line.id.to_string() }
}

/// The names of the lines that a suggestion involves.
fn involved(view: &SuggestionsView<'_>, places: &[Place]) -> String {
    let other = |at: usize| view.others.get(at);
    let name = |place: &Place| match *place {
        Place::Statement(line) => view.account.statement.get(line).map(line_name),
        Place::Book(line) => view.account.book.get(line).map(posting_name),
        Place::OtherStatement(at, line) => other(at).and_then(|other| {
            let line = other.statement.get(line)?;
            Some(format!("{}:{}", other.bank_account, line_name(line)))
        }),
        Place::OtherBook(at, line) => other(at).and_then(|other| {
            let line = other.book.get(line)?;
            Some(format!("{}:{}", other.bank_account, posting_name(line)))
        }),
    };
    places.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}
