//! Code shared by the lists of users and groups.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::Value;
use userbook::{JsonObject, json::json_contains, store::Order};

/// Compares by the first column that differs.
pub(crate) fn by<C: Copy, T>(
    order: &[Order<C>],
    left: &T,
    right: &T,
    compare: impl Fn(C, &T, &T) -> Ordering,
) -> Ordering {
    let step = |order: &Order<C>| match compare(order.column, left, right) {
        ordering if order.descending => ordering.reverse(),
        ordering => ordering,
    };
    order.iter().map(step).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// The filters on complete texts and documents.
#[derive(Debug)]
pub(crate) struct ContentFilter {
    words: Vec<String>,
    attributes: Option<Value>,
}

impl ContentFilter {
    pub(crate) fn new(search: &[String], attributes: Option<&JsonObject>) -> Self {
        Self {
            words: search.iter().map(|word| word.to_ascii_lowercase()).collect(),
            attributes: attributes.cloned().map(Value::Object),
        }
    }

    /// Returns whether every row matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.attributes.is_none()
    }

    pub(crate) fn matches(&self, attributes: &Value, texts: &[&str]) -> bool {
        self.attributes.as_ref().is_none_or(|part| json_contains(attributes, part))
            && self.contains_words(texts)
    }

    /// Returns whether each search word occurs in one of the texts.
    fn contains_words(&self, texts: &[&str]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let texts: Vec<String> = texts.iter().map(|text| text.to_ascii_lowercase()).collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

/// Returns whether the filter is empty or contains one of the values.
pub(crate) fn any_of<T: Ord>(named: &BTreeSet<T>, has: impl FnOnce(&BTreeSet<T>) -> bool) -> bool {
    named.is_empty() || has(named)
}
