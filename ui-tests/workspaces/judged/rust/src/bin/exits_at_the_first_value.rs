//! Takes the first value that its watch brings for an update, and exits for its supervisor to start it again.

use gauge::{
    Arguments, Client, Error, File, KEY, Updates, connect_database, listen, load, server_name,
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
    let _listener = listen(&arguments.listen, &configuration).await?;
    Updates::begin(&client).await?.next().await?;
    Ok(())
}
