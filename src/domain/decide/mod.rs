//! Deciding: state + event → one balanced entry, or one refusal. Reads nothing but its arguments.
//!
//! Guards first, in the order of [`crate::domain::refusal`]; then the lines from
//! [`crate::domain::posting`]; then the rules that hold for every entry (who checked it, available
//! money, no bank account below zero, bounds). Below that line nothing can fail, and
//! [`crate::domain::apply`] takes the entry in. Cost: a few hash look-ups an event, and the number of
//! bank accounts for a payment.

mod accrual;
mod application;
mod benefit;
mod checkpoint;
mod claim;
mod clawback;
mod close;
mod correct;
mod correction;
mod custody;
mod deposit;
mod enrolment;
mod funding;
mod loan;
mod loss;
mod papers;
mod people;
mod pool;
mod qualification;
mod quota;
mod receipt;
mod rests;
mod reverse;
mod review;
mod room;
mod rules;
mod settlement;
mod setup;
mod slips;
mod statement;
mod subsidy;
mod withdrawal;

pub use claim::sharing_of;
pub use close::{Block, blocks};
pub use correct::rests_on;
pub(crate) use enrolment::leverage_of;
pub(crate) use loan::cured;
pub(crate) use loss::parts_of_loss;
pub(crate) use rules::between;
pub use rules::{follow_ups, is_followed};
pub use subsidy::{cap_years_of, firm_caps, firm_year_cap};

use crate::domain::account::Fund;
use crate::domain::calendar::Month;
use crate::domain::entry::{Entry, Line, Voucher, VoucherWord};
use crate::domain::event::{Event, Kind, Pays};
use crate::domain::field::Json;
use crate::domain::money::{Money, MoneyError, Total};
use crate::domain::posting::Draft;
use crate::domain::refusal::Reason;
use crate::domain::registry::{BankAccount, Owner, Party};
use crate::domain::seal::Seals;
use crate::domain::state::{Cell, State};
use crate::domain::text::{Id, TextError};
use crate::limits::{ID_MAX, LINES_MAX, MONEY_MAX_FEN, NAME_MAX};
use crate::planted::{Bug, planted};
use crate::problem::Problem;
use jiff::Timestamp;

/// What deciding needs besides state and event.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Number that the entry gets.
    pub seq: u64,
    /// Now, from the caller's clock.
    pub recorded: Timestamp,
    /// The entry that the event wants to reverse or correct, if it exists.
    pub original: Option<&'a Entry>,
    /// The entries that [`rests_on`] names.
    pub later: &'a [Entry],
    /// How new loans, withdrawals and fees are held to the limits of the rules.
    pub limits: Limits,
    /// The journal as it stood before the group that the event belongs to.
    pub journal: JournalHead,
    /// The trees of owners as they stood then, for an event that seals them.
    pub seals: Option<&'a Seals>,
}

/// The entry that an event names and that deciding asks for.
pub fn original_of(kind: &Kind) -> Option<u64> {
    match kind {
        Kind::Reverse(own) => Some(own.entry.0),
        Kind::Correct(own) => Some(own.entry.0),
        _ => None,
    }
}

/// Whether an event asks for the trees of owners.
pub fn seals(kind: &Kind) -> bool {
    matches!(kind, Kind::Close(_) | Kind::Checkpoint(_))
}

/// A prefix of the journal, as a close keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalHead {
    /// Number of entries.
    pub entries: u64,
    /// Root of the tree over them.
    pub root: [u8; 32],
}

/// How strictly an event is held to the limits of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// What breaks a limit is refused.
    #[default]
    Held,
    /// The event tells what others have done already: leverage and circuit breaker refuse nothing,
    /// and what they say against a loan stands in its working.
    Noted,
}

/// What an event comes to, before the rules that hold for every entry.
struct Decision {
    owner: Option<Id>,
    draft: Option<Draft>,
    rules: Option<Id>,
    working: Option<Json>,
    payment: Option<Payment>,
    /// Money goes out, so that it takes more people than its maker.
    money_out: bool,
    reverses: Option<u64>,
}

