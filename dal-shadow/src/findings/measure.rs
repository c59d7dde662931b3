//! What is measured of a harness, for metrics.

/// One metric of a harness.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Its name, as OpenTelemetry forms them.
    pub name: &'static str,
    /// Its attributes.
    pub attributes: Vec<(&'static str, String)>,
    /// Its value.
    pub value: Measured,
}

/// The value of a [`Measurement`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Measured {
    /// What it is now.
    Gauge(f64),
    /// How often it happened since the last measurement.
    Count(u64),
    /// The times since the last measurement, in seconds, each with how often it was measured.
    Seconds(Vec<(f64, u64)>),
}

/// Measures everything; called once a second, and when there is something new.
pub(crate) type Measure = Box<dyn Fn() -> Vec<Measurement> + Send + Sync>;
