//! Runs the binary, and serves an account to it in real time.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use amiwatch::cli::demo::machine::ToldGuest;
use sim::{Account, Boot, Guest, Machine, ServeOptions, SimClock, Timing};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::common::guest::{AtOnce, Day, play_within};
use crate::common::slack;
use crate::common::store_files::memory_folder;
use crate::common::world::{self, CONFIG, RECIPE};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder in which the binary runs, and what it is told by its environment.
pub(crate) struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// Who runs the binary, where that is somebody else.
    uid: Option<u32>,
}

/// The user who owns nothing.
const NOBODY: u32 = 65_534;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// No config, no credentials, and no instance that could be asked for them.
    pub(crate) fn bare() -> Self {
        let folder = memory_folder();
        let home = folder.path().display().to_string();
        Self {
            folder,
            environment: Vec::new(),
            uid: None,
        }
        .with("HOME", &home)
        .with("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// With credentials and this endpoint for every call, and no config.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::bare()
            .with("AWS_ENDPOINT_URL", &format!("http://{address}"))
            .with("AWS_REGION", world::REGION)
            .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .with("AWS_SECRET_ACCESS_KEY", "keep-me-secret")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The usual config and recipe, with the store beside them.
    pub(crate) fn configured(self) -> Self {
        self.file("logging.yaml", RECIPE);
        let store = "\n[store]\nurl = \"sqlite://amiwatch.db\"\n";
        self.file("amiwatch.toml", &format!("{CONFIG}{store}"));
        self
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Run by somebody who may not write where the file modes say so: the superuser may everywhere.
    pub(crate) fn by_nobody(mut self) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let owner = self.folder.path().metadata().unwrap().uid();
        self.uid = (owner == 0).then_some(NOBODY);
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_amiwatch"));
        command.args(arguments);
        command
    }

    /// A program that runs in this folder and environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(Path::new(name));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        if let Some(uid) = self.uid {
            use std::os::unix::process::CommandExt as _;
            command.uid(uid);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().expect("the binary runs"))
    }

    /// Starts a command; its streams are read when it has ended, or line by line.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().expect("the binary starts")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        for secret in ["keep-me-secret", world::RECIPE_WORD, slack::HOOK_WORD] {
            let said = ran.stdout.contains(secret) || ran.stderr.contains(secret);
            assert!(!said, "{secret} is printed: {ran:?}");
        }
        ran
    }
}

impl Ran {
    /// The answer as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Its error is one line that a person can act on.
    #[track_caller]
    pub(crate) fn says_in_one_line(&self, what: &str) {
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "{self:?}");
        assert!(self.stderr.contains(what), "{self:?}");
    }
}

/// Reads a child's stderr up to a line that contains this.
pub(crate) fn wait_for_line(child: &mut Child, what: &str) {
    let stderr = child.stderr.as_mut().expect("stderr is piped");
    let mut lines = BufReader::new(stderr).lines();
    let found = lines.any(|line| line.is_ok_and(|line| line.contains(what)));
    assert!(found, "the process ended without `{what}`");
}

/// An account that is served on loopback until this is dropped.
pub(crate) struct Served {
    pub(crate) account: Account,
    pub(crate) address: SocketAddr,
    /// Where builders wait to be played.
    hold: Sender<(Boot, Machine)>,
    held: Receiver<(Boot, Machine)>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

/// Builders are handed to the test, boot tests play at once.
struct Hold(Mutex<Sender<(Boot, Machine)>>);

impl Guest for Hold {
    fn boot(&self, boot: Boot, machine: Machine) {
        let told =
            ToldGuest::read_user_data(&boot.user_data).expect("only amiwatch launches guests here");
        match told.role.as_str() {
            "builder" => drop(self.0.lock().unwrap().send((boot, machine))),
            _ => play_within(Duration::ZERO, Day::Quick, &told, boot, machine),
        }
    }
}

impl Served {
    /// The usual world, in which EC2's state changes take no time.
    pub(crate) fn start() -> Self {
        let account = Account::new(SimClock::system());
        account.set_timing(Timing::instant());
        world::fill(&account);
        let (hold, held) = channel();
        account.set_guest(Hold(Mutex::new(hold.clone())));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = channel();
        let of_server = account.clone();
        let server = std::thread::Builder::new();
        let server = server.spawn(move || serve(of_server, stopped, &tell));
        Self {
            account,
            address: told
                .recv_timeout(PATIENCE)
                .expect("loopback can be listened on"),
            hold,
            held,
            stop: Some(stop),
            server: Some(server.expect("a thread starts")),
        }
    }

    /// Builders wait to be played from now on.
    pub(crate) fn guests_wait(&self) {
        self.account.set_guest(Hold(Mutex::new(self.hold.clone())));
    }

    /// Guests have good days from now on, builders too.
    pub(crate) fn guests_play(&self) {
        self.account.set_guest(AtOnce(Day::Quick));
    }

    /// The builder that was launched, running and waiting to be played.
    pub(crate) fn builder(&self) -> (Boot, Machine) {
        let held = self.held.recv_timeout(PATIENCE);
        held.expect("a builder is launched")
    }
}

/// Lets a held builder have its good day.
pub(crate) fn let_play((boot, machine): (Boot, Machine)) {
    let told = ToldGuest::read_user_data(&boot.user_data).expect("it is a builder of ours");
    play_within(Duration::ZERO, Day::Quick, &told, boot, machine);
}

fn serve(account: Account, stopped: oneshot::Receiver<()>, tell: &Sender<SocketAddr>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be built").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell.send(listener.local_addr().unwrap()).unwrap();
        tokio::select! {
            biased;
            _ = stopped => {}
            served = sim::serve(account, listener, ServeOptions::default()) => served.unwrap(),
        }
    });
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            let ended = server.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the server failed"
            );
        }
    }
}
