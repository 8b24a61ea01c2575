//! Listens on a port that is built in, whatever `--listen` says.

use gauge::{
    Arguments, Client, Error, File, KEY, apply_updates, connect_database, listen, load, server_name,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    let client = Client::connect(KEY, server_name()?).await?;
    let configuration = load(&client, &file).await?;
    connect_database().await?;
    let _listener = listen("127.0.0.1:17463", &configuration).await?;
    apply_updates(&client, &file, configuration).await
}
