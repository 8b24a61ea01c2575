//! `.Files`: what a chart holds besides its templates.
#![expect(clippy::unnecessary_wraps, reason = "methods of one signature")]

use std::collections::BTreeMap;
use std::rc::Rc;

use super::functions::{Pattern, base_name, base64};
use super::objects::Object;
use super::provenance::Text;
use super::template::Refusal;
use super::template::builtins::bytes_of;
use super::template::value::{Map, MapType, Value};

type Outcome = Result<Value, Refusal>;

/// Files by their path in the chart; of those that are no text, nothing is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    all: Rc<BTreeMap<String, Option<Text>>>,
}

fn text_of(text: Option<&Text>) -> Result<Text, Refusal> {
    text.cloned().ok_or_else(|| {
        Refusal::Unsupported("the file is no text, which kvguard does not read".to_owned())
    })
}

impl Files {
    pub(crate) fn new(all: BTreeMap<String, Option<Text>>) -> Self {
        Self { all: Rc::new(all) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn find(&self, name: &str) -> Result<Text, Refusal> {
        match self.all.get(name) {
            Some(text) => text_of(text.as_ref()),
            None => Ok(Text::default()),
        }
    }

    /// A file's text; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> Outcome {
        self.find(name).map(Value::text)
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, name: &str) -> Outcome {
        self.find(name).map(|text| bytes_of(&text))
    }

    /// The files that a pattern matches; all, if it is none.
    pub(crate) fn glob(&self, pattern: &str) -> Outcome {
        let pattern = Pattern::new(pattern);
        let matched = self.all.iter().filter(|(name, _)| match &pattern {
            Some(pattern) => pattern.matches(name),
            None => true,
        });
        let files = Self::new(
            matched
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect(),
        );
        Ok(Value::object(Object::Files(files)))
    }

    /// A file's lines.
    pub(crate) fn lines(&self, name: &str) -> Outcome {
        let Some(text) = self.all.get(name) else {
            return Ok(Value::texts([]));
        };
        let text = text_of(text.as_ref())?;
        if text.is_empty() {
            return Err("runtime error: index out of range [-1]".into());
        }
        let end = text.strip_suffix('\n').map_or(text.len(), str::len);
        let mut lines = Vec::new();
        let mut from = 0;
        for (at, _) in text
            .as_str()
            .get(..end)
            .unwrap_or_default()
            .match_indices('\n')
        {
            lines.push(text.slice(from..at));
            from = at + 1;
        }
        lines.push(text.slice(from..end));
        Ok(Value::texts(lines))
    }

    /// The data of a ConfigMap.
    pub(crate) fn as_config(&self) -> Outcome {
        self.as_data(|text| Value::text(text.clone()))
    }

    /// The data of a Secret.
    pub(crate) fn as_secrets(&self) -> Outcome {
        self.as_data(|text| base64(text.as_bytes()).into())
    }

    fn as_data(&self, made: impl Fn(&Text) -> Value) -> Outcome {
        let map = Map::new(MapType::Text);
        for (name, text) in &*self.all {
            map.insert(base_name(name), made(&text_of(text.as_ref())?));
        }
        let mut engine = super::template::Engine::default();
        let mut frame = super::template::Frame::bare(&mut engine);
        let written = super::functions::yaml::write(&mut frame, &map.into(), false)?;
        Ok(written.unwrap_or_else(|| "".into()))
    }

    /// Names and bytes, for `range`.
    pub(crate) fn items(&self) -> Vec<(Value, Value)> {
        let items = self.all.iter().map(|(name, text)| {
            let text = text.clone().unwrap_or_default();
            (Value::from(name.as_str()), bytes_of(&text))
        });
        items.collect()
    }
}
