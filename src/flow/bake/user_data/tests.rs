//! What is composed: its shape, its order, its limits, and what it refuses.

use super::*;
use crate::cloud_init::mime;
use crate::model::bake::{KeyInputs, RecipeDigest};
use crate::model::ids::{Architecture, ImageId, Installation, WatchName};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn checks() -> Vec<Check> {
    vec![Check {
        name: "it's \"there\"".to_owned(),
        run: "grep -q 'x' /etc/x && echo \"$HOME\"".to_owned(),
    }]
}

fn builder(user_data: &str) -> Result<Vec<u8>, UserDataError> {
    compose_builder(&BuilderGuest {
        user_data,
        checks: &checks(),
        nonce: NONCE,
        deadline_s: 900,
        proof: Proof::Console,
        kept: false,
    })
}

/// Type, name and body of every part, read back.
fn parts(user_data: &str) -> Vec<(String, String, String)> {
    let message = String::from_utf8(builder(user_data).unwrap()).unwrap();
    let parts = mime::read_mime(&message).unwrap();
    parts
        .into_iter()
        .map(|part| {
            (
                part.content_type,
                part.name,
                String::from_utf8(part.body).unwrap(),
            )
        })
        .collect()
}

fn names(user_data: &str) -> Vec<String> {
    parts(user_data).into_iter().map(|part| part.1).collect()
}

/// The lines of the other proof are left out, and no mark of theirs stays.
#[test]
fn each_proof_has_its_own_lines() {
    let of = |proof| {
        let composed = compose_boot_test(&checks(), NONCE, 900, proof).unwrap();
        String::from_utf8(composed).unwrap()
    };
    let (console, ssm) = (of(Proof::Console), of(Proof::Ssm));
    for text in [&console, &ssm] {
        let marked = |line: &str| line.ends_with("#console") || line.ends_with("#ssm");
        assert!(!text.lines().any(marked), "{text}");
    }
    assert!(console.contains("\n[ $ended = deadline ] || { $off && sleep 120; }\n"));
    assert!(console.contains("systemctl stop ecs amazon-ssm-agent systemd-random-seed"));
    assert!(!console.contains("wanted"));
    assert!(ssm.contains("\nconsole=$run/frames\n"));
    assert!(!ssm.contains("ttyS0") && !ssm.contains("stop ecs amazon-ssm-agent"));
}

#[test]
fn ours_come_first_and_last() {
    let parts = parts("#cloud-config\nruncmd:\n  - true\n");
    let heads: Vec<(&str, &str)> = parts.iter().map(|p| (p.0.as_str(), p.1.as_str())).collect();
    assert_eq!(
        heads,
        [
            ("text/cloud-boothook", "00-amiwatch"),
            ("text/cloud-config", "50-01-recipe"),
            ("text/x-shellscript", "zz-amiwatch-verify"),
        ]
    );
    assert_eq!(parts[1].2.trim_end(), "#cloud-config\nruncmd:\n  - true");
    assert!(parts[0].2.starts_with("#!/bin/sh\n"));
}

#[test]
fn nothing_stays_unfilled_and_nothing_secret_leaves_its_quotes() {
    let text = String::from_utf8(builder("#!/bin/sh\ntrue\n").unwrap()).unwrap();
    for word in [
        "@NONCE@",
        "@ROLE@",
        "@DEADLINE@",
        "@GRACE@",
        "@TAIL@",
        "@CHECKS@",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains(&format!("nonce='{NONCE}'")) && text.contains("deadline='900'"));
    assert!(text.contains(&STANDARD.encode(&checks()[0].run)) && !text.contains("it's \"there\""));
}

#[test]
fn the_same_inputs_give_the_same_bytes_and_others_do_not() {
    assert_eq!(builder("#!/bin/sh\na\n"), builder("#!/bin/sh\na\n"));
    assert_ne!(builder("#!/bin/sh\na\n"), builder("#!/bin/sh\nb\n"));
    let boot_test = |nonce| compose_boot_test(&checks(), nonce, 900, Proof::Console).unwrap();
    assert_eq!(boot_test(NONCE), boot_test(NONCE));
    assert_ne!(boot_test(NONCE), boot_test("ff"));
}

#[test]
fn what_is_kept_when_it_fails_is_not_cleaned_then() {
    let composed = |kept| {
        let guest = BuilderGuest {
            user_data: "#!/bin/sh\na\n",
            checks: &checks(),
            nonce: NONCE,
            deadline_s: 900,
            proof: Proof::Console,
            kept,
        };
        String::from_utf8(compose_builder(&guest).unwrap()).unwrap()
    };
    let spared = "\n! grep -q '^after [^ ]* [1-9]' $run/body || return\n";
    assert!(composed(true).contains(spared));
    assert!(
        !composed(false).contains("$run/body ||"),
        "as it always was"
    );
    assert!(!composed(true).contains("#kept"));
}

