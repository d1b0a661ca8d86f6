//! Requests per second by the number of connections.

use serde_json::{Map, Value, json};

use crate::{
    Failure,
    stats::{Paired, median, round},
};

/// Requests per second of a server and its baseline, by connections.
pub(super) struct Rates(Vec<(u32, Paired)>);

impl Rates {
    /// Measures both alternately for each number of connections, round by round.
    pub(super) fn measure(
        connections: &[u32],
        rounds: usize,
        mut ours: impl FnMut(u32) -> Result<f64, Failure>,
        mut baseline: impl FnMut(u32) -> Result<f64, Failure>,
    ) -> Result<Self, Failure> {
        let mut rates = Self(connections.iter().map(|count| (*count, Paired::default())).collect());
        for _ in 0..rounds {
            for (count, rate) in &mut rates.0 {
                rate.push(ours(*count)?, baseline(*count)?);
            }
        }
        Ok(rates)
    }

    /// Returns the worst ratio among these numbers of connections.
    pub(super) fn worst(&self, connections: impl Fn(u32) -> bool) -> f64 {
        let rates = self.0.iter().filter(|(count, _)| connections(*count));
        rates.map(|(_, rate)| rate.ratio()).fold(f64::INFINITY, f64::min)
    }

    /// Returns the least ratio of our rate to that with the next smaller number of connections.
    pub(super) fn growth(&self) -> f64 {
        let steps = self.0.iter().zip(self.0.iter().skip(1));
        let growth = |((_, fewer), (_, more)): (&(u32, Paired), &(u32, Paired))| {
            Paired { ours: more.ours.clone(), baseline: fewer.ours.clone() }.ratio()
        };
        steps.map(growth).fold(f64::INFINITY, f64::min)
    }

    /// Returns our rates by connections.
    pub(super) fn ours(&self) -> Value {
        let rates = self.0.iter().map(|(count, rate)| (count.to_string(), json!(round(median(&rate.ours)))));
        Value::Object(rates.collect())
    }

    /// Returns rates and ratios by connections.
    pub(super) fn detail(&self) -> Value {
        let rates = self.0.iter().map(|(count, rate)| (count.to_string(), rate.detail("requests/s")));
        json!({"by_connections": rates.collect::<Map<_, _>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_ratio_and_least_growth() {
        let rates = |count: u32| Ok(f64::from([10, 20, 19][usize::try_from(count).unwrap() / 2]));
        let rates = Rates::measure(&[1, 2, 4], 3, rates, |count| Ok(f64::from(count * 5))).unwrap();
        assert_eq!((rates.worst(|_| true), rates.worst(|count| count < 4)), (0.95, 2.0));
        assert_eq!(rates.growth(), 0.95);
    }
}
