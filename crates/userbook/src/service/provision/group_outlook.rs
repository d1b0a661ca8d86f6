//! Loads the facts that only a checked group write needs, of the same moment as the facts before.

use crate::{
    authz::{Actor, Authorizer, CheckResults},
    decision::{CheckedGroup, ChildGroup, Granting, GroupOutlook, child_checks, child_groups},
    model::GroupId,
    service::{GroupError, UserService, access::directory_resource},
    store::{DirectoryQuery, DirectorySnapshot, ProvisioningStore, SuperuserQuery, Superusers},
};

/// The number of child groups in one load. A load contains their attributes, which the authorizer may read.
const CHILDREN_PER_LOAD: usize = 100;

/// The facts of two loads are from different moments.
pub(super) struct OtherMoment;

/// Facts of the same moment, or none.
type OfMoment<T> = Result<Result<T, OtherMoment>, GroupError>;

/// Loads the child groups of a deleted group, all granting groups if members of a granting group change, and the
/// superusers before and after a write that revokes superuser status.
pub(super) async fn outlook<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    actor: &Actor,
    directory: &DirectorySnapshot,
    checked: &CheckedGroup<'_>,
) -> OfMoment<GroupOutlook> {
    let mut outlook = GroupOutlook::default();
    match children(service, actor, directory, &checked.detached_children()).await? {
        Ok(children) => outlook.children = children,
        Err(other) => return Ok(Err(other)),
    }
    if !checked.needs_granting(&service.policy) {
        return Ok(Ok(outlook));
    }
    let whole = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
    let Some(whole) = load(service, directory, &whole).await? else { return Ok(Err(OtherMoment)) };
    let granting = checked.granting(&whole.shape);
    if checked.needs_superusers(&service.policy) {
        match superusers(service, directory, checked, &granting).await? {
            Ok(superusers) => outlook.superusers = Some(superusers),
            Err(other) => return Ok(Err(other)),
        }
    }
    outlook.granting = Some(granting);
    Ok(Ok(outlook))
}

/// Loads child groups and requires the rights that the safeguards ask for.
async fn children<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    actor: &Actor,
    directory: &DirectorySnapshot,
    children: &[GroupId],
) -> OfMoment<Vec<ChildGroup>> {
    let mut all = Vec::with_capacity(children.len());
    for ids in children.chunks(CHILDREN_PER_LOAD) {
        let groups = ids.iter().copied().collect();
        let query = DirectoryQuery { groups, actor: actor.user_id(), ..DirectoryQuery::default() };
        let part = load(service, directory, &query).await?;
        let Some(part) = part.filter(|part| ids.iter().all(|id| part.groups.contains(*id))) else {
            return Ok(Err(OtherMoment));
        };
        let mut results = CheckResults::default();
        let checks = child_checks(ids, &service.policy);
        service.authorize_more(actor, directory_resource(&part), checks, &mut results).await?;
        all.extend(child_groups(ids, &part.groups, &service.policy, &results)?);
    }
    Ok(Ok(all))
}

async fn superusers<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    checked: &CheckedGroup<'_>,
    granting: &Granting,
) -> OfMoment<(Superusers, Superusers)> {
    let [before, after] = checked.superusers_queries(granting);
    let before = load_superusers(service, directory, before).await?;
    let after = load_superusers(service, directory, after).await?;
    Ok(before.zip(after).ok_or(OtherMoment))
}

async fn load_superusers<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    superusers: SuperuserQuery,
) -> Result<Option<Superusers>, GroupError> {
    let query = DirectoryQuery { superusers: Some(superusers), ..DirectoryQuery::default() };
    Ok(load(service, directory, &query).await?.map(|found| found.superusers))
}

/// Returns `None` if the counters have changed since `directory` was loaded.
async fn load<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    query: &DirectoryQuery,
) -> Result<Option<DirectorySnapshot>, GroupError> {
    let found = service.load_directory(query).await?;
    let (now, then) = (found.epochs, directory.epochs);
    Ok((now.graph == then.graph && now.superusers == then.superusers).then_some(found))
}
