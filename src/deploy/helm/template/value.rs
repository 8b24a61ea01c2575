//! The values that templates work on, typed as Go types them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::objects::Object;
use super::super::provenance::{Place, Text};

/// How deeply values may be nested for a function to look at all of them.
pub(crate) const MAX_VALUE_DEPTH: usize = 250;

/// A value, and the place in a values file that it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) data: Data,
    pub(crate) place: Option<Place>,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// Nothing at all: what a pipeline without a value gives.
    Nil,
    /// What a mapping or list holds where it holds nothing: a field of it is an error.
    NilInterface,
    Bool(bool),
    Integer(i64, IntegerType),
    Float(f64),
    Text(Text),
    List(List),
    Map(Map),
    Object(Rc<Object>),
}

/// The integer types of Go that templates meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerType {
    Int,
    Int64,
    Int32,
    Uint8,
    Uint64,
}

impl IntegerType {
    /// The type's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
        }
    }
}

/// What a list's items are, as its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Items {
    Any,
    Text,
    Int,
    Lists,
    Bytes,
}

/// A list. It is never changed in place.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) items: Rc<ListItems>,
    pub(crate) of: Items,
    /// Whether it is Go's nil slice, which is written as null.
    pub(crate) nil: bool,
}

/// A list's items, dropped without recursion.
#[derive(Debug, Default)]
pub(crate) struct ListItems(Vec<Value>);

/// What a mapping's values are, as its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapType {
    Any,
    Text,
    /// Helm's own name for the values of a chart.
    Values,
    /// Go's nil map, which is empty, stays so, and is written as null.
    Nil,
}

/// A mapping from names. Its clones are the same mapping.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub(crate) entries: Rc<MapEntries>,
    pub(crate) of: MapType,
}

/// A mapping's entries, dropped without recursion.
#[derive(Debug, Default)]
pub(crate) struct MapEntries(RefCell<BTreeMap<Arc<str>, Item>>);

/// An entry's value, and where its name is written.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) key_place: Option<Place>,
    pub(crate) value: Value,
}

impl Drop for ListItems {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut self.0));
    }
}

impl Drop for MapEntries {
    fn drop(&mut self) {
        let entries = std::mem::take(self.0.get_mut());
        dismantle(entries.into_values().map(|item| item.value).collect());
    }
}

/// Values may be nested as deeply as a template's loops care to: they are dropped one by one.
fn dismantle(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value.data {
            Data::List(list) => {
                if let Ok(mut items) = Rc::try_unwrap(list.items) {
                    values.append(&mut items.0);
                }
            }
            Data::Map(map) => {
                if let Ok(mut entries) = Rc::try_unwrap(map.entries) {
                    let entries = std::mem::take(entries.0.get_mut());
                    values.extend(entries.into_values().map(|item| item.value));
                }
            }
            _ => {}
        }
    }
}

impl List {
    /// The items.
    pub(crate) fn items(&self) -> &[Value] {
        &self.items.0
    }
}

impl Map {
    /// An empty mapping.
    pub(crate) fn new(of: MapType) -> Self {
        Self {
            entries: Rc::default(),
            of,
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.0.borrow().len()
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let entries = self.entries.0.borrow();
        entries.get(name).map(|item| item.value.clone())
    }

    /// The value of a name, and where the name is written.
    pub(crate) fn item(&self, name: &str) -> Option<Item> {
        self.entries.0.borrow().get(name).cloned()
    }

    /// Whether there is an entry of a name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.0.borrow().contains_key(name)
    }

    /// Sets a name's value.
    pub(crate) fn insert(&self, name: impl Into<Arc<str>>, value: Value) {
        let item = Item {
            key_place: None,
            value,
        };
        self.insert_item(name, item);
    }

    /// Sets a name's value and place.
    pub(crate) fn insert_item(&self, name: impl Into<Arc<str>>, item: Item) {
        let old = self.entries.0.borrow_mut().insert(name.into(), item);
        drop(old);
    }

    /// Takes a name out.
    pub(crate) fn remove(&self, name: &str) {
        let old = self.entries.0.borrow_mut().remove(name);
        drop(old);
    }

    /// All entries, in the order of their names.
    pub(crate) fn to_vec(&self) -> Vec<(Arc<str>, Item)> {
        let entries = self.entries.0.borrow();
        entries
            .iter()
            .map(|(name, item)| (name.clone(), item.clone()))
            .collect()
    }

    /// Whether both are the same mapping.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    /// The same entries in a mapping of its own; what they hold is shared.
    pub(crate) fn shallow_copy(&self) -> Self {
        let entries = self.entries.0.borrow().clone();
        Self {
            entries: Rc::new(MapEntries(RefCell::new(entries))),
            of: MapType::Any,
        }
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Self { data, place: None }
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Data::Map(map).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Data::Text(Text::from(text)).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Data::Text(Text::from(text)).into()
    }
}

