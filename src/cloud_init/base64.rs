//! base64 as Python's `binascii.a2b_base64` decodes it, which PyYAML and cloud-init's `write_files` go
//! by: what is no digit of it is passed over, and what follows its padding is not looked at.

/// The bytes; `None` where Python raises an error.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let (mut bytes, mut bits, mut digits, mut pads) = (Vec::new(), 0_u32, 0_u32, 0_u32);
    for byte in text.bytes() {
        if byte == b'=' {
            pads += 1;
            if digits >= 2 && digits + pads >= 4 {
                return Some(bytes);
            }
            continue;
        }
        let Some(value) = digit(byte) else {
            continue;
        };
        pads = 0;
        bits = (bits << 6 | value) & 0xff_ffff;
        digits = (digits + 1) % 4;
        let done = match digits {
            1 => None,
            2 => Some(bits >> 4),
            3 => Some(bits >> 2),
            _ => Some(bits),
        };
        bytes.extend(done.and_then(|bits| u8::try_from(bits & 0xff).ok()));
    }
    (digits == 0).then_some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_forgiving_as_python() {
        for (text, bytes) in [
            ("aGVsbG8=", Some("hello")),
            ("aGVs\n bG8=\n", Some("hello")),
            ("aGVsbG8=trailing", Some("hello")),
            ("a*G!VsbG8=", Some("hello")),
            ("", Some("")),
            ("aGVsbG8", None),
            ("a", None),
            ("aGVsb\u{e9}8=", None),
        ] {
            let bytes = bytes.map(|text| text.as_bytes().to_vec());
            assert_eq!(decode_base64(text), bytes, "{text}");
        }
    }
}
