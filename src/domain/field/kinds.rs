//! The types that fields of events may have: how each is read from a value and written again.

use super::*;

impl Shown for Id {
    fn write(&self, out: &mut Writer<'_>) {
        out.string(self);
    }
}
impl Scalar for Id {
    const KIND: FieldKind = FieldKind::Id;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let text = text_of(value)?;
        Self::parse(text).map_err(|error| error.problem(text))
    }
    fn as_id(&self) -> Option<&Id> {
        Some(self)
    }
}

impl Shown for CompactString {
    fn write(&self, out: &mut Writer<'_>) {
        out.string(self);
    }
}
impl Scalar for CompactString {
    const KIND: FieldKind = FieldKind::Text;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let text = text_of(value)?;
        line(text).map_err(|error| error.problem(text))
    }
}

impl Shown for Vec<CompactString> {
    fn write(&self, out: &mut Writer<'_>) {
        out.begin_array();
        for text in self {
            out.string(text);
        }
        out.end_array();
    }
}
impl Scalar for Vec<CompactString> {
    const KIND: FieldKind = FieldKind::Texts;
    /// A list of texts, or one text in which `;` parts them (as a table cell holds them).
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        match value {
            Value::List(list) => list.iter().map(<CompactString as Scalar>::read).collect(),
            other => {
                let parts = text_of(other)?
                    .split([';', '；'])
                    .map(str::trim)
                    .filter(|text| !text.is_empty());
                parts.map(|text| <CompactString as Scalar>::read(&Value::text(text))).collect()
            }
        }
    }
}

impl Shown for LongText {
    fn write(&self, out: &mut Writer<'_>) {
        out.string(&self.0);
    }
}
impl Scalar for LongText {
    const KIND: FieldKind = FieldKind::LongText;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let text = text_of(value)?;
        clean(text, RULES_TEXT_MAX, true)
            .map(|text| Self(text.into_string()))
            .map_err(|error| Problem::data(error.code()).with("text", "…"))
    }
}

impl Shown for Date {
    fn write(&self, out: &mut Writer<'_>) {
        out.date(*self);
    }
}
impl Scalar for Date {
    const KIND: FieldKind = FieldKind::Date;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        date_value(text_of(value)?)
    }
}

impl Shown for Money {
    fn write(&self, out: &mut Writer<'_>) {
        out.amount(*self);
    }
}
impl Scalar for Money {
    const KIND: FieldKind = FieldKind::Amount;
    /// A positive amount; what is negative or zero is never an event.
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let text = text_of(value)?;
        let money = Self::parse(text)
            .map_err(|error| Problem::data(error.code()).with("text", text.escape_debug()))?;
        if money < Self::ZERO {
            return Err(Problem::data("amount-negative").with("text", text));
        }
        Ok(money)
    }
}

impl Shown for bool {
    fn write(&self, out: &mut Writer<'_>) {
        out.boolean(*self);
    }
}
impl Scalar for bool {
    const KIND: FieldKind = FieldKind::Bool;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        match value {
            Value::Bool(value) => Ok(*value),
            other => match text_of(other)? {
                "true" | "yes" | "是" => Ok(true),
                "false" | "no" | "否" => Ok(false),
                text => Err(Problem::data("bool-format").with("text", text)),
            },
        }
    }
}

impl Shown for Seq {
    fn write(&self, out: &mut Writer<'_>) {
        out.integer(self.0);
    }
}
impl Scalar for Seq {
    const KIND: FieldKind = FieldKind::Entry;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let wrong = || Problem::data("entry-format").with("text", value.shown());
        match value {
            Value::Int(number) => Ok(Self(*number)),
            other => text_of(other)?.parse().map(Self).map_err(|_| wrong()),
        }
    }
}