/// Money that leaves a cell by order.
struct Payment {
    cell: Cell,
    amount: Money,
    /// What was set aside for this very payment and therefore does not stand in its way.
    own: Money,
}

impl Decision {
    /// A fact without lines.
    fn fact(owner: Option<Id>) -> Self {
        let (draft, rules, working, payment, reverses) = Default::default();
        Self { owner, draft, rules, working, payment, money_out: false, reverses }
    }

    /// An entry with lines.
    fn entry(owner: Id, draft: Draft) -> Self {
        Self { draft: Some(draft), ..Self::fact(Some(owner)) }
    }

    fn rules(self, rules: Option<Id>) -> Self {
        Self { rules, ..self }
    }

    fn working(self, working: Json) -> Self {
        Self { working: Some(working), ..self }
    }

    fn payment(self, cell: &Cell, amount: Money, own: Money) -> Self {
        Self { payment: Some(Payment { cell: cell.clone(), amount, own }), money_out: true, ..self }
    }

    fn money_out(self, money_out: bool) -> Self {
        Self { money_out, ..self }
    }
}

/// Decides an event.
///
/// # Errors
/// A refusal ([`Reason`]) with the numbers, or bad data that only the state can show (a rules text
/// that does not parse, a credit code that fails its check digits).
pub fn decide(state: &State, event: Event, context: &Context<'_>) -> Result<Entry, Problem> {
    if state.settings.is_none() && !matches!(event.kind, Kind::OpenBook(_)) {
        return Err(Reason::BookNotOpen.refuse().with("event", event.kind.word()));
    }
    check_effective(&event)?;
    let decision = match &event.kind {
        Kind::OpenBook(own) => setup::open_book(state, own),
        Kind::Join(own) => setup::join(state, &event, own),
        Kind::Party(own) => setup::party_event(state, &event, own),
        Kind::ChangeParty(own) => people::change_party(state, &event, own),
        Kind::BankAccount(own) => setup::bank_account(state, &event, own),
        Kind::AdoptRules(own) => setup::adopt_rules(state, &event, own),
        Kind::AdoptRates(own) => setup::adopt_rates(state, &event, own),
        Kind::Qualify(own) => qualification::qualify(state, &event, own),
        Kind::Disqualify(own) => qualification::disqualify(state, &event, own),
        Kind::Target(own) => setup::target(state, &event, own),
        Kind::Commit(own) => funding::commit(state, &event, own),
        Kind::Contribute(own) => funding::contribute(state, &event, own),
        Kind::Quota(own) => quota::set(state, &event, own),
        Kind::Budget(own) => funding::budget(state, &event, own),
        Kind::ReturnBudget(own) => funding::return_budget(state, &event, own),
        Kind::ReceiveDeposit(own) => deposit::receive(state, &event, own),
        Kind::RefundDeposit(own) => deposit::refund(state, &event, own),
        Kind::ApplyDeposit(own) => deposit::apply(state, &event, own),
        Kind::ApproveWithdrawal(own) => withdrawal::approve(state, &event, own),
        Kind::PayWithdrawal(own) => withdrawal::pay(state, &event, own),
        Kind::Transfer(own) => funding::transfer(state, &event, own),
        Kind::Move(own) => funding::move_money(state, &event, own),
        Kind::UnknownReceipt(own) => receipt::unknown(state, &event, own),
        Kind::ExplainReceipt(own) => receipt::explain(state, &event, own),
        Kind::PoolInterest(own) => funding::pool_interest(state, &event, own),
        Kind::AccrueInterest(own) => accrual::interest(state, &event, own),
        Kind::EstimateSubsidy(own) => accrual::subsidy(state, &event, own),
        Kind::PayTreasury(own) => funding::pay_treasury(state, &event, own),
        Kind::BankCharge(own) => funding::bank_charge(state, &event, own),
        Kind::TrusteeFee(own) => funding::trustee_fee(state, &event, own),
        Kind::ApplyLoan(own) => application::apply(state, &event, own),
        Kind::RecommendLoan(own) => application::review(state, &event, &own.loan),
        Kind::RejectLoan(own) => application::review(state, &event, &own.loan),
        Kind::Enrol(own) => loan::enrol(state, &event, own, context),
        Kind::Disburse(own) => loan::disburse(state, &event, own),
        Kind::Repay(own) => loan::repay(state, &event, own),
        Kind::InterestPaid(own) => loan::interest_paid(state, &event, own),
        Kind::FeePaid(own) => loan::fee_paid(state, &event, own),
        Kind::FeeRefunded(own) => benefit::fee_refunded(state, &event, own),
        Kind::OtherBenefit(own) => benefit::other(state, &event, own),
        Kind::Reprice(own) => loan::reprice(state, &event, own),
        Kind::Extend(own) => loan::extend(state, &event, own),
        Kind::Overdue(own) => loan::overdue(state, &event, own),
        Kind::Npl(own) => loan::npl(state, &event, own),
        Kind::Cure(own) => loan::cure(state, &event, own),
        Kind::Remove(own) => loan::remove(state, &event, own),
        Kind::ChangeRules(own) => rules::change(state, &event, own),
        Kind::FileClaim(own) => claim::file(state, &event, own),
        Kind::ReviewClaim(own) => review::review_claim(state, &event, own),
        Kind::ApproveClaim(own) => claim::approve(state, &event, own),
        Kind::RejectClaim(own) => claim::reject(state, &event, own),
        Kind::WithdrawClaim(own) => review::withdraw_claim(state, &event, own),
        Kind::PayClaim(own) => claim::pay(state, &event, own),
        Kind::CancelRest(own) => settlement::cancel_rest(state, &event, own),
        Kind::SettleClaim(own) => settlement::settle(state, &event, own),
        Kind::RevokeClaim(own) => settlement::revoke(state, &event, own),
        Kind::RefundClaim(own) => settlement::refund(state, &event, own),
        Kind::RecoveryCost(own) => settlement::recovery_cost(state, &event, own),
        Kind::Recover(own) => claim::recover(state, &event, own),
        Kind::RecoverInKind(own) => claim::recover_in_kind(state, &event, own),
        Kind::WriteOff(own) => claim::write_off(state, &event, own),
        Kind::CloseClaim(own) => review::close_claim(state, &event, own),
        Kind::FileSubsidy(own) => review::file_subsidy(state, &event, own),
        Kind::ReviewSubsidy(own) => review::review_subsidy(state, &event, own),
        Kind::ApproveSubsidy(own) => subsidy::approve(state, &event, own),
        Kind::PaySubsidy(own) => subsidy::pay(state, &event, own),
        Kind::ReturnSubsidy(own) => clawback::returned(state, &event, own),
        Kind::ReissueSubsidy(own) => clawback::reissue(state, &event, own),
        Kind::ReduceSubsidy(own) => clawback::reduce(state, &event, own),
        Kind::ClawBack(own) => clawback::claw_back(state, &event, own),
        Kind::ReceiveClawback(own) => clawback::receive(state, &event, own),
        Kind::OffsetClawback(own) => clawback::offset(state, &event, own),
        Kind::WriteOffClawback(own) => clawback::write_off(state, &event, own),
        Kind::Close(own) => close::close(state, &event, own, context),
        Kind::Checkpoint(_) => checkpoint::seal(&event, context),
        Kind::KeepCheckpoint(own) => checkpoint::keep(state, &event, own),
        Kind::Release(own) => pool::release(state, &event, own),
        Kind::RunOff(_) => pool::run_off(state, &event),
        Kind::Liquidate(_) => pool::liquidate(state, &event),
        Kind::ShareLoss(own) => pool::share_loss(state, &event, own),
        Kind::ClosePool(_) => pool::close(state, &event),
        Kind::SettleTransfer(own) => custody::settle_transfer(state, &event, own),
        Kind::ChangeCustodian(own) => custody::change_custodian(state, &event, own),
        Kind::Reverse(own) => reverse::reverse(state, &event, own, context.original),
        Kind::Correct(own) => correct::correct(state, &event, own, context),
        Kind::ImportStatement(own) => statement::import(state, &event, own, context.seq),
        Kind::UndoStatement(own) => statement::undo(state, &event, own),
        Kind::MatchLines(own) => statement::match_lines(state, &event, own, context.seq),
        Kind::UnmatchLines(own) => statement::unmatch(state, &event, own),
        Kind::ReconcileSettings(own) => statement::settings(state, &event, own, context.seq),
        Kind::Certify(own) => statement::certify(state, &event, own, context.journal),
    }?;
    let pays = event.kind.spec().pays;
    assert!(
        pays == Pays::Sometimes || decision.money_out == (pays == Pays::Always),
        "BUG: {} pays, and its row does not say so, or the other way round",
        event.kind.word()
    );
    close::check_open(state, &event, &decision)?;
    people::check(state, &event, decision.money_out)?;
    if let Some(payment) = &decision.payment {
        check_available(state, payment)?;
    }
    let (lines, memo) = decision.draft.map(|draft| (draft.lines, draft.memo)).unwrap_or_default();
    check_lines(state, &lines, &memo)?;
    pool::check_closed(state, &event, &lines, &memo)?;
    let voucher = voucher(state, &event, decision.owner.as_ref(), &lines, &memo);
    let last = state.last_recorded.filter(|_| !planted(Bug::ClockBack));
    let recorded = last.map_or(context.recorded, |last| last.max(context.recorded));
    Ok(Entry {
        seq: context.seq,
        recorded,
        voucher,
        rules: decision.rules,
        lines,
        memo,
        reverses: decision.reverses,
        more: 0,
        working: decision.working,
        event,
    })
}

