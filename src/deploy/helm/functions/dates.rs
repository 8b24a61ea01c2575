//! Sprig's functions on dates. The time stands still here, at a fixed moment, and the local zone is UTC.

use std::rc::Rc;

use super::super::objects::{Method, Object};
use super::super::template::value::{Data, Value};
use super::super::template::{Arguments, Refusal};
use super::layout::{self, Civil};
use super::{Function, Outcome, durations};

/// The moment that stands in for now: 2006-01-02 15:04:05 UTC.
const NOW: Moment = Moment {
    seconds: 1_136_214_245,
    nanosecond: 0,
};

/// Go's zero time.
const ZERO: Moment = Moment {
    seconds: -62_135_596_800,
    nanosecond: 0,
};

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    seconds: i64,
    nanosecond: u32,
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", "", |_, _| Ok(NOW.value())),
    Function::new("date", "sa", |_, a| {
        formatted(&a.text(0), a.get(1), "Local")
    }),
    Function::new("dateInZone", "sas", |_, a| {
        formatted(&a.text(0), a.get(1), &a.text(2))
    }),
    Function::new("date_in_zone", "sas", |_, a| {
        formatted(&a.text(0), a.get(1), &a.text(2))
    }),
    Function::new("htmlDate", "a", |_, a| {
        formatted("2006-01-02", a.get(0), "Local")
    }),
    Function::new("htmlDateInZone", "as", |_, a| {
        formatted("2006-01-02", a.get(0), &a.text(1))
    }),
    Function::new("dateModify", "st", |_, a| modify(a, false)),
    Function::new("date_modify", "st", |_, a| modify(a, false)),
    Function::new("mustDateModify", "st", |_, a| modify(a, true)),
    Function::new("must_date_modify", "st", |_, a| modify(a, true)),
    Function::new("toDate", "ss", |_, a| {
        Ok(read(&a.text(0), &a.text(1)).unwrap_or(ZERO).value())
    }),
    Function::new("mustToDate", "ss", |_, a| {
        let moment = read(&a.text(0), &a.text(1));
        Ok(moment.ok_or("parsing time: cannot parse")?.value())
    }),
    Function::new("unixEpoch", "t", |_, a| {
        Ok(moment_of(a.get(0)).seconds.to_string().into())
    }),
    Function::new("ago", "a", |_, a| {
        let since = NOW.seconds.saturating_sub(moment_of(a.get(0)).seconds);
        Ok(durations::printed(since.saturating_mul(durations::SECOND)).into())
    }),
    Function::new("duration", "a", |_, a| {
        let seconds = match &a.get(0).data {
            Data::Text(text) => super::math::decimal(text).unwrap_or(0),
            Data::Integer(value, kind) if kind.name() == "int64" => *value,
            _ => 0,
        };
        Ok(durations::printed(seconds.wrapping_mul(durations::SECOND)).into())
    }),
    Function::new("durationRound", "a", |_, a| {
        let duration = match &a.get(0).data {
            Data::Text(text) => durations::parse(text).unwrap_or(0),
            Data::Integer(value, kind) if kind.name() == "int64" => *value,
            Data::Object(_) => NOW
                .seconds
                .saturating_sub(moment_of(a.get(0)).seconds)
                .saturating_mul(durations::SECOND),
            _ => 0,
        };
        Ok(durations::rounded(duration).into())
    }),
];

fn moment_of(value: &Value) -> Moment {
    match &value.data {
        Data::Object(object) => match &**object {
            Object::Time(moment) => *moment,
            _ => NOW,
        },
        Data::Integer(seconds, kind) if matches!(kind.name(), "int" | "int64" | "int32") => {
            Moment {
                seconds: *seconds,
                nanosecond: 0,
            }
        }
        _ => NOW,
    }
}

fn formatted(layout: &str, date: &Value, zone: &str) -> Outcome {
    let known = matches!(zone, "" | "UTC" | "Local" | "GMT" | "Etc/UTC");
    if !known && zone.contains('/') {
        return Err(Refusal::Unsupported(
            "kvguard knows no time zone but UTC".to_owned(),
        ));
    }
    Ok(layout::format(&moment_of(date).civil(), layout).into())
}

fn modify(arguments: &Arguments, must: bool) -> Outcome {
    let moment = moment_of(arguments.get(1));
    match durations::parse(&arguments.text(0)) {
        Some(duration) => Ok(moment.later(duration).value()),
        None if must => Err("time: invalid duration".into()),
        None => Ok(moment.value()),
    }
}

fn read(layout: &str, text: &str) -> Option<Moment> {
    let civil = layout::parse(layout, text)?;
    Some(Moment {
        seconds: civil.seconds(),
        nanosecond: civil.nanosecond,
    })
}

impl Moment {
    fn value(self) -> Value {
        Value::object(Object::Time(self))
    }

    fn civil(self) -> Civil {
        Civil::of_seconds(self.seconds, self.nanosecond)
    }

    fn later(self, duration: i64) -> Self {
        let total = i64::from(self.nanosecond) + duration.rem_euclid(durations::SECOND);
        let seconds = self
            .seconds
            .saturating_add(duration.div_euclid(durations::SECOND))
            .saturating_add(total / durations::SECOND);
        Self {
            seconds,
            nanosecond: u32::try_from(total % durations::SECOND).unwrap_or(0),
        }
    }

    /// As `%v` prints it.
    pub(crate) fn printed(self) -> String {
        layout::format(&self.civil(), "2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// As JSON has it.
    pub(crate) fn json(self) -> String {
        layout::format(&self.civil(), "2006-01-02T15:04:05.999999999Z07:00")
    }

    /// The methods that templates can call.
    pub(crate) fn method(name: &str) -> Option<Method> {
        type Run = fn(&Rc<Object>, &mut Arguments) -> Result<Value, Refusal>;
        macro_rules! with {
            ($moment:ident, $arguments:ident => $value:expr) => {
                |object, $arguments| match &**object {
                    Object::Time($moment) => {
                        let _ = &$arguments;
                        Ok($value)
                    }
                    _ => Ok(Value::NIL),
                }
            };
        }
        let (takes, run): (&str, Run) = match name {
            "Format" => (
                "s",
                with!(moment, a => layout::format(&moment.civil(), &a.text(0)).into()),
            ),
            "Unix" => ("", with!(moment, _a => Value::int64(moment.seconds))),
            "Year" => ("", with!(moment, _a => Value::int(moment.civil().year))),
            "Day" => (
                "",
                with!(moment, _a => Value::int(i64::from(moment.civil().day))),
            ),
            "Hour" => (
                "",
                with!(moment, _a => Value::int(i64::from(moment.civil().hour))),
            ),
            "Minute" => (
                "",
                with!(moment, _a => Value::int(i64::from(moment.civil().minute))),
            ),
            "Second" => (
                "",
                with!(moment, _a => Value::int(i64::from(moment.civil().second))),
            ),
            "YearDay" => (
                "",
                with!(moment, _a => Value::int(moment.civil().day_of_year())),
            ),
            "UTC" | "Local" => ("", with!(moment, _a => moment.value())),
            "String" => ("", with!(moment, _a => moment.printed().into())),
            "IsZero" => ("", with!(moment, _a => Value::bool(*moment == ZERO))),
            _ => return None,
        };
        Some(Method { takes, run })
    }
}
