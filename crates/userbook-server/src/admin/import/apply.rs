//! Writes rows through the service. A row that is stored already is unchanged, so that an import can be repeated.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use userbook::{
    AccessError, GroupId, NewUser, Outcome, UpdateError, Updated, UserId, UserRef, UserUpdate,
    field::Memberships, view::UserView,
};

use super::{
    record::{ImportUser, LastLogin, Record, RowError},
    report::{Change, Kind, Report},
};
use crate::{
    admin::{Failure, context::Context, lookup},
    auth::{GrantRow, GrantedOn},
    seed::{
        check_permission,
        rows::{GroupRow, SeedToken},
    },
};

pub(super) struct Importer<'c> {
    pub(super) context: &'c Context,
    pub(super) dry_run: bool,
    /// Groups that wait for their parents.
    pub(super) deferred: Vec<(String, GroupRow)>,
    /// The stored id of each group of the file.
    pub(super) groups: BTreeMap<GroupId, GroupId>,
    /// The id of each group that a row has named.
    pub(super) names: HashMap<String, GroupId>,
    /// Groups that only a real run would create.
    pub(super) planned: BTreeSet<GroupId>,
    /// The stored id of each user of the file that has a number.
    users: HashMap<UserId, UserId>,
    /// The usernames of the file.
    seen: HashSet<Box<str>>,
}

type Written = Result<Result<Change, RowError>, Failure>;

