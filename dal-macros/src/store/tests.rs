use super::{child, entity, insert, path};

type Derive = fn(&syn::DeriveInput) -> syn::Result<proc_macro2::TokenStream>;

fn expansion(derive: Derive, input: &str) -> Result<String, String> {
    let input = syn::parse_str(input).map_err(|error| error.to_string())?;
    derive(&input)
        .map(|tokens| tokens.to_string().replace(' ', ""))
        .map_err(|error| {
            let errors = error.into_iter().map(|error| error.to_string());
            errors.collect::<Vec<_>>().join("\n")
        })
}

#[test]
fn an_entity_has_a_token_for_each_field() {
    let text = expansion(
        entity,
        "#[dal(\"users\")] pub struct User { id: u64, #[dal(\"type\")] kind: String, r#fn: u8 }",
    )
    .unwrap();
    for part in [
        "constENTITY:&'staticstr=\"users\"",
        "ReadField::new::<u64>(\"id\")",
        "ReadField::new::<String>(\"type\")",
        "ReadField::new::<u8>(\"fn\")",
        "pubconstID:::dal_traits::store::FieldToken<User,u64>=::dal_traits::store::FieldToken::new(0usize)",
        "pubconstKIND:::dal_traits::store::FieldToken<User,String>",
        "pubconstFN:",
        "kind:values.take(1usize)?",
        "r#fn:values.take(2usize)?",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
}

#[test]
fn an_insert_gives_its_values_in_their_order() {
    let text = expansion(
        insert,
        "#[dal(User)] struct NewUser<'a> { a: &'a str, b: Option<u8> }",
    );
    let text = text.unwrap();
    for part in [
        "impl<'a>::dal_traits::store::InsertShapeforNewUser<'a>",
        "typeEntity=User;",
        "WriteField::new::<&'astr>(\"a\")",
        "vec![::dal_traits::value::Value::from(self.a),::dal_traits::value::Value::from(self.b)]",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
}

#[test]
fn an_element_takes_and_gives_its_values_in_their_order() {
    let text = expansion(
        child,
        "struct Line { #[dal(\"product_id\")] product: u64, quantity: u32 }",
    );
    let text = text.unwrap();
    for part in [
        "impl::dal_traits::value::ChildforLine",
        "ChildField::new::<u64>(\"product_id\")",
        "Ok(Self{product:values.take()?,quantity:values.take()?})",
        "vec![::dal_traits::value::Value::from(::core::clone::Clone::clone(&self.product)),",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
}

#[test]
fn a_path_tells_ranges_from_values() {
    let text = expansion(
        path,
        "#[dal(Product, \"by_category\")] struct InCategory<'a> {
            category: &'a str,
            price: std::ops::RangeInclusive<u64>,
            #[dal(range)] id: Ids,
        }",
    )
    .unwrap();
    for part in [
        "constPATH:&'staticstr=\"by_category\"",
        "WriteField::new::<&'astr>(\"category\")",
        "WriteField::range::<std::ops::RangeInclusive<u64>>(\"price\")",
        "WriteField::range::<Ids>(\"id\")",
        "Given::equal(self.category)",
        "Given::range(self.price)",
        "Given::range(self.id)",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
}

#[test]
fn what_is_not_said_is_refused_with_a_fix() {
    let cases: [(Derive, &str, &str); 14] = [
        (
            entity,
            "struct A { a: u8 }",
            "`A` does not say which entity it is",
        ),
        (
            entity,
            "#[dal(A)] struct A { a: u8 }",
            "this does not say which entity it is",
        ),
        (
            entity,
            "#[dal(\"a\")] #[dal(\"b\")] struct A { a: u8 }",
            "a struct is one thing",
        ),
        (
            entity,
            "#[dal(\"a\")] struct A<'a> { a: &'a str }",
            "owns its values",
        ),
        (entity, "#[dal(\"a\")] struct A(u8);", "named fields"),
        (entity, "#[dal(\"a\")] enum A { B }", "named fields"),
        (
            entity,
            "#[dal(\"a\")] struct A { #[dal(range)] a: u8 }",
            "not an option of a field",
        ),
        (
            child,
            "#[dal(\"a\")] struct A { a: u8 }",
            "belongs to the field that holds the array",
        ),
        (child, "struct A<'a> { a: &'a str }", "owns its values"),
        (child, "enum A { B }", "named fields"),
        (
            insert,
            "struct A { a: u8 }",
            "`A` does not say which entity it adds to",
        ),
        (
            insert,
            "#[dal(U)] struct A<T> { a: T }",
            "depend on the parameter",
        ),
        (
            path,
            "#[dal(U)] struct A { a: u8 }",
            "this does not say which path",
        ),
        (
            path,
            "#[dal(U, \"p\")] struct A<const N: usize> { a: u8 }",
            "depend on the parameter",
        ),
    ];
    for (derive, input, expected) in cases {
        let text = expansion(derive, input).unwrap_err();
        assert!(text.contains(expected), "{input}: {text}");
        assert!(text.contains("fix: "), "{input}: {text}");
    }
}
