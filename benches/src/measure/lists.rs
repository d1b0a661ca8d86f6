//! One page of a list among 1,000 and among 1,000,000 users: page 1, exact filters, a prefix and the order of creation
//! must cost the same. Searches and filters on attributes read every document; their times by the number of users are a
//! plot.

use std::{sync::Arc, time::Instant};

use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use userbook::{
    JsonObject,
    json::PathSegment,
    store::{
        AttributeCondition, AttributeTest, ListStore, Order, Scope, UserColumn, UserFilter, UserListQuery,
    },
};

use super::{Found, Picture, Setting, seeds};
use crate::{
    Failure,
    figure::{Bound, Figure},
    plot::Series,
    stats::{median, round},
};

const SIZES: [i64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const PAGE: u32 = 20;
const WARM_UP: usize = 20;
/// A prime, so that rows come from all parts of the table and rarely repeat.
const STRIDE: i64 = 7919;
/// The most rounds of a query that reads every document.
const SCANS: usize = 5;

/// A list whose cost is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Question {
    FirstPage,
    Username,
    Name,
    Email,
    PathPrefix,
    Oldest,
    Newest,
    Search,
    Attributes,
}

impl Question {
    /// Lists with the same cost for any number of users.
    const BOUNDED: [Self; 7] = [
        Self::FirstPage,
        Self::Username,
        Self::Name,
        Self::Email,
        Self::PathPrefix,
        Self::Oldest,
        Self::Newest,
    ];
    /// Lists that read every document.
    const SCANS: [Self; 2] = [Self::Search, Self::Attributes];

    const fn label(self) -> &'static str {
        match self {
            Self::FirstPage => "page_1",
            Self::Username => "username",
            Self::Name => "name",
            Self::Email => "email",
            Self::PathPrefix => "path_startswith",
            Self::Oldest => "created_at",
            Self::Newest => "created_at_descending",
            Self::Search => "search",
            Self::Attributes => "attributes",
        }
    }

    /// Returns the query about the user with this number, and the number of rows that it finds.
    fn query(self, number: i64, users: i64) -> (UserListQuery, i64) {
        let one = UserFilter::default;
        let by = |column, descending| vec![Order { column, descending }];
        let username = by(UserColumn::Username, false);
        let (filter, order, count) = match self {
            Self::FirstPage => (one(), username, users),
            Self::Username => {
                (UserFilter { usernames: [format!("user{number:010}")].into(), ..one() }, username, 1)
            }
            Self::Name => (UserFilter { name: Some(format!("User Number {number}")), ..one() }, username, 1),
            Self::Email => {
                (UserFilter { email: Some(format!("user{number}@example.com")), ..one() }, username, 1)
            }
            Self::PathPrefix => {
                let path_prefix = Some(seeds::FEW_PATHS.to_owned());
                (UserFilter { path_prefix, ..one() }, username, seeds::FEW)
            }
            Self::Oldest => (one(), by(UserColumn::CreatedAt, false), users),
            Self::Newest => (one(), by(UserColumn::CreatedAt, true), users),
            Self::Search => (UserFilter { search: vec![format!("USER{number:010}")], ..one() }, username, 1),
            Self::Attributes => {
                let path = vec![PathSegment::Key("n".to_owned())];
                let condition = AttributeCondition { path, test: AttributeTest::Equals(number.into()) };
                (UserFilter { attributes: vec![condition], ..one() }, username, 1)
            }
        };
        let (scope, offset, limit, max_bytes) = (Scope::Everything, 0, PAGE, 1 << 24);
        (UserListQuery { scope, filter, order, offset, limit, max_bytes }, count)
    }
}

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let sizes = SIZES.get(..setting.pick(4, 2)).unwrap_or_default();
    let rounds = setting.pick(400, 50);
    Runtime::new()?.block_on(async {
        let mut stores = Vec::new();
        for size in sizes {
            stores.push((*size, seeds::sqlite(&setting.folder, *size).await?));
        }
        let sqlite = costs(&stores, rounds).await?;
        drop(stores);
        let (mut stores, mut kept) = (Vec::new(), Vec::new());
        for size in sizes {
            let database = seeds::postgres(*size).await?;
            stores.push((*size, Arc::clone(&database.store)));
            kept.push(database);
        }
        Ok(found(&[("SQLite", sqlite), ("PostgreSQL", costs(&stores, rounds).await?)]))
    })
}