impl<'c> Importer<'c> {
    pub(super) fn new(context: &'c Context, dry_run: bool) -> Self {
        Self {
            context,
            dry_run,
            deferred: Vec::new(),
            groups: BTreeMap::new(),
            names: HashMap::new(),
            planned: BTreeSet::new(),
            users: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    /// Writes a row other than a group.
    pub(super) async fn write(
        &mut self,
        place: &str,
        record: Record,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let (kind, written) = match record {
            Record::User(user) => (Kind::User, self.user(*user).await?),
            Record::Token(token) => (Kind::Other, self.token(&token).await?),
            Record::Grant(grant) => (Kind::Other, self.grant(grant).await?),
            Record::InstallId | Record::Group(_) => return Ok(()),
        };
        match written {
            Ok(change) => report.count(kind, change),
            Err(row_error) => report.refused(place, &row_error),
        }
        Ok(())
    }

    async fn user(&mut self, row: ImportUser) -> Written {
        if !self.seen.insert(row.username.as_str().into()) {
            return Ok(Err(RowError::new("username", format!("{:?} is in this file already", row.username))));
        }
        let stored = match self.stored_user(&row).await? {
            Ok(stored) => stored,
            Err(row_error) => return Ok(Err(row_error)),
        };
        let groups = match &row.groups {
            None => None,
            Some(texts) => match self.group_ids(texts).await? {
                Ok(groups) => Some(groups),
                Err(row_error) => return Ok(Err(row_error)),
            },
        };
        let written = match &stored {
            Some(view) => self.update(view.user.id, &row, groups).await,
            None => self.insert(&row, groups).await,
        };
        match written {
            Ok(written) => {
                if let Some(pk) = row.pk {
                    self.users.insert(pk, written.view.user.id);
                }
                Ok(Ok(match (&stored, written.outcome) {
                    (None, _) => Change::Created,
                    (Some(_), Outcome::Unchanged) => Change::Unchanged,
                    (Some(_), _) if self.dry_run && written.diff.is_empty() => Change::Unchanged,
                    (Some(_), _) => Change::Updated,
                }))
            }
            Err(error) => row_error(error).map(Err),
        }
    }

    async fn update(
        &self,
        user: UserId,
        row: &ImportUser,
        groups: Option<BTreeSet<GroupId>>,
    ) -> Result<Updated, UpdateError> {
        let mut update = fields(row, groups, UserUpdate::patch().username(row.username.as_str()));
        if !row.merged_attributes.is_empty() {
            update = update.merge_attributes(row.merged_attributes.clone());
        }
        let call = self.context.service.update_user(&self.context.actor, user, update);
        if self.dry_run { call.dry_run().await } else { call.await }
    }

    async fn insert(
        &self,
        row: &ImportUser,
        groups: Option<BTreeSet<GroupId>>,
    ) -> Result<Updated, UpdateError> {
        let name = row.name.as_deref().unwrap_or(&row.username);
        let mut new = NewUser::new(row.username.as_str(), name).with(|user| fields(row, groups, user));
        if let Some(uuid) = row.uuid {
            new = new.uuid(uuid);
        }
        if !row.merged_attributes.is_empty() {
            new = new.with(|user| user.attributes(row.merged_attributes.clone()));
        }
        let call = self.context.service.insert_user(&self.context.actor, new);
        if self.dry_run { call.dry_run().await } else { call.await }
    }

    /// Finds the user of a row by UUID, else by username.
    async fn stored_user(&self, row: &ImportUser) -> Result<Result<Option<UserView>, RowError>, Failure> {
        let by_uuid = match row.uuid {
            None => None,
            Some(uuid) => match self.context.service.retrieve(&self.context.actor, UserRef::from(uuid)).await
            {
                Ok(view) => Some(view),
                Err(AccessError::NotFound) => None,
                Err(error) => return Err(error.into()),
            },
        };
        if by_uuid.is_some() {
            return Ok(Ok(by_uuid));
        }
        let named = lookup::user_named(self.context, &row.username).await?;
        match (&named, row.uuid) {
            (Some(view), Some(uuid)) if view.user.uuid != uuid => {
                let other = view.user.uuid;
                Ok(Err(RowError::new("uuid", format!("{:?} has the UUID {other}", row.username))))
            }
            _ => Ok(Ok(named)),
        }
    }

    async fn group_ids(&mut self, texts: &[String]) -> Result<Result<BTreeSet<GroupId>, RowError>, Failure> {
        let mut ids = BTreeSet::new();
        for text in texts {
            match self.group_id(text).await? {
                Some(id) if self.planned.contains(&id) => {}
                Some(id) => _ = ids.insert(id),
                None => return Ok(Err(RowError::new("groups", format!("no group {text:?}")))),
            }
        }
        Ok(Ok(ids))
    }

    /// Finds a group by the UUID that the file uses, by its stored UUID, or by name.
    pub(super) async fn group_id(&mut self, text: &str) -> Result<Option<GroupId>, Failure> {
        let id = text.parse().ok().map(GroupId);
        if let Some(known) = id.and_then(|id| self.groups.get(&id)).or_else(|| self.names.get(text)) {
            return Ok(Some(*known));
        }
        let found = match id {
            Some(id) => self.stored_group(id).await?.map(|group| group.id),
            None => lookup::group_named(self.context, text).await?.map(|group| group.id),
        };
        if let Some(found) = found {
            self.names.insert(text.to_owned(), found);
        }
        Ok(found)
    }

    async fn token(&mut self, row: &SeedToken) -> Written {
        let Some(hash) = row.hash() else {
            return Ok(Err(RowError::general("exactly one of `key` and `hash` is required")));
        };
        let Some(owner) = self.users.get(&row.user_pk) else { return Ok(Err(unknown_user(row.user_pk))) };
        let mut token = row.row(hash);
        token.user = *owner;
        let auth = &self.context.database.auth;
        let known = auth.tokens(Some(*owner)).await?;
        if known.contains(&token) {
            return Ok(Ok(Change::Unchanged));
        }
        if known.iter().any(|known| known.hash == hash) {
            return Ok(Err(RowError::general("the key exists already, with other properties")));
        }
        if !self.dry_run && !auth.create_token(&token).await? {
            return Ok(Err(RowError::new("identifier", format!("{:?} exists already", token.identifier))));
        }
        Ok(Ok(Change::Created))
    }

    async fn grant(&mut self, mut grant: GrantRow) -> Written {
        if let Err(message) = check_permission(&grant.permission) {
            return Ok(Err(RowError::new("permission", message)));
        }
        let Some(holder) = self.users.get(&grant.user) else { return Ok(Err(unknown_user(grant.user))) };
        grant.user = *holder;
        grant.on = match grant.on {
            GrantedOn::Everything => GrantedOn::Everything,
            GrantedOn::User(user) => match self.users.get(&user) {
                Some(user) => GrantedOn::User(*user),
                None => return Ok(Err(unknown_user(user))),
            },
            GrantedOn::Group(group) => match self.group_id(&group.to_string()).await? {
                Some(group) => GrantedOn::Group(group),
                None => return Ok(Err(RowError::new("object_pk", format!("no group {group}")))),
            },
        };
        let is_new = self.dry_run || self.context.database.auth.grant(&grant).await?;
        Ok(Ok(if is_new { Change::Created } else { Change::Unchanged }))
    }
}

fn unknown_user(pk: UserId) -> RowError {
    RowError::new("user_pk", format!("no row of a user {pk} was accepted"))
}

/// Sets the fields that the row names.
fn fields(row: &ImportUser, groups: Option<BTreeSet<GroupId>>, mut update: UserUpdate) -> UserUpdate {
    if let Some(name) = &row.name {
        update = update.name(name.as_str());
    }
    if let Some(email) = &row.email {
        update = update.email(email.as_str());
    }
    if let Some(active) = row.is_active {
        update = update.is_active(active);
    }
    if let LastLogin::At(time) = row.last_login {
        update = update.last_login(time);
    }
    if let Some(path) = &row.path {
        update = update.path(path.as_str());
    }
    if let Some(user_type) = row.user_type {
        update = update.user_type(user_type);
    }
    if let Some(attributes) = &row.attributes {
        update = update.attributes(attributes.clone());
    }
    for (source, identifier) in row.external_ids.iter() {
        update = update.set_external_id(source.clone(), identifier);
    }
    match groups {
        Some(groups) => update.groups(groups.into_iter().collect::<Memberships>()),
        None => update,
    }
}

/// A failure of the database ends the import; everything else refuses the row.
fn row_error(error: UpdateError) -> Result<RowError, Failure> {
    match error {
        UpdateError::Invalid(violations) => Ok(match violations.iter().next() {
            Some(violation) => RowError {
                field: violation.field.map(|field| field.to_string()),
                message: violation.kind.to_string(),
            },
            None => RowError::general("invalid"),
        }),
        UpdateError::Access(AccessError::Store(error)) => Err(error.into()),
        UpdateError::Access(AccessError::Authorizer(error)) => Err(error.into()),
        error => Ok(RowError::general(error.to_string())),
    }
}
