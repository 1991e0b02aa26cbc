//! Typed sections: structs whose fields each read one key.

use crate::value::{Secret, Value};
use std::time::Duration;

/// Longest time that a typed setting keeps, so that it can be added to any clock: a hundred years.
pub(crate) const DURATION_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A field's type that a value can be read as.
pub(crate) trait FromValue: Sized {
    /// The value in this type; `None` where a key of another type was named, which a test looks for.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Boolean(flag) = value { Some(*flag) } else { None }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl FromValue for i32 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64().and_then(|number| i32::try_from(number).ok())
    }
}

impl FromValue for i16 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Short(number) = value { Some(*number) } else { None }
    }
}

impl FromValue for f64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Double(number) = value { Some(*number) } else { None }
    }
}

/// For keys that are never negative; a negative number reads as 0.
impl FromValue for u64 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64().map(|number| u64::try_from(number).unwrap_or(0))
    }
}

/// For keys that are never negative; a negative number reads as 0.
impl FromValue for usize {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64().map(|number| usize::try_from(number.max(0)).unwrap_or(usize::MAX))
    }
}

/// Milliseconds; a negative number reads as zero, a very long time as [`DURATION_MAX`].
impl FromValue for Duration {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64().map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(DURATION_MAX))
    }
}

/// Milliseconds; no value, a negative number and a time beyond [`DURATION_MAX`] mean never.
impl FromValue for Option<Duration> {
    fn from_value(value: &Value) -> Option<Self> {
        Some(match (value, value.as_i64()) {
            (Value::Null, _) => None,
            (_, number) => {
                u64::try_from(number?).ok().map(Duration::from_millis).filter(|length| *length < DURATION_MAX)
            }
        })
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::List(entries) = value { Some(entries.clone()) } else { None }
    }
}

impl FromValue for Secret {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Password(secret) = value { Some(secret.clone()) } else { None }
    }
}

/// A key that may have no value.
macro_rules! optional {
    ($($inner:ty),*) => {$(
        impl FromValue for Option<$inner> {
            fn from_value(value: &Value) -> Option<Self> {
                if *value == Value::Null { Some(None) } else { <$inner>::from_value(value).map(Some) }
            }
        }
    )*};
}
optional!(bool, i32, i64, String, Secret, Vec<String>);

/// Declares a struct whose fields each read one key, and `read`, which fills it from a function from name to value.
/// The names are kept in `KEYS`.
macro_rules! section {
    (
        $(#[$about:meta])*
        $section:ident {
            $( $(#[doc = $doc:literal])+ $field:ident: $kind:ty = $key:literal, )*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $section {
            $( $(#[doc = $doc])+ pub $field: $kind, )*
        }

        impl $section {
            /// The keys that the fields read.
            #[allow(dead_code)] // read by tests
            pub(crate) const KEYS: &[&str] = &[$($key),*];

            /// Fills the section. A key of another type than its field is a defect of this file: a test reads every
            /// section.
            pub(crate) fn read(value_of: &dyn Fn(&str) -> $crate::value::Value) -> Self {
                Self {
                    $( $field: match $crate::section::FromValue::from_value(&value_of($key)) {
                        Some(value) => value,
                        None => unreachable!("{} is read as a type that it has not", $key),
                    }, )*
                }
            }
        }
    };
}
pub(crate) use section;
