//! `sim serve`: the simulated account over HTTP, for any AWS client that is pointed at it.

use std::path::PathBuf;

use anyhow::Context as _;
use sim::{Account, ExecGuest, ServeOptions, SimClock, World};
use tokio::net::TcpListener;

use super::args::{Serve, Sim, SimCommand};
use super::demo::machine::ModelMachine;
use crate::file_read;
use crate::flow::exit_code::Exit;

/// A world of ten thousand environments has a third of this.
const WORLD_MAX_BYTES: u64 = 64 * 1024 * 1024;

pub(super) async fn run_sim(own: &Sim) -> anyhow::Result<Exit> {
    match &own.command {
        SimCommand::Serve(serve) => serve_account(serve).await,
    }
}

async fn serve_account(own: &Serve) -> anyhow::Result<Exit> {
    let system = SimClock::system();
    let clock = match own.speed {
        1.0 => system,
        speed => SimClock::running(system.now(), speed),
    };
    let account = Account::new(clock);
    if let Some(path) = &own.world {
        let name = path.display();
        let text = file_read::read_text(path, WORLD_MAX_BYTES)
            .with_context(|| format!("the world {name} cannot be read; name a readable file"))?;
        let world = World::parse(&text).with_context(|| format!("the world {name} is wrong"))?;
        account
            .load(world)
            .with_context(|| format!("the world {name} does not hold together"))?;
    }
    let disks = guest(&account, own)?;
    let listener = TcpListener::bind(own.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; name a free one", own.listen))?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("  export AWS_ENDPOINT_URL=http://{address} AWS_REGION=eu-west-1");
    println!("  export AWS_ACCESS_KEY_ID=sim AWS_SECRET_ACCESS_KEY=sim");
    let options = ServeOptions {
        allow_remote: own.anywhere,
        speed: own.speed,
        ..ServeOptions::default()
    };
    tokio::select! {
        biased;
        () = super::stopped() => {}
        served = sim::serve(account, listener, options) => served?,
    }
    if let Some(disks) = disks {
        std::fs::remove_dir_all(&disks)
            .with_context(|| format!("{} could not be removed", disks.display()))?;
    }
    Ok(Exit::Done)
}

/// Who plays the guests: the program that was named, or the model. Returns the folder of their disks.
fn guest(account: &Account, own: &Serve) -> anyhow::Result<Option<PathBuf>> {
    let Some(command) = &own.guest_exec else {
        account.set_guest(ModelMachine);
        return Ok(None);
    };
    let disks = std::env::temp_dir().join(format!("amiwatch-sim-{}", std::process::id()));
    std::fs::create_dir_all(&disks)
        .with_context(|| format!("{} cannot be made for the guests' disks", disks.display()))?;
    account.set_guest(ExecGuest::new(command.clone(), disks.clone()));
    Ok(Some(disks))
}
