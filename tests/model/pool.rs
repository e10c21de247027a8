//! What the naive book says of quotas, pools as a whole, and money between pools.

use super::funding::{SOURCES, capital};
use super::generate::OWNERS;
use super::twin::*;
use serde_json::Value;

/// Stop line of the circuit breaker in the rules of the lives, in hundredths.
pub const STOP: i128 = 75;

/// What a loan counts for: whatever of it changes makes the breaker look again.
pub type Part = (String, [i128; 6]);

pub fn year(date: &str) -> &str {
    &date[..4.min(date.len())]
}

impl Twin {
    /// What was recorded and not taken back, with its place.
    pub(super) fn standing<'t>(&'t self, word: &'t str) -> impl Iterator<Item = (usize, &'t Done)> {
        let done = self.done.iter().enumerate();
        done.filter(move |(_, done)| done.reversed_by.is_none() && done.word == word)
    }

    /// The quotas of an owner's year, the last one in force.
    pub(super) fn quotas(&self, owner: &str, year: &str) -> Vec<(usize, i128)> {
        let of = |event: &Value| text(event, "owner") == owner && text(event, "year") == year;
        let quotas = self.standing("quota").filter(|(_, done)| of(&done.event));
        quotas.map(|(place, done)| (place, fen(&done.event, "amount").unwrap())).collect()
    }

    pub(super) fn quota(&self, owner: &str, year: &str) -> Option<i128> {
        self.quotas(owner, year).last().map(|(_, amount)| *amount)
    }

    pub(super) fn has_quota(&self, owner: &str) -> bool {
        self.standing("quota").any(|(_, done)| text(&done.event, "owner") == owner)
    }

    /// Approved in a year; what is cancelled in a later one does not come back.
    pub(super) fn spent(&self, owner: &str, of: &str) -> i128 {
        let claims = self.claims().filter(|claim| claim.owner == owner);
        let claims = claims.filter(|claim| year(&claim.approved_on) == of);
        claims.map(|claim| claim.approved + claim.late).sum()
    }

    pub(super) fn set_quota(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        let (amount, of) = (fen(event, "amount").unwrap(), text(event, "year"));
        draft.need(amount > 0, "amount-zero");
        draft.need(!text(event, "document").is_empty(), "document-missing");
        let spent = self.spent(&owner, of);
        draft.need(amount >= spent, "quota-below-used");
        let cell = (owner.as_str(), "RISK");
        match self.quota(&owner, of) {
            Some(before) => draft.register(cell, "9002", amount - before),
            None => {
                draft.register(cell, "9002", amount);
                draft.register(cell, "9002", -spent);
            }
        }
        draft.touch(4, &format!("{owner} {of}"));
    }

    /// The stage that a pool entered by decision, and its first day.
    pub(super) fn stage(&self, owner: &str) -> Option<(&str, &str)> {
        let words = ["run-off", "liquidate", "close-pool"];
        let of = |done: &&Done| {
            words.contains(&done.word.as_str())
                && text(&done.event, "owner") == owner
                && done.reversed_by.is_none()
        };
        let last = self.done.iter().rfind(of)?;
        Some((text(&last.event, "event"), text(&last.event, "date")))
    }

    /// Whether money or a quota has come into a pool.
    fn funded(&self, owner: &str) -> bool {
        let mut times = 0;
        for done in &self.done {
            if done.reversed_by.is_some() || done.word == "reverse" {
                continue;
            }
            let lines = done.lines.iter().filter(|(place, _)| place.0 == owner);
            times += lines
                .filter(|(place, signed)| match place.2.as_str() {
                    "9002" => *signed > 0,
                    "4001.04" => *signed < 0,
                    account => SOURCES.iter().any(|(_, of)| *of == account) && *signed < 0,
                })
                .count();
        }
        times > 0
    }

    pub(super) fn pool_event(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        draft.need(!text(event, "document").is_empty(), "document-missing");
        let (word, stage) = (text(event, "event"), self.stage(&owner));
        let stands = stage.map_or("", |(stage, _)| stage);
        if word == "share-loss" {
            draft.need(["run-off", "liquidate"].contains(&stands), "pool-state");
            return self.share_loss(event, &owner, draft);
        }
        let legal = match word {
            "run-off" => stands.is_empty() && self.funded(&owner),
            "liquidate" => stands == "run-off",
            _ => stands == "liquidate",
        };
        draft.need(legal, "pool-state");
        draft.need(stage.is_none_or(|(_, since)| text(event, "date") >= since), "date-order");
        draft.touch(5, &owner);
        let sum = |account: &str| self.sum(&owner, "RISK", account);
        if word == "liquidate" {
            let open = self.covered(&owner) != 0 || sum("9201") != 0 || sum("2307.01") != 0;
            draft.need(!open, "pool-loans-open");
        }
        if word == "close-pool" {
            let counts = |place: &Place| {
                place.2.starts_with(['1', '2']) || SOURCES.iter().any(|(_, own)| *own == place.2)
            };
            let of = |place: &Place| place.0 == owner && place.1 == "RISK" && counts(place);
            let left = self.balances.keys().filter(|place| of(place));
            let left: Vec<_> = left.filter(|place| sum(&place.2) != 0).collect();
            draft.need(left.is_empty(), "pool-not-empty");
        }
    }

    /// Principal that a pool still covers.
    fn covered(&self, owner: &str) -> i128 {
        let loans = self.loans().filter(|loan| loan.owner == owner);
        let of = |loan: &Loan| {
            let notes = loan.notes.iter();
            let covered = notes.map(|note| (note.balance - note.compensated).max(0)).sum::<i128>();
            covered + if loan.is_live() { loan.amount - loan.drawn } else { 0 }
        };
        loans.map(of).sum()
    }

    /// What a pool has gained since it began, or lost.
    pub(super) fn gained(&self, owner: &str) -> i128 {
        let of = |place: &Place| {
            let equity = place.2.starts_with(['3', '4', '5']);
            let source = SOURCES.iter().any(|(_, own)| *own == place.2);
            place.0 == owner && place.1 == "RISK" && equity && !source
        };
        -self.balances.iter().filter(|(place, _)| of(place)).map(|(_, net)| net).sum::<i128>()
    }

    fn share_loss(&self, event: &Value, owner: &str, draft: &mut Draft) {
        let gained = self.gained(owner);
        let amount = fen(event, "amount").unwrap_or(gained.abs());
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= gained.abs(), "above-open");
        let paid = SOURCES.map(|(_, account)| (account, -self.sum(owner, "RISK", account)));
        let paid: Vec<_> = paid.into_iter().filter(|(_, paid)| *paid > 0).collect();
        let total: i128 = paid.iter().map(|(_, paid)| paid).sum();
        draft.need(!paid.is_empty() && (gained > 0 || amount <= total), "above-open");
        let mut left = amount;
        for (number, (account, share)) in paid.iter().enumerate() {
            let last = number + 1 == paid.len();
            let part = if last { left } else { (amount * share * 2 + total) / (total * 2) };
            left -= part;
            let signed = if gained < 0 { part } else { -part };
            draft.post((owner, "RISK"), account, "3101.09", signed, "-");
        }
    }

    /// Loans against what carries them, when something is withdrawn on a day.
    pub(super) fn carries(&self, owner: &str, date: &str, more: i128, withdrawn: i128) -> bool {
        let paid_in = |account| -self.sum(owner, "RISK", account);
        let pool: i128 = SOURCES.iter().map(|(_, account)| paid_in(account)).sum();
        let quota = self.quota(owner, year(date)).unwrap_or(0);
        let ending = self.stage(owner).is_some_and(|(stage, _)| stage == "liquidate");
        ending || self.enrolled(owner) + more <= 10 * (pool + quota - withdrawn)
    }

    pub(super) fn settle_transfer(&self, event: &Value, draft: &mut Draft) {
        let Some(lender) = self.owner(event, None, draft) else { return };
        let to = text(event, "to_owner");
        let Some(joined) = self.owners.get(to) else {
            draft.bad.insert("owner-unknown");
            return;
        };
        draft.need(happened(event) >= joined.as_str(), "owner-not-joined");
        draft.need(!text(event, "document").is_empty(), "document-missing");
        let fund = match text(event, "fund") {
            "" => "RISK",
            fund => fund,
        };
        let counter = Counter::Lent(lender.clone(), to.into(), fund.into());
        let open = self.counter(&counter).max(0);
        let amount = fen(event, "amount").unwrap_or(open);
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= open, "above-open");
        draft.counters.push((counter, -amount));
        let (lending, owing) = ((lender.as_str(), fund), (to, fund));
        if text(event, "settlement") == "fund" {
            let account = capital(text(event, "source"));
            draft.need(fund == "RISK", "fund-mismatch");
            draft.need(amount <= -self.sum(&lender, fund, account), "above-open");
            let carried = self.carries(&lender, text(event, "date"), 0, amount);
            draft.need(carried, "leverage-limit");
            draft.post(lending, account, "1218.05", amount, "-");
            draft.post(owing, "2307.07", account, amount, "-");
            return;
        }
        let bank = text(event, "bank_account");
        let from = match text(event, "to_bank_account") {
            "" => bank,
            from => from,
        };
        self.bank(bank, &lender, fund, draft);
        self.bank(from, to, fund, draft);
        draft.post(owing, "2307.07", cash_of(fund), amount, from);
        draft.post(lending, cash_of(fund), "1218.05", amount, bank);
        draft.pays = Some((to.into(), fund.into(), amount, 0));
    }

    pub(super) fn change_custodian(&self, event: &Value, draft: &mut Draft) {
        let (from, to) = (text(event, "from_bank_account"), text(event, "to_bank_account"));
        let Some(bank) = self.banks.iter().find(|bank| bank.id == from) else {
            draft.bad.insert("bank-account-unknown");
            return;
        };
        draft.need(!text(event, "document").is_empty(), "document-missing");
        draft.need(from != to, "amount-zero");
        let (fund, mut first) = (bank.fund, None);
        // In the order in which they joined, as their lines stand in the entry.
        for (owner, joined) in OWNERS.map(|(owner, joined)| (owner.to_owned(), joined)) {
            let owner = &owner;
            let at = |bank: &str| -> Place {
                (owner.clone(), fund.into(), cash_of(fund).into(), bank.into())
            };
            let amount = self.balances.get(&at(from)).copied().unwrap_or(0);
            if amount <= 0 {
                continue;
            }
            first = first.or(Some(owner.clone()));
            draft.need(happened(event) >= joined, "owner-not-joined");
            self.bank(to, owner, bank.fund, draft);
            draft.lines.extend([(at(to), amount), (at(from), -amount)]);
        }
        draft.need(first.is_some(), "amount-zero");
        let holder = self.owners.contains_key(bank.owner).then(|| bank.owner.to_owned());
        draft.owner = holder.or(first);
    }

    /// What loans count for, by loan.
    pub(super) fn parts(&self) -> std::collections::BTreeMap<String, Part> {
        let part = |loan: &Loan| {
            let sum = |of: &dyn Fn(&Note) -> i128| loan.notes.iter().map(of).sum::<i128>();
            let overdue = sum(&|note| if note.overdue.is_some() { note.balance } else { 0 });
            let npl = sum(&|note| if note.class == "npl" { note.balance } else { 0 });
            let (balance, exposure) = (sum(&|note| note.balance), sum(&|note| note.exposure));
            let compensated = sum(&|note| note.compensated);
            let numbers = [balance, exposure, compensated, overdue, npl, loan.drawn];
            (loan.id.clone(), (loan.owner.clone(), numbers))
        };
        self.loans().map(part).collect()
    }

    fn above_stop(&self, owner: &str) -> bool {
        let parts = self.parts();
        let own = || parts.values().filter(|(of, _)| of == owner);
        let overdue: i128 = own().map(|(_, part)| part[3]).sum();
        let balance: i128 = own().map(|(_, part)| part[0]).sum();
        overdue > 0 && overdue * 100 >= balance * STOP
    }

    /// Stopped, pardoned or neither, by what happened.
    fn breaker(&self, owner: &str) -> &'static str {
        let steps = self.breakers.get(owner).map_or(&[][..], Vec::as_slice);
        steps.iter().fold("clear", |stands, (_, step)| match (*step, stands) {
            ("stopped", _) => "stopped",
            ("pardoned", _) => "pardoned",
            ("released", _) | ("fell", "pardoned") => "clear",
            _ => stands,
        })
    }

    pub(super) fn suspended(&self, owner: &str) -> bool {
        match self.breaker(owner) {
            "stopped" => true,
            "pardoned" => false,
            _ => self.above_stop(owner),
        }
    }

    pub(super) fn release_pool(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        draft.need(self.stage(&owner).is_none(), "pool-state");
        draft.need(self.suspended(&owner), "not-suspended");
        draft.need(!text(event, "document").is_empty(), "document-missing");
    }

    /// The breaker looks at the owners whose loans an entry changed.
    pub(super) fn watch(&mut self, before: &std::collections::BTreeMap<String, Part>) {
        let place = self.done.len() - 1;
        let event = self.done[place].event.clone();
        let target = self.reversed(&event);
        let word = target.map_or("", |target| text(&self.done[target].event, "event"));
        if word == "release" {
            for steps in self.breakers.values_mut() {
                steps.retain(|(by, _)| Some(*by) != target);
            }
        }
        if text(&event, "event") == "release" {
            let owner = text(&event, "owner").to_owned();
            let step = if self.above_stop(&owner) { "pardoned" } else { "released" };
            self.breakers.entry(owner).or_default().push((place, step));
        }
        for (loan, part) in self.parts() {
            if before.get(&loan) == Some(&part) {
                continue;
            }
            let owner = part.0;
            let steps = self.breakers.entry(owner.clone()).or_default();
            steps.retain(|(by, _)| target.is_none() || Some(*by) != target);
            let step = match (self.breaker(&owner), self.above_stop(&owner)) {
                ("clear", true) => "stopped",
                ("pardoned", false) => "fell",
                _ => continue,
            };
            self.breakers.entry(owner).or_default().push((place, step));
        }
    }

    /// What quotas and ceilings say against taking an entry back.
    pub(super) fn reverse_ceilings(&self, target: usize, draft: &mut Draft) {
        let done = &self.done[target];
        let (event, word) = (&done.event, done.word.as_str());
        if word == "quota" {
            let (owner, of) = (text(event, "owner"), text(event, "year"));
            let (quotas, spent) = (self.quotas(owner, of), self.spent(owner, of));
            if let [.., (_, before), _] = quotas.as_slice() {
                draft.need(spent <= *before, "quota-below-used");
                return;
            }
            let later = self.standing("approve-claim").any(|(place, done)| {
                done.owner.as_deref() == Some(owner)
                    && place > target
                    && year(text(&done.event, "date")) == of
            });
            let drawn = |(place, signed): &&Line| place.2 == "9002" && *signed < 0;
            let drawn: i128 = done.lines.iter().filter(drawn).map(|(_, signed)| -signed).sum();
            draft.need(!later && drawn == spent, "reverse-later");
        }
        let Some(claim) = self.claim(text(event, "claim")) else { return };
        let of = year(&claim.approved_on);
        if ["approve-claim", "cancel-rest"].contains(&word) {
            let first = self.quotas(&claim.owner, of).first().map(|(place, _)| *place);
            draft.need(first.is_none_or(|first| first < target), "reverse-later");
        }
        let left = (CLAIM_MAX - self.compensated(&claim.loan)).max(0);
        match word {
            "cancel-rest" => {
                let rest: i128 = done
                    .lines
                    .iter()
                    .find(|(place, _)| place.2 == "2307.01")
                    .map_or(0, |(_, signed)| *signed);
                draft.need(rest <= left, "cap-used-up");
                let quota = self.quota(&claim.owner, of);
                let room = quota.map(|quota| (quota - self.spent(&claim.owner, of)).max(0));
                let within = claim.late > 0 || room.is_none_or(|room| rest <= room);
                draft.need(within, "cap-used-up");
            }
            "refund-claim" => {
                let back: i128 = done.lines.iter().map(|(_, signed)| *signed).max().unwrap_or(0);
                draft.need(back <= left, "cap-used-up");
            }
            _ => {}
        }
    }

    /// What counts under the ceiling of a loan: approved, less what was paid back.
    pub(super) fn compensated(&self, loan: &str) -> i128 {
        let claims = self.claims().filter(|claim| claim.loan == loan);
        claims.map(|claim| claim.approved - claim.back).sum()
    }
}
