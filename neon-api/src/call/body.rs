//! Bodies of methods that make one call.

/// A call whose result is built from the response:
/// `call!(&self, |this, neon| neon.raw().get_project(&this.id).await, |response| response.project)`.
/// `this` is a clone of `self`, or with `call!(self, …)` itself, and the response is boxed.
macro_rules! call {
    (&$($own:ident).+, $($body:tt)*) => {
        $crate::call::call!(@ $($own).+, $($own).+.clone(), $($body)*)
    };
    ($($own:ident).+, $($body:tt)*) => { $crate::call::call!(@ $($own).+, $($own).+, $($body)*) };
    (@ $given:expr, $own:expr, |$this:ident, $neon:ident| $request:expr,
        |$response:pat_param| $value:expr $(,)?) => {{
        let client = $crate::call::CallClient::new($given.neon().clone());
        let call = client.clone();
        let $this = $own;
        $crate::call::Call::new(call, Box::pin(async move {
            let $neon = client.get();
            let $response = $request?.into_boxed();
            Ok($value)
        }))
    }};
}

/// [`call`] for a response that names the operations it started; the result is a `Started` value.
macro_rules! started {
    (&$($own:ident).+, $($body:tt)*) => {
        $crate::call::started!(@ $($own).+, $($own).+.clone(), $($body)*)
    };
    ($($own:ident).+, $($body:tt)*) => {
        $crate::call::started!(@ $($own).+, $($own).+, $($body)*)
    };
    (@ $given:expr, $own:expr, |$this:ident, $neon:ident| $request:expr,
        |$response:pat_param| $value:expr $(,)?) => {{
        let client = $crate::call::CallClient::new($given.neon().clone());
        let call = client.clone();
        let $this = $own;
        $crate::call::Call::new(call, Box::pin(async move {
            let $neon = client.get();
            let mut response = $request?.into_boxed();
            let operations = $crate::waits::NamesOperations::take_operations(&mut *response);
            let $response = response;
            Ok($crate::waits::Started::new(&$neon, $value, operations))
        }))
    }};
}

/// [`started`] for a deletion, whether or not its response names operations (`operations` before the
/// request).
macro_rules! deleted {
    (&$($own:ident).+, operations, |$this:ident, $neon:ident| $request:expr $(,)?) => {
        $crate::call::started!(&$($own).+, |$this, $neon| $request, |_| ())
    };
    (&$($own:ident).+, $($request:tt)*) => {
        $crate::call::deleted!(@ $($own).+, $($own).+.clone(), $($request)*)
    };
    ($($own:ident).+, $($request:tt)*) => {
        $crate::call::deleted!(@ $($own).+, $($own).+, $($request)*)
    };
    (@ $given:expr, $own:expr, |$this:ident, $neon:ident| $request:expr $(,)?) => {
        $crate::call::call!(@ $given, $own, |$this, $neon| $request, |_| {
            $crate::waits::Started::new(&$neon, (), Vec::new())
        })
    };
}

pub(crate) use {call, deleted, started};
