//! Circles of modules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Graph;

/// A use that closes a circle and stays.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The module that uses.
    pub from: &'static str,
    /// The module that is used.
    pub to: &'static str,
    /// Why it is sensible.
    pub why: &'static str,
}

/// Each circle that is not allowed, and each allowance that closes none.
pub fn circles(graph: &Graph, allowed: &[Allowed]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for from in graph.modules() {
        let Some(circle) = shortest(graph, allowed, from, from) else {
            continue;
        };
        // It is found once from each of its modules.
        let members: BTreeSet<&str> = circle.iter().copied().collect();
        if seen.insert(members) {
            findings.push(shown(graph, &circle));
        }
    }
    for one in allowed {
        let is_used = graph.places(one.from, one.to).next().is_some();
        if !is_used || shortest(graph, &[], one.to, one.from).is_none() {
            let Allowed { from, to, .. } = one;
            findings.push(format!("{from} -> {to} is allowed and closes no circle"));
        }
    }
    findings
}

/// The shortest way from one module to another, in one step or more; it begins and ends with them.
fn shortest<'a>(
    graph: &'a Graph,
    allowed: &[Allowed],
    from: &'a str,
    to: &str,
) -> Option<Vec<&'a str>> {
    let is_allowed = |from: &str, to: &str| allowed.iter().any(|a| a.from == from && a.to == to);
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(module) = next.pop_front() {
        for used in graph
            .used_by(module)
            .filter(|used| !is_allowed(module, used))
        {
            if before.contains_key(used) {
                continue;
            }
            before.insert(used, module);
            if used == to {
                return Some(way(&before, from, used));
            }
            next.push_back(used);
        }
    }
    None
}

fn way<'a>(before: &BTreeMap<&'a str, &'a str>, from: &str, to: &'a str) -> Vec<&'a str> {
    let mut way = vec![to];
    let mut at = to;
    while let Some(module) = before.get(at) {
        way.push(module);
        at = module;
        if at == from {
            break;
        }
    }
    way.reverse();
    way
}

fn shown(graph: &Graph, circle: &[&str]) -> String {
    let steps = circle.iter().zip(circle.iter().skip(1));
    let steps = steps.map(|(from, to)| {
        let places: Vec<&str> = graph.places(from, to).collect();
        format!("\n  {from} -> {to} in {}", places.join(", "))
    });
    format!(
        "modules use each other in a circle:{}",
        steps.collect::<String>()
    )
}
