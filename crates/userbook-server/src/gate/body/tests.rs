use std::{collections::VecDeque, io};

use clap::Parser;
use http_body_util::BodyExt;
use hyper::HeaderMap;

use super::*;
use crate::{Settings, gate::memory::MemoryBudget};

/// A body of scripted frames; `None` is data that never arrives.
#[derive(Debug)]
struct Scripted {
    frames: VecDeque<Option<Result<&'static str, io::Error>>>,
    polls: usize,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.polls += 1;
        if self.frames.front().is_some_and(Option::is_none) {
            return Poll::Pending;
        }
        match self.frames.pop_front().flatten() {
            None => Poll::Ready(None),
            Some(frame) => {
                Poll::Ready(Some(frame.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))))
            }
        }
    }
}

struct Fixture {
    admission: Arc<Admission>,
    memory: Arc<MemoryBudget>,
    limits: BodyLimits,
    exchange: Arc<Exchange<Scripted>>,
}

impl Fixture {
    fn new(options: &[&str]) -> Self {
        let limits = Settings::parse_from(["userbook-server"].iter().chain(options)).limits;
        let memory = Arc::new(MemoryBudget::new(limits.body_memory, limits.max_body));
        Self {
            admission: Arc::new(Admission::new(&limits)),
            exchange: exchange(&memory),
            memory,
            limits: BodyLimits::new(&limits),
        }
    }

    fn body(&self, frames: impl IntoIterator<Item = Option<&'static str>>) -> RequestBody<Scripted> {
        let frames = frames.into_iter().map(|frame| frame.map(Ok)).collect();
        let incoming = Scripted { frames, polls: 0 };
        let exchange = Arc::clone(&self.exchange);
        let admission = Arc::clone(&self.admission);
        RequestBody::new(incoming, exchange, admission, self.limits, Metrics::new())
    }

    async fn enter(&self) {
        self.exchange.hold_place(self.admission.acquire(None).await.unwrap());
    }
}

fn exchange(memory: &Arc<MemoryBudget>) -> Arc<Exchange<Scripted>> {
    Arc::new(Exchange::new(memory.reservation(memory.caller(&HeaderMap::new())), None))
}

fn error(result: Result<impl Sized, BoxError>) -> BodyError {
    let Err(error) = result else { panic!("no error") };
    *error.downcast_ref::<BodyError>().unwrap()
}

#[tokio::test(start_paused = true)]
async fn unpolled_bodies_cost_nothing_and_come_back() {
    let fixture = Fixture::new(&["--body-memory", "5"]);
    fixture.enter().await;
    drop(fixture.body([Some("hello"), Some("world")]));
    let unread = fixture.exchange.take_unread().unwrap();
    assert_eq!((unread.polls, unread.frames.len()), (0, 2));
    assert_eq!(fixture.memory.used(), 0);
    assert!(fixture.exchange.has_place());
}

#[tokio::test(start_paused = true)]
async fn bodies_at_hand_keep_their_place() {
    let fixture = Fixture::new(&["--max-requests", "1", "--max-waiting", "0"]);
    fixture.enter().await;
    let received = fixture.body([Some("hello "), Some("world")]).collect().await.unwrap().to_bytes();
    assert_eq!(received, "hello world");
    assert!(fixture.exchange.has_place() && fixture.exchange.take_unread().is_none());
}

#[tokio::test(start_paused = true)]
async fn awaited_bodies_give_their_place_back_and_time_out() {
    let fixture = Fixture::new(&["--max-requests", "1", "--max-waiting", "0", "--body-timeout", "5"]);
    fixture.enter().await;
    let body = fixture.body([Some("hello"), None]);
    let receive = tokio::spawn(body.collect());
    tokio::task::yield_now().await;
    assert!(!fixture.exchange.has_place());
    let other = fixture.admission.acquire(None).await;
    assert!(other.is_some());
    assert_eq!(error(receive.await.unwrap()), BodyError::TimedOut);
    assert!(fixture.exchange.take_unread().is_some());
}

#[tokio::test(start_paused = true)]
async fn complete_bodies_wait_for_a_place_again() {
    let fixture = Fixture::new(&["--max-requests", "1", "--max-waiting", "1", "--wait-timeout", "2"]);
    // The request has no place, as after a wait for data.
    let other = fixture.admission.acquire(None).await.unwrap();
    let receive = tokio::spawn(fixture.body([Some("hello")]).collect());
    tokio::task::yield_now().await;
    drop(other);
    assert_eq!(receive.await.unwrap().unwrap().to_bytes(), "hello");
    assert!(fixture.exchange.has_place());

    let second = Fixture { exchange: exchange(&fixture.memory), ..fixture };
    let _first = fixture.exchange;
    assert_eq!(error(second.body([Some("hello")]).collect().await), BodyError::Overloaded);
}

#[tokio::test(start_paused = true)]
async fn memory_is_held_until_the_exchange_ends() {
    let fixture = Fixture::new(&["--body-memory", "8"]);
    fixture.enter().await;
    fixture.body([Some("hello")]).collect().await.unwrap();
    assert_eq!(fixture.memory.used(), 5);
    let Fixture { admission, memory, limits, exchange: first } = fixture;
    let second = Fixture { admission, memory: Arc::clone(&memory), limits, exchange: exchange(&memory) };
    second.enter().await;
    assert_eq!(error(second.body([Some("world")]).collect().await), BodyError::Overloaded);
    drop((first, second));
    assert_eq!(memory.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn bodies_over_the_limit_are_cut_after_the_frame_that_exceeds_it() {
    let fixture = Fixture::new(&["--max-body", "8"]);
    fixture.enter().await;
    let received = fixture.body(["hello", "world", "again", "more"].map(Some)).collect().await.unwrap();
    assert_eq!(received.to_bytes(), "helloworld");
    assert_eq!(fixture.exchange.take_unread().unwrap().frames.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn broken_connections_end_the_body() {
    let fixture = Fixture::new(&[]);
    fixture.enter().await;
    let mut body = fixture.body([Some("hello")]);
    body.incoming.as_mut().unwrap().frames.push_back(Some(Err(io::ErrorKind::ConnectionReset.into())));
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "hello");
    let error = body.frame().await.unwrap().unwrap_err();
    assert!(error.is::<io::Error>());
    assert!(body.frame().await.is_none());
}

#[test]
fn time_grows_with_the_received_bytes_up_to_the_timeout() {
    let limits =
        Settings::parse_from(["userbook-server", "--body-rate", "1000", "--body-timeout", "20"]).limits;
    let limits = BodyLimits::new(&limits);
    for (received, seconds) in [(0, 5), (999, 5), (1000, 6), (10_000, 15), (15_000, 20), (usize::MAX, 20)] {
        assert_eq!(limits.time_for(received).as_secs(), seconds, "{received}");
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_below_the_minimum_rate_time_out() {
    let fixture = Fixture::new(&["--body-rate", "1", "--body-timeout", "60"]);
    fixture.enter().await;
    let start = Instant::now();
    let body = fixture.body([Some("hello"), Some(" world"), None]);
    assert_eq!(error(body.collect().await), BodyError::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 5 + 11);
}
