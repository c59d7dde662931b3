//! How far a copy is, kept in a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use dal_contract::Sources;
use dal_traits::Cursor;
use dal_traits::value::Value;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::found::Counts;

pub struct State {
    path: Option<PathBuf>,
    content: Content,
}

#[derive(Default, Serialize, Deserialize)]
struct Content {
    /// Stands for the contract and for where it is copied to.
    of: String,
    entities: BTreeMap<String, Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The key behind which the copy goes on.
    after: Option<String>,
    done: bool,
    counts: Counts,
}

/// How far the copy of one entity is.
#[derive(Default)]
pub struct At {
    pub after: Option<Vec<Value>>,
    pub done: bool,
    pub counts: Counts,
}

impl State {
    /// Reads the file if it is there. Without a path nothing is kept.
    ///
    /// # Errors
    /// When it cannot be read, or is of another copy.
    pub fn open(path: Option<&Path>, to: &[&str], sources: Sources<'_>) -> Result<Self, String> {
        let mut hash = Xxh3::new();
        for text in to
            .iter()
            .copied()
            .chain([sources.contract])
            .chain(sources.sidecar)
        {
            hash.update(text.as_bytes());
            hash.update(&[0]);
        }
        let of = format!("{:016x}", hash.digest());
        let Some(path) = path else {
            let entities = BTreeMap::new();
            let content = Content { of, entities };
            return Ok(Self {
                path: None,
                content,
            });
        };
        let shown = path.display();
        let content = match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| format!("{shown}: not the state of a copy: {error}"))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Content {
                of: of.clone(),
                ..Content::default()
            },
            Err(error) => return Err(format!("{shown}: {error}")),
        };
        if content.of != of {
            return Err(format!(
                "{shown} is the state of another copy: the contract, the database or the tables were \
                 others. Name another file to begin anew"
            ));
        }
        Ok(Self {
            path: Some(path.to_owned()),
            content,
        })
    }

    /// How far an entity is.
    pub fn of(&self, entity: &str) -> Result<At, String> {
        let Some(kept) = self.content.entities.get(entity) else {
            return Ok(At::default());
        };
        let after = match &kept.after {
            None => None,
            Some(text) => {
                let cursor: Cursor = text
                    .parse()
                    .map_err(|error| format!("the state of `{entity}`: {error}"))?;
                Some(cursor.position)
            }
        };
        Ok(At {
            after,
            done: kept.done,
            counts: kept.counts.clone(),
        })
    }

    /// Keeps it: written beside the file and moved over it.
    pub fn keep(&mut self, entity: &str, at: &At) -> Result<(), String> {
        let after = at.after.as_ref().map(|position| {
            let cursor = Cursor {
                fingerprint: 0,
                position: position.clone(),
            };
            cursor.to_string()
        });
        let kept = Kept {
            after,
            done: at.done,
            counts: at.counts.clone(),
        };
        self.content.entities.insert(entity.to_owned(), kept);
        self.write()
    }

    fn write(&self) -> Result<(), String> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let beside = path.with_extension("new");
        let text = serde_json::to_vec_pretty(&self.content).map_err(|error| error.to_string())?;
        let mut file = std::fs::File::create(&beside).map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)
    }

    /// The copy has come to its end: the same command looks at every row again.
    pub fn finish(&mut self) -> Result<(), String> {
        self.content.entities.clear();
        self.write()
    }

    /// What to do after a stop.
    pub const fn how_to_go_on(&self) -> &'static str {
        if self.path.is_some() {
            "the same command goes on from there"
        } else {
            "the same command begins anew and finds the items that are there; `--state FILE` spares that"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_goes_on_only_with_the_copy_that_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.json");
        let sources = |contract| Sources {
            contract,
            sidecar: None,
        };
        let open = |to: &[&str], contract| State::open(Some(&path), to, sources(contract));
        let to = ["db/shop", "", "prod_", "dal"];
        let mut state = open(&to, "{}").unwrap();
        let at = At {
            after: Some(vec![Value::from(7), Value::from("a")]),
            ..At::default()
        };
        state.keep("Users", &at).unwrap();
        let again = open(&to, "{}").unwrap().of("Users").unwrap();
        assert_eq!((again.after, again.done), (at.after, false));
        for (to, contract) in [
            (["db/other", "", "prod_", "dal"], "{}"),
            (["db/shop", "http://127.0.0.1:1", "prod_", "dal"], "{}"),
            (["db/shop", "", "test_", "dal"], "{}"),
            (to, "{ }"),
        ] {
            let refused = open(&to, contract).err();
            assert!(
                refused.is_some_and(|why| why.contains("another copy")),
                "{to:?}"
            );
        }
    }
}