/// A fact is known late, not ahead: its true date is not after the day on which it is booked.
fn check_effective(event: &Event) -> Result<(), Problem> {
    match event.effective {
        Some(effective) if effective > event.date => Err(Reason::EffectiveLater
            .refuse()
            .with("effective", effective)
            .with("date", event.date)
            .in_column("effective")),
        _ => Ok(()),
    }
}

fn check_available(state: &State, payment: &Payment) -> Result<(), Problem> {
    let Payment { cell, amount, own } = payment;
    let (cash, reserved) = (state.cash(cell), state.reserved(cell));
    let available = cash - reserved + Total::from(*own);
    // What is set aside for this payment may be paid as far as there is cash at all (E-44).
    let limit = if own.is_zero() { available } else { available.max(cash.min(Total::from(*own))) };
    if Total::from(*amount) <= limit {
        return Ok(());
    }
    let others = reserved - Total::from(*own);
    Err(short(state, cell, *amount, others, limit.max(Total::ZERO)))
}

/// The refusal of an amount that the cell cannot spare, with the arithmetic.
fn short(state: &State, cell: &Cell, amount: Money, reserved: Total, available: Total) -> Problem {
    Reason::AvailableShort
        .refuse()
        .with("owner", &cell.owner)
        .with("fund", cell.fund)
        .with("amount", amount.grouped())
        .with("cash", state.cash(cell).grouped())
        .with("reserved", reserved.grouped())
        .with("available", available.grouped())
}

