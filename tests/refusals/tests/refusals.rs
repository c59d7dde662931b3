//! What `#[shadow]` and `derive(Classify)` refuse, and what they say: one file per refusal in
//! `tests/ui`, with the place, the reason and the fix.

#[test]
fn every_refusal_names_its_place_its_reason_and_a_fix() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
