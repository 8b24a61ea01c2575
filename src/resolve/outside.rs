//! What workloads refer to by name and is in no file: whether the policy says that it comes from elsewhere.

use super::Deployment;
use crate::deploy::Dangling;
use crate::inputs::matches;
use crate::policy::OutsideObject;

impl OutsideObject {
    /// Whether it is the object that a reference asks for.
    pub fn is(&self, dangling: &Dangling) -> bool {
        self.kind == dangling.kind
            && matches(&self.name.value, &dangling.name)
            && (self.namespace.is_none() || self.namespace == dangling.namespace)
    }
}

impl Deployment {
    /// Whether an object is missing for certain: it is in none of the files, all of which could be read, and the policy names
    /// no other place that it comes from.
    pub fn misses(&self, dangling: &Dangling) -> bool {
        let kinds = [dangling.kind.name()];
        let mut lost = self.lost.iter();
        // A file that does not parse may hold it.
        let may_be_lost =
            self.is_partial || lost.any(|lost| lost.may_be(&kinds, Some(&dangling.name)));
        let mut outside = self.policy.outside_objects.iter();
        let stated = self.policy.cluster().into_iter();
        let mut secrets = stated.flat_map(|cluster| &cluster.secrets);
        let is_stated = outside.any(|outside| outside.is(dangling))
            || dangling.kind.is_secret()
                && secrets.any(|secret| {
                    secret.name.value == dangling.name
                        && (secret.namespace.is_none() || secret.namespace == dangling.namespace)
                });
        !may_be_lost && !is_stated
    }
}