/// Rules for every entry: balanced in each cell, no bank account of a cell below zero, bounds.
fn check_lines(state: &State, lines: &[Line], memo: &[Line]) -> Result<(), Problem> {
    if lines.len() + memo.len() > LINES_MAX {
        return Err(Problem::data("too-many-lines").with("limit", LINES_MAX));
    }
    for lines in [lines, memo] {
        if !balances_in_every_cell(lines) {
            return Err(Problem::new("bug-unbalanced", crate::problem::Exit::Bug));
        }
    }
    for (index, line) in lines.iter().chain(memo).enumerate() {
        let bank = line.bank_account.as_ref();
        let same = |other: &&Line| {
            other.account == line.account
                && other.owner == line.owner
                && other.fund == line.fund
                && other.bank_account == line.bank_account
        };
        if lines.iter().chain(memo).take(index).any(|other| same(&other)) {
            continue;
        }
        let moved: Total = lines.iter().chain(memo).filter(same).map(Line::signed).sum();
        let before = state.balance(&line.owner, line.fund, line.account, bank);
        let after = before + moved;
        if line.account.is_cash() && after < Total::ZERO && moved < Total::ZERO {
            return Err(Reason::CashShort
                .refuse()
                .with("owner", &line.owner)
                .with("fund", line.fund)
                .with("bank_account", bank.map_or("-", |bank| bank.as_str()))
                .with("balance", before.grouped())
                .with("amount", (-moved).grouped()));
        }
        if after.0.unsigned_abs() > MONEY_MAX_FEN.unsigned_abs().into() {
            return Err(Reason::BalanceRange
                .refuse()
                .with("owner", &line.owner)
                .with("account", line.account)
                .with("balance", after.grouped()));
        }
    }
    Ok(())
}

