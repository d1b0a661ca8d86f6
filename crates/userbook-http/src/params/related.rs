//! Filters by related objects: the groups of a user, the members of a group.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use super::{Params, choice_text};

/// The objects that a filter names, in two parameters. A listed row must be related to one object of each parameter.
#[derive(Debug)]
pub(crate) struct Related<I> {
    id_param: &'static str,
    name_param: &'static str,
    ids: BTreeMap<String, I>,
    names: BTreeSet<String>,
}

impl<I: Copy + Ord + Display> Related<I> {
    /// Reads both parameters; `read` parses an id, or returns a message.
    pub(crate) fn read(
        params: &mut Params<'_>,
        [id_param, name_param]: [&'static str; 2],
        read: impl Fn(&str) -> Result<I, String>,
    ) -> Self {
        let ids = params.any(id_param, read);
        let names = params.any(name_param, choice_text).into_keys().collect();
        Self { id_param, name_param, ids, names }
    }

    /// Returns the ids and the names to look up.
    pub(crate) fn wanted(&self) -> (BTreeSet<I>, BTreeSet<String>) {
        (self.ids.values().copied().collect(), self.names.clone())
    }

    /// Returns the sets of the filter. `found` are the objects with the wanted ids, `named` those with the wanted
    /// names; missing ones are invalid choices. As recorded, an id counts in its usual form only.
    pub(crate) fn resolve(
        self,
        params: &mut Params<'_>,
        found: BTreeSet<I>,
        named: &BTreeMap<String, BTreeSet<I>>,
    ) -> Vec<BTreeSet<I>> {
        let is_missing = |(text, id): &(&String, &I)| !found.contains(id) || **text != id.to_string();
        if let Some((text, _)) = self.ids.iter().find(is_missing) {
            params.unknown_choice(self.id_param, text);
        }
        if let Some(name) = self.names.iter().find(|name| !named.contains_key(*name)) {
            params.unknown_choice(self.name_param, name);
        }
        let named = named.values().flatten().copied().collect();
        let sets = [(!self.ids.is_empty(), found), (!self.names.is_empty(), named)];
        sets.into_iter().filter_map(|(is_sent, set)| is_sent.then_some(set)).collect()
    }
}

/// Returns the ids of objects by name; several may have one name.
pub(crate) fn by_name<I: Ord>(
    objects: impl IntoIterator<Item = (String, I)>,
) -> BTreeMap<String, BTreeSet<I>> {
    let mut named: BTreeMap<String, BTreeSet<I>> = BTreeMap::new();
    for (name, id) in objects {
        named.entry(name).or_default().insert(id);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorFormat;

    #[test]
    fn only_existing_objects_in_their_usual_form_are_choices() {
        for (query, sets, faulty) in [
            ("", vec![], ""),
            ("id=7&id=8&id=7", vec![vec![7, 8]], ""),
            ("name=a", vec![vec![7, 9]], ""),
            ("name=a&id=8&name=b", vec![vec![8], vec![7, 8, 9]], ""),
            ("id=6", vec![], r#"{"id":["Select a valid choice. 6 is not one of the available choices."]}"#),
            ("id=07", vec![], r#"{"id":["Select a valid choice. 07 is not one of the available choices."]}"#),
            ("id=", vec![], r#"{"id":["no id"]}"#),
            (
                "name=A",
                vec![],
                r#"{"name":["Select a valid choice. A is not one of the available choices."]}"#,
            ),
            ("name=", vec![], r#"{"name":["Select a valid choice.  is not one of the available choices."]}"#),
            ("name=%00", vec![], r#"{"name":["Null characters are not allowed."]}"#),
        ] {
            let mut params = Params::parse(Some(query));
            let read = |text: &str| text.parse::<i64>().map_err(|_| "no id".to_owned());
            let related = Related::read(&mut params, ["id", "name"], read);
            let (ids, texts) = related.wanted();
            let found = ids.intersection(&[7, 8, 9].into()).copied().collect();
            let all = [("a", 7), ("b", 8), ("a", 9)].map(|(name, id)| (name.to_owned(), id));
            let named = by_name(all.into_iter().filter(|(name, _)| texts.contains(name)));
            let resolved = related.resolve(&mut params, found, &named);
            match params.check() {
                Ok(()) => {
                    let expected: Vec<BTreeSet<i64>> =
                        sets.into_iter().map(|set| set.into_iter().collect()).collect();
                    assert_eq!((resolved, ""), (expected, faulty), "{query}");
                }
                Err(error) => {
                    let response = error.into_response(ErrorFormat::Recorded);
                    assert_eq!(std::str::from_utf8(response.body()), Ok(faulty), "{query}");
                }
            }
        }
    }
}
