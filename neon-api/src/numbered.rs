//! Values by increasing numbers.

/// Values by number, in order. New numbers are mostly the highest, so that a sorted list serves:
/// a map would be compiled again for each type of value.
#[derive(Debug)]
pub(crate) struct Numbered<T>(Vec<(u64, T)>);

impl<T> Numbered<T> {
    /// Returns the value that it replaces, if there is one.
    pub(crate) fn insert(&mut self, number: u64, value: T) -> Option<T> {
        match self.0.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(place) => {
                let known = self.0.get_mut(place)?;
                Some(std::mem::replace(&mut known.1, value))
            }
            Err(place) => {
                self.0.insert(place, (number, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.0.binary_search_by_key(&number, |(known, _)| *known);
        place.ok().map(|place| self.0.remove(place).1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|(_, value)| value)
    }
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_by_number_in_order() {
        let mut numbered = Numbered::default();
        assert!(numbered.is_empty());
        for (number, value) in [(3, "c"), (9, "i"), (5, "e")] {
            assert_eq!(numbered.insert(number, value), None);
        }
        assert_eq!(numbered.insert(5, "E"), Some("e"));
        assert_eq!(numbered.remove(9), Some("i"));
        assert_eq!(numbered.remove(9), None);
        assert_eq!(numbered.values().collect::<Vec<_>>(), [&"c", &"E"]);
        assert_eq!(numbered.into_values().collect::<Vec<_>>(), ["c", "E"]);
    }
}
