//! Writes XML 1.0.

/// Names and values, in their order.
pub(super) type Attributes = Vec<(&'static str, String)>;

/// A document that is being written, two blanks for each level.
#[derive(Default)]
pub(super) struct Xml {
    out: String,
    depth: usize,
}

impl Xml {
    /// The whole document.
    pub(super) fn finish(self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", self.out)
    }

    /// An element that holds elements, which the function writes.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &Attributes,
        content: impl FnOnce(&mut Self),
    ) {
        self.begin(name, attributes);
        let begun = self.out.len();
        self.out.push_str(">\n");
        let filled = self.out.len();
        self.depth += 1;
        content(self);
        self.depth -= 1;
        if self.out.len() == filled {
            self.out.truncate(begun);
            self.out.push_str("/>\n");
        } else {
            self.indent();
            self.out.push_str(&format!("</{name}>\n"));
        }
    }

    /// An element that holds a text.
    pub(super) fn text(&mut self, name: &str, attributes: &Attributes, text: &str) {
        self.begin(name, attributes);
        self.out.push_str(&format!(">{}</{name}>\n", escaped(text)));
    }

    fn begin(&mut self, name: &str, attributes: &Attributes) {
        self.indent();
        self.out.push_str(&format!("<{name}"));
        for (name, value) in attributes {
            // A reader would make blanks of them.
            let value = escaped(value).replace('\n', "&#10;").replace('\t', "&#9;");
            self.out.push_str(&format!(" {name}=\"{value}\""));
        }
    }

    fn indent(&mut self) {
        self.out.push_str(&"  ".repeat(self.depth));
    }
}

/// A text without signs that mean something to a reader, and without characters that XML 1.0 cannot hold in any form.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Xml, escaped};

    #[test]
    fn nothing_ends_its_element_or_is_no_character_of_xml() {
        assert_eq!(
            escaped("a & <b> \"c\" ]]> \r\n\t\u{0}\u{1b}\u{ffff}é"),
            "a &amp; &lt;b&gt; &quot;c&quot; ]]&gt; &#13;\n\t\u{fffd}\u{fffd}\u{fffd}é"
        );
    }

    #[test]
    fn elements_are_nested_and_empty_ones_closed_at_once() {
        let mut xml = Xml::default();
        xml.element("a", &vec![("b", "1\n2".to_owned())], |xml| {
            xml.element("c", &Vec::new(), |_| {});
            xml.text("d", &Vec::new(), "<");
        });
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"1&#10;2\">\n  <c/>\n  <d>&lt;</d>\n</a>\n"
        );
    }
}
