//! Delivery of events to a sink of the host.

use std::{error::Error, sync::Mutex};

use async_trait::async_trait;
use userbook::{
    Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService,
    event::Event,
    service::{DeliveryError, EventSink, deliver},
    store::{Outbox, OutboxLimit},
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

const ALL: OutboxLimit = OutboxLimit { events: 100, bytes: u64::MAX };

/// Takes all events except those of one user.
#[derive(Debug, Default)]
struct Sink {
    rejected: Option<Uuid>,
    taken: Mutex<Vec<Uuid>>,
}

#[async_trait]
impl EventSink for Sink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.rejected == Some(event.target_uuid) {
            return Err("502 Bad Gateway".into());
        }
        self.taken.lock().unwrap().push(event.target_uuid);
        Ok(())
    }
}

#[tokio::test]
async fn failing_sink_keeps_its_event_and_acknowledges_those_before() {
    let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
    let keys = [1, 2, 3].map(Uuid::from_u128);
    for key in keys {
        let user = NewUser::new(format!("user{key}"), "User").uuid(key);
        service.insert_user(&Actor::system(), user).await.unwrap();
    }
    let pending = service.store().pending(ALL).await.unwrap();
    assert_eq!(pending.iter().map(|event| event.target_uuid).collect::<Vec<_>>(), keys);

    let sink = Sink { rejected: Some(keys[1]), ..Sink::default() };
    let error = deliver(service.store(), &sink, ALL).await.unwrap_err();
    let DeliveryError::Sink { event, source } = error else { panic!("{error}") };
    assert_eq!((event, source.to_string().as_str()), (pending[1].id, "502 Bad Gateway"));
    assert_eq!(*sink.taken.lock().unwrap(), keys[..1]);

    let sink = Sink::default();
    assert_eq!(deliver(service.store(), &sink, ALL).await.unwrap(), 2);
    assert_eq!(*sink.taken.lock().unwrap(), keys[1..]);
    assert_eq!(deliver(service.store(), &sink, ALL).await.unwrap(), 0);
}
