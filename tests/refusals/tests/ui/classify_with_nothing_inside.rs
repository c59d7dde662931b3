#[derive(dal_shadow::Classify)]
pub enum Error {
    #[classify(with = read)]
    Database,
}

fn read<E>(_: &E) -> dal_shadow::Class {
    dal_shadow::Class::new(dal_shadow::ErrorKind::Unexpected)
}

fn main() {}
