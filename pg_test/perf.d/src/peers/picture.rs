//! Late operations drawn: by the length of the log on the left, by lateness on the right, all
//! approaches on both. Inserts are solid, moves dashed.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::approach::Approach;
use super::late::{Found, count};
use crate::report::Unit;
use crate::{Failure, Result};

const SIZE: (u32, u32) = (1200, 520);
const FONT: &str = "Helvetica, Arial, sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const GRID: RGBColor = RGBColor(224, 227, 232);

/// Colours that people who see fewer of them can tell apart (Okabe and Ito).
fn colour(approach: Approach) -> RGBColor {
    match approach {
        Approach::PgTreecrdt => RGBColor(0, 114, 178),
        Approach::RowTrigger => RGBColor(213, 94, 0),
        Approach::FullReplay => RGBColor(0, 158, 115),
        Approach::SuffixRewind => RGBColor(204, 121, 167),
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;
type Curves = Vec<(Approach, bool, Vec<(f64, f64)>)>;

/// Draws the picture to this file.
///
/// # Errors
/// It cannot be written.
pub fn draw(found: &Found, path: &Path) -> Result<()> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    paint(found, &area).map_err(|e| Failure(format!("{}: {e}", path.display())))
}

fn paint(found: &Found, area: &Area<'_>) -> Drawn {
    area.fill(&WHITE)?;
    let (by_length, by_lateness) =
        (curves(found, Found::by_length), curves(found, Found::by_lateness));
    let all = || by_length.iter().chain(&by_lateness).flat_map(|(_, _, points)| points);
    let seconds = decades(all().map(|point| point.1));
    let title =
        "One late operation in a statement of its own: insert of a leaf (solid), move (dashed)";
    let area = area.margin(10, 0, 0, 0).titled(title, text(19.0))?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let axis = "operations in the log, all of them behind";
    panel(&left, &by_length, axis, seconds, true)?;
    let axis = format!("operations behind, of {} in the log", count(found.at_length));
    panel(&right, &by_lateness, &axis, seconds, false)?;
    area.present()?;
    Ok(())
}

fn curves(found: &Found, curve: fn(&Found, Approach, bool) -> Vec<(f64, f64)>) -> Curves {
    let kinds = [false, true];
    let each = Approach::ALL.into_iter().flat_map(|a| kinds.map(|is_move| (a, is_move)));
    each.map(|(approach, is_move)| (approach, is_move, curve(found, approach, is_move))).collect()
}

fn panel(
    area: &Area<'_>,
    curves: &Curves,
    axis: &str,
    seconds: (f64, f64),
    has_legend: bool,
) -> Drawn {
    let operations = decades(curves.iter().flat_map(|(_, _, points)| points).map(|point| point.0));
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .margin_right(24)
        .x_label_area_size(48)
        .y_label_area_size(74)
        .build_cartesian_2d(
            (operations.0..operations.1).log_scale(),
            (seconds.0..seconds.1).log_scale(),
        )?;
    chart
        .configure_mesh()
        .axis_style(INK.stroke_width(1))
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(text(13.0))
        .axis_desc_style(text(14.0))
        .x_desc(axis)
        .y_desc("latency of the statement, median")
        .x_label_formatter(&|value| count(*value as usize))
        .y_label_formatter(&|value| {
            Unit::Seconds.show(*value).replace(".00 ", " ").replace(".0 ", " ")
        })
        .draw()?;
    for (approach, is_move, points) in curves {
        let style = colour(*approach).stroke_width(2);
        let dots = |size| points.iter().map(move |&point| Circle::new(point, size, style.filled()));
        if *is_move {
            let line = DashedLineSeries::new(points.iter().copied(), 6, 4, style);
            chart.draw_series(line)?;
            chart.draw_series(dots(2))?;
        } else {
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style))?
                .label(approach.name())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], style));
            chart.draw_series(dots(4))?;
        }
    }
    if has_legend {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.9))
            .border_style(GRID)
            .label_font(text(13.0))
            .legend_area_size(30)
            .margin(10)
            .draw()?;
    }
    Ok(())
}

fn text(size: f64) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

/// The whole decades that hold these values.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    values.filter(|value| *value > 0.0).for_each(|value| {
        low = low.min(value);
        high = high.max(value);
    });
    if low > high {
        return (0.1, 1.0);
    }
    let (low, high) = (low.log10().floor(), high.log10().ceil());
    // A hair more, so that rounding keeps the outer labels.
    (10_f64.powf(low) * 0.999, 10_f64.powf(if high > low { high } else { low + 1.0 }) * 1.001)
}
