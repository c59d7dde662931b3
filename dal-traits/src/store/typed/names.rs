//! Names that are not there.

/// What is not there, with the name that was meant, or with all names when none is near.
pub(super) fn unknown<'n>(
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> String {
    let near = names
        .clone()
        .map(|known| (distance(&known.to_lowercase(), &name.to_lowercase()), known))
        .min();
    match near {
        Some((distance, known)) if distance <= name.len() / 3 => {
            format!("there is no {what} `{name}`; did you mean `{known}`?")
        }
        _ => {
            let names: Vec<_> = names.collect();
            format!(
                "there is no {what} `{name}`; there are: {}",
                names.join(", ")
            )
        }
    }
}

fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(one, other)
}
