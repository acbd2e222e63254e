//! Which disks the store refuses: those that are reached over a network. SQLite's write-ahead log needs
//! memory that all its processes share and locks that hold; over NFS (EFS too), SMB and their like it
//! seems to work until the day it has destroyed the file.
//!
//! A file system that is not known here is not refused.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::super::StoreError;

/// What `statfs` says of every FUSE file system, local or not; its type's name tells them apart.
const FUSE: u32 = 0x6573_5546;

/// `statfs` types, from linux/magic.h and the file systems' own sources.
const NETWORK_MAGIC: [(u32, &str); 13] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x0102_1997, "9p"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
];

/// The names that remote FUSE file systems have in the table of mounts, behind `fuse.`.
const NETWORK_FUSE: [&str; 13] = [
    "blobfuse",
    "ceph",
    "ceph-fuse",
    "efs",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "juicefs",
    "mount-s3",
    "mountpoint-s3",
    "rclone",
    "s3fs",
    "sshfs",
];

/// The network file system that holds this folder, in a word; `None` when it is local, not known here,
/// or cannot be told.
pub(super) fn network_file_system(folder: &Path) -> Option<String> {
    // The type is a signed word whose width differs by machine; the numbers have 32 bits.
    let magic = rustix::fs::statfs(folder).ok()?.f_type as u32;
    if magic != FUSE {
        return by_magic(magic).map(str::to_owned);
    }
    let device = fs::metadata(folder).ok()?.dev();
    let device = (rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    by_fuse_type(type_of(&mounts, device)?).map(str::to_owned)
}

/// Such a disk, in words.
pub(super) fn refused(place: &str, kind: &str) -> StoreError {
    StoreError::Refused {
        why: format!(
            "the store at {place} is on {kind}, a network file system, which would damage it"
        ),
        advice: "put it on a local disk (EBS, not EFS) and set [store] url, see docs/deploy.md"
            .to_owned(),
    }
}

fn by_magic(magic: u32) -> Option<&'static str> {
    let found = NETWORK_MAGIC.iter().find(|(known, _)| *known == magic);
    found.map(|(_, name)| *name)
}

fn by_fuse_type(kind: &str) -> Option<&'static str> {
    let name = kind.strip_prefix("fuse.")?;
    NETWORK_FUSE.into_iter().find(|known| *known == name)
}

/// The file system's type in `/proc/self/mountinfo`: the first word after the lone dash.
fn type_of(mounts: &str, (major, minor): (u32, u32)) -> Option<&str> {
    let device = format!("{major}:{minor}");
    let of_device = |line: &&str| line.split(' ').nth(2) == Some(&device);
    let (_, after) = mounts.lines().find(of_device)?.split_once(" - ")?;
    after.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_number() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0xFF53_4D42, "CIFS"),
            (0xFE53_4D42, "SMB"),
            (0x0102_1997, "9p"),
            (0x00C3_6400, "Ceph"),
            (0x0BD0_0BD0, "Lustre"),
        ] {
            assert_eq!(by_magic(magic), Some(name));
        }
        // ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS, and one that nobody has made yet.
        for local in [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
            0x1234_5678,
        ] {
            assert_eq!(by_magic(local), None, "{local:#x}");
        }
    }

    #[test]
    fn fuse_is_told_apart_by_its_type() {
        let mounts = "\
22 28 0:21 / /proc rw,nosuid shared:5 - proc proc rw
91 28 0:55 / /mnt/bucket rw shared:44 - fuse.mountpoint-s3 mountpoint-s3 rw,user_id=0
92 28 0:56 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw
93 28 0:57 / /odd rw
";
        let of = |minor| type_of(mounts, (0, minor));
        assert_eq!(of(55).and_then(by_fuse_type), Some("mountpoint-s3"));
        assert_eq!(of(56), Some("fuse.fuse-overlayfs"));
        assert_eq!(of(56).and_then(by_fuse_type), None);
        assert_eq!((of(57), of(58)), (None, None));
        assert_eq!(by_fuse_type("nfs4"), None);
    }

    #[test]
    fn this_machine_can_be_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(network_file_system(folder.path()), None);
        assert_eq!(network_file_system(Path::new("/nowhere/at/all")), None);
        let here = fs::metadata("/proc").unwrap().dev();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let device = (rustix::fs::major(here), rustix::fs::minor(here));
        assert_eq!(type_of(&mounts, device), Some("proc"));
    }
}
