//! Writes XML: elements with text, nested elements, lists. Escapes; never reads.

use std::fmt::{Display, Write};

use bytes::Bytes;

/// XML that grows at its end.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn document() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(self.0)
    }

    /// `<name>value</name>`
    pub(crate) fn text(&mut self, name: &str, value: impl Display) {
        self.open(name);
        let _ = write!(Escaped(&mut self.0), "{value}");
        self.close(name);
    }

    /// As `text`, when there is a value.
    pub(crate) fn opt(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// `<name>...</name>`
    pub(crate) fn node(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.open(name);
        inner(self);
        self.close(name);
    }

    /// `<name xmlns="...">...</name>`
    pub(crate) fn node_ns(&mut self, name: &str, ns: &str, inner: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{name} xmlns=\"{ns}\">");
        inner(self);
        self.close(name);
    }

    /// EC2's list: `<name><item>...</item>...</name>`
    pub(crate) fn items<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        each: impl FnMut(&mut Self, T),
    ) {
        self.list(name, "item", items, each);
    }

    /// The query protocol's list: `<name><member>...</member>...</name>`
    pub(crate) fn members<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        each: impl FnMut(&mut Self, T),
    ) {
        self.list(name, "member", items, each);
    }

    fn list<T>(
        &mut self,
        name: &str,
        element: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.open(name);
        for item in items {
            self.open(element);
            each(self, item);
            self.close(element);
        }
        self.close(name);
    }

    /// A list of plain values in the query protocol.
    pub(crate) fn member_texts<T: Display>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.open(name);
        for value in values {
            self.text("member", value);
        }
        self.close(name);
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let mut rest = s;
        while let Some(at) = first_marked(rest.as_bytes()) {
            let (plain, marked) = rest.split_at(at);
            self.0.push_str(plain);
            self.0.push_str(match marked.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#13;",
            });
            rest = &marked[1..];
        }
        self.0.push_str(rest);
        Ok(())
    }
}

/// Where the first letter is that must not stand as it is. memchr, since most of an answer is looked through
/// here, and `str::find` for several letters is a call for each of them in a build that is not optimised.
fn first_marked(text: &[u8]) -> Option<usize> {
    let found = memchr::memchr3(b'&', b'<', b'>', text);
    let before = &text[..found.unwrap_or(text.len())];
    memchr::memchr2(b'"', b'\r', before).or(found)
}
