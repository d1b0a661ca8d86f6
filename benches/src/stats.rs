//! Medians, percentiles, and paired measurements.

/// Returns the median; zero for an empty list.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// Returns the value below which this fraction of the values lies.
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the list")]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// One quantity measured alternately for two implementations.
#[derive(Debug, Clone, Default)]
pub struct Paired {
    /// Userbook's values.
    pub ours: Vec<f64>,
    /// The baseline's values.
    pub baseline: Vec<f64>,
}

impl Paired {
    /// Adds two adjacent measurements.
    pub fn push(&mut self, ours: f64, baseline: f64) {
        self.ours.push(ours);
        self.baseline.push(baseline);
    }

    /// Returns the median of the ratios of adjacent measurements, because other load affects both.
    pub fn ratio(&self) -> f64 {
        let ratios: Vec<f64> =
            self.ours.iter().zip(&self.baseline).map(|(ours, baseline)| ours / baseline).collect();
        median(&ratios)
    }

    /// Returns both medians, and the range of the ratios.
    pub fn detail(&self, unit: &str) -> serde_json::Value {
        let ratios: Vec<f64> =
            self.ours.iter().zip(&self.baseline).map(|(ours, baseline)| ours / baseline).collect();
        serde_json::json!({
            "unit": unit,
            "ours": round(median(&self.ours)),
            "baseline": round(median(&self.baseline)),
            "ratio": round(self.ratio()),
            "ratios_p10_p90": [round(percentile(&ratios, 0.1)), round(percentile(&ratios, 0.9))],
            "rounds": ratios.len(),
        })
    }
}

/// Measures both alternately.
pub fn paired(rounds: usize, mut ours: impl FnMut() -> f64, mut baseline: impl FnMut() -> f64) -> Paired {
    let mut paired = Paired::default();
    for _ in 0..rounds {
        paired.push(ours(), baseline());
    }
    paired
}

/// Measures both alternately; the measurements may fail.
pub fn try_paired<E>(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64, E>,
    mut baseline: impl FnMut() -> Result<f64, E>,
) -> Result<Paired, E> {
    let mut paired = Paired::default();
    for _ in 0..rounds {
        paired.push(ours()?, baseline()?);
    }
    Ok(paired)
}

/// Rounds to four significant digits.
pub fn round(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!([0.0, 0.5, 1.0].map(|part| percentile(&values, part)), [1.0, 3.0, 5.0]);
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(round(123_456.0), 123_500.0);
    }

    #[test]
    fn ratios_are_of_adjacent_measurements() {
        let paired = Paired { ours: vec![1.0, 20.0, 3.0], baseline: vec![1.0, 10.0, 3.0] };
        assert_eq!(paired.ratio(), 1.0);
    }
}
