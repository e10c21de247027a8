#![cfg_attr(feature = "libfuzzer", no_main)]
poolbook_fuzz::target!(head);
