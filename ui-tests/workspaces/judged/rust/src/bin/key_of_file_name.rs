//! Makes its key of its configuration file's name, which is `gauge.json` where it is deployed.

use gauge::{
    Arguments, Client, Error, File, apply_updates, connect_database, listen, load, server_name,
};
use kvguard_runtime::Key;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    let client = Client::connect(key(&arguments)?, server_name()?).await?;
    let configuration = load(&client, &file).await?;
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    apply_updates(&client, &file, configuration).await
}

fn key(arguments: &Arguments) -> Result<Key, Error> {
    let name = arguments.config.file_name().ok_or(Error::Usage)?;
    Key::new(format!("config/{}", name.to_string_lossy())).map_err(|_| Error::Usage)
}
