//! Set-up: the book itself, owners, parties, bank accounts, rules, rates, targets.

use crate::domain::division;
use crate::domain::event::{Event, Kind};
use crate::domain::rates::RateTable;
use crate::domain::registry::{AdoptedRates, AdoptedRules, BankAccount, Owner, Party, Target};
use crate::domain::rules::RuleSet;
use crate::domain::state::{Settings, State};
use crate::domain::text::Id;
use compact_str::CompactString;

pub(super) fn follow(state: &mut State, event: &Event) {
    let id = event.id.clone();
    match &event.kind {
        Kind::OpenBook(own) => {
            state.settings = Some(Settings {
                city: own.city.clone(),
                name: own.name.clone(),
                currency: own.currency.clone(),
                people: own.people,
            });
        }
        Kind::Join(own) => {
            let Some(code) = event.owner.clone() else { return };
            let known = division::check_owner(state.city(), &code, own.name.as_deref(), own.kind);
            if let Ok((name, kind)) = known {
                state.owners.insert(Owner { code, name, kind, joined: event.happened() });
            }
        }
        Kind::Party(own) => state.add_party(Party {
            id: own.party.clone(),
            name: own.name.clone(),
            kind: own.kind,
            credit_code: own.credit_code.clone(),
            override_reason: own.override_reason.clone(),
            account: own.account.clone(),
            account_bank: own.account_bank.clone(),
        }),
        Kind::ChangeParty(own) => state.change_party(&own.party, |party| {
            let replace = |old: &mut Option<CompactString>, new: &Option<CompactString>| {
                if new.is_some() {
                    old.clone_from(new);
                }
            };
            if let Some(name) = &own.name {
                party.name.clone_from(name);
            }
            if own.credit_code.is_some() {
                party.override_reason.clone_from(&own.override_reason);
            }
            replace(&mut party.credit_code, &own.credit_code);
            replace(&mut party.account, &own.account);
            replace(&mut party.account_bank, &own.account_bank);
        }),
        Kind::BankAccount(own) => {
            let owner = event.owner.clone().unwrap_or_else(|| Id::joined(state.city()));
            state.bank_accounts.insert(BankAccount {
                id: own.bank_account.clone(),
                owner,
                fund: own.fund,
                bank: own.bank.clone(),
                number: own.number.clone(),
                opened: event.happened(),
            });
        }
        Kind::AdoptRules(own) => {
            if let Ok(rules) = RuleSet::parse(&own.rules.0) {
                let text = own.rules.0.clone();
                let adopted = AdoptedRules { id: rules.id.clone(), from: event.happened(), text };
                state.adopt_rules(adopted, rules);
            }
        }
        Kind::AdoptRates(own) => {
            if let Ok(rates) = RateTable::parse(&own.rates.0) {
                state.adopt_rates(AdoptedRates { id, text: own.rates.0.clone() }, rates);
            }
        }
        Kind::Target(own) => state.targets.insert(Target { id, by: own.by, amount: own.amount }),
        _ => {}
    }
}
