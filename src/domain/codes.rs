//! Closed lists: an enum whose variants have a code in files, on the command line and in reports.

/// Declares closed lists. Each becomes an enum in the order of the list with its codes.
macro_rules! codes {
    ($($(#[$doc:meta])* $vis:vis $name:ident {
        $($(#[$of_variant:meta])* $variant:ident $code:literal),* $(,)?
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$of_variant])* #[serde(rename = $code)] $variant),* }

        #[allow(dead_code, reason = "not every list is walked or read back")]
        impl $name {
            /// The whole list, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The codes of the list, in order.
            pub const WORDS: &'static [&'static str] = &[$($code),*];

            /// The code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The variant of a code.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    )*};
}
pub(crate) use codes;
