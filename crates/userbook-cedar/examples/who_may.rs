//! Shows the effect of a policy file: which user may change which other user in a small directory. Every change is a
//! dry run.
//!
//! `cargo run -p userbook-cedar --example who_may -- crates/userbook-cedar/policies/self_service.cedar`
#![allow(clippy::print_stdout, reason = "the output is the purpose")]

use std::{error::Error, path::PathBuf};

use userbook::{
    AccessError, Actor, GroupId, NewGroup, NewUser, UpdateError, UserId, UserRef, UserService, UserUpdate,
    decision::Denial, field::Memberships,
};
use userbook_cedar::CedarAuthorizer;
use userbook_memory::MemoryStore;
use uuid::Uuid;

type Service = UserService<MemoryStore, CedarAuthorizer>;

/// The groups of the example policies.
const GROUPS: [(&str, u128, bool, Option<u128>); 7] = [
    ("admins", 0xad, true, None),
    ("help desk", 0xde, false, None),
    ("sales leads", 0x1e, false, None),
    ("sales", 0x5a, false, None),
    ("north", 0x5b, false, Some(0x5a)),
    ("south", 0x5c, false, Some(0x5a)),
    ("finance", 0xf1, false, None),
];

const PEOPLE: [(&str, &[u128]); 5] =
    [("root", &[0xad]), ("desk", &[0xde]), ("lead", &[0x1e]), ("ann", &[0x5b]), ("bob", &[0x5b, 0xf1])];

fn group(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 | number))
}

async fn fill(service: &Service) -> Result<Vec<(&'static str, UserId)>, Box<dyn Error>> {
    let host = Actor::system();
    for (name, number, superuser, parent) in GROUPS {
        let new = NewGroup::new(name).superuser(superuser).parent(parent.map(group));
        service.put_group(&host, group(number), new).await?;
    }
    let mut people = Vec::new();
    for (name, groups) in PEOPLE {
        let groups: Memberships = groups.iter().copied().map(group).collect();
        let new = NewUser::new(name, name).with(|user| user.groups(groups));
        people.push((name, service.insert_user(&host, new).await?.view.user.id));
    }
    Ok(people)
}

fn attempts() -> [(&'static str, UserUpdate); 7] {
    [
        ("rename", UserUpdate::patch().name("New Name")),
        ("e-mail", UserUpdate::patch().email("else@example.com")),
        ("deactivate", UserUpdate::patch().is_active(false)),
        ("username", UserUpdate::patch().username("else")),
        ("let join south", UserUpdate::patch().join_group(group(0x5c))),
        ("put into north and south", UserUpdate::patch().groups([group(0x5b), group(0x5c)])),
        ("put into admins", UserUpdate::patch().groups([group(0xad)])),
    ]
}

/// Formats the denial with the reasons of the policies.
fn explain(error: &UpdateError) -> String {
    let UpdateError::Access(AccessError::Forbidden(Denial::Fields(fields))) = error else {
        return error.to_string();
    };
    let reasons = fields.iter().filter_map(|field| field.reason.as_deref());
    std::iter::once(error.to_string().as_str()).chain(reasons).collect::<Vec<_>>().join(" ")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let help_desk = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/help_desk.cedar");
    let file = std::env::args_os().nth(1).map_or_else(|| PathBuf::from(help_desk), PathBuf::from);
    let authorizer = match CedarAuthorizer::read(&file) {
        Ok(authorizer) => authorizer,
        Err(error) => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            return Err(format!("{error}: {cause}").into());
        }
    };
    for warning in authorizer.warnings() {
        println!("suspicious: {warning}");
    }
    let service = UserService::new(MemoryStore::new(), authorizer);
    let people = fill(&service).await?;
    for (actor, id) in &people {
        for (target, about) in &people {
            println!("{actor} on {target}");
            let by = Actor::user(*id);
            if let Err(error) = service.retrieve(&by, UserRef::from(*about)).await {
                println!("    view: {error}");
                continue;
            }
            for (name, update) in attempts() {
                match service.update_user(&by, *about, update).dry_run().allow_self_lockout().await {
                    Ok(_) => println!("    {name}: yes"),
                    Err(error) => println!("    {name}: {}", explain(&error)),
                }
            }
        }
    }
    Ok(())
}
