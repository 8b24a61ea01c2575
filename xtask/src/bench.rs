//! stub
pub(crate) mod generated;
#[derive(Debug, clap::Args)]
pub struct Arguments {
    dir: std::path::PathBuf,
    n: usize,
    #[arg(long)]
    drift: bool,
}
pub fn run(a: &Arguments) -> Result<(), crate::Failure> {
    generated::write_fleet(
        &a.dir,
        a.n,
        if a.drift {
            generated::State::Drifted
        } else {
            generated::State::Clean
        },
    )
}
