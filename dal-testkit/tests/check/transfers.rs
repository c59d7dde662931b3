//! A write that changes a record which it does not name: `check` leaves the secondary writes out in
//! some sequences, so that only what is named is transferred.

use crate::regressions::file_with;
use dal_testkit::check::FailureKind;

/// Accounts in memory, under a trait whose `pay` names what `$named` says.
macro_rules! accounts {
    ($name:ident, $($named:tt)*) => {
        mod $name {
            use std::collections::BTreeMap;
            use std::convert::Infallible;
            use std::sync::{Arc, Mutex};

            use async_trait::async_trait;
            use dal_testkit::check::{Check, Failure, Statistics, check};
            use serde::Serialize;

            #[derive(Clone, Debug, Serialize)]
            pub struct Account {
                pub id: u64,
                pub money: u32,
            }

            #[dal_shadow::shadow(
                ops,
                entity = "account",
                repair(read = get, put = put_exact, delete = close, ids = pass_id)
            )]
            #[async_trait]
            pub trait Accounts: Send + Sync {
                #[shadow(write, mirror = put_exact, creates(account = id))]
                async fn open(&self) -> Result<Account, Infallible>;
                #[shadow(write, replay, $($named)*)]
                async fn pay(
                    &self,
                    #[handle(account)] from: u64,
                    #[handle(account)] to: u64,
                ) -> Result<bool, Infallible>;
                #[shadow(write, replay)]
                async fn close(&self, #[handle(account)] id: u64) -> Result<bool, Infallible>;
                #[shadow(read)]
                async fn get(
                    &self,
                    #[handle(account)] id: u64,
                ) -> Result<Option<Account>, Infallible>;
                #[shadow(read)]
                async fn all(&self) -> Result<Vec<Account>, Infallible>;
                #[shadow(mirror, key = account.id)]
                async fn put_exact(&self, account: &Account) -> Result<(), Infallible>;
                #[shadow(mirror)]
                async fn pass_id(&self, #[handle(account)] id: u64) -> Result<(), Infallible>;
            }

            #[derive(Default)]
            pub struct Memory(Mutex<(u64, BTreeMap<u64, Account>)>);

            #[async_trait]
            impl Accounts for Memory {
                async fn open(&self) -> Result<Account, Infallible> {
                    let mut state = self.0.lock().unwrap();
                    state.0 += 1;
                    let account = Account { id: state.0, money: 9 };
                    state.1.insert(account.id, account.clone());
                    Ok(account)
                }

                async fn pay(&self, from: u64, to: u64) -> Result<bool, Infallible> {
                    let accounts = &mut self.0.lock().unwrap().1;
                    if from == to || !accounts.contains_key(&to) {
                        return Ok(false);
                    }
                    match accounts.get_mut(&from) {
                        Some(account) if account.money > 0 => account.money -= 1,
                        _ => return Ok(false),
                    }
                    accounts.get_mut(&to).unwrap().money += 1;
                    Ok(true)
                }

                async fn close(&self, id: u64) -> Result<bool, Infallible> {
                    Ok(self.0.lock().unwrap().1.remove(&id).is_some())
                }

                async fn get(&self, id: u64) -> Result<Option<Account>, Infallible> {
                    Ok(self.0.lock().unwrap().1.get(&id).cloned())
                }

                async fn all(&self) -> Result<Vec<Account>, Infallible> {
                    Ok(self.0.lock().unwrap().1.values().cloned().collect())
                }

                async fn put_exact(&self, account: &Account) -> Result<(), Infallible> {
                    let mut state = self.0.lock().unwrap();
                    state.0 = state.0.max(account.id);
                    state.1.insert(account.id, account.clone());
                    Ok(())
                }

                async fn pass_id(&self, id: u64) -> Result<(), Infallible> {
                    let mut state = self.0.lock().unwrap();
                    state.0 = state.0.max(id);
                    Ok(())
                }
            }

            fn prepared() -> Check<AccountsOp, Memory, Memory> {
                let empty = || std::future::ready(Arc::new(Memory::default()));
                check(AccountsArgs {}.ops(), empty, empty).calls(20)
            }

            pub fn run(seed: u64) -> Result<Statistics, Box<Failure<AccountsOp>>> {
                let check = prepared().sequences(100).seed(seed);
                check.try_run_through(ShadowAccounts::new)
            }

            pub fn again(file: &std::path::Path) -> Result<Statistics, Box<Failure<AccountsOp>>> {
                let check = prepared().sequences(0).regressions(file);
                check.try_run_through(ShadowAccounts::new)
            }
        }
    };
}

accounts!(right, key = from, also(account = to));
accounts!(forgetful, key = from);

#[test]
fn a_trait_that_names_every_record_passes_and_half_of_its_writes_are_transferred() {
    let statistics = right::run(1).unwrap();
    let writes = ["open", "pay", "close"].map(|method| statistics.calls_of(method));
    let shown = statistics.transferred * 4 > writes.iter().sum();
    assert!(shown, "{statistics}");
    let text = statistics.to_string();
    assert!(
        text.contains("transfers in place of secondary writes: "),
        "{text}"
    );
    assert!(
        text.contains("reads were the same on both stores"),
        "{text}"
    );
}

#[test]
fn a_write_that_does_not_name_a_record_is_found_with_each_of_three_seeds() {
    for seed in [1, 2, 3] {
        let failure = forgetful::run(seed).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
        assert!(failure.steps.len() <= 6, "{failure}");
        let advice = "a call changed a record that it does not name: add `also(account = ..)`";
        let helps = |help: &String| help.contains(advice) && help.contains("`account.pay`");
        assert!(failure.help.iter().any(helps), "{failure}");
        // The step that leaves the secondary writes out is kept, and needed.
        let text = failure.regression().unwrap();
        let step = "    {\"secondary\":\"transfers\"},\n";
        assert!(text.contains(step), "{text}");
        let kept = file_with(&text);
        forgetful::again(kept.path()).unwrap_err();
        right::again(kept.path()).unwrap();
        let without = file_with(&text.replace(step, ""));
        forgetful::again(without.path()).unwrap();
    }
}