#[test]
fn scripts_of_a_mime_recipe_keep_their_order() {
    let message = "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n\
        --b\nContent-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"zzz.sh\"\n\n#!/bin/sh\nlast\n\
        --b\nContent-Type: text/cloud-config\nMerge-Type: list(append)\n\n#cloud-config\nruncmd: []\n\
        --b\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"10 one\"\n\nIyEvYmluL3NoCmZpcnN0Cg==\n\
        --b--\n";
    assert_eq!(
        names(message),
        [
            "00-amiwatch",
            "s50-03-zzz.sh",
            "50-02-part-002",
            "50-01-10one",
            "zz-amiwatch-verify"
        ]
    );
    let parts = parts(message);
    assert_eq!(parts[3].0, "text/x-shellscript");
    assert_eq!(parts[3].2.trim_end(), "#!/bin/sh\nfirst");
    let text = String::from_utf8(builder(message).unwrap()).unwrap();
    assert!(text.contains("\nMerge-Type: list(append)\n"));
    assert!("s50-03-zzz.sh" > "runcmd" && "s50-03-zzz.sh" < "zz-amiwatch-verify");
}

/// canonical/cloud-init#1260: what lands in /var/lib/cloud/scripts stays in the image, under this name.
#[test]
fn scripts_that_stay_keep_their_names() {
    let part = |kind: &str, name: &str| {
        format!(
            "--b\nContent-Type: text/x-shellscript{kind}\nContent-Disposition: attachment; filename=\"{name}\"\n\n#!/bin/sh\n"
        )
    };
    let message = format!(
        "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n{}{}{}{}--b--\n",
        part("-per-boot", "10-tune.sh"),
        part("", "20-mine.sh"),
        part("-per-instance", "zz last (1)"),
        part("-per-once", "a/b"),
    );
    assert_eq!(
        names(&message),
        [
            "00-amiwatch",
            "10-tune.sh",
            "50-01-20-mine.sh",
            "zzlast(1)",
            "a_b",
            "zz-amiwatch-verify"
        ]
    );
}

/// terraform-provider-cloudinit#257, cloud-init#5533: cloud-init looks these up in just this case.
#[test]
fn headers_are_passed_on_as_written() {
    for header in ["Merge-Type", "X-Merge-Type", "Launch-Index", "merge-type"] {
        let message = format!(
            "MIME-Version: 1.0\nContent-Type: text/cloud-config\n{header}: list(append)\n\n#cloud-config\nruncmd: []\n"
        );
        let text = String::from_utf8(builder(&message).unwrap()).unwrap();
        assert!(
            text.contains(&format!("\n{header}: list(append)\n")),
            "{text}"
        );
    }
}

#[test]
fn bytes_that_are_not_plain_text_travel_in_base64() {
    let parts = parts("#!/bin/sh\necho grüß\r\n");
    assert_eq!(parts[1].2, "#!/bin/sh\necho grüß\r\n");
}

#[test]
fn power_state_is_refused_however_it_is_written() {
    for text in [
        "#cloud-config\npower_state:\n  mode: poweroff\n",
        "#cloud-config\n\"power_state\": {mode: reboot}\n",
        "#cloud-config\n  runcmd: []\n  power_state : {mode: reboot}\n",
        "#cloud-config\n{runcmd: [], power_state: {mode: reboot}}\n",
        "## template: jinja\n#cloud-config\npower_state:\n  mode: halt\n",
        "\n#Cloud-Config\n? power_state\n: {mode: halt}\n",
        "#cloud-config\n\"power\\x5fstate\": {mode: halt}\n",
    ] {
        let part = "part `recipe`".to_owned();
        assert_eq!(
            builder(text),
            Err(UserDataError::PowerState { part }),
            "{text}"
        );
    }
    // cloud-init believes no script that begins like a cloud-config.
    let script = "MIME-Version: 1.0\nContent-Type: text/x-shellscript\n\n#cloud-config\npower_state: {mode: halt}\n";
    assert!(matches!(
        builder(script),
        Err(UserDataError::PowerState { .. })
    ));
    for text in [
        "#cloud-config\n# power_state: no\nruncmd:\n  - echo power_state: off\n",
        "#cloud-config\nwrite_files:\n  - content: |\n      power_state:\n",
    ] {
        assert!(builder(text).is_ok(), "{text}");
    }
}

#[test]
fn what_cloud_init_would_fetch_or_ignore_is_refused() {
    assert!(matches!(
        builder("#include\nhttp://x/\n"),
        Err(UserDataError::Include { .. })
    ));
    assert!(matches!(
        builder("#include-once\nhttp://x/\n"),
        Err(UserDataError::Include { .. })
    ));
    for text in ["runcmd:\n  - true\n", "#cloud-config-archive\n- x\n"] {
        assert!(
            matches!(builder(text), Err(UserDataError::UnknownKind { .. })),
            "{text}"
        );
    }
    let message = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: text/x-include-url\n\nhttp://x/\n--b--\n";
    assert!(matches!(
        builder(message),
        Err(UserDataError::Include { .. })
    ));
    let broken = "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\nx\n";
    assert!(matches!(builder(broken), Err(UserDataError::Mime { .. })));
}

