//! Fuzz targets over the properties in `properties.rs`, which `tests/fuzz_corpus.rs` runs as well.

// Named by its path, so that its modules are found beside it as they are from the tests.
#[path = "properties.rs"]
pub mod properties;

#[cfg(feature = "libfuzzer")]
pub use libfuzzer_sys;

/// The program of one target: libFuzzer's, or one that runs the property over named files.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(
            // libFuzzer's hook ends the program at any panic, but those of the workbook reader are
            // caught where it is called; a panic that leaves the property ends the program anyway.
            init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
            |input: &[u8]| $crate::properties::$name(input)
        );
    };
}

/// The program of one target: libFuzzer's, or one that runs the property over named files.
#[cfg(not(feature = "libfuzzer"))]
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        fn main() -> std::io::Result<()> {
            for path in std::env::args_os().skip(1) {
                $crate::properties::$name(&std::fs::read(path)?);
            }
            Ok(())
        }
    };
}