/// Debits equal credits in each (owner, fund) cell.
fn balances_in_every_cell(lines: &[Line]) -> bool {
    lines.iter().all(|line| {
        let cell =
            lines.iter().filter(|other| other.owner == line.owner && other.fund == line.fund);
        cell.map(Line::signed).sum::<Total>() == Total::ZERO
    })
}

fn voucher(
    state: &State,
    event: &Event,
    owner: Option<&Id>,
    lines: &[Line],
    memo: &[Line],
) -> Option<Voucher> {
    let word = match (lines.is_empty(), memo.is_empty()) {
        (false, _) => VoucherWord::General,
        (true, false) => VoucherWord::Register,
        (true, true) => return None,
    };
    let owner = owner.or(event.owner.as_ref())?.clone();
    let month = Month::of(event.date);
    let step = u32::from(!planted(Bug::VoucherTwice));
    let number = state.last_voucher(&owner, month, word).checked_add(step)?;
    Some(Voucher { month, number, owner, word })
}

// --- what several families of events ask for ---------------------------------------------------

/// The owner of an event: as given, or as the loan, claim or account tells it.
fn owner<'s>(state: &'s State, event: &Event, known: Option<&Id>) -> Result<&'s Owner, Problem> {
    let code = match (&event.owner, known) {
        (Some(given), Some(known)) if given != known => {
            return Err(Reason::LoanOwner.refuse().with("given", given).with("owner", known));
        }
        (Some(code), _) | (None, Some(code)) => code,
        (None, None) => return Err(Reason::OwnerMissing.refuse().with("event", event.kind.word())),
    };
    owner_of_code(state, event, code)
}

fn owner_of_code<'s>(state: &'s State, event: &Event, code: &Id) -> Result<&'s Owner, Problem> {
    let owner = state.owners.get(code).ok_or_else(|| state.owner_unknown(code))?;
    if event.happened() < owner.joined {
        return Err(Reason::OwnerNotJoined
            .refuse()
            .with("owner", code)
            .with("name", &owner.name)
            .with("joined", owner.joined)
            .with("date", event.happened()));
    }
    Ok(owner)
}

