//! Any bytes: see the function of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kvguard_fuzz::json(bytes));
