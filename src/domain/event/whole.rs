//! An event as a whole: as files hold it, and against another one of the same id.

use super::Event;
use crate::domain::json::Writer;
use crate::domain::person;
use compact_str::CompactString;

impl Event {
    /// The whole event as one canonical JSON object, as event files hold it.
    pub fn to_json(&self) -> String {
        let mut own = Vec::new();
        self.write_own(&mut Writer::new(&mut own));
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&own).unwrap_or_default();
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                object.insert(key.to_owned(), value.into());
            }
        };
        put("id", Some(&self.id));
        put("date", Some(&self.date.to_string()));
        put("effective", self.effective.map(|day| day.to_string()).as_deref());
        put("document", self.document.as_deref());
        put("maker", self.maker.as_deref());
        put("checker", self.checker.as_deref());
        put("approver", self.approver.as_deref());
        if !self.attachments.is_empty() {
            let list = self.attachments.iter().map(|text| text.as_str().into()).collect();
            object.insert("attachments".to_owned(), serde_json::Value::Array(list));
        }
        serde_json::Value::Object(object).to_string()
    }

    /// Names of the fields in which two events differ. A person that `self` does not name agrees
    /// with anybody, because the other may have had it from a default.
    pub fn differing_fields(&self, recorded: &Self) -> Vec<String> {
        let mut differing = Vec::new();
        let mut compare = |name: &str, same: bool| {
            if !same {
                differing.push(name.to_owned());
            }
        };
        let person = |mine: &Option<CompactString>, theirs: &Option<CompactString>| {
            mine.is_none() || person::same_named(mine.as_ref(), theirs.as_ref())
        };
        compare("event", self.kind.word() == recorded.kind.word());
        compare("date", self.date == recorded.date);
        compare("effective", self.effective == recorded.effective);
        compare("owner", self.owner == recorded.owner);
        compare("document", self.document == recorded.document);
        compare("memo", self.memo == recorded.memo);
        compare("attachments", self.attachments == recorded.attachments);
        compare("maker", person(&self.maker, &recorded.maker));
        compare("checker", person(&self.checker, &recorded.checker));
        compare("approver", person(&self.approver, &recorded.approver));
        let own = |event: &Self| {
            let mut texts: Vec<(&'static str, String)> = Vec::new();
            event.kind.visit(&mut |name, value| {
                let mut bytes = Vec::new();
                value.write(&mut Writer::new(&mut bytes));
                texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            });
            texts
        };
        let (mine, theirs) = (own(self), own(recorded));
        for (name, text) in &mine {
            compare(name, theirs.iter().any(|(other, theirs)| other == name && theirs == text));
        }
        for (name, _) in &theirs {
            compare(name, mine.iter().any(|(other, _)| other == name));
        }
        differing
    }
}