/// The medians by question and number of users, in microseconds.
type Costs = Vec<(Question, Vec<(i64, f64)>)>;

/// Measures each question, alternating between the sizes, so that other load affects all.
async fn costs<S: ListStore>(stores: &[(i64, S)], rounds: usize) -> Result<Costs, Failure> {
    let mut costs = Vec::new();
    for question in Question::BOUNDED.into_iter().chain(Question::SCANS) {
        let is_scan = Question::SCANS.contains(&question);
        let (warm_up, rounds) = if is_scan { (1, rounds.min(SCANS)) } else { (WARM_UP, rounds) };
        let mut times = vec![Vec::new(); stores.len()];
        for turn in 0..warm_up + rounds {
            for ((users, store), times) in stores.iter().zip(&mut times) {
                let number = i64::try_from(turn)? * STRIDE % users + 1;
                let (query, expected) = question.query(number, *users);
                let start = Instant::now();
                let page = store.list_users(&query).await?;
                let time = start.elapsed().as_secs_f64() * 1e6;
                assert_eq!(i64::try_from(page.count)?, expected, "{question:?} among {users}");
                assert_eq!(page.users.len(), usize::try_from(expected.min(PAGE.into()))?);
                if turn >= warm_up {
                    times.push(time);
                }
            }
        }
        let sizes = stores.iter().map(|(users, _)| *users);
        costs.push((question, sizes.zip(times.iter().map(|times| median(times))).collect()));
    }
    Ok(costs)
}

fn found(stores: &[(&'static str, Costs)]) -> Found {
    let mut worst = 0.0_f64;
    let (mut ratios, mut scans) = (Map::new(), [0.0_f64; 2]);
    let mut series = Vec::new();
    for (store, costs) in stores {
        let mut of_store = JsonObject::new();
        for (question, medians) in costs {
            let (Some((_, few)), Some((_, many))) = (medians.first(), medians.last()) else { continue };
            let by_size: Map<String, Value> =
                medians.iter().map(|(users, time)| (users.to_string(), json!(round(*time)))).collect();
            let detail = json!({"us_by_users": by_size, "ratio": round(many / few)});
            of_store.insert(question.label().to_owned(), detail);
            match Question::SCANS.iter().position(|scan| scan == question) {
                None => worst = worst.max(many / few),
                Some(scan) => {
                    if let Some(time) = scans.get_mut(scan) {
                        *time = time.max(many / 1e3);
                    }
                    let points = medians.iter().map(|(users, time)| [*users as f64, *time / 1e3]).collect();
                    series.push(Series { name: name(store, *question), points });
                }
            }
        }
        ratios.insert((*store).to_owned(), Value::Object(of_store));
    }
    let is_largest = stores
        .iter()
        .all(|(_, costs)| costs.iter().all(|(_, medians)| medians.last().is_some_and(|it| it.0 == SIZES[3])));
    let [search, attributes] = scans;
    let scan = |name, value| Figure {
        name,
        value,
        bound: Bound::Unbounded,
        baseline: "none: the time among the most users, in milliseconds; the slower store",
        detail: Value::Null,
    };
    let lists = Figure {
        name: "lists_1e6_vs_1e3",
        value: worst,
        // Smaller directories prove nothing.
        bound: if is_largest { Bound::AtMost(1.3) } else { Bound::Unbounded },
        baseline: "the same page among 1,000 users; the worst of page 1, exact filters, a prefix and the order of \
                   creation, SQLite and PostgreSQL",
        detail: Value::Object(ratios),
    };
    let figures = vec![lists, scan("list_search_ms", search), scan("list_attributes_ms", attributes)];
    let title = "A search and a filter on attributes among so many users";
    let picture = Picture { title, axes: ["users", "milliseconds"], series };
    Found { figures, plots: vec![("lists.svg", picture)] }
}

fn name(store: &str, question: Question) -> &'static str {
    match (store, question) {
        ("SQLite", Question::Search) => "SQLite, search",
        ("SQLite", _) => "SQLite, attributes",
        (_, Question::Search) => "PostgreSQL, search",
        (..) => "PostgreSQL, attributes",
    }
}
