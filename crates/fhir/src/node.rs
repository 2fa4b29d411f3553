//! The JSON tree: order kept, number text kept, one value per key.

use std::fmt;

/// A JSON value that writes back exactly what was read.
///
/// Numbers keep their text (`1.00` is not `1.0`: FHIR R4 §2.24.0.1 makes precision
/// significant). Objects keep the order of their keys and hold each key once.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// JSON `null`; in FHIR only inside arrays, to line up a value with its extensions.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(Box<str>),
    /// A string.
    String(Box<str>),
    /// An array.
    Array(Vec<Node>),
    /// An object.
    Object(Object),
}

/// The members of a JSON object, in order; a key appears once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Object {
    members: Vec<(Box<str>, Node)>,
}

impl Object {
    /// An empty object.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members.iter().find(|(k, _)| **k == *key).map(|(_, v)| v)
    }

    /// The value of `key`, to change it in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.members.iter_mut().find(|(k, _)| **k == *key).map(|(_, v)| v)
    }

    /// Sets `key`, in place when it exists, else at the end. Gives the former value.
    pub fn insert(&mut self, key: &str, value: impl Into<Node>) -> Option<Node> {
        let value = value.into();
        match self.get_mut(key) {
            Some(slot) => Some(std::mem::replace(slot, value)),
            None => {
                self.members.push((key.into(), value));
                None
            }
        }
    }

    /// Removes `key` and gives its value; the order of the others is kept.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.members.iter().position(|(k, _)| **k == *key)?;
        Some(self.members.remove(at).1)
    }

    /// Keeps the members for which `keep` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Node) -> bool) {
        self.members.retain_mut(|(key, value)| keep(key, value));
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node)> {
        self.members.iter().map(|(k, v)| (&**k, v))
    }

    /// The members in order, to change the values in place.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Node)> {
        self.members.iter_mut().map(|(k, v)| (&**k, v))
    }

    /// How many members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Appends a member known to be new: the parser checks for repeats itself.
    pub(crate) fn push_new(&mut self, key: Box<str>, value: Node) {
        self.members.push((key, value));
    }
}

impl FromIterator<(String, Node)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Node)>>(iter: I) -> Self {
        let mut object = Self::new();
        for (key, value) in iter {
            object.insert(&key, value);
        }
        object
    }
}

impl Node {
    /// A string node.
    pub fn string(text: impl Into<Box<str>>) -> Self {
        Self::String(text.into())
    }

    /// The member `key`, when this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_object()?.get(key)
    }

    /// The member `key` for change in place, when this is an object that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_object_mut()?.get_mut(key)
    }

    /// The text of a string node.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the string member `key`: `get` then `as_str`.
    pub fn str(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The text of a number node, as written.
    pub fn as_number(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an integer number node; `None` for `1.0`, which FHIR does not call an integer.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.parse().ok()
    }

    /// The value of a number node as a float: for positions, never for money.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The value of a boolean node.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items of an array node.
    pub fn as_array(&self) -> Option<&[Node]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object node.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members of an object node, for change in place.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The values of member `key` as FHIRPath sees them: the items of an array, the one
    /// value otherwise, nothing when absent. JSON nulls are left out.
    pub fn items(&self, key: &str) -> impl Iterator<Item = &Node> {
        let found = self.get(key);
        let slice = match found {
            Some(Self::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        slice.iter().filter(|node| !matches!(node, Self::Null))
    }

    /// The extensions of this element whose `url` is `url`.
    pub fn extensions<'a>(&'a self, url: &'a str) -> impl Iterator<Item = &'a Node> {
        self.items("extension").filter(move |extension| extension.str("url") == Some(url))
    }

    /// What JSON calls this: for error messages ("attendu …, lu …").
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "booléen",
            Self::Number(_) => "nombre",
            Self::String(_) => "chaîne",
            Self::Array(_) => "liste",
            Self::Object(_) => "objet",
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl From<serde_json::Value> for Node {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number.to_string().into()),
            Value::String(text) => Self::String(text.into()),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}

impl serde::Serialize for Node {
    /// So that a [`Node`] can stand inside [`node!`](crate::node).
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeMap};
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(text) => text.parse::<serde_json::Number>().map_err(S::Error::custom)?.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, value) in object.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

macro_rules! node_from {
    ($($type:ty => $build:expr),+ $(,)?) => {
        $(impl From<$type> for Node {
            fn from(value: $type) -> Self {
                ($build)(value)
            }
        })+
    };
}

node_from! {
    bool => Self::Bool,
    &str => |text: &str| Self::String(text.into()),
    String => |text: String| Self::String(text.into()),
    Box<str> => Self::String,
    i32 => |number: i32| Self::Number(number.to_string().into()),
    i64 => |number: i64| Self::Number(number.to_string().into()),
    u32 => |number: u32| Self::Number(number.to_string().into()),
    u64 => |number: u64| Self::Number(number.to_string().into()),
    usize => |number: usize| Self::Number(number.to_string().into()),
    Object => Self::Object,
    Vec<Self> => Self::Array,
}

#[cfg(test)]
mod tests {
    use crate::node;

    #[test]
    fn an_object_keeps_order_and_replaces_in_place() {
        let mut resource = node!({"resourceType": "Location", "id": "a", "status": "active"});
        let object = resource.as_object_mut().expect("an object");
        assert_eq!(object.insert("id", "b"), Some("a".into()));
        object.insert("name", "Unité");
        assert_eq!(resource.to_text(), r#"{"resourceType":"Location","id":"b","status":"active","name":"Unité"}"#);
    }

    #[test]
    fn items_reads_one_value_and_a_list_alike() {
        let resource = node!({"one": {"a": 1}, "many": [{"a": 1}, null, {"a": 2}]});
        assert_eq!(resource.items("one").count(), 1);
        assert_eq!(resource.items("many").count(), 2);
        assert_eq!(resource.items("none").count(), 0);
    }
}
