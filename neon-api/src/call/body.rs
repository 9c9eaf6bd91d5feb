//! Bodies of methods that make one call.

/// A call whose result is built from the response:
/// `call!(self, |this, neon| neon.raw().get_project(&this.id).await, |response| response.project)`.
/// `this` is a clone of `self`, and the response is boxed.
macro_rules! call {
    ($self:expr, |$this:ident, $neon:ident| $request:expr, |$response:pat_param| $value:expr $(,)?) => {{
        let $this = $self.clone();
        $crate::call::Call::new(&$self.neon().clone(), move |$neon| async move {
            let $response = $request?.into_boxed();
            Ok($value)
        })
    }};
}

/// [`call`] for a response that names the operations it started; the result is a `Started` value.
macro_rules! started {
    ($self:expr, |$this:ident, $neon:ident| $request:expr, |$response:pat_param| $value:expr $(,)?) => {{
        let $this = $self.clone();
        $crate::call::Call::new(&$self.neon().clone(), move |$neon| async move {
            let mut response = $request?.into_boxed();
            let operations = $crate::waits::NamesOperations::take_operations(&mut *response);
            let $response = response;
            Ok($crate::waits::Started::new(&$neon, $value, operations))
        })
    }};
}

/// [`started`] for a deletion, whether or not its response names operations (`operations` before the
/// request).
macro_rules! deleted {
    ($self:expr, operations, |$this:ident, $neon:ident| $request:expr $(,)?) => {
        $crate::call::started!($self, |$this, $neon| $request, |_| ())
    };
    ($self:expr, |$this:ident, $neon:ident| $request:expr $(,)?) => {
        $crate::call::call!($self, |$this, $neon| $request, |_| {
            $crate::waits::Started::new(&$neon, (), Vec::new())
        })
    };
}

pub(crate) use {call, deleted, started};
