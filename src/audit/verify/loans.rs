//! Loans as their events tell them, held against the register of their balances (16) and of the
//! pool's exposure (17).
//!
//! Memory: one record a loan and note, as long as the book has them.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, or, share_of};
use super::slips::Slip;
use super::terms::Terms;
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use crate::domain::event::{ContractDays, Disburse, Enrol, Event, Kind, Origin, RecordKind};
use crate::domain::money::Total;
use crate::domain::rate::{Rate, Share};
use crate::domain::rules::Sharing;
use crate::domain::text::Id;

/// The registers of a loan: its balance by class, and the pool's exposure.
const REGISTERS: [Account; 5] = [
    Account::LoansNormal,
    Account::LoansExtended,
    Account::LoansOverdue,
    Account::LoansNpl,
    Account::Exposure,
];

/// In which register a note's balance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Normal,
    Extended,
    Overdue,
    Npl,
}

/// An enrolled loan.
pub(super) struct Loan {
    /// The owner whose pool covers it.
    pub owner: Id,
    /// The firm.
    pub firm: Id,
    /// The bank.
    pub bank: Id,
    /// Rules under which it is.
    pub rules: Option<Id>,
    /// How a loss is shared.
    pub sharing: Sharing,
    /// Rules and sharing before each change of its rules.
    pub changes: Vec<(Option<Id>, Sharing)>,
    /// What the sharing table asks of it.
    pub terms: Terms,
    /// Day of enrolment.
    pub enrolled: Date,
    /// Day on which the enrolment was revoked.
    pub removed: Option<Date>,
    /// Notes in order of disbursement.
    pub notes: Vec<Note>,
    /// What the contract is for.
    pub amount: Total,
    /// Contract rate at signing.
    pub rate: Rate,
    /// How the bank counts days.
    pub day_count: ContractDays,
    /// Slips of guarantee fees.
    pub fees: Vec<Slip>,
    due: Date,
    deposit: Total,
    /// What the lines say, in the order of [`REGISTERS`].
    registers: [Total; 5],
}

/// A drawdown note.
pub(super) struct Note {
    /// Note number.
    pub id: Id,
    /// First day that bears interest.
    pub drawn: Date,
    /// Original maturity.
    pub due: Date,
    /// Principal owed.
    pub balance: Total,
    /// Principal drawn.
    pub amount: Total,
    /// Repayments of principal, with their true days.
    pub repayments: Vec<(Date, Total)>,
    /// New contract rates.
    pub rates: Vec<(Date, Rate)>,
    /// Slips of interest.
    pub interest: Vec<Slip>,
    /// Its class.
    pub class: Class,
    /// Extensions: from which day, to which maturity.
    pub extensions: Vec<(Date, Date)>,
    /// Overdue spells.
    pub overdue: Vec<(Date, Option<Date>)>,
    /// Day of classification as non-performing.
    pub npl: Option<Date>,
    exposure: Total,
    compensated: Total,
    classes: Vec<Class>,
    cures: Vec<(bool, Option<Date>)>,
    /// Balance and exposure when the enrolment was revoked.
    removed: (Total, Total),
}

impl Note {
    /// The pool's part of what is owed and not compensated.
    fn share(&self, share: Share, balance: Total) -> Total {
        share_of((balance - self.compensated).max(Total::ZERO), share)
    }

    fn turn(&mut self, class: Class) {
        self.classes.push(self.class);
        self.class = class;
    }

    fn turn_back(&mut self) {
        self.class = self.classes.pop().unwrap_or(self.class);
    }
}

/// What a loan counts for in its pool and in the ratios that stop new loans.
#[derive(Default, PartialEq)]
pub(super) struct Part {
    /// Balance and what is not drawn yet.
    pub counted: Total,
    /// The pool's part of them.
    pub pool: Total,
    /// Balance.
    pub balance: Total,
    /// The balance of notes in an open overdue spell.
    pub overdue: Total,
    /// The non-performing balance.
    pub npl: Total,
    /// Principal whose cover has ended.
    pub released: Total,
    /// The contract amount, while it is live.
    pub contract: Total,
    /// 1 while it is live.
    pub live: i64,
}

impl Note {
    /// A note as it is drawn.
    fn drawn(own: &Disburse, event: &Event, loan: &Loan) -> Self {
        let amount = Total::from(own.amount);
        Self {
            id: own.note.as_ref().unwrap_or(&own.loan).clone(),
            drawn: event.happened(),
            due: own.due.unwrap_or(loan.due),
            balance: amount,
            amount,
            repayments: Vec::new(),
            rates: Vec::new(),
            interest: Vec::new(),
            class: Class::Normal,
            extensions: Vec::new(),
            overdue: Vec::new(),
            npl: None,
            exposure: share_of(amount, loan.sharing.pool),
            compensated: Total::ZERO,
            classes: Vec::new(),
            cures: Vec::new(),
            removed: (Total::ZERO, Total::ZERO),
        }
    }
}

