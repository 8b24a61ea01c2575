//! The compose project that is started for the run and taken down at its end.

use std::process::{Command, Stdio};
use std::time::SystemTime;

use kvguard::policy::KindPolicy;

use super::arguments::Arguments;
use crate::live::failure::Failure;
use crate::live::program::{Program, shown};
use crate::live::running::{Compose, Source};
use crate::live::target::Target;
use crate::output::print_error;

/// How long containers are given to end by themselves when they are taken down.
const GRACE: &str = "2";

/// A project that runs. It is taken down at the end, whichever that is.
pub struct Project {
    compose: Compose,
    words: Vec<String>,
    variables: Vec<(String, String)>,
    pulls: bool,
    is_quiet: bool,
    is_up: bool,
}

impl Project {
    /// The project of a deployment.
    ///
    /// # Errors
    ///
    /// The deployment is no compose project, or it is not known what compose calls it.
    pub fn of(arguments: &Arguments, target: &Target) -> Result<Self, Failure> {
        let (deployment, root) = (target.deployment(), target.root());
        let KindPolicy::Compose(policy) = &deployment.policy.of_kind else {
            return Err(Failure::Other(format!(
                "--up starts compose projects, and `{}` is none; start it yourself, and leave --up out",
                deployment.name()
            )));
        };
        let name = match &arguments.logs {
            Some(Source::Compose(name)) => name.clone(),
            _ => None,
        };
        let compose = Compose::of(name, deployment, root, SystemTime::now())?;
        let mut words = program();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--project-name", compose.project().to_owned());
        let path = |file: &str| root.join(file).display().to_string();
        for file in &policy.interpolation_files {
            option("--env-file", path(&file.value));
        }
        for profile in policy.profiles.iter().flatten() {
            option("--profile", profile.clone());
        }
        for file in &deployment.policy.files {
            option("--file", path(&file.value));
        }
        let variables = policy.environment.iter();
        let variables = variables.map(|(name, value)| (name.clone(), value.clone()));
        Ok(Self {
            compose,
            words,
            variables: variables.collect(),
            pulls: !arguments.no_pull,
            is_quiet: arguments.live.presentation.quiet,
            is_up: false,
        })
    }

    /// Pulls its images and starts it.
    ///
    /// # Errors
    ///
    /// It runs already, or does not start.
    pub async fn start(&mut self) -> Result<(), Failure> {
        if !self.compose.ids().await?.is_empty() {
            return Err(Failure::Other(format!(
                "compose project `{}` has containers already, which --up would take down in the end; leave --up out, or name another project with --logs compose:PROJECT",
                self.compose.project()
            )));
        }
        if self.pulls {
            self.say("pulling the images of");
            self.program(&["pull", "--quiet"]).output().await?;
        }
        self.say("starting");
        // From here on there may be something to take down.
        self.is_up = true;
        self.program(&["up", "--detach"]).output().await?;
        Ok(())
    }

    fn say(&self, what: &str) {
        if !self.is_quiet {
            print_error(&format!(
                "{what} compose project `{}`\n",
                self.compose.project()
            ));
        }
    }

    /// Compose with these words. Ctrl-C does not reach it: it is for this command, which then takes the project down.
    fn program(&self, words: &[&str]) -> Program {
        let (name, options) = self
            .words
            .split_first()
            .map_or(("docker", &[][..]), |(name, options)| {
                (name.as_str(), options)
            });
        Program::new(name)
            .args(options.iter().cloned())
            .args(words.iter().copied())
            .envs(self.variables.iter().cloned())
            .in_own_group()
            .without_time_limit()
    }

    /// Takes it down.
    ///
    /// # Errors
    ///
    /// It cannot be taken down.
    pub fn end(mut self) -> Result<(), Failure> {
        self.take_down()
    }

    fn take_down(&mut self) -> Result<(), Failure> {
        if !std::mem::take(&mut self.is_up) {
            return Ok(());
        }
        let program = self.program(&["down", "--timeout", GRACE]);
        let fail = |why: String| {
            Failure::Other(format!(
                "the compose project may still run: `{}` failed: {why}; run it by hand",
                program.typed()
            ))
        };
        let output = program.command().output();
        let output = output.map_err(|error| fail(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let told = shown(&output.stderr);
        Err(fail(told.unwrap_or_else(|| output.status.to_string())))
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Err(failure) = self.take_down() {
            print_error(&format!("error: {failure}\n"));
        }
    }
}

/// Compose as a plugin of Docker, or the program that it was before.
fn program() -> Vec<String> {
    let is_plugin = Command::new("docker")
        .args(["compose", "version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let words: &[&str] = if is_plugin {
        &["docker", "compose"]
    } else {
        &["docker-compose"]
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}
