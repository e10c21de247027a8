//! Events of a random life on records that do not exist.

use super::Maker;
use serde_json::{Value, json};

impl Maker<'_> {
    /// An event on a record that does not exist.
    pub(super) fn stranger(&self, kind: &str) -> Value {
        let mut value = json!({"date": self.day().to_string(), "owner": self.owner()});
        let fields: &[(&str, &str)] = match kind {
            "disburse" | "repay" => &[("loan", "NONE"), ("amount", "1")],
            "remove" => &[("loan", "NONE"), ("reason", "x")],
            "receive-deposit" => {
                &[("loan", "NONE"), ("bank_account", "RISK-CITY"), ("amount", "1")]
            }
            "refund-deposit" | "apply-deposit" => {
                &[("loan", "NONE"), ("bank_account", "RISK-CITY")]
            }
            "pay-withdrawal" => &[("source", "city"), ("bank_account", "RISK-CITY")],
            "pay-treasury" => &[("bank_account", "RISK-CITY")],
            "release" => &[("reason", "x"), ("document", "1号")],
            "settle-transfer" => {
                &[("to_owner", "410822"), ("settlement", "cash"), ("document", "1号")]
            }
            "explain-receipt" => &[("receipt", "NONE"), ("to", "interest")],
            "interest-paid" | "fee-paid" => {
                &[("loan", "NONE"), ("amount", "1"), ("from", "2017-03-01"), ("to", "2017-04-01")]
            }
            "reprice" => &[("loan", "NONE"), ("rate", "5%")],
            "extend" => &[("loan", "NONE"), ("due", "2018-01-01")],
            "overdue" | "npl" | "cure" => &[("loan", "NONE")],
            "file-claim" => &[("loan", "NONE"), ("claim", "NONE"), ("base", "1")],
            "settle-claim" => &[("claim", "NONE"), ("amount", "1")],
            "cancel-rest" | "revoke-claim" => &[("claim", "NONE"), ("reason", "x")],
            "refund-claim" => &[("claim", "NONE"), ("bank_account", "RISK-CITY")],
            "recovery-cost" => &[("claim", "NONE"), ("bank_account", "RISK-CITY"), ("amount", "1")],
            "reject-claim" => &[("claim", "NONE"), ("reason", "x")],
            "pay-claim" => &[("claim", "NONE"), ("bank_account", "RISK-CITY")],
            "recover" => &[("claim", "NONE"), ("bank_account", "RISK-CITY"), ("gross", "1")],
            "approve-subsidy" => &[
                ("loan", "NONE"),
                ("amount", "1"),
                ("period", "2017Q4"),
                ("programme", "guarantee-fee"),
            ],
            "pay-subsidy" => &[("subsidy", "NONE"), ("bank_account", "INT-CITY")],
            _ => &[("claim", "NONE")],
        };
        for (name, text) in fields {
            value[*name] = (*text).into();
        }
        if kind == "fee-paid" {
            value["fee_rate"] = "2%".into();
        }
        value
    }
}