impl Loan {
    /// What it counts for as it stands. What is not drawn counts until every note is repaid.
    pub fn part(&self) -> Part {
        let sum = |of: &dyn Fn(&Note) -> Total| self.notes.iter().map(of).sum::<Total>();
        let (balance, drawn) = (sum(&|note| note.balance), sum(&|note| note.amount));
        let live = self.removed.is_none() && (self.notes.is_empty() || balance > Total::ZERO);
        let undrawn = if live { self.amount - drawn } else { Total::ZERO };
        let if_so = |so: bool, note: &Note| if so { note.balance } else { Total::ZERO };
        let is_open = |note: &Note| note.overdue.last().is_some_and(|(_, cured)| cured.is_none());
        Part {
            counted: balance + undrawn,
            pool: sum(&|note| note.exposure) + share_of(undrawn, self.sharing.pool),
            balance,
            overdue: sum(&|note| if_so(is_open(note), note)),
            npl: sum(&|note| if_so(note.class == Class::Npl, note)),
            released: drawn - sum(&|note| (note.balance - note.compensated).max(Total::ZERO)),
            contract: if live { self.amount } else { Total::ZERO },
            live: i64::from(live),
        }
    }

    /// The note of an id, or the first one.
    pub fn note(&self, id: Option<&Id>) -> Option<&Note> {
        match id {
            Some(id) => self.notes.iter().find(|note| note.id == *id),
            None => self.notes.first(),
        }
    }

    fn note_mut(&mut self, id: Option<&Id>) -> Option<&mut Note> {
        match id {
            Some(id) => self.notes.iter_mut().find(|note| note.id == *id),
            None => self.notes.first_mut(),
        }
    }

    /// The loan goes over to rules, or back to those before; the pool's part follows.
    fn change_rules(&mut self, back: bool, to: &Id, adopted: &Adopted) {
        if back {
            if let Some((rules, sharing)) = self.changes.pop() {
                (self.rules, self.sharing) = (rules, sharing);
            }
        } else {
            let sharing = self.terms.sharing(adopted.rules(to));
            self.changes.push((self.rules.replace(to.clone()), self.sharing));
            self.sharing = sharing;
        }
        let share = self.sharing.pool;
        for note in &mut self.notes {
            note.exposure = note.share(share, note.balance);
        }
    }

    fn expected(&self) -> [Total; 5] {
        let mut sums = [Total::ZERO; 5];
        for note in &self.notes {
            sums[note.class as usize] += note.balance;
            sums[4] += note.exposure;
        }
        sums
    }
}

/// All loans.
#[derive(Default)]
pub(super) struct Loans {
    loans: FastMap<Id, Loan>,
}

/// Loan and note of an event on an enrolled loan.
pub(in crate::audit) fn named(event: &Event) -> Option<(&Id, Option<&Id>)> {
    let Some((RecordKind::Loan, _)) = event.kind.named() else { return None };
    let elsewhere = matches!(event.kind, Kind::ExplainReceipt(_) | Kind::FileSubsidy(_));
    event.kind.loan().filter(|_| !elsewhere)
}

impl Loans {
    /// The loan of an id.
    pub fn get(&self, id: &Id) -> Option<&Loan> {
        self.loans.get(id)
    }

