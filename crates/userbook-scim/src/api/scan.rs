//! Finds the resources that match a filter.
//!
//! An index finds what the filter names by a unique value. Any other filter that the store does not know reads all
//! resources of the connection in pages, within a time limit, and yields between pages.

use std::{collections::BTreeSet, time::Duration};

use scim_v2::filter::{AttrPath, Filter};
use serde_json::Value;
use userbook::{ListError, clock::Clock, store::Order};

use super::sort_key::SortKey;
use crate::{
    error::{ScimError, ScimType},
    filter::{first_value, matches},
    resource::{Document, members_size},
    schema::ResourceSchema,
    work::Work,
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
    /// These filters find few candidates; each is compared with the filter of the request. If none matches, `otherwise`
    /// finds candidates that an index does not find.
    Indexed { filters: Vec<F>, otherwise: Option<F> },
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
    pub(super) sorted_bytes: usize,
    /// Bytes of one page.
    pub(super) page_bytes: u64,
    pub(super) chunk: u32,
    /// Bytes that the filter compares.
    pub(super) bytes: usize,
}

/// The time and the work of a search.
struct Meter<'l> {
    limits: ScanLimits<'l>,
    start: Duration,
    work: Work,
}

impl<'l> Meter<'l> {
    fn new(limits: ScanLimits<'l>) -> Self {
        Self { limits, start: limits.clock.monotonic(), work: Work::search(limits.bytes) }
    }

    /// Lets other tasks run, and requires that time is left.
    async fn rest(&mut self) -> Result<(), ScimError> {
        let ScanLimits { clock, time, .. } = self.limits;
        if clock.monotonic().saturating_sub(self.start) > time {
            let detail = format!("the filter was not evaluated within {time:?}");
            return Err(ScimError::bad_request(ScimType::TooMany, detail));
        }
        self.work.rest().await;
        Ok(())
    }
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
            exact_page(rows, &filter, &query, limits.page_bytes).await
        }
        Plan::Scan { filter, .. } => scan(rows, vec![filter], &query, &mut Meter::new(limits)).await,
        Plan::Indexed { filters, otherwise } => {
            let mut meter = Meter::new(limits);
            let found = scan(rows, filters, &query, &mut meter).await?;
            match otherwise {
                Some(filter) if found.1 == 0 => scan(rows, vec![filter], &query, &mut meter).await,
                _ => Ok(found),
            }
        }
    }
}

/// The results of a scan.
struct Results {
    /// Sorted results with their ids, if the scan sorts.
    keyed: BTreeSet<(SortKey, String)>,
    /// The bytes of `keyed`.
    keyed_bytes: usize,
    /// The results of the page, if the store sorts.
    page: Page,
    count: u64,
}

/// The documents of a page within a limit of bytes.
struct Page {
    documents: Vec<Document>,
    bytes: u64,
    limit: u64,
}

impl Page {
    fn new(limit: u64) -> Self {
        Self { documents: Vec::new(), bytes: 0, limit }
    }

    fn push(&mut self, document: Document) -> Result<(), ListError> {
        let size = u64::try_from(members_size(&document)).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limit {
            return Err(ListError::PageTooLarge { limit: self.limit });
        }
        self.documents.push(document);
        Ok(())
    }
}

async fn scan<R: Rows>(
    rows: &R,
    filters: Vec<R::Filter>,
    query: &Query<'_, R::Column>,
    meter: &mut Meter<'_>,
) -> Result<Found, ScimError> {
    let limits = meter.limits;
    // Several filters find overlapping results, each in its own order.
    let sorts = filters.len() > 1 || !query.sort.is_by_store();
    let mut results = Results::new(limits.page_bytes);
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
                let is_match = match query.filter {
                    Some(filter) => matches(filter, &document, query.schema, &mut meter.work)?,
                    None => true,
                };
                if is_match {
                    results.add(document, query, sorts, limits)?;
                }
                if meter.work.is_due() {
                    meter.rest().await?;
                }
            }
            offset += read;
            meter.rest().await?;
            if read < u64::from(chunk) {
                break;
            }
        }
    }
    results.finish(rows, query, limits).await
}

impl Results {
    fn new(page_bytes: u64) -> Self {
        Self { keyed: BTreeSet::new(), keyed_bytes: 0, page: Page::new(page_bytes), count: 0 }
    }

    fn add<C>(
        &mut self,
        document: Document,
        query: &Query<'_, C>,
        sorts: bool,
        limits: ScanLimits<'_>,
    ) -> Result<(), ScimError> {
        if !sorts {
            if self.count >= query.offset && self.page.documents.len() < query.limit as usize {
                self.page.push(document)?;
            }
            self.count += 1;
            return Ok(());
        }
        let value = query.sort.path.and_then(|path| first_value(path, &document, query.schema));
        let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = SortKey::new(value);
        let bytes = key.text_bytes().saturating_add(id.len());
        if self.keyed.insert((key, id)) {
            self.keyed_bytes = self.keyed_bytes.saturating_add(bytes);
        }
        let ScanLimits { sorted_rows, sorted_bytes, .. } = limits;
        if self.keyed.len() > sorted_rows {
            let detail = format!("more than {sorted_rows} resources to sort");
            return Err(ScimError::bad_request(ScimType::TooMany, detail));
        }
        if self.keyed_bytes > sorted_bytes {
            let detail = format!("the values to sort by exceed {sorted_bytes} bytes");
            return Err(ScimError::bad_request(ScimType::TooMany, detail));
        }
        Ok(())
    }

