//! A pack as JSON Lines.

use super::Pack;
use crate::audit::checkpoint::{Checkpoint, base64};
use crate::domain::json::Writer;
use crate::domain::money::Total;
use crate::problem::{Exit, Problem};
use crate::store::Store;

/// The value of `schema`.
const SCHEMA: &str = "poolbook/pack/2";

/// Puts one line: the fields of its object.
type Put<'p> = &'p mut dyn FnMut(&mut dyn FnMut(&mut Writer<'_>)) -> Result<(), Problem>;

impl<S: Store> Pack<'_, S> {
    /// Hands the lines to a sink, each with its line feed. Cost: one read an entry of the pack.
    ///
    /// # Errors
    /// The store's own, or the sink's.
    pub fn write(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>) -> Result<(), Problem> {
        let mut put = |line: &mut dyn FnMut(&mut Writer<'_>)| {
            let mut bytes = Vec::new();
            let mut out = Writer::new(&mut bytes);
            out.begin_object();
            line(&mut out);
            out.end_object();
            bytes.push(b'\n');
            sink(&bytes)
        };
        let checkpoint = Checkpoint { body: self.body.clone(), signatures: Vec::new() };
        put(&mut |out| {
            out.key("checkpoint");
            out.string(&checkpoint.to_string());
            out.key("entries");
            out.integer(self.entries);
            out.key("from");
            out.date(self.days.0);
            out.key("name");
            out.string(&self.name);
            out.key("owner");
            out.string(&self.owner);
            out.key("schema");
            out.string(SCHEMA);
            out.key("to");
            out.date(self.days.1);
        })?;
        self.write_entries(&mut put)?;
        let rows = self.write_balance(&mut put)?;
        put(&mut |out| {
            out.key("commitment");
            out.integer(1);
            out.key("entries");
            out.integer(self.entries);
            out.key("shared");
            out.integer(self.gathered.shared.len() as u64);
            out.key("t");
            out.string("end");
            out.key("trial_balance");
            out.integer(rows);
        })
    }

    fn write_entries(&self, put: Put<'_>) -> Result<(), Problem> {
        let commitment = [self.gathered.commitment];
        let kinds: [(&str, &[u64]); 3] = [
            ("entry", &self.gathered.entries),
            ("shared", &self.gathered.shared),
            ("commitment", &commitment),
        ];
        for (kind, seq) in
            kinds.iter().flat_map(|(kind, all)| all.iter().map(move |seq| (kind, seq)))
        {
            let bytes = self.book.store().read(*seq)?;
            let json = std::str::from_utf8(&bytes).map_err(|error| {
                Problem::new("entry-unreadable", Exit::Damaged).with("detail", error)
            })?;
            let place = usize::try_from(seq - 1).unwrap_or(usize::MAX);
            put(&mut |out| {
                out.key("hashes");
                out.begin_array();
                self.levels.path(place).iter().for_each(|hash| out.string(&base64(hash)));
                out.end_array();
                out.key("json");
                out.string(json);
                out.key("seq");
                out.integer(*seq);
                out.key("t");
                out.string(kind);
            })?;
        }
        Ok(())
    }

    /// The trial balance of the owner; gives the number of its rows.
    fn write_balance(&self, put: Put<'_>) -> Result<u64, Problem> {
        let mut rows = 0;
        for ((fund, account), (opening, debit, credit)) in &self.gathered.balance {
            let closing = *opening + *debit - *credit;
            if [*opening, *debit, *credit, closing].iter().all(|sum| *sum == Total::ZERO) {
                continue;
            }
            rows += 1;
            put(&mut |out| {
                let amounts = [("closing", closing), ("credit", *credit), ("debit", *debit)];
                out.key("account");
                out.string(account.code());
                for (key, sum) in amounts {
                    out.key(key);
                    out.quoted(sum);
                }
                out.key("fund");
                out.string(fund.code());
                out.key("opening");
                out.quoted(opening);
                out.key("t");
                out.string("trial-balance");
            })?;
        }
        Ok(rows)
    }
}
