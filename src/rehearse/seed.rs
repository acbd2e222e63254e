//! cloud-init's NoCloud seed: as files, or as a small FAT disk that needs no tool to be made.
//! Plain functions of values.

use std::io;

use super::guests::SentGuest;

/// The seed's files: name and content.
pub(super) fn files(sent: &SentGuest) -> [(&'static str, Vec<u8>); 3] {
    let meta_data = format!("instance-id: {}\nlocal-hostname: guest\n", sent.instance_id);
    [
        ("user-data", sent.user_data.clone()),
        ("meta-data", meta_data.into_bytes()),
        // For roots that look for EC2 alone.
        (
            "datasource.cfg",
            b"datasource_list: [NoCloud, None]\n".to_vec(),
        ),
    ]
}

/// A FAT disk with the seed. The same guest, the same bytes.
#[cfg(feature = "qemu")]
pub(super) fn seed_disk(sent: &SentGuest) -> io::Result<Vec<u8>> {
    use std::io::Write as _;

    /// The smallest that holds any user data.
    const DISK_BYTES: usize = 1024 * 1024;
    /// The label by which cloud-init finds the disk.
    const LABEL: [u8; 11] = *b"CIDATA     ";

    let mut disk = io::Cursor::new(vec![0; DISK_BYTES]);
    let options = fatfs::FormatVolumeOptions::new().volume_label(LABEL);
    fatfs::format_volume(&mut disk, options)?;
    let volume = fatfs::FileSystem::new(&mut disk, fatfs::FsOptions::new())?;
    for (name, content) in files(sent) {
        let mut file = volume.root_dir().create_file(name)?;
        file.write_all(&content)?;
    }
    volume.unmount()?;
    Ok(disk.into_inner())
}

/// A build without the feature makes no disk.
#[cfg(not(feature = "qemu"))]
pub(super) fn seed_disk(_sent: &SentGuest) -> io::Result<Vec<u8>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this amiwatch was built without the feature `qemu`; rehearse in a container: `--engine nspawn --root DIR`",
    ))
}

#[cfg(feature = "qemu")]
#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};
    use std::time::Duration;

    use super::super::guests::{RehearsalSubject, builder};
    use super::*;

    #[test]
    fn the_disk_says_what_the_files_say() {
        let sent = builder(&RehearsalSubject {
            name: "r".to_owned(),
            user_data: "#!/bin/sh\ntrue\n".to_owned(),
            checks: Vec::new(),
            boot_checks: Vec::new(),
            timeout: Duration::from_secs(60),
        })
        .unwrap();
        let image = seed_disk(&sent).unwrap();
        assert_eq!(image, seed_disk(&sent).unwrap());
        let volume = fatfs::FileSystem::new(Cursor::new(image), fatfs::FsOptions::new()).unwrap();
        assert_eq!(volume.volume_label(), "CIDATA");
        for (name, content) in files(&sent) {
            let mut read = Vec::new();
            let mut file = volume.root_dir().open_file(name).unwrap();
            file.read_to_end(&mut read).unwrap();
            assert_eq!(read, content, "{name}");
        }
    }
}
