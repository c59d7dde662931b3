//! Findings for people: the text underlined, what was understood, how to fix it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, File, Severity, Sources};

/// Writes findings as a compiler does. `contract` and `sidecar` are the names of the files.
pub fn render(
    diagnostics: &[Diagnostic],
    sources: Sources<'_>,
    contract: &str,
    sidecar: &str,
) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&one(diagnostic, sources, contract, sidecar));
        text.push_str("\n\n");
    }
    text
}

fn one(found: &Diagnostic, sources: Sources<'_>, contract: &str, sidecar: &str) -> String {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let name = match found.file {
        File::Contract => contract,
        File::Sidecar => sidecar,
    };
    // Only the lines of the finding are given, so that a long file is not read again for each.
    let text = sources.text(found.file);
    let (before, after) = (text.get(..found.span.start), text.get(found.span.end..));
    let start = before.and_then(|b| b.rfind('\n')).map_or(0, |at| at + 1);
    let end = after
        .and_then(|a| a.find('\n'))
        .map_or(text.len(), |at| found.span.end + at);
    let lines = text.get(start..end).unwrap_or_default();
    let span = found.span.start - start..found.span.end - start;
    let label = if found.path.is_empty() {
        "the contract".to_owned()
    } else {
        found.path.clone()
    };
    let snippet = Snippet::source(lines)
        .line_start(found.line)
        .path(name)
        .annotation(AnnotationKind::Primary.span(span).label(label));
    let mut group: Group<'_> = level
        .primary_title(&found.message)
        .id(found.code)
        .element(snippet);
    if let Some(understood) = &found.understood {
        group = group.element(Level::NOTE.message(format!("understood: {understood}")));
    }
    group = group.element(Level::HELP.message(&found.help));
    Renderer::plain().render(&[group])
}
