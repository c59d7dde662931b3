//! Several traits in one sequence.

/// An enum of the calls of several traits, so that one sequence goes through all of them: a user of
/// one repository is the handle in a call of the other.
///
/// The store is a struct with one pointer for each trait (`Arc<dyn UserRepository>`); the strategy
/// is a `prop_oneof!` of the traits' own ones.
///
/// ```text
/// pub struct Shop { pub users: Arc<dyn UserRepository>, pub orders: Arc<dyn OrderRepository> }
///
/// group! {
///     /// Calls of the shop.
///     pub enum ShopOp for Shop {
///         Users(UserRepositoryOp) = users,
///         Orders(OrderRepositoryOp) = orders,
///     }
/// }
///
/// fn shop_ops() -> impl Strategy<Value = ShopOp> {
///     prop_oneof![user_ops().prop_map(ShopOp::Users), order_ops().prop_map(ShopOp::Orders)]
/// }
/// ```
#[macro_export]
macro_rules! group {
    (
        $(#[$meta:meta])*
        $vis:vis enum $op:ident for $store:ty {
            $($variant:ident($inner:ty) = $field:ident),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $vis enum $op {
            $(
                #[doc = concat!("A call on `", stringify!($field), "`.")]
                $variant($inner),
            )+
        }

        impl $crate::check::__private::Operation for $op {
            fn methods() -> ::std::vec::Vec<&'static $crate::check::__private::OpMethod> {
                let mut methods = ::std::vec::Vec::new();
                $(methods.extend(<$inner as $crate::check::__private::Operation>::methods());)+
                methods
            }

            fn method(&self) -> &'static $crate::check::__private::OpMethod {
                match self {
                    $(Self::$variant(op) => $crate::check::__private::Operation::method(op),)+
                }
            }

            fn creates(&self) -> ::std::vec::Vec<$crate::check::Slot> {
                match self {
                    $(Self::$variant(op) => $crate::check::__private::Operation::creates(op),)+
                }
            }

            fn page(&self) -> ::core::option::Option<$crate::check::Slot> {
                match self {
                    $(Self::$variant(op) => $crate::check::__private::Operation::page(op),)+
                }
            }

            fn uses(&self) -> ::std::vec::Vec<(&'static str, $crate::check::Slot)> {
                match self {
                    $(Self::$variant(op) => $crate::check::__private::Operation::uses(op),)+
                }
            }

            fn slots_mut(
                &mut self,
            ) -> ::std::vec::Vec<(&'static str, &mut $crate::check::Slot)> {
                match self {
                    $(Self::$variant(op) => {
                        $crate::check::__private::Operation::slots_mut(op)
                    })+
                }
            }

            fn reads_of_handles() -> ::std::vec::Vec<Self> {
                let mut reads = ::std::vec::Vec::new();
                $(
                    reads.extend(
                        <$inner as $crate::check::__private::Operation>::reads_of_handles()
                            .into_iter()
                            .map(Self::$variant),
                    );
                )+
                reads
            }

            fn is_callable(&self, bound: &$crate::check::__private::Bound) -> bool {
                match self {
                    $(
                        Self::$variant(op) => {
                            $crate::check::__private::Operation::is_callable(op, bound)
                        }
                    )+
                }
            }

            fn to_data(
                &self,
            ) -> ::core::result::Result<
                $crate::check::__private::data::Value,
                $crate::check::__private::NotData,
            > {
                match self {
                    $(
                        Self::$variant(op) => $crate::check::__private::Operation::to_data(op)
                            .map(|data| {
                                $crate::check::__private::data::under(stringify!($variant), data)
                            }),
                    )+
                }
            }

            fn from_data(
                data: &$crate::check::__private::data::Value,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                let (name, inner) = $crate::check::__private::data::named(data)?;
                match name {
                    $(
                        stringify!($variant) => {
                            $crate::check::__private::Operation::from_data(inner)
                                .map(Self::$variant)
                        }
                    )+
                    _ => ::core::result::Result::Err($crate::check::__private::data::unknown(
                        stringify!($op),
                        name,
                        &[$(stringify!($variant)),+],
                    )),
                }
            }
        }

        impl $crate::check::__private::On<$store> for $op {
            fn call<'a>(
                &'a self,
                store: &'a $store,
                bound: &'a $crate::check::__private::Bound,
            ) -> $crate::check::__private::BoxFuture<
                'a,
                ::core::result::Result<
                    $crate::check::__private::Answer,
                    $crate::check::__private::HandleError,
                >,
            > {
                match self {
                    $(
                        Self::$variant(op) => {
                            $crate::check::__private::On::call(op, &*store.$field, bound)
                        }
                    )+
                }
            }
        }
    };
}