    async fn finish<R: Rows>(
        self,
        rows: &R,
        query: &Query<'_, R::Column>,
        limits: ScanLimits<'_>,
    ) -> Result<Found, ScimError> {
        if self.keyed.is_empty() {
            return Ok((self.page.documents, self.count));
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
        let mut documents = with_ids(rows, &ids, limits.page_bytes).await?;
        let position = |document: &Document| {
            let id = document.get("id").and_then(Value::as_str);
            ids.iter().position(|it| Some(it.as_str()) == id)
        };
        documents.sort_by_key(position);
        Ok((documents, count))
    }
}

/// Returns the rows of the page, in smaller parts where the limit of a page requires it: the store also counts what the
/// documents do not contain.
async fn exact_page<R: Rows>(
    rows: &R,
    filter: &R::Filter,
    query: &Query<'_, R::Column>,
    page_bytes: u64,
) -> Result<Found, ScimError> {
    let (mut page, mut left, mut part) = (Page::new(page_bytes), query.limit, query.limit);
    let mut offset = query.offset;
    loop {
        let wanted = part.min(left);
        match rows.page(filter.clone(), query.sort.order(), offset, wanted).await {
            Err(ListError::PageTooLarge { .. }) if wanted > 1 => part = wanted / 2,
            found => {
                let (documents, count) = found?;
                let read = u32::try_from(documents.len()).unwrap_or(u32::MAX);
                left = left.saturating_sub(read);
                offset += u64::from(read);
                if part == query.limit {
                    return Ok((documents, count));
                }
                documents.into_iter().try_for_each(|document| page.push(document))?;
                if left == 0 || read < wanted {
                    return Ok((page.documents, count));
                }
            }
        }
    }
}

/// Returns the resources with these ids, in smaller parts where the limit of a page requires it.
async fn with_ids<R: Rows>(rows: &R, ids: &[String], page_bytes: u64) -> Result<Vec<Document>, ScimError> {
    let (mut page, mut left, mut part) = (Page::new(page_bytes), ids, ids.len().max(1));
    while !left.is_empty() {
        let (now, later) = left.split_at(part.min(left.len()));
        match rows.page(rows.with_ids(now), None, 0, u32::try_from(now.len()).unwrap_or(u32::MAX)).await {
            Err(ListError::PageTooLarge { .. }) if part > 1 => part /= 2,
            found => {
                found?.0.into_iter().try_for_each(|document| page.push(document))?;
                left = later;
            }
        }
    }
    Ok(page.documents)
}

/// Adds the bytes of a converted document.
pub(super) fn measured(document: Document) -> (Document, usize) {
    let bytes = members_size(&document);
    (document, bytes)
}

/// Returns the error of an attribute that cannot be sorted by.
pub(super) fn unsortable(path: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidPath, format!("cannot sort by {path:?}"))
}

#[cfg(test)]
mod tests {
    use scim_v2::filter::PatchPath;
    use serde_json::json;
    use userbook::clock::SystemClock;

    use super::*;
    use crate::{Mapping, ScimLimits, Strictness, filter::parse_path};

    fn document(id: &str, title: &str) -> Document {
        json!({"id": id, "title": title}).as_object().cloned().unwrap()
    }

    #[test]
    fn sorted_values_and_pages_are_limited_in_bytes() {
        let clock = SystemClock;
        let limits = ScanLimits {
            clock: &clock,
            time: Duration::MAX,
            sorted_rows: 10,
            sorted_bytes: 100,
            page_bytes: 200,
            chunk: 10,
            bytes: 1000,
        };
        let schema = Mapping::default().schema;
        let path = parse_path("title", Strictness::strict(), &ScimLimits::default()).unwrap();
        let PatchPath::Attr(path) = path else { panic!("{path:?}") };
        let sort = Sort { path: Some(&path), column: None::<()>, descending: false };
        let query = Query { filter: None, schema: &schema, sort, offset: 0, limit: 10 };
        for (sorts, title, expected) in
            [(true, 40, 2), (true, 99, 1), (true, 100, 0), (false, 50, 2), (false, 1000, 0)]
        {
            let mut results = Results::new(limits.page_bytes);
            let add = |id: &&str| results.add(document(id, &"x".repeat(title)), &query, sorts, limits);
            let failed = ["a", "b", "c", "d"]
                .iter()
                .map(add)
                .position(|added| added.is_err_and(|error| error.scim_type == Some(ScimType::TooMany)));
            assert_eq!(failed, Some(expected), "{sorts} {title}");
        }
    }
}
