#[derive(dal_shadow::Classify)]
pub enum Error {
    #[classify(not_found, conflict)]
    NotFound,
}

fn main() {}
