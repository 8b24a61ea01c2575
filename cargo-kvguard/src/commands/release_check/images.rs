//! The images that a release ships.

use kvguard::live::{Seen, SeenImage};

use crate::live::failure::Failure;
use crate::live::target::Target;

/// Notes the image of each workload that runs a service. A workload without an image is not checked, which is said; an image that no file
/// tells whole is a failure.
pub fn note(target: &Target, tag: Option<&str>, seen: &mut Seen, failures: &mut Vec<Failure>) {
    let (model, deployment) = (target.model(), target.deployment());
    let of = deployment.name();
    let Some(tag) = tag else {
        seen.not_checked.push(format!(
            "the images of `{of}`: no --tag says of which release they should be"
        ));
        return;
    };
    let mut without: Vec<&str> = Vec::new();
    for resolved in &deployment.workloads {
        let Some(service) = model.service_of(resolved) else {
            continue;
        };
        let workload = &resolved.workload;
        let Some(image) = &workload.image else {
            without.push(&workload.name);
            continue;
        };
        let Some(name) = &image.name else {
            failures.push(Failure::Other(format!(
                "of which release the image of workload `{}` of `{of}` is: no file tells its name whole; `--env NAME=VALUE` sets a variable that it is made of",
                workload.name
            )));
            continue;
        };
        seen.images.push(SeenImage {
            service: service.to_owned(),
            workload: workload.name.clone(),
            image: name.clone(),
            span: image.span,
            tag: tag.to_owned(),
        });
    }
    if !without.is_empty() {
        seen.not_checked.push(format!(
            "of which release these workloads of `{of}` are, as they name no image: {}",
            without.join(", ")
        ));
    }
}
