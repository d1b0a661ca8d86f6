//! Errors in policies have their position.

use userbook_cedar::{CedarAuthorizer, LoadError, PolicyFault, ReadError};

/// Returns the errors of a text; empty if it loads.
fn faults(text: &str) -> Vec<PolicyFault> {
    match text.parse::<CedarAuthorizer>() {
        Ok(_) => Vec::new(),
        Err(LoadError::Policies(faults)) => faults,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn errors_have_positions() {
    for (text, line, column, about) in [
        ("permit (principal, action, resource) when", 1, 42, "unexpected end of input"),
        ("permit (principal, action, resource);\n\n  allow (principal, action, resource);", 3, 3, "allow"),
        ("// é\npermit (principal, action == Action::\"fly\", resource);", 2, 30, "fly"),
        ("permit (principal in Team::\"x\", action, resource);", 1, 22, "Team"),
        ("permit (principal, action, resource)\nwhen { principal.superuser };", 2, 8, "superuser"),
        ("permit (principal is User, action, resource)\nwhen { principal.email == \"\" };", 2, 8, "email"),
        (
            "permit (principal, action == Action::\"view\", resource)\nwhen { resource.nmae == \"x\" };",
            2,
            8,
            "nmae",
        ),
        (
            "permit (principal, action == Action::\"view\", resource)\nwhen { context.field == Field::\"email\" };",
            2,
            8,
            "field",
        ),
        (
            "permit (principal is User, action, resource)\nwhen { principal.type == UserType::\"robot\" };",
            2,
            26,
            "robot",
        ),
        ("permit (principal is User, action, resource) when { 1 + true == 2 };", 1, 57, "Long"),
        ("permit (principal == ?principal, action, resource);", 1, 22, "template"),
    ] {
        let found = faults(text);
        let fault = found.first().unwrap_or_else(|| panic!("{text}: no fault"));
        assert!(fault.message.contains(about), "{text}: {fault}");
        assert_eq!((fault.line, fault.column), (line, column), "{text}: {fault}");
        assert!(!fault.message.contains('\n'), "{fault}");
    }
}

#[test]
fn errors_follow_the_order_of_the_text() {
    let text = "permit (principal, action == Action::\"a\", resource);\npermit (principal, action == Action::\"b\", resource);";
    let found: Vec<_> = faults(text).into_iter().map(|fault| fault.line).collect();
    assert_eq!(found, [1, 2]);
    let text = text.parse::<CedarAuthorizer>().unwrap_err().to_string();
    assert!(text.starts_with("1:30: ") && text.contains("; 2:30: "), "{text}");
}

#[test]
fn suspicious_policies_load_with_warnings() {
    let never = "permit (principal == User::\"1\", action == Action::\"view\", resource is Group);";
    let authorizer: CedarAuthorizer = never.parse().unwrap();
    let warnings: Vec<String> = authorizer.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.starts_with("1:1: policy is impossible")), "{warnings:?}");
    assert_eq!("".parse::<CedarAuthorizer>().unwrap().warnings(), []);
}

#[test]
fn files_are_named() {
    let missing = CedarAuthorizer::read("nowhere/at-all.cedar".as_ref()).unwrap_err();
    assert!(matches!(missing, ReadError::Unreadable { .. }));
    assert_eq!(missing.to_string(), "policy file nowhere/at-all.cedar");
}
