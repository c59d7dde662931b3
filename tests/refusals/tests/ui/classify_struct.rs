#[derive(dal_shadow::Classify)]
pub struct Error;

fn main() {}
