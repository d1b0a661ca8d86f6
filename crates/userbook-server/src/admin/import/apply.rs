//! Writes rows through the service. A row that is stored already is unchanged, so that an import can be repeated.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use userbook::{AccessError, GroupId, UpdateError, UserId, UserRef, view::UserView};

use uuid::Uuid;

use super::{
    record::{ImportUser, Record, RowError},
    report::{Change, Kind, Report},
    users::PendingUser,
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
    /// Users that wait for the next batch.
    pub(super) pending: Vec<PendingUser>,
    /// The stored id of each user of the file that has a number.
    pub(super) users: HashMap<UserId, UserId>,
    /// The usernames of the file.
    pub(super) seen: HashSet<Box<str>>,
    /// The UUIDs of its users.
    pub(super) uuids: HashSet<Uuid>,
    /// The numbers of its users.
    pub(super) numbers: HashSet<UserId>,
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
            pending: Vec::new(),
            users: HashMap::new(),
            seen: HashSet::new(),
            uuids: HashSet::new(),
            numbers: HashSet::new(),
        }
    }

    /// Writes a row other than a group.
    pub(super) async fn write(
        &mut self,
        place: &str,
        record: Record,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let written = match record {
            Record::User(user) => return self.defer_user(place, *user, report).await,
            Record::Token(token) => {
                self.write_users(report).await?;
                self.token(&token).await?
            }
            Record::Grant(grant) => {
                self.write_users(report).await?;
                self.grant(grant).await?
            }
            Record::InstallId | Record::Group(_) => return Ok(()),
        };
        match written {
            Ok(change) => report.count(Kind::Other, change),
            Err(row_error) => report.refused(place, &row_error),
        }
        Ok(())
    }

    /// Finds the user of a row by UUID, else by username.
    pub(super) async fn stored_user(
        &self,
        row: &ImportUser,
    ) -> Result<Result<Option<UserView>, RowError>, Failure> {
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

    pub(super) async fn group_ids(
        &mut self,
        texts: &[String],
    ) -> Result<Result<BTreeSet<GroupId>, RowError>, Failure> {
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

/// A failure of the database ends the import; everything else refuses the row.
pub(super) fn row_error(error: UpdateError) -> Result<RowError, Failure> {
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
