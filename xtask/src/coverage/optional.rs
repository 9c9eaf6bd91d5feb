//! That each setter has a form that takes an `Option`: `x(v)` and `maybe_x(Some(v))`.

use std::collections::BTreeSet;

use syn::{FnArg, ImplItem, ItemImpl, ReturnType, Visibility};

use crate::sources::{Module, one_line};
use crate::surface::impls_made;

/// What needs none. A type stands for all its setters, `::name` for that setter of all types.
pub const WITHOUT_OPTION: &[&str] = &[
    // Settings of the client, of the sending and of the walk, which are chosen in code.
    "Call<T>",
    "NeonBuilder",
    "Outcome<'a>",
    "Pager<L>",
    "Protected",
    "Rates",
    "Ready<T>",
    "ReadyCall<T>",
    "RetryPolicy",
    "ToolsBuilder",
    // Closures, which can do nothing by themselves.
    "::with",
    "CreateAnonymizedBranch::branch",
];

/// Setters without an optional form, and exceptions that are none, a line each.
pub fn findings(root: &Module, without: &[&str]) -> Vec<String> {
    let mut all = All::default();
    all.add(root);
    let mut used: BTreeSet<&&str> = BTreeSet::new();
    let mut found = Vec::new();
    for (owner, name) in &all.setters {
        let full = format!("{owner}::{name}");
        let forms = [owner.clone(), full.clone(), format!("::{name}")];
        let exceptions: Vec<_> = without
            .iter()
            .filter(|exception| forms.iter().any(|form| form == *exception))
            .collect();
        let optional = (owner.clone(), format!("maybe_{name}"));
        let has_one = name.starts_with("maybe_") || all.setters.contains(&optional);
        if exceptions.is_empty() && !has_one {
            found.push(format!("{full}: a setter without maybe_{name}"));
        }
        used.extend(exceptions);
    }
    let unused = without.iter().filter(|exception| !used.contains(exception));
    found.extend(unused.map(|exception| {
        format!("{exception}: in the list of setters without an optional form, and no setter")
    }));
    found
}

/// The public methods that take `self` and values and return `Self`, each with its type.
#[derive(Debug, Default)]
struct All {
    setters: BTreeSet<(String, String)>,
}

impl All {
    fn add(&mut self, module: &Module) {
        for item in &module.items {
            if let syn::Item::Impl(block) = item {
                self.add_block(block);
            }
            for block in impls_made(item) {
                self.add_block(&block);
            }
        }
        module.children.iter().for_each(|child| self.add(child));
    }

    fn add_block(&mut self, block: &ItemImpl) {
        if block.trait_.is_some() {
            return;
        }
        for item in &block.items {
            if let ImplItem::Fn(method) = item
                && matches!(method.vis, Visibility::Public(_))
                && is_setter(&method.sig)
            {
                let owner = one_line(&block.self_ty);
                self.setters.insert((owner, method.sig.ident.to_string()));
            }
        }
    }
}

fn is_setter(signature: &syn::Signature) -> bool {
    let takes_self = matches!(
        signature.inputs.first(),
        Some(FnArg::Receiver(this)) if ["self", "mut self"].contains(&one_line(this).as_str())
    );
    let returns_self =
        matches!(&signature.output, ReturnType::Type(_, ty) if one_line(ty) == "Self");
    takes_self && signature.inputs.len() > 1 && returns_self
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, without: &[&str]) -> Vec<String> {
        let root = Module {
            name: "c".to_owned(),
            is_public: true,
            attrs: Vec::new(),
            items: syn::parse_file(source).unwrap().items,
            children: Vec::new(),
        };
        findings(&root, without)
    }

    const BUILDER: &str = "impl A {
        pub fn at(mut self, time: u8) -> Self {}
        pub fn pair(self, key: u8, value: u8) -> Self {}
        pub fn never(mut self) -> Self {}
        pub fn send(self) -> Call {}
        pub fn get(&self, id: u8) -> Self {}
        fn own(self, id: u8) -> Self {}
    }
    impl T for A { fn of_trait(self, value: u8) -> Self {} }";

    #[test]
    fn a_setter_needs_an_optional_form() {
        assert_eq!(
            found(BUILDER, &[]),
            [
                "A::at: a setter without maybe_at",
                "A::pair: a setter without maybe_pair",
            ]
        );
        let made = "maybe! { A; maybe_at = at(u8); maybe_pair = pair(u8, u8) }";
        assert_eq!(found(&format!("{BUILDER} {made}"), &[]), [""; 0]);
        let of_list = "impl Pager<ListA> { pub fn at(self, time: u8) -> Self {} }
            maybe! { Pager<ListB>; maybe_at = at(u8) }";
        assert_eq!(
            found(of_list, &[]),
            ["Pager<ListA>::at: a setter without maybe_at"]
        );
    }

    #[test]
    fn exceptions_are_those_of_the_list_and_each_is_used() {
        assert_eq!(found(BUILDER, &["A"]), [""; 0]);
        assert_eq!(found(BUILDER, &["::at", "A::pair"]), [""; 0]);
        assert_eq!(
            found(BUILDER, &["A", "B::gone"]),
            ["B::gone: in the list of setters without an optional form, and no setter"]
        );
    }
}
