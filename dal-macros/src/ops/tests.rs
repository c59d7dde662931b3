use proc_macro2::TokenStream;

use super::expand;

/// The expansion without spaces, or the refusals.
fn expansion(item: &str) -> Result<String, String> {
    let attr: TokenStream = "ops, ids(user = \"Order.user_id\"), generated = \"User.at\""
        .parse()
        .map_err(|_| "attr")?;
    let mut item = syn::parse_str(item).map_err(|error: syn::Error| error.to_string())?;
    let model = crate::read::model(attr, &mut item).map_err(|error| error.to_string())?;
    let all = |error: syn::Error| {
        error
            .into_iter()
            .map(|error| error.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let tokens = expand(&model).map_err(all)?;
    syn::parse2::<syn::File>(tokens.clone()).map_err(|error| format!("no Rust: {error}"))?;
    Ok(tokens.to_string().replace(' ', ""))
}

fn of(methods: &str) -> Result<String, String> {
    expansion(&format!(
        "pub trait UserRepository: Send + Sync {{ {methods} }}"
    ))
}

#[test]
fn reads_writes_and_mirrors_are_variants_and_skip_and_cfg_methods_are_not() {
    let text = of("
        #[shadow(write, mirror = put_exact, creates(user = id))] async fn register(&self, new: &NewUser) -> Result<User, E>;
        #[shadow(read)] async fn by_email(&self, email: &str) -> Result<Option<User>, E>;
        #[shadow(mirror)] async fn put_exact(&self, user: &User) -> Result<(), E>;
        #[shadow(mirror)] async fn pass_id(&self, #[handle(user)] id: u64) -> Result<(), E>;
        #[shadow(mirror)] async fn touch(&self, email: &str) -> Result<(), E>;
        #[shadow(mirror)] async fn put_all(&self, users: &[User]) -> Result<(), E>;
        #[shadow(skip(read))] async fn ping(&self) -> Result<(), E>;
        #[cfg(feature = \"x\")] #[shadow(read)] async fn sometimes(&self) -> Result<(), E>;
    ").unwrap();
    assert!(text.contains("pubenumUserRepositoryOp"), "{text}");
    assert!(
        text.contains("ByEmail{#[doc=\"Argument`email`.\"]email:::std::string::String}"),
        "{text}"
    );
    assert!(
        text.contains("binds_user:::dal_shadow::ops::Slot"),
        "{text}"
    );
    assert!(
        text.contains("PutExact{#[doc=\"Whichoftheearlieranswersisputagain:`h(0)`isthenewest.\"]answer:::dal_shadow::ops::Slot}"),
        "{text}"
    );
    assert!(text.contains("PassId{"), "{text}");
    assert!(text.contains("Touch{"), "{text}");
    // It needs a strategy that no read and no write needs.
    assert!(text.contains("PutAll{"), "{text}");
    assert!(text.contains("pubusers:UsersStrategy"), "{text}");
    for absent in ["Ping", "Sometimes"] {
        assert!(!text.contains(absent), "{text}");
    }
    assert!(
        text.contains("ids:&[(\"user\",\"Order.user_id\")]"),
        "{text}"
    );
    assert!(text.contains("generated:&[\"User.at\"]"), "{text}");
}

#[test]
fn one_name_with_one_owned_type_is_one_strategy_and_handles_need_none() {
    let text = of("
        #[shadow(write, replay)] async fn rename(&self, #[handle(user)] id: u64, name: &str) -> Result<(), E>;
        #[shadow(read)] async fn by_name(&self, name: String) -> Result<u64, E>;
        #[shadow(read)] async fn all(&self, #[handle(user)] ids: &[u64], #[handle(user)] best: Option<u64>) -> Result<u64, E>;
    ").unwrap();
    assert!(
        text.contains("structUserRepositoryArgs<NameStrategy>"),
        "{text}"
    );
    assert!(text.contains("one::<u64>(\"user\",*id)"), "{text}");
    assert!(text.contains("many::<u64>(\"user\",ids)"), "{text}");
    assert!(text.contains("optional::<u64>(\"user\",*best)"), "{text}");
}

#[test]
fn ids_inside_an_argument_are_put_into_it() {
    let text = of("
        #[shadow(write, replay, key = all)] async fn lend(&self, #[handle(member = member, book = \"lines[].book_id\")] loan: &Loan) -> Result<(), E>;
    ").unwrap();
    assert!(
        text.contains("loan_member:::dal_shadow::ops::Slot"),
        "{text}"
    );
    assert!(
        text.contains("loan_book:::std::vec::Vec<::dal_shadow::ops::Slot>"),
        "{text}"
    );
    assert!(text.contains("&mut(*(&mutvalue)).member"), "{text}");
    assert!(text.contains(".iter_mut()"), "{text}");
}

#[test]
fn a_read_of_handles_only_is_made_for_every_slot_from_the_first_page_on() {
    let text = of("
        #[shadow(write, replay, key = all)] async fn make(&self, name: &str) -> Result<u64, E>;
        #[shadow(read, token(page = next))] async fn of_user(&self, #[handle(user)] user: u64, #[handle(page)] after: Option<&str>) -> Result<Page, E>;
    ").unwrap();
    assert!(text.contains("forslot_0in::dal_shadow::ops::Slot::all(){reads.push(Self::OfUser{user:slot_0,after:::core::option::Option::None,binds_page:::dal_shadow::ops::h(0)});}"), "{text}");
}

#[test]
fn what_cannot_be_an_operation_is_refused_with_a_fix() {
    for (methods, reason) in [
        (
            "#[shadow(read)] async fn a(&self, limit: u32) -> Result<u64, E>; #[shadow(read)] async fn b(&self, limit: usize) -> Result<u64, E>;",
            "`limit` is a `usize` here and a `u32` in `a`",
        ),
        (
            "#[shadow(read)] async fn a(&self, #[handle(user, book = id)] id: u64) -> Result<u64, E>;",
            "one id as a whole",
        ),
        (
            "#[shadow(read)] async fn a(&self, #[handle(user = \"a..b\")] x: &X) -> Result<u64, E>;",
            "not a place inside an argument",
        ),
        (
            "type Id: Send; #[shadow(read)] async fn a(&self, id: Self::Id) -> Result<u64, E>;",
            "`Self` says nothing",
        ),
        (
            "#[shadow(skip(read))] async fn a(&self) -> Result<u64, E>;",
            "the trait has none",
        ),
    ] {
        let text = of(methods).unwrap_err();
        assert!(text.contains(reason) && text.contains("fix: "), "{text}");
    }
}
