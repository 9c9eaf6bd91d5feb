//! What all builders of calls share.

/// Lets a builder with a method `call(self) -> Call<T>` be awaited, sent and, if `T` is a `Started`
/// value, waited for.
macro_rules! request {
    ($name:ident => Started<$value:ty>) => {
        $crate::call::request!(@ $name, $crate::Started<$value>);

        impl $name {
            /// Sends the request, when awaited, and waits until the operations that it starts have
            /// finished. [`ReadyCall`](crate::ReadyCall) describes how, for how long, and how it
            /// fails.
            pub fn ready(self) -> $crate::ReadyCall<$value> {
                self.send().ready()
            }
        }
    };
    ($name:ident => $value:ty) => {
        $crate::call::request!(@ $name, $value);
    };
    (@ $name:ident, $value:ty) => {
        impl $name {
            /// Returns the call as a future, the same that awaiting the builder runs: to spawn,
            /// join or buffer it, or to set a [timeout](crate::Call::timeout).
            pub fn send(self) -> $crate::Call<$value> {
                self.call()
            }

            /// Returns the call as a future, with a limit on its duration: [`Call::timeout`].
            ///
            /// [`Call::timeout`]: crate::Call::timeout
            pub fn timeout(self, time: ::std::time::Duration) -> $crate::Call<$value> {
                self.send().timeout(time)
            }
        }

        impl ::std::future::IntoFuture for $name {
            type Output = $crate::Result<$value>;
            type IntoFuture = $crate::Call<$value>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }
    };
}

/// Setters that take an `Option`: `maybe! { CreateBranch; maybe_at = at(DateTime<Utc>) }`. One of
/// two values takes an `Option` of a tuple: `maybe_annotate = annotate(impl Into<String>, impl
/// Into<String>)`. `cargo xtask check-coverage` fails for a setter without one.
macro_rules! maybe {
    (@ $maybe:ident = $setter:ident($value:ty)) => {
        #[doc = concat!("[`", stringify!($setter), "`](Self::", stringify!($setter),
            "), if there is a value.")]
        #[allow(deprecated, reason = "the setter says so")]
        pub fn $maybe(self, value: Option<$value>) -> Self {
            match value {
                Some(value) => self.$setter(value),
                None => self,
            }
        }
    };
    (@ $maybe:ident = $setter:ident($first:ty, $second:ty)) => {
        #[doc = concat!("[`", stringify!($setter), "`](Self::", stringify!($setter),
            "), if there are values.")]
        pub fn $maybe(self, values: Option<($first, $second)>) -> Self {
            match values {
                Some((first, second)) => self.$setter(first, second),
                None => self,
            }
        }
    };
    (<$generic:ident> $name:ty; $($maybe:ident = $setter:ident($($value:ty),+));* $(;)?) => {
        impl<$generic> $name {
            $($crate::call::maybe!(@ $maybe = $setter($($value),+));)*
        }
    };
    (<$generic:ident: $bound:ident> $name:ty; $($maybe:ident = $setter:ident($($value:ty),+));* $(;)?) => {
        impl<$generic: $bound> $name {
            $($crate::call::maybe!(@ $maybe = $setter($($value),+));)*
        }
    };
    (<$generic:ident> $name:ty where $whole:ty: $bound:ident;
        $($maybe:ident = $setter:ident($($value:ty),+));* $(;)?) => {
        impl<$generic> $name
        where
            $whole: $bound,
        {
            $($crate::call::maybe!(@ $maybe = $setter($($value),+));)*
        }
    };
    ($name:ty; $($maybe:ident = $setter:ident($($value:ty),+));* $(;)?) => {
        impl $name {
            $($crate::call::maybe!(@ $maybe = $setter($($value),+));)*
        }
    };
}

pub(crate) use {maybe, request};
