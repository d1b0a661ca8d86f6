//! Finds the resources that match a filter.
//!
//! An index finds what the filter names by a unique value. Any other filter that the store does not know reads all
//! resources of the connection in pages, within a time limit, and yields between pages.

use std::{collections::BTreeSet, future::poll_fn, task::Poll, time::Duration};

use scim_v2::filter::{AttrPath, Filter};
use serde_json::Value;
use userbook::{ListError, clock::Clock, store::Order};

use crate::{
    error::{ScimError, ScimType},
    filter::{first_value, matches},
    resource::Document,
    schema::ResourceSchema,
};

/// Resources of one type.
pub(super) trait Rows: Sync {
    /// The filter of the store.
    type Filter: Clone + Send + Sync;
    /// The columns of the store.
    type Column: Copy + Send + Sync;

    /// Returns a page of documents and the number of all rows.
    fn page(
        &self,
        filter: Self::Filter,
        order: Option<Order<Self::Column>>,
        offset: u64,
        limit: u32,
    ) -> impl Future<Output = Result<(Vec<Document>, u64), ListError>> + Send;

    /// Returns the filter that finds exactly these resources.
    fn with_ids(&self, ids: &[String]) -> Self::Filter;
}

/// How the store finds candidates.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan<F> {
    /// These filters find few candidates; each is compared with the filter of the request.
    Indexed(Vec<F>),
    /// This filter finds all candidates. With `exact`, they are the result.
    Scan { filter: F, exact: bool },
}

/// The requested page.
pub(super) struct Query<'q, C> {
    pub(super) filter: Option<&'q Filter>,
    pub(super) schema: &'q ResourceSchema,
    pub(super) sort: Sort<'q, C>,
    pub(super) offset: u64,
    pub(super) limit: u32,
}

/// The order of the result; without a path by id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sort<'q, C> {
    pub(super) path: Option<&'q AttrPath>,
    /// The column of the path, if the store sorts by the path.
    pub(super) column: Option<C>,
    pub(super) descending: bool,
}

impl<C: Copy> Sort<'_, C> {
    fn is_by_store(&self) -> bool {
        self.path.is_none() || self.column.is_some()
    }

    fn order(&self) -> Option<Order<C>> {
        self.column.map(|column| Order { column, descending: self.descending })
    }
}

/// What a scan may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanLimits<'l> {
    pub(super) clock: &'l dyn Clock,
    pub(super) time: Duration,
    pub(super) sorted_rows: usize,
    pub(super) chunk: u32,
}

/// The documents of the page, and the number of all results.
pub(super) type Found = (Vec<Document>, u64);

/// Returns the requested page.
pub(super) async fn find<R: Rows>(
    rows: &R,
    plan: Plan<R::Filter>,
    query: Query<'_, R::Column>,
    limits: ScanLimits<'_>,
) -> Result<Found, ScimError> {
    match plan {
        Plan::Scan { filter, exact: true } if query.sort.is_by_store() => {
            Ok(rows.page(filter, query.sort.order(), query.offset, query.limit).await?)
        }
        Plan::Scan { filter, .. } => scan(rows, vec![filter], query, limits).await,
        Plan::Indexed(filters) => scan(rows, filters, query, limits).await,
    }
}

/// The results of a scan.
struct Results {
    /// Sorted results with their ids, if the scan sorts.
    keyed: BTreeSet<(SortKey, String)>,
    /// The results of the page, if the store sorts.
    page: Vec<Document>,
    count: u64,
}

async fn scan<R: Rows>(
    rows: &R,
    filters: Vec<R::Filter>,
    query: Query<'_, R::Column>,
    limits: ScanLimits<'_>,
) -> Result<Found, ScimError> {
    let start = limits.clock.monotonic();
    // Several filters find overlapping results, each in its own order.
    let sorts = filters.len() > 1 || !query.sort.is_by_store();
    let mut results = Results { keyed: BTreeSet::new(), page: Vec::new(), count: 0 };
    let order = query.sort.order();
    for filter in filters {
        let (mut offset, mut chunk) = (0, limits.chunk);
        loop {
            let (documents, _) = match rows.page(filter.clone(), order, offset, chunk).await {
                // Fewer rows fit into the limit of a page.
                Err(ListError::PageTooLarge { .. }) if chunk > 1 => {
                    chunk /= 2;
                    continue;
                }
                page => page?,
            };
            let read = documents.len() as u64;
            for document in documents {
                if query.filter.is_none_or(|filter| matches(filter, &document, query.schema)) {
                    results.add(document, &query, sorts, limits.sorted_rows)?;
                }
            }
            offset += read;
            if read < u64::from(chunk) {
                break;
            }
            if limits.clock.monotonic().saturating_sub(start) > limits.time {
                let detail = format!("the filter was not evaluated within {:?}", limits.time);
                return Err(ScimError::bad_request(ScimType::TooMany, detail));
            }
            yield_once().await;
        }
    }
    results.finish(rows, &query).await
}

impl Results {
    fn add<C>(
        &mut self,
        document: Document,
        query: &Query<'_, C>,
        sorts: bool,
        limit: usize,
    ) -> Result<(), ScimError> {
        if !sorts {
            if self.count >= query.offset && self.page.len() < query.limit as usize {
                self.page.push(document);
            }
            self.count += 1;
            return Ok(());
        }
        let attribute = query.sort.path.and_then(|path| first_value(path, &document, query.schema));
        let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.keyed.insert((SortKey::new(attribute), id));
        if self.keyed.len() > limit {
            let detail = format!("more than {limit} resources to sort");
            return Err(ScimError::bad_request(ScimType::TooMany, detail));
        }
        Ok(())
    }

    async fn finish<R: Rows>(self, rows: &R, query: &Query<'_, R::Column>) -> Result<Found, ScimError> {
        if self.keyed.is_empty() {
            return Ok((self.page, self.count));
        }
        let count = self.keyed.len() as u64;
        let mut ids: Vec<String> = self.keyed.into_iter().map(|(_, id)| id).collect();
        if query.sort.descending {
            ids.reverse();
        }
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let ids: Vec<String> = ids.into_iter().skip(offset).take(query.limit as usize).collect();
        if ids.is_empty() {
            return Ok((Vec::new(), count));
        }
        let (mut documents, _) = rows.page(rows.with_ids(&ids), None, 0, query.limit).await?;
        let position = |document: &Document| {
            let id = document.get("id").and_then(Value::as_str);
            ids.iter().position(|it| Some(it.as_str()) == id)
        };
        documents.sort_by_key(position);
        Ok((documents, count))
    }
}

/// The value that a result is sorted by. Results without a value are last (RFC 7644 §3.4.2.3).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Flag(bool),
    Text(String),
    Missing,
}

impl SortKey {
    fn new(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Bool(flag)) => Self::Flag(*flag),
            Some(Value::String(text)) => Self::Text(text.to_lowercase()),
            Some(Value::Number(number)) => {
                Self::Text(format!("{:024.6}", number.as_f64().unwrap_or_default()))
            }
            _ => Self::Missing,
        }
    }
}

/// Lets other tasks run.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Returns the error of an attribute that cannot be sorted by.
pub(super) fn unsortable(path: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidPath, format!("cannot sort by {path:?}"))
}
