//! The book in the formats of other ledger programs and as flat tables, for the user's own tools.
//!
//! The entries come from the journal, in the order of business date and number; the balances that
//! the files assert at the end of each month come from the index. So a foreign program that reads a
//! file not only adds it up, it also compares two sources.
//!
//! Nothing is rounded and nothing depends on a program's tolerance. Only the dates and numbers of
//! the entries are held in memory, 16 bytes each; the entries are read again one by one.
//!
//! Reading order: [`names`] (accounts), this file (contents and order of a file), [`plain`]
//! (hledger and ledger), [`beancount`], [`flat`] (csv and workbooks).

pub mod beancount;
pub mod flat;
pub mod names;
pub mod plain;
pub mod sheet;

use crate::audit::balance::Cells;
use crate::audit::movements::{Movements, Span, collect};
use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::entry::{Entry, Line};
use crate::domain::money::Total;
use crate::domain::state::State;
use crate::limits::YEAR_MAX;
use crate::problem::Problem;
use crate::report::locale::Locale;
use crate::report::views::{Journal, voucher_text};
use crate::store::{Store, StoreError};
use names::{Leaf, Names};
use std::collections::{BTreeMap, BTreeSet};

/// Destination of the bytes of a file.
pub type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Problem> + 'a;

/// Bytes gathered before they are passed on.
const CHUNK: usize = 1 << 20;

/// The contents of an export and their sources.
pub struct Source<'a, S: Store> {
    /// Journal.
    pub store: &'a S,
    /// Master data.
    pub state: &'a State,
    /// Balances.
    pub movements: &'a dyn Movements,
    /// Selected cells.
    pub cells: Cells,
    /// Selected days.
    pub span: Span,
    /// Last entry that counts; `None` if all do.
    pub known_at: Option<u64>,
    /// Wordings of accounts and events.
    pub locale: &'a Locale,
    /// Description of the journal.
    pub journal: Journal,
}

impl<S: Store> Source<'_, S> {
    /// The lines of an entry in the selected cells. Every entry balances inside each cell, so these
    /// lines balance.
    fn lines<'e>(&self, entry: &'e Entry) -> impl Iterator<Item = (Leaf, &'e Line)> {
        let lines = entry.all_lines().map(|line| (Leaf::of(line, self.state), line));
        let cells = self.cells;
        lines.filter(move |(leaf, _)| cells.hold(leaf.owner, leaf.fund))
    }

    /// The dates and numbers of the entries with selected lines, in the order of a file. `visit`
    /// sees each of them in the order of the journal.
    fn order(&self, visit: &mut dyn FnMut(&Entry)) -> Result<Vec<(Date, u64)>, Problem> {
        let mut order = Vec::new();
        self.store.scan(1, &mut |seq, bytes| {
            if self.known_at.is_some_and(|last| seq > last) {
                return Ok(());
            }
            let entry = Entry::decode(bytes).map_err(StoreError::from)?;
            if self.span.contains(entry.event.date) && self.lines(&entry).next().is_some() {
                order.push((entry.event.date, seq));
                visit(&entry);
            }
            Ok(())
        })?;
        order.sort_unstable();
        Ok(order)
    }

    fn entry(&self, seq: u64) -> Result<Entry, Problem> {
        Entry::decode(&self.store.read(seq)?)
    }
}

/// Balances of accounts on a day, in the order of the chart.
type Balances = Vec<(Leaf, Total)>;

/// Amounts on accounts, debit positive, each with the line that holds its dimensions; `None` for a
/// balance brought forward.
pub type Postings<'a> = Vec<(Leaf, Total, Option<&'a Line>)>;

/// An account that a file uses.
pub struct Opened {
    /// Name without its first component.
    pub name: String,
    /// First day on which the file uses it.
    pub since: Date,
}

/// The data for the head of a file, before its entries.
pub struct Declared<'a> {
    /// City, currency.
    pub state: &'a State,
    /// Wordings.
    pub locale: &'a Locale,
    /// Journal.
    pub journal: &'a Journal,
    /// Selected days.
    pub span: Span,
    /// Accounts.
    pub accounts: BTreeMap<Leaf, Opened>,
    /// Words of the events.
    pub events: BTreeSet<&'static str>,
}