impl Shown for Year {
    fn write(&self, out: &mut Writer<'_>) {
        out.integer(u64::try_from(self.0).unwrap_or_default());
    }
}
impl Scalar for Year {
    const KIND: FieldKind = FieldKind::Year;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let year = match value {
            Value::Int(number) => i16::try_from(*number).ok(),
            other => text_of(other)?.parse().ok(),
        };
        let known = year.filter(|year| (YEAR_MIN..=YEAR_MAX).contains(year));
        known.map(Self).ok_or_else(|| Problem::data("year-format").with("text", value.shown()))
    }
}

impl Shown for Count {
    fn write(&self, out: &mut Writer<'_>) {
        out.integer(self.0);
    }
}
impl Scalar for Count {
    const KIND: FieldKind = FieldKind::Count;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let count = match value {
            Value::Int(number) => Some(*number),
            other => text_of(other)?.parse().ok(),
        };
        let known = count.filter(|count| *count <= COUNT_MAX);
        let wrong = || Problem::data("whole-number").with("text", value.shown());
        known.map(Self).ok_or_else(|| wrong().with("limit", COUNT_MAX))
    }
}

impl Shown for Signed {
    fn write(&self, out: &mut Writer<'_>) {
        out.amount(self.0);
    }
}
impl Scalar for Signed {
    const KIND: FieldKind = FieldKind::Balance;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let text = text_of(value)?;
        Money::parse(text)
            .map(Self)
            .map_err(|error| Problem::data(error.code()).with("text", text.escape_debug()))
    }
}

/// The JSON value of an item of a list.
fn plain_value(value: &Value<'_>) -> Result<serde_json::Value, Problem> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.as_ref().into(),
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(text) => return Err(Problem::data("json-float").with("text", text)),
        Value::List(list) => list.iter().map(plain_value).collect::<Result<_, _>>()?,
        Value::Object(object) => object.clone(),
    })
}

impl Shown for Json {
    fn write(&self, out: &mut Writer<'_>) {
        out.raw(self.0.as_bytes());
    }
}
impl Scalar for Json {
    const KIND: FieldKind = FieldKind::Json;
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        match value {
            Value::Object(object) => Self::new(object),
            Value::List(list) => Self::new(&serde_json::Value::Array(
                list.iter().map(plain_value).collect::<Result<_, _>>()?,
            )),
            other => {
                let text = text_of(other)?;
                let parsed: serde_json::Value = serde_json::from_str(text).map_err(|error| {
                    Problem::data("json-syntax")
                        .with("detail", json_detail(&error))
                        .with("position", error.column())
                })?;
                Self::new(&parsed)
            }
        }
    }
}

macro_rules! rate_fields {
    ($($name:ident $kind:ident),*) => {$(
        impl Shown for $name {
            fn write(&self, out: &mut Writer<'_>) {
                out.quoted(self);
            }
        }
        impl Scalar for $name {
            const KIND: FieldKind = FieldKind::$kind;
            fn read(value: &Value<'_>) -> Result<Self, Problem> {
                let text = text_of(value)?;
                Self::parse(text)
                    .map_err(|error| Problem::data(error.code()).with("text", text.escape_debug()))
            }
        }
    )*};
}
rate_fields!(Rate Rate, Share Share);

macro_rules! word_fields {
    ($($name:ident),*) => {$(
        impl Shown for $name {
            fn write(&self, out: &mut Writer<'_>) {
                out.string(self.code());
            }
        }
        impl Scalar for $name {
            const KIND: FieldKind = FieldKind::Word($name::WORDS);
            fn read(value: &Value<'_>) -> Result<Self, Problem> {
                let text = text_of(value)?;
                Self::parse(text).ok_or_else(|| {
                    Problem::data("word-unknown").with("text", text).with("allowed", Self::WORDS.join(", "))
                })
            }
        }
    )*};
}
word_fields!(
    ClaimStep,
    ContractDays,
    OwnerKind,
    PartyKind,
    Source,
    InterestOwner,
    Origin,
    Receives,
    Scope,
    Settlement,
    Programme,
    SubsidyStep,
    Fund,
    Stage,
    LoansBetween,
    PeopleMode
);