impl Value {
    /// No value.
    pub(crate) const NIL: Self = Self {
        data: Data::Nil,
        place: None,
    };

    /// A truth value.
    pub(crate) fn bool(value: bool) -> Self {
        Data::Bool(value).into()
    }

    /// An `int`.
    pub(crate) fn int(value: i64) -> Self {
        Data::Integer(value, IntegerType::Int).into()
    }

    /// A length or position as an `int`.
    pub(crate) fn size(value: usize) -> Self {
        Self::int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// An `int64`.
    pub(crate) fn int64(value: i64) -> Self {
        Data::Integer(value, IntegerType::Int64).into()
    }

    /// A `float64`.
    pub(crate) fn float(value: f64) -> Self {
        Data::Float(value).into()
    }

    /// A string.
    pub(crate) fn text(text: Text) -> Self {
        Data::Text(text).into()
    }

    /// A list of anything.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::list_of(items, Items::Any)
    }

    /// A list of a type.
    pub(crate) fn list_of(items: Vec<Self>, of: Items) -> Self {
        Data::List(List {
            items: Rc::new(ListItems(items)),
            of,
            nil: false,
        })
        .into()
    }

    /// Go's nil slice.
    pub(crate) fn nil_list(of: Items) -> Self {
        Data::List(List {
            items: Rc::default(),
            of,
            nil: true,
        })
        .into()
    }

    /// A list of strings.
    pub(crate) fn texts(items: impl IntoIterator<Item = Text>) -> Self {
        Self::list_of(items.into_iter().map(Self::text).collect(), Items::Text)
    }

    /// An object with fields and methods of its own.
    pub(crate) fn object(object: Object) -> Self {
        Data::Object(Rc::new(object)).into()
    }

    /// Whether it is nothing.
    pub(crate) fn is_nil(&self) -> bool {
        matches!(self.data, Data::Nil | Data::NilInterface)
    }

    /// The same, as a pipeline gives it.
    pub(crate) fn settled(mut self) -> Self {
        if matches!(self.data, Data::NilInterface) {
            self.data = Data::Nil;
        }
        self
    }

    /// The same, as a mapping or list gives it.
    pub(crate) fn held(mut self) -> Self {
        if matches!(self.data, Data::Nil) {
            self.data = Data::NilInterface;
        }
        self
    }

    /// The text, if it is a string.
    pub(crate) fn as_text(&self) -> Option<&Text> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(list) => Some(list.items()),
            _ => None,
        }
    }

    /// The same value, from a place of another.
    pub(crate) fn placed_like(mut self, other: &Self) -> Self {
        let place = match &other.data {
            Data::Text(text) => text.value_place(),
            _ => other.place,
        };
        if let Some(mut place) = place {
            place.verbatim = false;
            if let Data::Text(text) = &self.data {
                self.data = Data::Text(Text::of_value(text.shared(), place));
            }
            self.place = Some(place);
        }
        self
    }

    /// Go's name of the type, as `%T` has it.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Nil | Data::NilInterface => "<nil>",
            Data::Bool(_) => "bool",
            Data::Integer(_, kind) => kind.name(),
            Data::Float(_) => "float64",
            Data::Text(_) => "string",
            Data::List(list) => match list.of {
                Items::Any => "[]interface {}",
                Items::Text => "[]string",
                Items::Int => "[]int",
                Items::Lists => "[][]interface {}",
                Items::Bytes => "[]uint8",
            },
            Data::Map(map) => match map.of {
                MapType::Any | MapType::Nil => "map[string]interface {}",
                MapType::Text => "map[string]string",
                MapType::Values => "chartutil.Values",
            },
            Data::Object(object) => object.type_name(),
        }
    }

    /// Go's name of the kind, as `kindOf` has it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Nil | Data::NilInterface => "invalid",
            Data::Bool(_) => "bool",
            Data::Integer(_, kind) => kind.name(),
            Data::Float(_) => "float64",
            Data::Text(_) => "string",
            Data::List(_) => "slice",
            Data::Map(_) => "map",
            Data::Object(object) => object.kind_name(),
        }
    }

    /// Whether `if` takes it for true.
    pub(crate) fn is_true(&self) -> bool {
        match &self.data {
            Data::Nil | Data::NilInterface => false,
            Data::Bool(value) => *value,
            Data::Integer(value, _) => *value != 0,
            Data::Float(value) => *value != 0.0,
            Data::Text(text) => !text.is_empty(),
            Data::List(list) => !list.items().is_empty(),
            Data::Map(map) => map.len() > 0,
            Data::Object(object) => object.is_true(),
        }
    }
}