impl Declared<'_> {
    /// The currency of the book.
    pub fn currency(&self) -> &str {
        self.state.settings.as_ref().map_or("CNY", |settings| &settings.currency)
    }

    /// The name of an account without its first component.
    pub fn name(&self, leaf: Leaf) -> &str {
        self.accounts.get(&leaf).map_or("", |opened| &opened.name)
    }

    /// Description of the book, its journal and the selected days: `(key, text)`.
    pub fn about(&self) -> Vec<(&'static str, String)> {
        let city = self.state.settings.as_ref();
        let city = city.map(|settings| format!("{} {}", settings.city, settings.name));
        let (from, to) = (self.span.from(), Some(self.span.to()));
        // The last day that a book can have means no bound.
        let to = to.filter(|to| to.year() < YEAR_MAX);
        let [from, to] = [from, to].map(|day| day.map(|day| day.to_string()).unwrap_or_default());
        vec![
            ("book", city.unwrap_or_default()),
            ("entries", self.journal.entries.to_string()),
            ("root", self.journal.root.clone()),
            ("days", format!("{from}..{to}")),
        ]
    }
}

/// One transaction of a file.
pub struct Transaction<'a> {
    /// Business date.
    pub date: Date,
    /// Voucher number, or number in the journal.
    pub code: String,
    /// Description of the event in words.
    pub label: String,
    /// The entry; `None` for balances brought forward.
    pub entry: Option<&'a Entry>,
    /// Amounts.
    pub postings: Postings<'a>,
}

