//! The door for files that people name: a config, a recipe, a secret. Only a file is read, never more of
//! it than its reader can use, and never is anybody waited for: there is one thread, and a named pipe,
//! a device or a file without an end must not take it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// A file's bytes, at most so many.
///
/// # Errors
/// When it is no file, is longer, or cannot be read.
pub fn read_bytes(path: &Path, at_most: u64) -> io::Result<Vec<u8>> {
    Ok(read_with_metadata(path, at_most)?.1)
}

/// A file's text in UTF-8, at most so many bytes of it.
///
/// # Errors
/// When it is no file, is longer, is not UTF-8, or cannot be read.
pub fn read_text(path: &Path, at_most: u64) -> io::Result<String> {
    String::from_utf8(read_bytes(path, at_most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not text in UTF-8"))
}

/// A file's bytes with what the file system says of it.
///
/// # Errors
/// When it is no file, is longer, or cannot be read.
pub fn read_with_metadata(path: &Path, at_most: u64) -> io::Result<(Metadata, Vec<u8>)> {
    // Before it is opened: opening alone can set a device off.
    only_a_file(&std::fs::metadata(path)?)?;
    let file = without_waiting(path)?;
    let about = file.metadata()?;
    // It may have been replaced in between.
    only_a_file(&about)?;
    let mut bytes = Vec::new();
    file.take(at_most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > at_most {
        true => Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it is longer than {at_most} bytes"),
        )),
        false => Ok((about, bytes)),
    }
}

/// A pipe without a writer, or one of the kernel's files that wait for news, says so at once.
fn without_waiting(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

fn only_a_file(about: &Metadata) -> io::Result<()> {
    let sort = about.file_type();
    let what = match () {
        () if sort.is_file() => return Ok(()),
        () if sort.is_dir() => return Err(io::Error::from(ErrorKind::IsADirectory)),
        () if sort.is_fifo() => "a pipe",
        () if sort.is_socket() => "a socket",
        () => "a device",
    };
    let why = format!("it is {what}, and only a file is read");
    Err(io::Error::new(ErrorKind::InvalidInput, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(path: &Path) -> String {
        read_bytes(path, 8).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(read_bytes(&path, 8).unwrap(), b"12345678");
        assert_eq!(read_text(&path, 8).unwrap(), "12345678");
        std::fs::write(&path, "123456789").unwrap();
        assert_eq!(why(&path), "it is longer than 8 bytes");
        std::fs::write(&path, b"\xff").unwrap();
        assert!(read_text(&path, 8).is_err());
    }

    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let zero = Path::new("/dev/zero");
        for (path, what) in [
            (pipe.as_path(), "a pipe"),
            (link.as_path(), "a pipe"),
            (folder.path().join("socket").as_path(), "a socket"),
            (zero, "a device"),
            (folder.path(), "is a directory"),
        ] {
            assert!(why(path).contains(what), "{path:?}: {}", why(path));
        }
    }
}
