//! What numbers count, and how they are written.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Operations a second.
    Rate,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
}

impl Unit {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Rate => "ops/s",
            Self::Bytes => "bytes",
            Self::Count => "",
        }
    }

    /// A number, with three digits and the unit.
    pub fn show(self, value: f64) -> String {
        let steps: &[(f64, &str)] = match self {
            Self::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
            Self::Rate => &[(1e6, "M op/s"), (1e3, "k op/s"), (1.0, "op/s")],
            Self::Bytes => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
            Self::Count => &[(1e6, "M"), (1e3, "k"), (1.0, "")],
        };
        let (step, name) =
            *steps.iter().find(|(step, _)| value.abs() >= *step).unwrap_or(&steps[steps.len() - 1]);
        let scaled = value / step;
        let digits = if scaled.abs() >= 100.0 {
            0
        } else if scaled.abs() >= 10.0 {
            1
        } else {
            2
        };
        format!("{scaled:.digits$} {name}").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        assert_eq!(Unit::Seconds.show(0.001_234), "1.23 ms");
        assert_eq!(Unit::Rate.show(123_456.0), "123 k op/s");
        assert_eq!(Unit::Bytes.show(12.0), "12.0 B");
        assert_eq!(Unit::Count.show(0.0), "0.00");
    }
}
