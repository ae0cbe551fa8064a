//! The report as JSON: settings, raw samples, ratios.

use serde_json::{Value, json};

use crate::measure::{median, quantile};
use crate::report::{Chart, Line, Report, Side};

/// Everything that the report holds.
pub fn report(report: &Report) -> Value {
    let facts: serde_json::Map<String, Value> =
        report.facts.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "facts": facts,
        "lines": report.lines.iter().map(line).collect::<Vec<_>>(),
        "charts": report.charts.iter().map(chart).collect::<Vec<_>>(),
    })
}

fn line(line: &Line) -> Value {
    let ratio = line.ratio().map(|r| json!({"median": r.median, "min": r.min, "max": r.max}));
    json!({
        "topic": line.topic,
        "workload": line.workload,
        "a": side(&line.a),
        "b": line.b.as_ref().map(side),
        "ratio": ratio,
        "goal": line.goal.map(|goal| goal.show()),
        "met": line.met(),
        "note": line.note,
    })
}

fn side(side: &Side) -> Value {
    let mut all = json!({
        "label": side.label,
        "unit": side.unit.name(),
        "median": median(&side.values),
        "samples": side.values,
    });
    if !side.raw.is_empty() {
        // To the nanosecond: more digits mean nothing.
        let raw: Vec<f64> = side.raw.iter().map(|value| (value * 1e9).round() / 1e9).collect();
        all["latencies"] = json!({
            "p50": quantile(&raw, 0.5),
            "p99": quantile(&raw, 0.99),
            "all": raw,
        });
    }
    all
}

fn chart(chart: &Chart) -> Value {
    let series: Vec<Value> = chart
        .series
        .iter()
        .map(|series| json!({"label": series.label, "points": series.points}))
        .collect();
    json!({"file": chart.file, "title": chart.title, "x": chart.x, "y": chart.y, "series": series})
}
