//! Finds users and groups by what people type.

use userbook::{
    AccessError, Group, GroupId, User, UserId, UserRef,
    service::Listing,
    store::{GroupFilter, UserFilter},
    view::UserView,
};
use uuid::Uuid;

use super::{Failure, Message, context::Context};

/// Finds the user with this username, number or UUID.
pub(super) async fn user(context: &Context, text: &str) -> Result<UserView, Failure> {
    let named = user_named(context, text).await?;
    let key =
        text.parse().map(|id| UserRef::from(UserId(id))).or_else(|_| text.parse::<Uuid>().map(UserRef::from));
    let keyed = match key {
        Ok(key) => match context.service.retrieve(&context.actor, key).await {
            Ok(view) => Some(view),
            Err(AccessError::NotFound) => None,
            Err(error) => return Err(error.into()),
        },
        Err(_) => None,
    };
    match (named, keyed) {
        (Some(named), Some(keyed)) if named.user.id != keyed.user.id => Err(Message::failure(format!(
            "{text:?} is the username of user {} and the number of another one: use the UUID",
            named.user.id
        ))),
        (Some(view), _) | (None, Some(view)) => Ok(view),
        (None, None) => Err(Message::failure(format!("no user {text:?}"))),
    }
}

/// Finds the user with exactly this username.
pub(super) async fn user_named(context: &Context, username: &str) -> Result<Option<UserView>, Failure> {
    let filter = UserFilter { username: Some(username.to_owned()), ..UserFilter::default() };
    let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
    Ok(context.service.list_users(&context.actor, listing).await?.users.into_iter().next())
}

/// Finds the group with this name or UUID.
pub(super) async fn group(context: &Context, text: &str) -> Result<Group, Failure> {
    if let Ok(id) = text.parse().map(GroupId) {
        return match context.service.retrieve_group(&context.actor, id, false).await {
            Ok(entry) => Ok(entry.group),
            Err(userbook::ListError::Access(AccessError::NotFound)) => {
                Err(Message::failure(format!("no group {text:?}")))
            }
            Err(error) => Err(error.into()),
        };
    }
    let found = group_named(context, text).await?;
    found.ok_or_else(|| Message::failure(format!("no group {text:?}")))
}

/// Finds the group with exactly this name.
pub(super) async fn group_named(context: &Context, name: &str) -> Result<Option<Group>, Failure> {
    let filter = GroupFilter { name: Some(name.to_owned()), ..GroupFilter::default() };
    let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
    let page = context.service.list_groups(&context.actor, listing, false).await?;
    Ok(page.groups.into_iter().next().map(|entry| entry.group))
}

/// Finds the groups with these names or UUIDs.
pub(super) async fn groups(context: &Context, texts: &[String]) -> Result<Vec<GroupId>, Failure> {
    let mut ids = Vec::with_capacity(texts.len());
    for text in texts {
        ids.push(group(context, text).await?.id);
    }
    Ok(ids)
}

/// Returns the name of a user for a message.
pub(super) fn shown(user: &User) -> String {
    format!("user {} ({})", user.id, user.username)
}