#[test]
fn large_user_data_is_packed_and_too_large_is_told() {
    let long = format!(
        "#!/bin/sh\n{}",
        "echo the same again and again\n".repeat(1000)
    );
    let packed = builder(&long).unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() <= LIMIT);
    assert_eq!(packed[4..8], [0, 0, 0, 0], "no date");

    let noise: Vec<String> = (0..600).map(|n| digest(&[&n.to_string()])).collect();
    let error = builder(&format!("#!/bin/sh\n: {}\n", noise.join("\n: "))).unwrap_err();
    assert!(matches!(
        error,
        UserDataError::TooLarge {
            plain: 38_000..,
            packed: 16_385..
        }
    ));
    assert!(error.to_string().contains("16384"));
}

#[test]
fn ours_leave_most_of_the_room_to_the_recipe() {
    for proof in [Proof::Console, Proof::Ssm] {
        let ours = compose_boot_test(&[], NONCE, 900, proof).unwrap();
        assert!(ours.len() < 4_720, "{} bytes as they are", ours.len());
        let packed = gzip(&ours).unwrap().len();
        assert!(packed < 2_300, "{packed} bytes once compression is needed");
    }
    let scripts = parts("#!/bin/sh\ntrue\n");
    let checks: usize = check_lines(&checks()).len();
    let scripts = scripts[0].2.len() + scripts[2].2.len() - checks;
    assert!(scripts < 4_224, "{scripts} bytes of scripts");
}

/// However many checks there are and whatever they print, the report stays below what a console holds.
#[test]
fn the_last_lines_of_many_checks_still_fit() {
    assert_eq!(
        (tail_bytes(0), tail_bytes(1), tail_bytes(30)),
        (800, 800, 800)
    );
    assert_eq!(tail_bytes(64), 375);
    assert_eq!((grace_s(0), grace_s(3)), (120, 321));
}

#[test]
fn nonces_differ_by_guest_and_attempt() {
    let key = BakeKey::derive(&KeyInputs {
        installation: &Installation::from("acme"),
        watch: &WatchName::from("shop"),
        release_image: &ImageId::from("ami-1"),
        recipe_digest: &RecipeDigest::of_user_data("x", false),
        architecture: Architecture::X86_64,
        generation: 0,
    });
    let builder = nonce(&key, 1, GuestRole::Builder);
    assert!(builder.len() == 32 && builder.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(builder, nonce(&key, 1, GuestRole::Builder));
    assert_ne!(builder, nonce(&key, 2, GuestRole::Builder));
    assert_ne!(builder, nonce(&key, 1, GuestRole::BootTest));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    /// Any recipe and any checks: composed to the same bytes within EC2's limit, or refused in words.
    #[test]
    fn anything_is_composed_within_the_limit_or_refused(
        head in proptest::sample::select(&["", "#cloud-config\n", "#!/bin/sh\n", "#include\n", "Content-Type: multipart/mixed; boundary=b\n\n"][..]),
        rest in proptest::prelude::any::<String>(),
        name in proptest::prelude::any::<String>(),
        run in proptest::prelude::any::<String>(),
        noise in 0usize..20_000,
    ) {
        let noise: String = (0..noise / 16).map(|n| format!("{:016x}", (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let user_data = format!("{head}{rest}\n# {noise}\n");
        let checks = [Check { name, run }];
        let guest = BuilderGuest { user_data: &user_data, checks: &checks, nonce: NONCE, deadline_s: 900, proof: Proof::Console, kept: false };
        let composed = compose_builder(&guest);
        proptest::prop_assert_eq!(&composed, &compose_builder(&guest));
        match composed {
            Ok(bytes) => proptest::prop_assert!(bytes.len() <= LIMIT),
            Err(error) => {
                let told = error.to_string();
                proptest::prop_assert!(!told.chars().any(|c| c.is_control()), "{told:?}");
            }
        }
    }
}

/// A message whose parts are packed, each a script of so many bytes.
fn packed_parts(count: usize, bytes: usize) -> String {
    use base64::Engine as _;
    let begin = "#!/bin/sh\n";
    let script = format!("{begin}{}", "#".repeat(bytes - begin.len()));
    let packed = gzip(script.as_bytes()).unwrap();
    let body = base64::engine::general_purpose::STANDARD.encode(packed);
    let part = format!(
        "--x\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n{body}\n"
    );
    let parts = part.repeat(count);
    format!("Content-Type: multipart/mixed; boundary=\"x\"\n\n{parts}--x--\n")
}

#[test]
fn packed_parts_share_one_bound() {
    for (count, bytes) in [(1, (1 << 20) + 1), (2, (1 << 19) + 1), (400, 1 << 20)] {
        let error = builder(&packed_parts(count, bytes))
            .unwrap_err()
            .to_string();
        assert!(error.contains("more than 1048576 bytes"), "{error}");
    }
}

/// The words of a file that is none may be a secret.
#[test]
fn what_is_no_user_data_is_not_quoted() {
    let part = "Content-Type: text/plain\n\nroot:$y$hushhush:1::\n";
    for text in ["root:$y$hushhush:1::\n", part] {
        let error = builder(text).unwrap_err().to_string();
        assert!(error.contains("is no kind of user data"), "{error}");
        assert!(!error.contains("hushhush"), "{error}");
    }
}
