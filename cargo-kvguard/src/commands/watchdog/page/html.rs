//! HTML, escaped.

/// A text of HTML.
#[derive(Default)]
pub struct Html(String);

impl Html {
    /// Adds what is HTML already.
    pub fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    /// Adds an element with a text.
    pub fn element(&mut self, name: &str, text: &str) {
        self.0
            .push_str(&format!("<{name}>{}</{name}>\n", escaped(text)));
    }

    /// Adds a list of texts.
    pub fn list<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.raw("<ul>\n");
        for text in texts {
            self.element("li", text);
        }
        self.raw("</ul>\n");
    }

    /// Adds the head of a table.
    pub fn table(&mut self, columns: &[&str]) {
        self.raw("<table>\n<tr>");
        for column in columns {
            self.raw(&format!("<th scope=\"col\">{}</th>", escaped(column)));
        }
        self.raw("</tr>\n");
    }

    /// Adds a row of texts.
    pub fn row(&mut self, cells: &[&str]) {
        self.raw("<tr>");
        for cell in cells {
            self.raw(&format!("<td>{}</td>", escaped(cell)));
        }
        self.raw("</tr>\n");
    }

    /// The text.
    pub fn end(self) -> String {
        self.0
    }
}

/// A text in which nothing is taken for HTML. What would steer the direction of writing or is no character of a page is shown as one.
pub fn escaped(text: &str) -> String {
    let text = kvguard::emit::printable(text);
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_name_is_taken_for_html() {
        let text = "<script>alert('1')</script>&\"";
        let html = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;";
        assert_eq!(escaped(text), html);
        assert!(!escaped("a\u{202e}b\u{1b}[31m").contains(['\u{202e}', '\u{1b}']));
    }
}
