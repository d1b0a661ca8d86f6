//! Filters on the times of users.

use userbook::{
    User,
    store::{
        ListStore, PathListQuery, ProvisioningStore, Scope, TimeColumn, TimeCondition, TimeTest, UserFilter,
    },
};

use super::user_lists::{matches, numbered, people};
use crate::{Harness, build::moment, check::ok};

/// Law: times are compared to the microsecond, a missing time matches no comparison, and all conditions must hold.
pub async fn times_are_compared<H: Harness<Store: ListStore + ProvisioningStore>>() {
    use TimeColumn::{CreatedAt, LastLogin, UpdatedAt};
    use TimeTest::{After, At, Before, IsMissing};
    let micro = chrono::Duration::microseconds(1);
    let made = |n: i64| User {
        created_at: moment(10) + micro * i32::try_from(n).expect("there are few"),
        updated_at: moment(100 - n),
        last_login: (n % 2 == 0).then(|| moment(n)),
        is_active: n < 3,
        ..numbered(n)
    };
    let harness = H::with(&people((1..=4).map(made))).await;
    let created = |n| moment(10) + micro * n;
    let when = |column, test| TimeCondition { column, test };
    for (times, expected) in [
        (vec![when(CreatedAt, At(created(2)))], vec![2]),
        (vec![when(CreatedAt, At(created(5)))], vec![]),
        (vec![when(CreatedAt, After(created(2)))], vec![3, 4]),
        (vec![when(CreatedAt, Before(created(2)))], vec![1]),
        (vec![when(CreatedAt, After(created(1))), when(CreatedAt, Before(created(4)))], vec![2, 3]),
        (vec![when(UpdatedAt, Before(moment(98)))], vec![3, 4]),
        (vec![when(UpdatedAt, After(moment(98)))], vec![1]),
        (vec![when(UpdatedAt, After(moment(96))), when(CreatedAt, After(created(3)))], vec![]),
        (vec![when(LastLogin, IsMissing(true))], vec![1, 3]),
        (vec![when(LastLogin, IsMissing(false))], vec![2, 4]),
        (vec![when(LastLogin, Before(moment(1_000)))], vec![2, 4]),
        (vec![when(LastLogin, After(moment(2)))], vec![4]),
        (vec![when(LastLogin, At(moment(2)))], vec![2]),
    ] {
        let filter = UserFilter { times: times.clone(), ..UserFilter::default() };
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{times:?}");
        let active = UserFilter { is_active: Some(true), ..filter.clone() };
        let some: Vec<i64> = expected.iter().copied().filter(|n| *n < 3).collect();
        assert_eq!(matches(&harness, active).await, some, "active and {times:?}");
        let query = PathListQuery { scope: Scope::Everything, filter, max_bytes: u64::MAX };
        let paths = ok(harness.store().list_paths(&query).await).paths;
        assert_eq!(paths.is_empty(), expected.is_empty(), "paths of {times:?}");
    }
}
