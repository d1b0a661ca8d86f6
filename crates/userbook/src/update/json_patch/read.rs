//! Reads the fields of the patched document.

use std::str::FromStr;

use serde_json::Value;
use uuid::Uuid;

use super::document::{Document, Member};
use crate::{
    field::{Attributes, FieldErrors, GroupRef, Memberships},
    model::{GroupId, UserType, parse_timestamp},
    update::{AttributesOp, ExternalIdsOp, FieldOps, GroupsOp, Mode, Op},
    violation::{Field, ViolationKind},
};

/// Reads the patched document strictly, without the lenient forms of request bodies. A field with the stored
/// representation is kept, so that a stored value that violates a current rule does not block patches.
pub(super) fn field_ops(mut document: Document<'_>) -> FieldOps {
    let mut member = |field| document.take(field);
    FieldOps {
        mode: Mode::Patch,
        username: op(member(Field::Username), |value| text(value)?.try_into()),
        name: op(member(Field::Name), |value| text(value)?.try_into()),
        is_active: op(member(Field::IsActive), |value| {
            Ok(value.as_bool().ok_or(ViolationKind::InvalidBoolean)?)
        }),
        last_login: match member(Field::LastLogin) {
            // The only nullable field: removing it clears it.
            Member::Removed => Op::Null,
            member => op(member, |value| {
                let moment = value.as_str().and_then(parse_timestamp);
                Ok(moment.ok_or(ViolationKind::InvalidDateTime)?)
            }),
        },
        groups: op(member(Field::Groups), memberships).map(GroupsOp::Replace),
        email: op(member(Field::Email), |value| text(value)?.try_into()),
        attributes: op(member(Field::Attributes), Attributes::try_from).map(AttributesOp::Replace),
        path: op(member(Field::Path), |value| text(value)?.try_into()),
        user_type: op(member(Field::Type), |value| {
            let input = text(value)?;
            UserType::from_str(&input).map_err(|_| ViolationKind::InvalidChoice { input }.into())
        }),
        // Not part of the document.
        external_ids: ExternalIdsOp::default(),
    }
}

fn op<T>(member: Member, parse: impl FnOnce(Value) -> Result<T, FieldErrors>) -> Op<T> {
    match member {
        Member::Kept => Op::Keep,
        Member::Removed => ViolationKind::Required.into(),
        Member::Changed(Value::Null) => Op::Null,
        Member::Changed(value) => parse(value).into(),
    }
}

fn text(value: Value) -> Result<String, FieldErrors> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ViolationKind::InvalidString.into()),
    }
}

fn memberships(value: Value) -> Result<Memberships, FieldErrors> {
    let Value::Array(elements) = value else {
        return Err(ViolationKind::NotAList { input_type: json_type(&value) }.into());
    };
    Ok(Memberships::collect(elements.into_iter().map(|element| match element {
        Value::String(sent) => match Uuid::try_parse(&sent) {
            Ok(id) => Ok(GroupRef { id: GroupId(id), sent: Some(sent) }),
            Err(_) => Err(ViolationKind::InvalidUuid { value: sent }),
        },
        other => Err(ViolationKind::IncorrectType { input_type: json_type(&other) }),
    })))
}

/// Returns authentik's name for the type of a JSON value.
pub fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