    /// All loans, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Loan)> {
        self.loans.iter()
    }

    /// An enrolment; the first one of an id counts.
    fn enrol(&mut self, fact: &Fact<'_>, own: &Enrol, adopted: &Adopted) {
        let event = fact.event;
        let rules = fact.entry.rules.as_ref();
        let Some(owner) = fact.owner() else { return };
        let terms = Terms::of(own, event);
        let loan = Loan {
            owner: owner.clone(),
            firm: own.firm.clone(),
            bank: own.bank.clone(),
            rules: rules.cloned(),
            sharing: terms.sharing(rules.and_then(|id| adopted.rules(id))),
            changes: Vec::new(),
            terms,
            enrolled: event.happened(),
            removed: None,
            notes: Vec::new(),
            amount: own.amount.into(),
            rate: own.rate,
            day_count: own.day_count.unwrap_or(ContractDays::Act360),
            fees: Vec::new(),
            due: own.due,
            deposit: Total::ZERO,
            registers: [Total::ZERO; 5],
        };
        self.loans.entry(own.loan.clone()).or_insert(loan);
    }

    /// Takes an event of the loan family in.
    pub fn take(&mut self, fact: &Fact<'_>, adopted: &Adopted) {
        let event = fact.event;
        if let Kind::Enrol(own) = &event.kind {
            return self.enrol(fact, own, adopted);
        }
        if let Kind::ExplainReceipt(own) = &event.kind {
            if let (Origin::Deposit, Some(id)) = (own.to, &own.loan) {
                let amount = fact.told(Account::UnknownReceipts);
                self.deposit(id, fact.signed(amount));
            }
            return;
        }
        let Some((id, note)) = named(event) else { return };
        let Some(loan) = self.loans.get_mut(id) else { return };
        match &event.kind {
            Kind::Disburse(own) if fact.back => {
                let id = own.note.as_ref().unwrap_or(&own.loan);
                loan.notes.retain(|note| note.id != *id);
            }
            Kind::Disburse(own) => {
                let note = Note::drawn(own, event, loan);
                loan.notes.push(note);
            }
            Kind::Remove(_) if fact.back => {
                loan.removed = None;
                for note in &mut loan.notes {
                    (note.balance, note.exposure) = note.removed;
                }
            }
            Kind::Remove(_) => {
                loan.removed = Some(event.happened());
                for note in &mut loan.notes {
                    note.removed = (note.balance, note.exposure);
                    (note.balance, note.exposure) = (Total::ZERO, Total::ZERO);
                }
            }
            Kind::ChangeRules(own) => loan.change_rules(fact.back, &own.to_rules, adopted),
            Kind::Repay(own) => repay(loan, note, fact, own.amount.into()),
            Kind::FeePaid(_) if fact.back => drop(loan.fees.pop()),
            Kind::FeePaid(own) => loan.fees.push(Slip {
                from: own.from,
                to: own.to,
                amount: own.amount.into(),
                paid: event.happened(),
                rate: Some(own.fee_rate),
            }),
            Kind::ReceiveDeposit(own) => loan.deposit += fact.signed(own.amount),
            Kind::RefundDeposit(own) => {
                let amount = if fact.back {
                    fact.told(Account::FirmDeposits)
                } else {
                    or(own.amount, loan.deposit)
                };
                loan.deposit += -fact.signed(amount);
            }
            Kind::ApplyDeposit(own) => {
                let owed = loan.note(note).map_or(Total::ZERO, |note| note.balance);
                let meant = or(own.amount, loan.deposit.min(owed));
                let amount = if fact.back { fact.told(Account::FirmDeposits) } else { meant };
                loan.deposit += -fact.signed(amount);
                repay(loan, note, fact, amount);
            }
            kind => {
                if let Some(note) = loan.note_mut(note) {
                    let day = event.happened();
                    if fact.back { turn_back(note, kind) } else { turn(note, kind, day) }
                }
            }
        }
    }

    /// Takes an entry in within a correction: a drawdown changes its note and makes no other one, and a
    /// deposit bears what its lines say, because others may have come in since.
    pub fn take_again(&mut self, fact: &Fact<'_>, adopted: &Adopted) {
        if let Kind::ApplyDeposit(own) = &fact.event.kind {
            let borne = fact.told(Account::FirmDeposits);
            if let Some(loan) = self.loans.get_mut(&own.loan) {
                repay(loan, own.note.as_ref(), fact, borne);
            }
            return;
        }
        let Kind::Disburse(own) = &fact.event.kind else { return self.take(fact, adopted) };
        let Some(loan) = self.loans.get_mut(&own.loan).filter(|_| !fact.back) else { return };
        let (due, share) = (own.due.unwrap_or(loan.due), loan.sharing.pool);
        if let Some(note) = loan.note_mut(Some(own.note.as_ref().unwrap_or(&own.loan))) {
            (note.drawn, note.due, note.class) = (fact.event.happened(), due, Class::Normal);
            (note.amount, note.balance) = (own.amount.into(), own.amount.into());
            note.exposure = share_of(note.amount, share);
        }
    }

    fn deposit(&mut self, id: &Id, by: Total) {
        if let Some(loan) = self.loans.get_mut(id) {
            loan.deposit += by;
        }
    }

    /// Compensation for a note: `paid` of it, and the whole base when that is the last fen. Taken
    /// back with what the lines give back.
    pub fn compensate(
        &mut self,
        fact: &Fact<'_>,
        (id, note): (&Id, &Id),
        base: Total,
        paid: Total,
        last: bool,
    ) {
        let Some(loan) = self.loans.get_mut(id) else { return };
        let share = loan.sharing.pool;
        let Some(note) = loan.note_mut(Some(note)) else { return };
        if fact.back {
            note.exposure += fact.moved(Account::Exposure);
            if last {
                note.compensated += -base;
            }
            return;
        }
        let floor = note.share(share, note.balance - base).min(note.exposure);
        let free = note.exposure - floor;
        note.exposure += -if last { free } else { free.min(paid) };
        if last {
            note.compensated += base;
        }
    }

    /// What is left of a note leaves the register with its claim.
    pub fn end(&mut self, fact: &Fact<'_>, (id, note): (&Id, &Id)) {
        let note = self.loans.get_mut(id).and_then(|loan| loan.note_mut(Some(note)));
        let Some(note) = note else { return };
        if fact.back {
            note.balance += fact.moved(REGISTERS[note.class as usize]);
            note.exposure += fact.moved(Account::Exposure);
        } else {
            (note.balance, note.exposure) = (Total::ZERO, Total::ZERO);
        }
    }

    /// Holds the registers of every loan that the entry touches against its notes.
    pub fn compare(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        let mut touched: Option<&Id> = None;
        for line in fact.entry.all_lines() {
            let Some(place) = REGISTERS.iter().position(|account| *account == line.account) else {
                continue;
            };
            let Some(id) = &line.loan else {
                tally.find(Check::LoanBalance, fact.seq, line.account, "loan", "-");
                continue;
            };
            if touched.is_some_and(|touched| touched != id) {
                self.hold(touched, fact, tally);
            }
            touched = Some(id);
            match self.loans.get_mut(id) {
                Some(loan) => loan.registers[place] += line.signed(),
                None => tally.find(Check::LoanBalance, fact.seq, id, "-", line.signed()),
            }
        }
        let named = named(fact.event).map(|(id, _)| id);
        if touched != named {
            self.hold(named, fact, tally);
        }
        self.hold(touched, fact, tally);
    }

    /// Holds the registers of a loan against its notes.
    pub fn hold(&mut self, id: Option<&Id>, fact: &Fact<'_>, tally: &mut Tally) {
        let Some((id, loan)) = id.and_then(|id| Some((id, self.loans.get_mut(id)?))) else {
            return;
        };
        let expected = loan.expected();
        for ((account, expected), found) in REGISTERS.iter().zip(expected).zip(loan.registers) {
            let check = if *account == Account::Exposure {
                Check::LoanExposure
            } else {
                Check::LoanBalance
            };
            tally.same(check, fact.seq, format_args!("{id} {account}"), expected, found);
        }
        // Told once, not again at every later entry of the loan.
        loan.registers = expected;
    }
}

