//! The order of a list.

use userbook::store::Order;

use super::Params;

/// Reads `ordering`: columns separated by commas, with a hyphen before descending columns. As in authentik, unknown
/// columns are ignored; without any column the list is in ascending order of `default`.
pub(crate) fn ordering<C: Copy + PartialEq>(
    params: &Params<'_>,
    columns: &[(&str, C)],
    default: C,
) -> Vec<Order<C>> {
    let mut order: Vec<Order<C>> = Vec::new();
    for term in params.last("ordering").unwrap_or_default().split(',').map(str::trim) {
        let (name, descending) = term.strip_prefix('-').map_or((term, false), |name| (name, true));
        let Some((_, column)) = columns.iter().find(|(known, _)| *known == name) else { continue };
        // Repeated columns have no effect.
        if order.iter().all(|before| before.column != *column) {
            order.push(Order { column: *column, descending });
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
        ] {
            let order = ordering(&Params::parse(Some(query)), &[("a", 'a'), ("b", 'b')], 'a');
            let columns: Vec<String> = order
                .iter()
                .map(|it| format!("{}{}", it.column, if it.descending { '-' } else { '+' }))
                .collect();
            assert_eq!(columns.join(" "), expected, "{query}");
        }
    }
}
