//! Charts as SVG. Both axes are logarithmic; text stays text.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::report::{Chart, Unit};
use crate::{Failure, Result};

const SIZE: (u32, u32) = (860, 480);
const FONT: &str = "Helvetica, Arial, sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const GRID: RGBColor = RGBColor(224, 227, 232);
/// Colours that people who see fewer of them can tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
];

/// Draws a chart to `FILE.svg` in this folder. One without points is passed over.
pub fn draw(chart: &Chart, folder: &Path) -> Result<()> {
    let points = || chart.series.iter().flat_map(|series| series.points.iter().copied());
    if points().next().is_none() {
        return Ok(());
    }
    let path = folder.join(format!("{}.svg", chart.file));
    let failed = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
    let area = SVGBackend::new(&path, SIZE).into_drawing_area();
    paint(chart, &area, points).map_err(|e| failed(&e))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn paint<I: Iterator<Item = (f64, f64)>>(
    chart: &Chart,
    area: &Area<'_>,
    points: impl Fn() -> I,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    area.fill(&WHITE)?;
    let x = Decades::holding(points().map(|p| p.0));
    // The legend stands above all curves.
    let room = (chart.series.len() * 19 + 26) as f64 / f64::from(SIZE.1 - 110);
    let y = Decades::holding(points().map(|p| p.1)).with_room(room);
    let text = |size: f64| (FONT, size).into_font().color(&INK);
    let mut drawn = ChartBuilder::on(area)
        .caption(&chart.title, text(19.0))
        .margin(14)
        .margin_right(28)
        .x_label_area_size(48)
        .y_label_area_size(78)
        .build_cartesian_2d(x, y)?;
    drawn
        .configure_mesh()
        .axis_style(INK.stroke_width(1))
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(text(13.0))
        .axis_desc_style(text(14.0))
        .x_desc(&chart.x)
        .y_desc(&chart.y)
        .x_label_formatter(&|value| Unit::Count.show(*value).replace(".00", "").replace(".0", ""))
        .y_label_formatter(&|value| {
            chart.unit.show(*value).replace(".00 ", " ").replace(".0 ", " ")
        })
        .draw()?;
    for (at, series) in chart.series.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        let width = if series.yardstick { 1 } else { 2 };
        let style = colour.stroke_width(width);
        drawn
            .draw_series(LineSeries::new(series.points.iter().copied(), style))?
            .label(&series.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], style));
        let dots = series.points.iter().map(|&point| {
            let fill = if series.yardstick { WHITE.filled() } else { colour.filled() };
            EmptyElement::at(point) + Circle::new((0, 0), 3, fill) + Circle::new((0, 0), 3, style)
        });
        drawn.draw_series(dots)?;
    }
    drawn
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.9))
        .border_style(GRID)
        .label_font(text(13.0))
        .legend_area_size(30)
        .margin(10)
        .draw()?;
    area.present()?;
    Ok(())
}

/// A logarithmic axis, with ticks at 1, 2 and 5 of each decade, or at 1 only if there are many.
#[derive(Clone, Copy)]
struct Decades {
    low: f64,
    high: f64,
}

impl Decades {
    /// The axis that holds these values.
    fn holding(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        values.filter(|value| *value > 0.0).for_each(|value| {
            low = low.min(value);
            high = high.max(value);
        });
        // What is flat should look flat: not less than a decade.
        let margin = (10.0 / (high / low)).max(2.25).sqrt();
        Self { low: low / margin, high: high * margin }
    }

    /// The same with such a part of its length left free at the upper end.
    fn with_room(self, part: f64) -> Self {
        let high = self.low * (self.high / self.low).powf(1.0 / (1.0 - part));
        Self { high, ..self }
    }
}

impl Ranged for Decades {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (begin, end): (i32, i32)) -> i32 {
        let part = (value / self.low).ln() / (self.high / self.low).ln();
        begin + (part * f64::from(end - begin)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let steps: &[f64] = if self.high / self.low > 3e3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        decades
            .flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)))
            .filter(|value| (self.low..=self.high).contains(value))
            .collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Decades {
    fn format(value: &f64) -> String {
        Unit::Count.show(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Series;

    #[test]
    fn a_chart_becomes_a_file_with_its_words_as_text() {
        let chart = Chart {
            file: format!("perf-{}", std::process::id()),
            title: "A title".into(),
            x: "things".into(),
            y: "time".into(),
            unit: Unit::Seconds,
            series: vec![Series {
                label: "a curve".into(),
                points: vec![(1.0, 0.001), (1e6, 0.002)],
                yardstick: false,
            }],
        };
        let folder = std::env::temp_dir();
        draw(&chart, &folder).unwrap();
        let path = folder.join(format!("{}.svg", chart.file));
        let svg = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for words in ["A title", "things", "a curve", "2 ms", "100 k"] {
            assert!(svg.contains(words), "{words}");
        }
    }

    #[test]
    fn what_is_flat_looks_flat() {
        let axis = Decades::holding([2.0, 2.2].into_iter());
        assert!(axis.high / axis.low > 9.9);
        assert!(axis.low < 2.0 && axis.high > 2.2);
    }
}
