//! Messages in the language of your users: a table from codes to texts, with the parameters filled in.
//!
//! ```sh
//! cargo run -p userbook --example translate
//! ```
#![allow(clippy::print_stdout, reason = "the example shows its result")]

use std::error::Error;

use serde_json::Value;
use userbook::{
    Actor, Field, JsonObject, NewUser, PermissionAuthorizer, StaticPermissions, UpdateError, UserService,
    UserUpdate,
};
use userbook_memory::MemoryStore;

/// Texts by code, and by `expected` where several rules share a code. `{name}` is a parameter.
const GERMAN: [(&str, &str); 8] = [
    ("blank", "Bitte ausfüllen."),
    ("max_length", "Höchstens {limit} Zeichen."),
    ("unique", "Schon vergeben."),
    ("invalid.email", "Bitte eine gültige E-Mail-Adresse angeben."),
    ("invalid.text", "Bitte einen Text angeben."),
    ("control_character", "Das Zeichen {character} ist nicht erlaubt."),
    ("permission_denied", "Dafür fehlt Ihnen die Berechtigung."),
    ("not_found", "Dieses Konto gibt es nicht."),
];

/// The text for a code. An unknown code shows the English message: new rules come with new releases.
fn translate(code: &str, params: &JsonObject, english: &str) -> String {
    let key = match params.get("expected").and_then(Value::as_str) {
        Some(expected) => format!("{code}.{expected}"),
        None => code.to_owned(),
    };
    let Some((_, text)) = GERMAN.iter().find(|(known, _)| *known == key) else { return english.to_owned() };
    params.iter().fold((*text).to_owned(), |text, (name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.replace(&format!("{{{name}}}"), &value)
    })
}

/// The lines for a form: the field, if the message belongs to one, and the text.
fn messages(error: &UpdateError) -> Vec<(Option<&'static str>, String)> {
    match error {
        UpdateError::Invalid(violations) => violations
            .iter()
            .map(|violation| {
                let kind = &violation.kind;
                let text = translate(kind.code(), &kind.params(), &kind.to_string());
                (violation.field.map(Field::as_str), text)
            })
            .collect(),
        error => vec![(None, translate(error.code(), &error.params(), &error.to_string()))],
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.view.user.id;
    service.insert_user(&host, NewUser::new("bob", "Bob")).await?;

    let update = UserUpdate::patch().username("bob").name("x".repeat(2_000)).email("nowhere");
    for error in [
        service.update_user(&host, ada, update).await.err(),
        service.update_user(&Actor::user(ada), ada, UserUpdate::patch().username("ada2")).await.err(),
    ] {
        for (field, text) in error.iter().flat_map(messages) {
            println!("{}: {text}", field.unwrap_or("-"));
        }
    }
    Ok(())
}
