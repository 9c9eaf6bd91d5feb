//! Sizes of compute.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

use neon_api_raw::types::ComputeUnit;

use super::Fault;
use crate::error::InvalidInput;

/// The smallest size that the API has.
const SMALLEST: f64 = 0.25;

/// A size of compute in compute units (CU), 0.25 or more. One unit has about 4 GB of memory.
///
/// The constants are usual sizes. Any other is checked by [`new`](Self::new); which sizes there
/// are, and which the plan allows, is for the API to decide.
///
/// ```
/// use neon_api::input::ComputeSize;
///
/// let size = ComputeSize::new(3.0)?;
/// assert!(ComputeSize::TWO < size && size < ComputeSize::FOUR);
/// assert_eq!(size.units(), 3.0);
/// assert!(ComputeSize::new(0.1).is_err());
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ComputeSize(f64);

impl ComputeSize {
    /// 0.25 CU, the smallest.
    pub const QUARTER: Self = Self(SMALLEST);
    /// 0.5 CU.
    pub const HALF: Self = Self(0.5);
    /// 1 CU.
    pub const ONE: Self = Self(1.0);
    /// 2 CU.
    pub const TWO: Self = Self(2.0);
    /// 4 CU.
    pub const FOUR: Self = Self(4.0);
    /// 8 CU.
    pub const EIGHT: Self = Self(8.0);
    /// 16 CU, the largest that autoscaling goes up to in November 2026.
    pub const SIXTEEN: Self = Self(16.0);

    /// A size of this many compute units.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for less than 0.25, and for what is not a finite number.
    pub fn new(units: f64) -> Result<Self, InvalidInput> {
        if is_size(units) {
            Ok(Self(units))
        } else {
            let rule = "expected a number of compute units from 0.25 on";
            Err(InvalidInput::of_value("compute_size", rule))
        }
    }

    /// How many compute units.
    pub const fn units(self) -> f64 {
        self.0
    }
}

fn is_size(units: f64) -> bool {
    units >= SMALLEST && units.is_finite()
}

impl fmt::Display for ComputeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} CU", self.0)
    }
}

impl From<ComputeSize> for ComputeUnit {
    fn from(size: ComputeSize) -> Self {
        Self(size.0)
    }
}

impl From<ComputeSize> for f64 {
    fn from(size: ComputeSize) -> Self {
        size.0
    }
}

/// The sizes that a compute endpoint scales between: a range of [`ComputeSize`] or of compute
/// units.
///
/// A range that is open at one end leaves that limit as it is, or to the API. A single size is one
/// that does not scale. Setters refuse a range that is not in order, as
/// [`Error::InvalidInput`](crate::Error::InvalidInput).
///
/// ```no_run
/// # async fn run(endpoint: neon_api::endpoints::EndpointHandle) -> Result<(), neon_api::Error> {
/// use neon_api::input::ComputeSize;
///
/// endpoint.update().autoscaling(0.25..=2.0).ready().await?;
/// endpoint.update().autoscaling(..=ComputeSize::FOUR).ready().await?;
/// endpoint.update().autoscaling(ComputeSize::EIGHT).ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Autoscaling {
    min: Option<f64>,
    max: Option<f64>,
}

impl Autoscaling {
    fn fault(&self) -> Option<Fault> {
        let field = match (self.min, self.max) {
            (Some(min), _) if !is_size(min) => "autoscaling_limit_min_cu",
            (_, Some(max)) if !is_size(max) => "autoscaling_limit_max_cu",
            (Some(min), Some(max)) if min > max => "autoscaling_limit_min_cu",
            _ => return None,
        };
        let rule =
            "the autoscaling range must start at 0.25 compute units or more, with min <= max";
        Some((field, rule.into()))
    }

    /// Sets both limits, in place of those that were set before.
    pub(crate) fn set(
        self,
        min: &mut Option<ComputeUnit>,
        max: &mut Option<ComputeUnit>,
    ) -> Option<Fault> {
        let fault = self.fault();
        if fault.is_none() {
            *min = self.min.map(ComputeUnit);
            *max = self.max.map(ComputeUnit);
        }
        fault
    }
}

macro_rules! from_ranges {
    ($($of:ty)*) => {$(
        impl From<RangeInclusive<$of>> for Autoscaling {
            fn from(range: RangeInclusive<$of>) -> Self {
                let (min, max) = range.into_inner();
                Self { min: Some(min.into()), max: Some(max.into()) }
            }
        }

        impl From<RangeFrom<$of>> for Autoscaling {
            fn from(range: RangeFrom<$of>) -> Self {
                Self { min: Some(range.start.into()), max: None }
            }
        }

        impl From<RangeToInclusive<$of>> for Autoscaling {
            fn from(range: RangeToInclusive<$of>) -> Self {
                Self { min: None, max: Some(range.end.into()) }
            }
        }
    )*};
}

from_ranges!(f64 ComputeSize);

impl From<ComputeSize> for Autoscaling {
    fn from(size: ComputeSize) -> Self {
        Self::from(size..=size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_start_at_a_quarter() {
        for units in [0.25, 0.5, 56.0] {
            assert_eq!(ComputeSize::new(units).unwrap(), ComputeSize(units));
        }
        for units in [0.0, 0.24, -1.0, f64::NAN, f64::INFINITY] {
            let fault = ComputeSize::new(units).unwrap_err();
            assert_eq!(fault.field(), Some("compute_size"), "{units}");
        }
    }

    #[test]
    fn a_range_names_the_limit_that_is_wrong() {
        let field = |range: Autoscaling| range.fault().map(|(field, _)| field);
        assert_eq!(field((0.25..=0.25).into()), None);
        assert_eq!(field((..=4.0).into()), None);
        assert_eq!(field((8.0..).into()), None);
        for range in [0.0..=1.0, 2.0..=1.0, f64::NAN..=1.0] {
            let expected = Some("autoscaling_limit_min_cu");
            assert_eq!(field(range.clone().into()), expected, "{range:?}");
        }
        for range in [1.0..=f64::NAN, 1.0..=f64::INFINITY] {
            let expected = Some("autoscaling_limit_max_cu");
            assert_eq!(field(range.clone().into()), expected, "{range:?}");
        }
    }
}