fn repay(loan: &mut Loan, note: Option<&Id>, fact: &Fact<'_>, amount: Total) {
    let share = loan.sharing.pool;
    let Some(note) = loan.note_mut(note) else { return };
    note.balance += -fact.signed(amount);
    if fact.back {
        note.repayments.pop();
    } else {
        note.repayments.push((fact.event.happened(), amount));
    }
    note.exposure = match fact.back {
        true => note.exposure + fact.moved(Account::Exposure),
        false => note.share(share, note.balance).min(note.exposure),
    };
}

fn turn(note: &mut Note, kind: &Kind, day: Date) {
    match kind {
        Kind::Extend(own) => {
            let from = note.extensions.last().map_or(note.due, |(_, due)| *due);
            note.extensions.push((from, own.due));
            note.turn(Class::Extended);
        }
        Kind::Overdue(_) => {
            note.overdue.push((day, None));
            note.turn(Class::Overdue);
        }
        Kind::Npl(_) => {
            note.npl = Some(day);
            note.turn(Class::Npl);
        }
        Kind::Cure(_) => {
            let open = note.overdue.last_mut().filter(|(_, cured)| cured.is_none());
            let ended = open.map(|(_, cured)| *cured = Some(day)).is_some();
            note.cures.push((ended, note.npl.take()));
            note.turn(if note.extensions.is_empty() { Class::Normal } else { Class::Extended });
        }
        Kind::Reprice(own) => note.rates.push((day, own.rate)),
        Kind::InterestPaid(own) => note.interest.push(Slip {
            from: own.from,
            to: own.to,
            amount: own.amount.into(),
            paid: day,
            rate: None,
        }),
        _ => {}
    }
}

fn turn_back(note: &mut Note, kind: &Kind) {
    match kind {
        Kind::Extend(_) => drop(note.extensions.pop()),
        Kind::Overdue(_) => drop(note.overdue.pop()),
        Kind::Npl(_) => note.npl = None,
        Kind::Cure(_) => {
            let (ended, npl) = note.cures.pop().unwrap_or((false, None));
            note.npl = npl;
            if let Some((_, cured)) = note.overdue.last_mut().filter(|_| ended) {
                *cured = None;
            }
        }
        Kind::Reprice(_) => {
            note.rates.pop();
            return;
        }
        Kind::InterestPaid(_) => {
            note.interest.pop();
            return;
        }
        _ => return,
    }
    note.turn_back();
}
