//! The table of codes in the guide names every error and every violation.

use std::{collections::BTreeMap, fmt::Display};

use crate::{
    authz::{AuthorizerError, AuthorizerErrorKind},
    decision::{Denial, FieldDenial},
    json::JsonObject,
    model::GroupId,
    service::{AccessError, GroupError, ListError, UpdateError},
    store::{StoreError, StoreErrorKind},
    update::PatchFailure,
    violation::{Field, ViolationKind as V, Violations},
};

/// Every violation. The match makes a new kind fail to compile here, and each arm returns the samples of its kind.
fn violations() -> Vec<V> {
    use V::{
        Blank, ControlCharacter, Custom, Cycle, DateTimeOverflow, DoesNotExist, EdgeSlash, EmptySegment,
        ExternalIdTaken, FormatCharacter, IncorrectType, InternalServiceAccount, InvalidBoolean,
        InvalidChoice, InvalidDateTime, InvalidEmail, InvalidString, InvalidUuid, LastSuperuser, MaxBytes,
        MaxLength, NotAList, NotAnObject, Null, NullCharacter, OwnParent, Referenced, Required, ReservedKey,
        SelfLockout, SuperuserFlag, TooDeep, TooLarge, TooManyGroups, TooManyMembers, TooManySources,
        TooManyValues, TypeIsFixed, TypeNotAllowed, Unique, UuidTaken,
    };
    let next = |kind: &V| match kind {
        Required => Some(Null),
        Null => Some(Blank),
        Blank => Some(MaxLength { limit: 150 }),
        MaxLength { .. } => Some(NullCharacter),
        NullCharacter => Some(Unique),
        Unique => Some(ExternalIdTaken { external_source: "scim:okta".to_owned() }),
        ExternalIdTaken { .. } => Some(TooManySources { limit: 16, count: 17 }),
        TooManySources { .. } => Some(MaxBytes { limit: 1_024, size: 2_000 }),
        MaxBytes { .. } => Some(InvalidString),
        InvalidString => Some(InvalidBoolean),
        InvalidBoolean => Some(InvalidDateTime),
        InvalidDateTime => Some(DateTimeOverflow),
        DateTimeOverflow => Some(InvalidEmail),
        InvalidEmail => Some(NotAnObject),
        NotAnObject => Some(TooLarge { limit: 65_536, size: 70_000 }),
        TooLarge { .. } => Some(TooManyValues { limit: 4_096, count: 5_000 }),
        TooManyValues { .. } => Some(TooManyGroups { limit: 1_000, count: 1_001 }),
        TooManyGroups { .. } => Some(TooManyMembers { limit: 1_000, count: 1_001 }),
        TooManyMembers { .. } => Some(ControlCharacter { character: '\u{7}' }),
        ControlCharacter { .. } => Some(FormatCharacter { character: '\u{202e}' }),
        FormatCharacter { .. } => Some(TooDeep { limit: 100 }),
        TooDeep { .. } => Some(ReservedKey { key: "$private".to_owned() }),
        ReservedKey { .. } => Some(EdgeSlash),
        EdgeSlash => Some(EmptySegment),
        EmptySegment => Some(InvalidChoice { input: "robot".to_owned() }),
        InvalidChoice { .. } => Some(TypeIsFixed),
        TypeIsFixed => Some(TypeNotAllowed),
        TypeNotAllowed => Some(NotAList { input_type: "str" }),
        NotAList { .. } => Some(InvalidUuid { value: "x".to_owned() }),
        InvalidUuid { .. } => Some(IncorrectType { input_type: "bool" }),
        IncorrectType { .. } => Some(DoesNotExist { pk: "x".to_owned() }),
        DoesNotExist { .. } => Some(OwnParent),
        OwnParent => Some(Cycle),
        Cycle => Some(SuperuserFlag { value: true }),
        SuperuserFlag { .. } => Some(InternalServiceAccount),
        InternalServiceAccount => Some(LastSuperuser),
        LastSuperuser => Some(SelfLockout),
        SelfLockout => Some(UuidTaken),
        UuidTaken => Some(Referenced),
        Referenced | Custom { .. } => None,
    };
    std::iter::successors(Some(Required), next).collect()
}

/// All denials. The match fails to compile when one is missing.
fn denials() -> Vec<Denial> {
    use Denial::{
        ActorInactive, ActorUnknown, ChildGroups, Fields, GrantsSuperuser, Permission, ProtectedDeletion,
        ProtectedImpersonation, ProtectedPassword, ProtectedUser, RevokesSuperuser, Rule,
    };
    let group = GroupId(uuid::Uuid::nil());
    let (name, through) = (|| Some("support".to_owned()), || Some("admins".to_owned()));
    let next = |denial: &Denial| match denial {
        Permission(_) => Some(Fields(vec![FieldDenial { field: Field::Email, reason: None }])),
        Fields(_) => Some(ActorInactive),
        ActorInactive => Some(ActorUnknown),
        ActorUnknown => Some(GrantsSuperuser { group, name: name(), through: through() }),
        GrantsSuperuser { .. } => Some(RevokesSuperuser { group, name: name(), through: through() }),
        RevokesSuperuser { .. } => Some(ChildGroups),
        ChildGroups => Some(ProtectedUser(vec![Field::Email])),
        ProtectedUser(_) => Some(ProtectedDeletion),
        ProtectedDeletion => Some(ProtectedPassword),
        ProtectedPassword => Some(ProtectedImpersonation),
        ProtectedImpersonation => Some(Rule {
            rule: "own_subtree".to_owned(),
            message: "Move people only within your own part of the tree.".to_owned(),
            params: JsonObject::new(),
        }),
        Rule { .. } => None,
    };
    std::iter::successors(Some(Permission(None)), next).collect()
}

