//! The example's OpenFeature provider: flags in a file in flagd's format.
//!
//! ```json
//! {"flags": {"dal.phase.user": {
//!     "state": "ENABLED", "variants": {"now": "shadow-read@5"}, "defaultVariant": "now"}}}
//! ```
//!
//! A real shop puts its vendor's provider in this one's place; nothing else changes.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use open_feature::provider::{FeatureProvider, ProviderMetadata, ResolutionDetails};
use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, OpenFeature,
    StructValue,
};
use serde::Deserialize;
use serde_json::Value;

/// The flag of each entity's phase.
pub const PHASES: [(&str, &str); 4] = [
    ("user", "dal.phase.user"),
    ("product", "dal.phase.product"),
    ("cart", "dal.phase.cart"),
    ("order", "dal.phase.order"),
];

/// A client of OpenFeature whose flags are in `file`.
pub async fn client(file: &Path) -> Client {
    let domain = file.display().to_string();
    let mut api = OpenFeature::singleton_mut().await;
    api.set_named_provider(&domain, FlagFile::new(file)).await;
    api.create_named_client(&domain)
}

/// Reads the file whenever a flag is asked for: dal asks in the background, never while a call runs
/// a call.
#[derive(Debug)]
pub struct FlagFile {
    path: PathBuf,
    metadata: ProviderMetadata,
}

#[derive(Deserialize)]
struct Flags {
    flags: HashMap<String, Flag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flag {
    state: State,
    variants: HashMap<String, Value>,
    default_variant: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Enabled,
    Disabled,
}

impl FlagFile {
    /// Flags from this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            metadata: ProviderMetadata::new("flags in a file"),
        }
    }

    /// The value of a flag's default variant.
    async fn value(&self, key: &str) -> EvaluationResult<Value> {
        let text = tokio::fs::read_to_string(&self.path)
            .await
            .map_err(|error| refused(EvaluationErrorCode::ProviderNotReady, error))?;
        let mut flags: Flags = serde_json::from_str(&text)
            .map_err(|error| refused(EvaluationErrorCode::ParseError, error))?;
        let mut flag = flags
            .flags
            .remove(key)
            .filter(|flag| flag.state == State::Enabled)
            .ok_or_else(|| refused(EvaluationErrorCode::FlagNotFound, "no such enabled flag"))?;
        flag.variants
            .remove(&flag.default_variant)
            .ok_or_else(|| refused(EvaluationErrorCode::ParseError, "no such variant"))
    }

    async fn typed<T>(
        &self,
        key: &str,
        read: impl Fn(&Value) -> Option<T> + Send,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        let value = self.value(key).await?;
        read(&value)
            .map(ResolutionDetails::new)
            .ok_or_else(|| refused(EvaluationErrorCode::TypeMismatch, "another type"))
    }
}

fn refused(code: EvaluationErrorCode, message: impl Display) -> EvaluationError {
    EvaluationError {
        code,
        message: Some(message.to_string()),
    }
}

#[async_trait]
impl FeatureProvider for FlagFile {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.typed(key, Value::as_bool).await
    }

    async fn resolve_int_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.typed(key, Value::as_i64).await
    }

    async fn resolve_float_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.typed(key, Value::as_f64).await
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.typed(key, |value| value.as_str().map(str::to_owned))
            .await
    }

    async fn resolve_struct_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        Err(refused(
            EvaluationErrorCode::TypeMismatch,
            "a flag of the shop is a text, a number or a switch",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flag_is_read_anew_and_a_lost_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        let file = FlagFile::new(&path);
        let context = EvaluationContext::default();
        let write = |state: &str, value: &str| {
            let text = format!(
                r#"{{"flags": {{"k": {{"state": "{state}", "variants": {{"v": {value}}}, "defaultVariant": "v"}}}}}}"#
            );
            std::fs::write(&path, text).unwrap();
        };
        let ask = async || {
            let answer = file.resolve_string_value("k", &context).await;
            answer
                .map(|details| details.value)
                .map_err(|error| error.code)
        };
        assert_eq!(ask().await, Err(EvaluationErrorCode::ProviderNotReady));
        write("ENABLED", "\"dual-write\"");
        assert_eq!(ask().await.unwrap(), "dual-write");
        write("ENABLED", "7");
        assert_eq!(ask().await, Err(EvaluationErrorCode::TypeMismatch));
        assert_eq!(
            file.resolve_int_value("k", &context).await.unwrap().value,
            7
        );
        write("DISABLED", "7");
        assert_eq!(ask().await, Err(EvaluationErrorCode::FlagNotFound));
        std::fs::write(&path, "garbage").unwrap();
        assert_eq!(ask().await, Err(EvaluationErrorCode::ParseError));
    }
}
