//! Subjects as nats-server compares them: the parts may stand in any order, in what is presented and in what is granted.

/// A subject in one order, so that two that have the same parts are equal; `None` if nats-server does not read it.
///
/// The names of attributes are compared without their case and values letter by letter; blanks around both do not count, unless
/// a backslash stands before them.
pub fn in_one_order(subject: &str) -> Option<String> {
    let mut parts: Vec<Vec<(String, String)>> = Vec::new();
    let mut part = Vec::new();
    let mut rest = subject;
    loop {
        let (attribute, end) = attribute(rest)?;
        part.push(attribute);
        // After a `+`, more of the same part follows.
        if !rest[end..].starts_with('+') {
            part.sort_unstable();
            parts.push(std::mem::take(&mut part));
        }
        if end == rest.len() {
            break;
        }
        rest = &rest[end + 1..];
    }
    parts.sort_unstable();
    // A character that no part holds by itself, so that no two subjects look alike.
    let texts = parts.iter().map(|part| {
        let attributes = part
            .iter()
            .map(|(name, value)| format!("{name:?}={value:?}"));
        attributes.collect::<Vec<_>>().join("+")
    });
    Some(texts.collect::<Vec<_>>().join(","))
}

/// The first attribute of a text, and the offset of the sign that ends it.
fn attribute(text: &str) -> Option<((String, String), usize)> {
    let mut name: Option<String> = None;
    let mut current = Unescaped::default();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => current.escaped(&mut characters)?,
            // A further one takes the place of the name, as in nats-server.
            '=' => {
                // A value in another encoding.
                if text[at + 1..].starts_with('#') {
                    return None;
                }
                name = Some(current.take()?);
            }
            ',' | '+' => {
                let name = name.filter(|name| !name.is_empty())?;
                return Some(((name.to_ascii_uppercase(), current.take()?), at));
            }
            other => current.plain(other),
        }
    }
    let name = name.filter(|name| !name.is_empty())?;
    Some(((name.to_ascii_uppercase(), current.take()?), text.len()))
}

/// A text without its backslashes, and without blanks around it that have none.
#[derive(Debug, Default)]
struct Unescaped {
    bytes: Vec<u8>,
    /// How many blanks without a backslash it ends in.
    blanks: usize,
}

impl Unescaped {
    fn plain(&mut self, character: char) {
        if character == ' ' && self.bytes.is_empty() {
            return;
        }
        self.blanks = if character == ' ' { self.blanks + 1 } else { 0 };
        let mut buffer = [0; 4];
        self.bytes
            .extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }

    /// What stands behind a backslash: a sign for itself, or two hexadecimal digits for a byte.
    fn escaped(&mut self, rest: &mut std::str::CharIndices<'_>) -> Option<()> {
        self.blanks = 0;
        let (_, first) = rest.next()?;
        if " \"#+,;<=>\\".contains(first) {
            self.bytes.push(u8::try_from(first).ok()?);
            return Some(());
        }
        let (_, second) = rest.next()?;
        let byte = first.to_digit(16)? * 16 + second.to_digit(16)?;
        self.bytes.push(u8::try_from(byte).ok()?);
        Some(())
    }

    fn take(&mut self) -> Option<String> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(bytes.len() - std::mem::take(&mut self.blanks));
        String::from_utf8(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::in_one_order;

    #[test]
    fn the_order_of_parts_the_case_of_names_and_blanks_around_do_not_count() {
        let subject = in_one_order("CN=gauge,OU=west,O=Brook").unwrap();
        for same in [
            "O=Brook,CN=gauge,OU=west",
            "O = Brook , OU=west,CN= gauge ",
            "cn=gauge,o=Brook,Ou=west",
            "CN=g\\61uge,OU=west,O=Brook",
        ] {
            assert_eq!(in_one_order(same).as_ref(), Some(&subject), "{same}");
        }
        for other in [
            "CN=Gauge,OU=west,O=Brook",
            "CN=gauge,O=Brook",
            "CN=gauge,OU=west,O=Brook,O=Brook",
            "CN=gauge+OU=west,O=Brook",
            "CN=gauge\\ ,OU=west,O=Brook",
            "OU=gauge,CN=west,O=Brook",
            "CN=gauge,OU=west,O=\"Brook\"",
        ] {
            assert_ne!(in_one_order(other).as_ref(), Some(&subject), "{other}");
        }
    }

    #[test]
    fn parts_of_several_attributes_and_escaped_signs_are_read() {
        assert_eq!(in_one_order("CN=a+OU=b,O=c"), in_one_order("O=c,OU=b+CN=a"));
        assert_eq!(in_one_order("CN=a\\,b,O=c"), in_one_order("O=c,CN=a\\2cb"));
        assert_ne!(in_one_order("CN=a\\,O=c"), in_one_order("CN=a,O=c"));
        for unread in [
            "",
            "gauge",
            "CN=a,",
            "=a",
            "CN=#04024869",
            "CN=a\\",
            "CN=a\\zz",
            "CN=a\\ff",
        ] {
            assert_eq!(in_one_order(unread), None, "{unread}");
        }
    }

    proptest! {
        #[test]
        fn no_subject_panics(subject in "[CNO=,+# \\\\a1é]{0,20}") {
            let _ = in_one_order(&subject);
        }

        #[test]
        fn any_order_of_parts_is_the_same_subject(
            parts in prop::collection::vec("[A-C]{1,2}=[a-c]{1,3}", 1..5),
            shift in 0..5_usize,
        ) {
            let mut shifted = parts.clone();
            shifted.rotate_left(shift % parts.len());
            prop_assert_eq!(in_one_order(&parts.join(",")), in_one_order(&shifted.join(",")));
        }
    }
}
