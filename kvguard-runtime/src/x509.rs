//! What a certificate says of whom it is for: its URIs, and its subject as Go prints it.

use tokio_rustls::rustls::pki_types::CertificateDer;

/// Whom a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateNames {
    /// Its URI names, in their order.
    pub(crate) uris: Vec<String>,
    /// Its subject.
    pub(crate) subject: Subject,
}

impl CertificateNames {
    /// The names of a certificate, if it is one.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        Some(Self {
            uris: certificate.valid_uri_names().map(str::to_owned).collect(),
            subject: Subject::parse(certificate.subject())?,
        })
    }

    /// Its first SPIFFE ID.
    pub(crate) fn spiffe_id(&self) -> Option<&str> {
        self.uris
            .iter()
            .map(String::as_str)
            .find(|uri| uri.starts_with("spiffe://"))
    }

    /// As whom a data service knows it: by its SPIFFE ID if it has one, otherwise by its whole subject.
    pub(crate) fn identity(&self) -> String {
        self.spiffe_id()
            .map_or_else(|| self.subject.as_go_prints_it(), str::to_owned)
    }
}

/// The attributes of a subject, each its object identifier and its value, in the certificate's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject(Vec<(Vec<u8>, String)>);

/// The attributes that Go puts into fields of their own, in the order in which it prints them, by the last number of `2.5.4.N`.
const KNOWN: [(u8, &str); 9] = [
    (5, "SERIALNUMBER"),
    (3, "CN"),
    (11, "OU"),
    (10, "O"),
    (17, "POSTALCODE"),
    (9, "STREET"),
    (7, "L"),
    (8, "ST"),
    (6, "C"),
];

impl Subject {
    fn parse(name: &[u8]) -> Option<Self> {
        let mut attributes = Vec::new();
        let mut sets = Der(name);
        while let Some(set) = sets.next()? {
            let mut pairs = Der(set.expect(Tag::SET)?);
            while let Some(pair) = pairs.next()? {
                let mut parts = Der(pair.expect(Tag::SEQUENCE)?);
                let identifier = parts.next()??.expect(Tag::OBJECT_IDENTIFIER)?;
                let value = parts.next()??;
                attributes.push((identifier.to_vec(), text(&value)));
            }
        }
        Some(Self(attributes))
    }

    /// All values of an attribute `2.5.4.N`.
    fn values(&self, number: u8) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(identifier, _)| *identifier == [0x55, 4, number])
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The last common name, which is the one that Go knows.
    #[cfg(feature = "testing")]
    pub(crate) fn common_name(&self) -> Option<&str> {
        self.values(3).last().copied()
    }

    /// The first organization.
    #[cfg(feature = "testing")]
    pub(crate) fn organization(&self) -> Option<&str> {
        self.values(10).first().copied()
    }

    /// As Go's `pkix.Name` prints it: `CN=…,OU=…,O=…,L=…,ST=…,C=…`, several values of one attribute joined by `+`,
    /// attributes that it does not know as numbers at the end.
    pub(crate) fn as_go_prints_it(&self) -> String {
        let mut parts = Vec::new();
        for (number, name) in KNOWN {
            let mut values = self.values(number);
            // Go keeps one of these two: the last.
            if matches!(number, 3 | 5) {
                values = values.split_off(values.len().saturating_sub(1));
                values.retain(|value| !value.is_empty());
            }
            let joined: Vec<String> = values
                .iter()
                .map(|value| format!("{name}={}", escaped(value)))
                .collect();
            if !joined.is_empty() {
                parts.push(joined.join("+"));
            }
        }
        for (identifier, value) in self.0.iter().rev() {
            let known = matches!(identifier.as_slice(), [0x55, 4, number]
                if KNOWN.iter().any(|(known, _)| known == number));
            if !known {
                parts.push(format!("{}=#{}", dotted(identifier), encoded(value)));
            }
        }
        parts.join(",")
    }
}

/// A value as RFC 2253 escapes it, which Go follows.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (at, character) in value.char_indices() {
        let is_edge = at == 0 || at + 1 == value.len();
        let needs_escape = match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
            ' ' => is_edge,
            '#' => at == 0,
            _ => false,
        };
        if needs_escape {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The bytes of an object identifier as numbers.
fn dotted(identifier: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for byte in identifier {
        number = number.saturating_mul(128) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(".")
}

/// A value of an attribute that Go does not know, as it encodes and prints it: a string that is printable, or UTF-8, in hexadecimal.
fn encoded(value: &str) -> String {
    let is_printable = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte));
    let mut bytes = vec![if is_printable { 0x13 } else { 0x0c }];
    let length = value.len().to_be_bytes();
    let significant = length.iter().skip_while(|byte| **byte == 0);
    if value.len() >= 0x80 {
        bytes.push(0x80 | u8::try_from(significant.clone().count()).unwrap_or(u8::MAX));
    }
    match value.len() {
        0 => bytes.push(0),
        _ => bytes.extend(significant),
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a string of any of the kinds that names have.
fn text(value: &Element<'_>) -> String {
    if value.tag == Tag::BMP_STRING {
        let units: Vec<u16> = value
            .content
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
            })
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value.content).into_owned()
}

/// The kinds of elements that are looked for.
struct Tag;

