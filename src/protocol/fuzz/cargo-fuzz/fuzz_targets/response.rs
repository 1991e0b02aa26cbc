//! Target `response` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    esker_protocol_fuzz::Target::Response.feed(input);
});
