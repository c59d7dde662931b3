#[derive(dal_shadow::Classify)]
pub enum Error {
    #[classify(missing)]
    NotFound,
}

fn main() {}