impl Tag {
    const OBJECT_IDENTIFIER: u8 = 0x06;
    const BMP_STRING: u8 = 0x1e;
    const SEQUENCE: u8 = 0x30;
    const SET: u8 = 0x31;
}

/// One element of what is encoded by DER.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// The element with its tag and its length.
    #[cfg_attr(
        not(feature = "spiffe"),
        expect(dead_code, reason = "only SVIDs are split")
    )]
    whole: &'a [u8],
}

impl<'a> Element<'a> {
    fn expect(&self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.content)
    }
}

/// What is left to read of elements that follow each other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element, or nothing at the end; `None` outside where there is none.
    #[expect(clippy::option_option, reason = "broken and at the end are two things")]
    fn next(&mut self) -> Option<Option<Element<'a>>> {
        let Some((&tag, rest)) = self.0.split_first() else {
            return Some(None);
        };
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at_checked(self.0.len() - after.len())?;
        self.0 = after;
        Some(Some(Element {
            tag,
            content,
            whole,
        }))
    }
}

/// The certificates that follow each other without anything between them, as the Workload API sends them.
#[cfg(feature = "spiffe")]
pub(crate) fn split_certificates(bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let mut certificates = Vec::new();
    let mut elements = Der(bytes);
    while let Some(element) = elements.next()? {
        element.expect(Tag::SEQUENCE)?;
        certificates.push(CertificateDer::from(element.whole.to_vec()));
    }
    Some(certificates)
}

#[cfg(test)]
mod tests {
    use super::Subject;

    /// An attribute of a type, as a part of a subject of its own.
    fn attribute(identifier: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        set(&[pair(identifier, tag, value)])
    }

    fn pair(identifier: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        element(
            0x30,
            &[element(0x06, identifier), element(tag, value)].concat(),
        )
    }

    fn set(pairs: &[Vec<u8>]) -> Vec<u8> {
        element(0x31, &pairs.concat())
    }

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 0x80);
        [&[tag, length], content].concat()
    }

    const UTF8: u8 = 0x0c;
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    const UNIT: &[u8] = &[0x55, 4, 11];

    fn printed(parts: &[Vec<u8>]) -> String {
        Subject::parse(&parts.concat()).unwrap().as_go_prints_it()
    }

    #[test]
    fn values_are_escaped_as_go_escapes_them() {
        for (value, expected) in [
            ("a,b+c\"d\\e<f>g;h", "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h"),
            (" a b ", "CN=\\ a b\\ "),
            ("#a#", "CN=\\#a#"),
            ("Zoë", "CN=Zoë"),
        ] {
            let subject = printed(&[attribute(COMMON_NAME, UTF8, value.as_bytes())]);
            assert_eq!(subject, expected);
        }
    }

    #[test]
    fn several_units_are_joined_and_of_common_names_the_last_counts() {
        let subject = printed(&[
            attribute(UNIT, UTF8, b"a"),
            attribute(COMMON_NAME, UTF8, b"first"),
            set(&[pair(UNIT, UTF8, b"b"), pair(COMMON_NAME, UTF8, b"last")]),
        ]);
        assert_eq!(subject, "CN=last,OU=a+OU=b");
    }

    #[test]
    fn an_attribute_that_go_does_not_know_is_a_number_at_the_end() {
        let email = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        let subject = printed(&[
            attribute(&email, 0x16, b"a@b"),
            attribute(COMMON_NAME, UTF8, b"c"),
        ]);
        assert_eq!(subject, "CN=c,1.2.840.113549.1.9.1=#0c03614062");
    }

    #[test]
    fn a_subject_that_is_cut_off_is_none() {
        let whole = attribute(COMMON_NAME, UTF8, b"trapd");
        for length in 1..whole.len() {
            assert_eq!(Subject::parse(&whole[..length]), None, "{length}");
        }
        assert_eq!(printed(&[]), "");
    }

    #[cfg(feature = "spiffe")]
    #[test]
    fn certificates_that_follow_each_other_are_split_and_broken_ones_are_none() {
        use super::split_certificates;
        let one = element(0x30, b"one");
        let two = element(0x30, b"other");
        let split = split_certificates(&[one.clone(), two.clone()].concat()).unwrap();
        assert_eq!(split.len(), 2);
        assert_eq!((&*split[0], &*split[1]), (&*one, &*two));
        assert_eq!(split_certificates(b""), Some(Vec::new()));
        for broken in [
            &one[..3],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x85],
            b"\x31\x00",
            &[0x30, 0x84, 255, 255, 255, 255],
        ] {
            assert_eq!(split_certificates(broken), None, "{broken:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes: Vec<u8>) {
            if let Some(subject) = Subject::parse(&bytes) {
                drop(subject.as_go_prints_it());
            }
            drop(super::CertificateNames::of(&bytes.as_slice().into()));
            #[cfg(feature = "spiffe")]
            drop(super::split_certificates(&bytes));
        }

        #[test]
        fn no_subject_is_too_odd_to_be_printed(
            identifier: Vec<u8>,
            value in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
            tag: u8,
        ) {
            let identifier = &identifier[..identifier.len().min(40)];
            let subject = attribute(identifier, tag, &value);
            if let Some(subject) = Subject::parse(&subject) {
                drop(subject.as_go_prints_it());
            }
        }
    }
}