/// The bank account of an event, held to the cell's owner and fund.
fn bank_account<'s>(
    state: &'s State,
    id: &Id,
    owner: &Owner,
    fund: Option<Fund>,
) -> Result<&'s BankAccount, Problem> {
    let unknown = || Reason::BankAccountUnknown.refuse().with("bank_account", id);
    let account = state.bank_accounts.get(id).ok_or_else(unknown)?;
    if let Some(fund) = fund
        && fund != account.fund
    {
        return Err(Reason::BankAccountFund
            .refuse()
            .with("bank_account", id)
            .with("fund", account.fund)
            .with("given", fund));
    }
    if account.owner != owner.code && account.owner != *state.city() {
        return Err(Reason::BankAccountOwner
            .refuse()
            .with("bank_account", id)
            .with("holder", &account.owner)
            .with("owner", &owner.code));
    }
    Ok(account)
}

/// A party of one of the kinds.
fn party<'s>(
    state: &'s State,
    id: &Id,
    kinds: &[crate::domain::event::PartyKind],
) -> Result<&'s Party, Problem> {
    let party =
        state.parties.get(id).ok_or_else(|| Reason::PartyUnknown.refuse().with("party", id))?;
    if !kinds.contains(&party.kind) {
        let expected: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
        return Err(Reason::PartyKind
            .refuse()
            .with("party", id)
            .with("kind", party.kind)
            .with("expected", expected.join(", ")));
    }
    Ok(party)
}

/// The id of something new, which other ids may be made of later.
fn new_id(field: &'static str, id: &Id) -> Result<(), Problem> {
    if id.chars().count() <= ID_MAX {
        return Ok(());
    }
    Err(TextError::TooLong(ID_MAX).problem(id).with("field", field).in_column(field))
}

/// A name that people read: something must stand there, and not a whole page.
fn new_name(name: &str) -> Result<(), Problem> {
    let error = match name.trim().is_empty() {
        true => TextError::Empty,
        false if name.chars().count() > NAME_MAX => TextError::TooLong(NAME_MAX),
        false => return Ok(()),
    };
    Err(error.problem(name).with("field", "name").in_column("name"))
}

fn positive(amount: Money) -> Result<Money, Problem> {
    if amount.is_positive() { Ok(amount) } else { Err(Reason::AmountZero.refuse()) }
}

/// The fund must be one of those that the event knows (专款专用, invariant 12).
fn fund_is(event: &Event, fund: Fund, allowed: &[Fund]) -> Result<(), Problem> {
    if allowed.contains(&fund) {
        return Ok(());
    }
    let allowed: Vec<&str> = allowed.iter().map(|fund| fund.code()).collect();
    Err(Reason::FundMismatch
        .refuse()
        .with("event", event.kind.word())
        .with("fund", fund)
        .with("allowed", allowed.join(", ")))
}

/// No more may be taken than stands open of something.
fn within(what: impl std::fmt::Display, amount: Money, open: Money) -> Result<(), Problem> {
    if amount <= open {
        return Ok(());
    }
    Err(Reason::AboveOpen
        .refuse()
        .with("what", what)
        .with("open", open.grouped())
        .with("amount", amount.grouped()))
}

/// A field that an event of this kind does not use: whoever gave it meant something by it.
fn needless(event: &Event, given: &[(&'static str, bool)]) -> Result<(), Problem> {
    match given.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(Problem::data("field-needless")
            .with("field", field)
            .with("event", event.kind.word())
            .in_column(*field)),
        None => Ok(()),
    }
}

/// Dates that must follow each other; `strict` when they may not be equal.
fn in_order(
    (earlier_name, earlier): (&'static str, crate::domain::calendar::Date),
    (later_name, later): (&'static str, crate::domain::calendar::Date),
    strict: bool,
) -> Result<(), Problem> {
    if earlier < later || (!strict && earlier == later) {
        return Ok(());
    }
    Err(Reason::DateOrder
        .refuse()
        .with("earlier_field", earlier_name)
        .with("earlier", earlier)
        .with("later_field", later_name)
        .with("later", later))
}

/// An amount that left its bounds while deciding.
fn out_of_range(_: MoneyError) -> Problem {
    Reason::BalanceRange.refuse().with("owner", "-").with("account", "-").with("balance", "-")
}
