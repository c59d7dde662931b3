//! Which fields an attribute is made of.

use super::{Entity, Expr, FieldSource};

impl Entity {
    /// The fields that the attribute at this place is made of, each once, in their order in it; an
    /// array of owned children is a field. Columns that are no field, and other rows, are left out.
    pub fn inputs(&self, attribute: usize) -> Vec<usize> {
        if let Some((place, _)) = self
            .arrays()
            .find(|(_, array)| array.attribute == attribute)
        {
            return vec![place];
        }
        let mut columns = Vec::new();
        if let Some(attribute) = self.attributes.get(attribute) {
            add(&attribute.expr, &mut columns);
        }
        let mut fields = Vec::new();
        for column in columns {
            let mut all = self.fields.iter();
            let place = all.position(|field| field.source == FieldSource::Column(column));
            fields.extend(place.filter(|place| !fields.contains(place)));
        }
        fields
    }
}

fn add(expr: &Expr, columns: &mut Vec<usize>) {
    match expr {
        Expr::Column(column) => columns.push(*column),
        Expr::Template(parts) => parts.iter().for_each(|part| add(part, columns)),
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => add(of, columns),
        Expr::Object(members) => columns.extend(members.iter().map(|(_, column)| *column)),
        Expr::Constant(_) | Expr::Lookup(_) | Expr::Children(_) => {}
    }
}
