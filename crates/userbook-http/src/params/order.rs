//! The order of a list.

use userbook::{field::is_space, store::Order};

use super::Params;

const NAME: &str = "ordering";

/// Reads `ordering`: columns separated by commas, with a hyphen before descending columns. As in authentik, unknown
/// columns are ignored; without any column the list is in ascending order of `default`. `None` marks a column by which
/// authentik sorts (or fails) and Userbook does not; such an order is invalid.
pub(crate) fn ordering<C: Copy + PartialEq>(
    params: &mut Params<'_>,
    columns: &[(&str, Option<C>)],
    default: C,
) -> Vec<Order<C>> {
    let mut order: Vec<Order<C>> = Vec::new();
    let terms = params.last(NAME).unwrap_or_default().to_owned();
    for term in terms.split(',').map(|term| term.trim_matches(is_space)) {
        let (name, descending) = term.strip_prefix('-').map_or((term, false), |name| (name, true));
        match columns.iter().find(|(known, _)| *known == name) {
            Some((_, None)) => {
                params.fault(NAME, "invalid_choice", format!("Cannot order by \"{name}\".").into());
            }
            // Repeated columns have no effect.
            Some((_, Some(column))) if order.iter().all(|before| before.column != *column) => {
                order.push(Order { column: *column, descending });
            }
            Some(_) | None => {}
        }
    }
    if order.is_empty() {
        order.push(Order { column: default, descending: false });
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_columns_count_once_and_the_default_applies_without_any() {
        for (query, expected) in [
            ("", "a+"),
            ("ordering=", "a+"),
            ("ordering=x", "a+"),
            ("ordering=b", "b+"),
            ("ordering=-b,x,a", "b- a+"),
            ("ordering=-b,b,-a", "b- a-"),
            ("ordering=+b,--a", "b+"),
            ("ordering=a&ordering=b", "b+"),
            ("ordering=-none,b", "b+"),
        ] {
            let columns = [("a", Some('a')), ("b", Some('b')), ("none", None)];
            let mut params = Params::parse(Some(query));
            let order = ordering(&mut params, &columns, 'a');
            assert_eq!(params.check().is_err(), query.contains("none"), "{query}");
            let columns: Vec<String> = order
                .iter()
                .map(|it| format!("{}{}", it.column, if it.descending { '-' } else { '+' }))
                .collect();
            assert_eq!(columns.join(" "), expected, "{query}");
        }
    }
}