/// A format of a ledger program.
pub trait Form {
    /// Writes the declarations that the format needs before the first transaction.
    fn head(&self, declared: &Declared<'_>, out: &mut String);
    /// Writes a transaction.
    fn transaction(&self, declared: &Declared<'_>, transaction: &Transaction<'_>, out: &mut String);
    /// Writes balances at the end of a day as exact assertions.
    fn check(&self, declared: &Declared<'_>, day: Date, balances: &Balances, out: &mut String);
}

/// Writes a whole file. Cost: the journal is read twice, the second time in the order of dates; 16
/// bytes an entry.
///
/// # Errors
/// Those of the store, of the index, or of the sink.
pub fn write<S: Store>(
    source: &Source<'_, S>,
    form: &dyn Form,
    sink: &mut Sink<'_>,
) -> Result<(), Problem> {
    let mut declared = Declared {
        state: source.state,
        locale: source.locale,
        journal: &source.journal,
        span: source.span,
        accounts: BTreeMap::new(),
        events: BTreeSet::new(),
    };
    let mut first: BTreeMap<Leaf, Date> = BTreeMap::new();
    let mut used = |leaf, date: Date| {
        let since = first.entry(leaf).or_insert(date);
        *since = date.min(*since);
    };
    let order = source.order(&mut |entry| {
        declared.events.insert(entry.event.kind.word());
        source.lines(entry).for_each(|(leaf, _)| used(leaf, entry.event.date));
    })?;
    let ends = (order.first().map(|(date, _)| *date), order.last().map(|(date, _)| *date));
    let (opening, checks) = balances(source, ends)?;
    opening.iter().for_each(|(leaf, _)| used(*leaf, source.span.eve()));
    for (day, sums) in &checks {
        sums.iter().for_each(|(leaf, _)| used(*leaf, *day));
    }
    let names = Names::new(source.state, source.locale);
    let named = first.into_iter();
    declared.accounts =
        named.map(|(leaf, since)| (leaf, Opened { name: names.rest(leaf), since })).collect();

    let mut out = String::new();
    form.head(&declared, &mut out);
    bring_forward(source, &declared, &opening, form, &mut out);
    let mut checks = checks.iter().peekable();
    for (date, seq) in order {
        while let Some((day, sums)) = checks.next_if(|(day, _)| *day < date) {
            form.check(&declared, *day, sums, &mut out);
        }
        let entry = source.entry(seq)?;
        let lines = source.lines(&entry);
        let transaction = Transaction {
            date,
            code: code(&entry),
            label: source.locale.event(entry.event.kind.word()),
            entry: Some(&entry),
            postings: lines.map(|(leaf, line)| (leaf, line.signed(), Some(line))).collect(),
        };
        form.transaction(&declared, &transaction, &mut out);
        if out.len() >= CHUNK {
            sink(out.as_bytes())?;
            out.clear();
        }
    }
    for (day, sums) in checks {
        form.check(&declared, *day, sums, &mut out);
    }
    sink(out.as_bytes())
}

/// The opening balances, then those to be asserted: at the end of each month those of the accounts
/// that moved, on the last day those of every account.
fn balances<S: Store>(
    source: &Source<'_, S>,
    ends: (Option<Date>, Option<Date>),
) -> Result<(Balances, Vec<(Date, Balances)>), Problem> {
    let opening = source.span.from().map(|_| source.span.eve());
    let mut cuts: Vec<Date> = opening.into_iter().collect();
    if let (Some(first), Some(last)) = ends {
        let to = source.span.to().min(last.last_of_month());
        let mut day = first.last_of_month();
        while day < to {
            cuts.push(day);
            // The last day of a book is long before the end of the calendar.
            day = day.tomorrow().map_or(to, Date::last_of_month);
        }
        cuts.push(to);
    }
    let mut moved = vec![BTreeMap::<Leaf, Total>::new(); cuts.len()];
    collect(source.movements, source.cells.owner, &cuts, &mut |key, cut, sum| {
        if source.cells.hold(key.owner, key.fund)
            && let Some(sums) = moved.get_mut(cut)
        {
            *sums.entry(key.into()).or_default() += sum.net();
        }
    })?;
    let mut running: BTreeMap<Leaf, Total> = BTreeMap::new();
    let mut brought = Vec::new();
    let mut checks = Vec::new();
    let last = cuts.len().saturating_sub(1);
    for (number, (day, sums)) in cuts.into_iter().zip(moved).enumerate() {
        for (leaf, net) in &sums {
            *running.entry(*leaf).or_default() += *net;
        }
        if opening == Some(day) {
            running.retain(|_, net| *net != Total::ZERO);
            brought = running.iter().map(|(leaf, net)| (*leaf, *net)).collect();
        } else if number == last {
            checks.push((day, running.iter().map(|(leaf, net)| (*leaf, *net)).collect()));
        } else {
            let now = |leaf| (leaf, running.get(&leaf).copied().unwrap_or_default());
            checks.push((day, sums.into_keys().map(now).collect()));
        }
    }
    Ok((brought, checks))
}

/// Writes one transaction per cell with the balances of the evening before the first day.
fn bring_forward<S: Store>(
    source: &Source<'_, S>,
    declared: &Declared<'_>,
    opening: &Balances,
    form: &dyn Form,
    out: &mut String,
) {
    let mut cells: BTreeMap<(u16, Fund), Postings<'_>> = BTreeMap::new();
    for (leaf, net) in opening {
        cells.entry((leaf.owner, leaf.fund)).or_default().push((*leaf, *net, None));
    }
    for postings in cells.into_values() {
        let date = source.span.eve();
        let transaction = Transaction {
            date,
            code: date.to_string(),
            label: source.locale.text("export-opening", &[]),
            entry: None,
            postings,
        };
        form.transaction(declared, &transaction, out);
    }
}

/// A code such as `410821 2017-12 记-3`; the number in the journal for an entry without a voucher.
fn code(entry: &Entry) -> String {
    match &entry.voucher {
        Some(voucher) => format!("{} {}", voucher.owner, voucher_text(voucher)),
        None => format!("#{}", entry.seq),
    }
}

/// The dimensions of a line as tags.
fn line_tags(line: &Line) -> impl Iterator<Item = (&'static str, &str)> {
    let dimensions = [
        ("party", line.party.as_deref()),
        ("loan", line.loan.as_deref()),
        ("claim", line.claim.as_deref()),
        ("source", line.source.map(|source| source.code())),
    ];
    dimensions.into_iter().filter_map(|(key, value)| Some((key, value?)))
}
