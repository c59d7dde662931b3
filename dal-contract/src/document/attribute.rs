//! Attributes.

use dal_traits::model::AttributeType;

use super::{AttributeDecl, Template, Transformation};
use super::{extension, join};
use crate::diagnostic::{
    CALC_UNDEFINED, DUPLICATE, Findings, JOIN_AND_CALC, MEMBER_TYPE, MEMBER_VALUE, NOT_BUILT,
    SOURCE_FORMAT, TEMPLATE_TRANSFORMATION,
};
use crate::json::{Members, Node, Text, Value, nearest, text};

pub(super) fn list(nodes: &[Node], findings: &mut Findings) -> Vec<AttributeDecl> {
    let mut attributes: Vec<AttributeDecl> = Vec::new();
    for node in nodes {
        let Some(attribute) = read(node, findings) else {
            continue;
        };
        let name = &attribute.name;
        if attributes.iter().any(|a| a.name.value == name.value) {
            let message = format!("two attributes are named `{}`", name.value);
            findings.add(DUPLICATE, &name.at, message, "rename or remove one of them");
        }
        attributes.push(attribute);
    }
    attributes
}

fn read(node: &Node, findings: &mut Findings) -> Option<AttributeDecl> {
    let mut members = Members::of(node, "an attribute", findings)?;
    let name = members.required("name", findings);
    let attribute_type = members.required("type", findings).and_then(|stated| {
        let read = stated.value.parse::<AttributeType>();
        if read.is_err() {
            let known = AttributeType::ALL.map(|(name, _)| name);
            let upper = stated.value.to_ascii_uppercase();
            let help = match nearest(&upper, known.into_iter()) {
                Some(near) => format!("write `{near}`"),
                None => format!("write one of {}", known.join(", ")),
            };
            let message = format!("`{}` is not a type of DynamoDB", stated.value);
            findings.add(MEMBER_VALUE, &stated.at, message, help);
        }
        read.ok().map(|found| (found, stated.at))
    });
    let source_table = members.text("source_table", findings);
    let source_columns = source_columns(&mut members, findings);
    let join = members.take("join");
    let calculation = members.take("calculation");
    if let (Some(_), Some(calculation)) = (join, calculation) {
        findings.add(
            JOIN_AND_CALC,
            &calculation.at,
            "an attribute has a `join` or a `calculation`, not both",
            "make two attributes of it",
        );
    }
    if let Some(node) = calculation {
        refuse_calculation(node, findings);
    }
    let (has_join, has_calculation) = (join.is_some(), calculation.is_some());
    let join = join.and_then(|node| join::read(node, findings));
    let node = members.take("transformation");
    let has_transformation = node.is_some();
    let transformation = node.and_then(|node| transform(node, findings));
    members.flag("denormalized", findings);
    members.text("justification", findings);
    let (compare, sensitive) = extension::of_attribute(&mut members, findings);
    let is_constant = matches!(transformation, Some(Transformation::Text(_)));
    if source_columns.is_empty() && join.is_none() && calculation.is_none() && !is_constant {
        members.missing("source_column", findings);
    }
    members.finish(findings);
    let is_broken = has_calculation
        || has_join != join.is_some()
        || has_transformation != transformation.is_some()
        || attribute_type.is_none();
    Some(AttributeDecl {
        name: name?,
        attribute_type,
        source_table,
        source_columns,
        join,
        transformation,
        compare,
        sensitive,
        is_broken,
    })
}

fn source_columns(members: &mut Members<'_>, findings: &mut Findings) -> Vec<Text> {
    let Some(node) = members.take("source_column") else {
        return Vec::new();
    };
    let nodes = match &node.value {
        Value::Array(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    nodes
        .iter()
        .filter_map(|node| text(node, "source_column", findings))
        .collect()
}

/// Calculations are read so far that each is refused for its own reason.
fn refuse_calculation(node: &Node, findings: &mut Findings) {
    let Value::Object(members) = &node.value else {
        let message = "a calculation must be an object";
        findings.add(
            MEMBER_TYPE,
            &node.at,
            message,
            "write an object with `type`",
        );
        return;
    };
    let kind = members.iter().find(|(name, _)| name.value == "type");
    let Some((
        _,
        Node {
            value: Value::Text(kind),
            at,
        },
    )) = kind
    else {
        let message = "a calculation has no `type`";
        findings.add(crate::diagnostic::MISSING, &node.at, message, "add `type`");
        return;
    };
    let known = ["aggregate", "case", "concat", "date-math"];
    match kind.value.as_str() {
        found @ ("concat" | "date-math") => findings.add(
            CALC_UNDEFINED,
            at,
            format!("the format does not define the members of a `{found}` calculation"),
            "for texts, write a transformation of type `string-format`",
        ),
        found @ ("aggregate" | "case") => findings.add(
            NOT_BUILT,
            at,
            format!("a calculation of type `{found}` is not carried out yet"),
            "leave the attribute out, or wait for a later release",
        ),
        other => {
            let near = nearest(other, known.into_iter());
            let help = near.map_or_else(
                || format!("known: {}", known.join(", ")),
                |near| format!("is `{near}` meant?"),
            );
            let message = format!("`{other}` is not a type of a calculation");
            findings.add(MEMBER_VALUE, at, message, help);
        }
    }
}

fn transform(node: &Node, findings: &mut Findings) -> Option<Transformation> {
    let mut members = Members::of(node, "a transformation", findings)?;
    let kind = members.required("type", findings)?;
    let source_format = members.text("source_format", findings);
    if let Some(stated) = source_format
        && !["timestamp", "datetime", "date"].contains(&stated.value.as_str())
    {
        let message = "`source_format` is not read";
        let help = "remove it: the type of the column says what the value is";
        findings.understood(
            SOURCE_FORMAT,
            &stated.at,
            message,
            "the type of the column",
            help,
        );
    }
    let known = [
        "string-format",
        "static",
        "template",
        "date-format",
        "number-format",
        "json-parse",
    ];
    let found = match kind.value.as_str() {
        "string-format" => Template::read(&members.required("format", findings)?, findings)
            .map(Transformation::Text),
        "template" => {
            let text = members
                .text("format", findings)
                .or_else(|| members.required("template", findings))?;
            let help = "write `string-format`";
            let message = "a transformation of type `template` is no part of the format";
            let understood = format!("`string-format` of `{}`", text.value);
            findings.understood(TEMPLATE_TRANSFORMATION, &kind.at, message, understood, help);
            Template::read(&text, findings).map(Transformation::Text)
        }
        "static" => {
            let text = members
                .text("value", findings)
                .or_else(|| members.required("format", findings))?;
            Some(Transformation::Text(Template::constant(text)))
        }
        "date-format" => members
            .required("format", findings)
            .map(Transformation::Date),
        "number-format" => members
            .required("format", findings)
            .map(Transformation::Number),
        "json-parse" => {
            members.take("format");
            let message = "a transformation of type `json-parse` is not carried out yet";
            let help = "store a JSON column as M or L without it, or leave the attribute out";
            findings.add(NOT_BUILT, &kind.at, message, help);
            None
        }
        other => {
            let help = match nearest(other, known.into_iter()) {
                Some(near) => format!("is `{near}` meant?"),
                None => format!("known: {}", known.join(", ")),
            };
            let message = format!("`{other}` is not a type of a transformation");
            findings.add(MEMBER_VALUE, &kind.at, message, help);
            None
        }
    };
    members.finish(findings);
    found
}
