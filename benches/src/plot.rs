//! SVG plots: lines on logarithmic axes.

use std::fmt::Write;

use crate::{measure::Picture, stats::round};

/// A series.
#[derive(Debug, Clone)]
pub struct Series {
    /// The name.
    pub name: &'static str,
    /// The points: horizontal, vertical.
    pub points: Vec<[f64; 2]>,
}

const SIZE: [f64; 2] = [640.0, 400.0];
const MARGIN: f64 = 60.0;
/// The space on the right for the names.
const LEGEND: f64 = 130.0;
const COLOURS: [&str; 6] = ["#1b6ca8", "#d1495b", "#2e933c", "#edae49", "#6b4e9b", "#444444"];

/// Maps a range of positive values to a range of pixels.
struct Axis {
    log: [f64; 2],
    pixels: [f64; 2],
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, pixels: [f64; 2]) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(f64::MIN_POSITIVE, f64::max).log10().ceil();
        Self { log: [low, if high > low { high } else { low + 1.0 }], pixels }
    }

    fn place(&self, value: f64) -> f64 {
        let ([low, high], [from, to]) = (self.log, self.pixels);
        from + (value.log10() - low) / (high - low) * (to - from)
    }

    /// The powers of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let [low, high] = self.log;
        std::iter::successors(Some(low), |log| Some(log + 1.0))
            .take_while(move |log| *log <= high)
            .map(|log| 10_f64.powf(log))
    }
}

/// Draws a plot.
pub fn svg(picture: &Picture) -> String {
    let [width, height] = SIZE;
    let points = || picture.series.iter().flat_map(|series| &series.points);
    let across = Axis::new(points().map(|[x, _]| *x), [MARGIN, width - LEGEND]);
    let up = Axis::new(points().map(|[_, y]| *y), [height - MARGIN, MARGIN]);
    let mut out = String::new();
    // Writing to a string never fails.
    _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"28\" font-size=\"15\">{}</text>",
        picture.title
    );
    let [bottom, top] = up.pixels;
    let [left, right] = across.pixels;
    for tick in across.ticks() {
        let x = across.place(tick);
        _ = writeln!(
            out,
            "<path d=\"M{x:.1} {bottom}V{top}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{}</text>",
            bottom + 18.0,
            label(tick)
        );
    }
    for tick in up.ticks() {
        let y = up.place(tick);
        _ = writeln!(
            out,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{}</text>",
            left - 6.0,
            y + 4.0,
            label(tick)
        );
    }
    let [horizontal, vertical] = picture.axes;
    _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{horizontal}</text>\n<text x=\"{MARGIN}\" \
         y=\"48\">{vertical}</text>",
        f64::midpoint(left, right),
        height - 16.0
    );
    for (n, (series, colour)) in picture.series.iter().zip(COLOURS).enumerate() {
        let mut line = String::new();
        for [x, y] in &series.points {
            _ = write!(line, "{:.1},{:.1} ", across.place(*x), up.place(*y));
        }
        let y = top + 12.0 + n as f64 * 18.0;
        _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n<text x=\"{:.1}\" \
             y=\"{y:.1}\" fill=\"{colour}\">{}</text>",
            line.trim_end(),
            right + 8.0,
            series.name
        );
    }
    out.push_str("</svg>\n");
    out
}

fn label(value: f64) -> String {
    if value >= 1e5 { format!("{value:e}") } else { round(value).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_the_picture() {
        let series = vec![Series { name: "ours", points: vec![[1.0, 100.0], [64.0, 4000.0]] }];
        let drawn = svg(&Picture { title: "t", axes: ["x", "y"], series });
        assert!(drawn.contains("points=\"60.0,340.0 466.4,115.7\""), "{drawn}");
        assert!(drawn.ends_with("</svg>\n"));
    }
}
