//! A working as the journal keeps it, step by step.

/// One line of an explanation: a word that has a wording, its facts, and the amount it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `period`, `segment`, `paid`, `sum`, `earlier`, `computed`, `interest`, `ceiling`, `reason` or `amount`.
    pub code: &'static str,
    /// Facts by name, as they stand in the working.
    pub facts: Vec<(String, String)>,
    /// What the step comes to, in yuan.
    pub result: Option<String>,
}

/// The steps of a working as the journal keeps it, in the order in which one computes.
pub fn steps(working: &serde_json::Value) -> Vec<Step> {
    use serde_json::Value;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let get = |object: &Value, key: &str| object.get(key).map(text);
    let facts = |object: &Value, keys: &[&str]| -> Vec<(String, String)> {
        keys.iter().filter_map(|key| Some(((*key).to_owned(), get(object, key)?))).collect()
    };
    let step = |code, facts, result| Step { code, facts, result };
    let list = |key: &str| working.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut steps = Vec::new();
    if let Some(period) = working.get("period") {
        let mut all = facts(working, &["programme", "rules", "method", "days"]);
        all.extend(facts(period, &["from", "to"]));
        steps.push(step("period", all, None));
    }
    for segment in list("segments") {
        let keys = [
            "from",
            "to",
            "days",
            "base",
            "principal",
            "counted",
            "part",
            "rate",
            "share",
            "source",
            "source_rate",
            "source_date",
            "contract_rate",
            "rate_max",
            "until",
        ];
        steps.push(step("segment", facts(segment, &keys), get(segment, "amount")));
    }
    if working.get("paid").is_some() {
        steps.push(step("paid", facts(working, &["paid_share"]), get(working, "paid")));
    }
    steps.push(step("sum", facts(working, &["sum"]), get(working, "rounded")));
    if working.get("earlier").is_some() {
        let earlier = get(working, "earlier_rounded");
        steps.push(step("earlier", facts(working, &["earlier"]), earlier));
    }
    steps.push(step("computed", Vec::new(), get(working, "computed")));
    if let Some(interest) = working.get("interest") {
        let all = facts(interest, &["accrued", "paid", "difference", "paid_counted", "tolerance"]);
        steps.push(step("interest", all, None));
    }
    for ceiling in list("ceilings") {
        let keys = ["kind", "limit", "cap", "used", "year", "before"];
        steps.push(step("ceiling", facts(ceiling, &keys), get(ceiling, "after")));
    }
    if working.get("reason").is_some() {
        steps.push(step("reason", facts(working, &["reason", "reason_detail"]), None));
    }
    steps.push(step("amount", Vec::new(), get(working, "amount")));
    steps
}
