#[derive(dal_shadow::Classify)]
pub enum Error {
    #[classify(not_found)]
    NotFound,
    Taken(String),
}

fn main() {}