/// All failures of a patch, likewise.
fn patches() -> Vec<PatchFailure> {
    use PatchFailure::{
        Custom, Inapplicable, SecretSource, TestFailed, TooDeep, TooLarge, TooManyOperations,
    };
    let path = || "/name".to_owned();
    let next = |failure: &PatchFailure| match failure {
        TestFailed { .. } => Some(Inapplicable { operation: 0, path: path() }),
        Inapplicable { .. } => Some(SecretSource { operation: 0, path: path() }),
        SecretSource { .. } => Some(TooManyOperations { limit: 256, count: 300 }),
        TooManyOperations { .. } => Some(TooLarge { operation: 0, limit: 262_144 }),
        TooLarge { .. } => Some(TooDeep { operation: 0, path: path(), limit: 100 }),
        // A host chooses the code of the last one.
        TooDeep { .. } | Custom { .. } => None,
    };
    std::iter::successors(Some(TestFailed { operation: 0, path: path() }), next).collect()
}

fn row(code: &str, params: &JsonObject, message: impl Display) -> String {
    // The order of a map depends on a feature of serde_json.
    let params: BTreeMap<_, _> = params.iter().collect();
    let params: Vec<_> = params
        .into_iter()
        .map(|(name, value)| match (name.as_str(), value.as_str()) {
            ("expected", Some(expected)) => format!("`expected` = `{expected}`"),
            _ => format!("`{name}`"),
        })
        .collect();
    format!("| `{code}` | {} | {} |\n", params.join(", "), message.to_string().replace('|', "\\|"))
}

fn table() -> String {
    let head =
        |title: &str| format!("\n## {title}\n\n| code | parameters | message |\n| --- | --- | --- |\n");
    let mut text = head("Violations");
    for violation in violations() {
        text += &row(violation.code(), &violation.params(), &violation);
    }
    text += &head("Denials");
    for denial in denials() {
        text += &row(denial.code(), &denial.params(), &denial);
    }
    text += &head("JSON Patch");
    for failure in patches() {
        text += &row(failure.code(), &failure.params(), &failure);
    }
    text += &head("Other errors");
    let mut blank = Violations::default();
    blank.push(Field::Name, V::Blank);
    let transient = || StoreError::new(StoreErrorKind::Transient, "");
    for error in [
        UpdateError::Access(AccessError::NotFound),
        UpdateError::Condition,
        UpdateError::Invalid(blank),
        UpdateError::Contended { attempts: 32 },
        transient().into(),
        StoreError::new(StoreErrorKind::Other, "").into(),
    ] {
        text += &row(error.code(), &error.params(), &error);
    }
    for error in
        [ListError::FilterTooLarge { limit: 64, count: 65 }, ListError::PageTooLarge { limit: 16_777_216 }]
    {
        text += &row(error.code(), &error.params(), &error);
    }
    text
}

#[test]
fn the_guide_lists_every_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes.md");
    let written = std::fs::read_to_string(file).unwrap();
    let (introduction, _) = written.split_once("\n## Violations\n").unwrap();
    let expected = introduction.to_owned() + &table();
    if std::env::var_os("USERBOOK_WRITE").is_some() {
        std::fs::write(file, &expected).unwrap();
    }
    assert_eq!(written, expected, "run with USERBOOK_WRITE=1");
}

/// Two reasons with one code differ in a parameter.
#[test]
fn codes_and_parameters_tell_violations_apart() {
    let mut seen = BTreeMap::new();
    for violation in violations() {
        let key = row(violation.code(), &violation.params(), "");
        assert_eq!(seen.insert(key, violation.to_string()), None, "{violation}");
    }
}

#[test]
fn errors_of_groups_and_ports_have_the_same_codes() {
    for denial in denials() {
        let (code, params) = (denial.code(), denial.params());
        let error = GroupError::from(denial.clone());
        assert_eq!((error.code(), error.params()), (code, params.clone()));
        let error = ListError::Access(denial.into());
        assert_eq!((error.code(), error.params()), (code, params));
    }
    for (kind, code) in [
        (StoreErrorKind::Transient, "unavailable"),
        (StoreErrorKind::Ambiguous, "internal_error"),
        (StoreErrorKind::Corrupt, "internal_error"),
        (StoreErrorKind::Other, "internal_error"),
    ] {
        assert_eq!(GroupError::from(StoreError::new(kind, "")).code(), code);
    }
    for (kind, code) in
        [(AuthorizerErrorKind::Transient, "unavailable"), (AuthorizerErrorKind::Other, "internal_error")]
    {
        assert_eq!(GroupError::from(AuthorizerError { kind, source: "".into() }).code(), code);
    }
    assert_eq!(GroupError::Invalid(Violations::default()).code(), "invalid");
    assert_eq!(GroupError::Contended { attempts: 1 }.code(), "contended");
    let custom =
        V::Custom { code: "taken".to_owned(), message: "Taken.".to_owned(), params: JsonObject::new() };
    assert_eq!(custom.code(), "taken");
}
