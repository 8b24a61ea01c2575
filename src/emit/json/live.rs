//! What a command saw and did in a running fleet.

use super::Writer;
use crate::live::{Holds, Seen};

/// What was seen of a deployment.
pub(super) fn seen(json: &mut Writer, seen: &Seen) {
    json.object(|json| {
        json.key("deployment").string(&seen.deployment);
        json.key("store").string(&seen.store);
        json.key("keys").array(&seen.keys, |json, key| {
            json.object(|json| {
                json.key("service").string(&key.service);
                json.key("key").string(&key.key);
                json.key("holds").string(match &key.holds {
                    Holds::Nothing => "nothing",
                    Holds::Value(_) => "a value",
                    Holds::NotRead => "not read",
                });
                json.key("bytes");
                match &key.holds {
                    Holds::Value(value) => json.number(value.bytes),
                    Holds::Nothing | Holds::NotRead => json.raw("null"),
                }
            });
        });
        json.key("done").array(&seen.done, |json, done| {
            json.object(|json| {
                json.key("service").string(&done.service);
                json.key("key").string(&done.key);
                json.key("what").string(done.what);
                json.key("detail").string(&done.detail);
            });
        });
        json.key("excused").array(&seen.excused, |json, excused| {
            json.object(|json| {
                json.key("service").string(&excused.service);
                json.key("reason").string(&excused.reason);
            });
        });
        json.key("probed").strings(&seen.probed);
        json.key("changes").strings(&seen.changes);
        json.key("not_checked").strings(&seen.not_checked);
    });
}
