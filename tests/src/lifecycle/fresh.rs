//! Values that the server makes: checks their kind, and puts the observed ones in place of the recorded ones.

use serde_json::{Value, json};
use userbook::{
    Timestamp, UserId,
    clock::{Clock, SystemClock},
};
use uuid::Uuid;

use super::{LifecycleCase, Rows};
use crate::corpus::case::moment;

/// The maximum distance of a time that the server makes, in seconds.
const TOLERANCE: i64 = 300;

/// Replaces the recorded values by the observed ones in the response and in the rows. Notes values of a wrong kind.
pub(super) fn adopt(
    case: &LifecycleCase,
    response: &mut Value,
    recorded: &mut Rows,
    (observed_response, observed): (&Value, &Rows),
    faults: &mut Vec<String>,
) {
    let before = Rows::before(&case.case.given);
    let (recorded_users, recorded_groups) = recorded.created(&before);
    let (users, groups) = observed.created(&before);
    if (recorded_users.len(), recorded_groups.len()) != (users.len(), groups.len()) {
        faults
            .push(format!("created {users:?} {groups:?} instead of {recorded_users:?} {recorded_groups:?}"));
        return;
    }
    for (old, new) in recorded_groups.iter().zip(&groups) {
        if Uuid::try_parse(new).is_err() {
            faults.push(format!("{new} is no UUID"));
        }
        for value in [&mut *response].into_iter().chain(recorded.users.values_mut()) {
            replace_text(value, old, new);
        }
        let mut group = recorded.groups.remove(old).unwrap_or_default();
        replace_text(&mut group, old, new);
        recorded.groups.insert(new.clone(), group);
    }
    let mut made = None;
    for (old, new) in recorded_users.iter().zip(&users) {
        let mut user = recorded.users.remove(old).unwrap_or_default();
        made = user.get("password_change_date").and_then(Value::as_str).map(moment);
        let row = &observed.users[new];
        is_now("password_change_date", &row["password_change_date"], faults);
        for key in ["pk", "uuid", "password_change_date"] {
            user[key] = row[key].clone();
        }
        recorded.users.insert(*new, user);
        for token in &mut recorded.tokens {
            token["user_pk"] = json!(new);
        }
    }
    adopt_tokens(&mut recorded.tokens, &observed.tokens, made);
    for pointer in &case.fresh {
        let user = users.first().map(|id| (*id, &observed.users[id]));
        let group = groups.first().map(String::as_str);
        match pointer.strip_prefix("after:") {
            Some(column) => adopt_column(column, recorded, observed, &before, faults),
            None => adopt_member(case, pointer, response, observed_response, user, group, faults),
        }
    }
}

/// A token's expiry counts from the time at which its owner was made, unless the request names a time.
fn adopt_tokens(recorded: &mut [Value], observed: &[Value], recorded_time: Option<Timestamp>) {
    let now = SystemClock.now();
    for (recorded, observed) in recorded.iter_mut().zip(observed) {
        let time = |token: &Value| token["expires"].as_str().map(moment);
        if let (Some(old), Some(new), Some(made)) = (time(recorded), time(observed), recorded_time) {
            let difference = (old - made) - (new - now);
            if difference.num_seconds().abs() < TOLERANCE {
                recorded["expires"] = observed["expires"].clone();
            }
        }
    }
}

/// A changed column of existing users.
fn adopt_column(column: &str, recorded: &mut Rows, observed: &Rows, before: &Rows, faults: &mut Vec<String>) {
    for (id, user) in &mut recorded.users {
        let (old, new) = (before.users.get(id), observed.users.get(id));
        let (Some(old), Some(new)) = (old, new) else { continue };
        if user[column] != old[column] {
            is_now(column, &new[column], faults);
            user[column] = new[column].clone();
        }
    }
}

fn adopt_member(
    case: &LifecycleCase,
    pointer: &str,
    response: &mut Value,
    observed: &Value,
    user: Option<(i64, &Value)>,
    group: Option<&str>,
    faults: &mut Vec<String>,
) {
    let Some(member) = response.pointer_mut(pointer) else { return };
    let number = |pk: &str| {
        let digits = Uuid::try_parse(pk).map(|id| id.as_u128().to_string()).unwrap_or_default();
        digits.get(..5.min(digits.len())).and_then(|digits| digits.parse::<u64>().ok())
    };
    let uid = |id: i64| userbook_http::uid(UserId(id), &case.case.given.install_id);
    *member = match (pointer, user, group) {
        ("/pk" | "/user_pk", Some((id, _)), _) => json!(id),
        ("/uid" | "/user_uid", Some((id, _)), _) => json!(uid(id)),
        ("/uuid" | "/password_change_date", Some((_, row)), _) => {
            row[pointer.trim_start_matches('/')].clone()
        }
        ("/pk" | "/group_pk", _, Some(pk)) => json!(pk),
        ("/num_pk", _, Some(pk)) => json!(number(pk)),
        ("/token", ..) => {
            let token = observed.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if token.len() != 60 || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                faults.push(format!("{token:?} is no key"));
            }
            json!(token)
        }
        _ => return faults.push(format!("no rule for the fresh value {pointer}")),
    };
}

fn is_now(name: &str, time: &Value, faults: &mut Vec<String>) {
    let age = time.as_str().map(|time| (SystemClock.now() - moment(time)).num_seconds().abs());
    if age.is_none_or(|age| age > TOLERANCE) {
        faults.push(format!("{name} is {time}, not the present time"));
    }
}

fn replace_text(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old => new.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_text(item, old, new)),
        Value::Object(members) => members.values_mut().for_each(|member| replace_text(member, old, new)),
        _ => {}
    }
}
