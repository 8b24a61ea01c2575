//! Which objects and namespaces SPIRE's controller manager looks at.

use super::super::objects::Object;
use super::super::{Options, Problems, shown, string_at};
use crate::deploy::regular_expression::Expression;
use crate::source::{Fragment, Node, Problem, Sources, Span, Syntax};

/// The namespaces that the controller manager ignores where its configuration names none: expressions that fit anywhere in a
/// name.
const IGNORED: [&str; 3] = ["kube-system", "kube-public", "spire-system"];

const GROUP: &str = "spire.spiffe.io";
const KIND: &str = "ControllerManagerConfig";

/// The controller managers of a cluster.
#[derive(Debug)]
pub(super) struct Controllers {
    all: Vec<Controller>,
}

/// One controller manager.
#[derive(Debug)]
struct Controller {
    /// Its class; `None`: not known.
    class: Option<String>,
    watches_classless: bool,
    ignored: Vec<Expression>,
}

/// Whether an object is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    Yes,
    No,
    /// No file tells: it counts all the same.
    Untold,
}

/// What a configuration says.
struct Configuration<'d> {
    root: Node,
    /// Where it is written.
    span: Span,
    /// Whether the places in it are those of the deployment's files.
    document: Option<&'d Node>,
}

impl Controllers {
    /// What the policy states, or else what the configurations in the manifests say.
    pub(super) fn read(
        objects: &[Object<'_>],
        options: &Options<'_>,
        problems: &mut Problems,
    ) -> Self {
        let configurations: Vec<Configuration<'_>> =
            objects.iter().flat_map(configurations).collect();
        let stated = options.spire;
        let ignored_by_policy: Option<Vec<Expression>> = stated
            .and_then(|stated| stated.ignore_namespaces.as_ref())
            .map(|ignored| {
                let expressions = ignored.iter();
                expressions
                    .filter_map(|text| expression(&text.value, text.span, problems))
                    .collect()
            });
        let stated_class = stated.and_then(|stated| stated.class.clone());
        let stated_classless = stated.and_then(|stated| stated.watch_classless);
        let mut all = Vec::new();
        for configuration in &configurations {
            let ignored = match &ignored_by_policy {
                Some(ignored) => ignored.clone(),
                None => configuration.ignored(problems),
            };
            let class = string_at(&configuration.root, "/className").unwrap_or_default();
            let classless = configuration.root.get("watchClassless");
            all.push(Controller {
                class: Some(class.to_owned()),
                watches_classless: stated_classless
                    .unwrap_or_else(|| classless.and_then(Node::as_bool) == Some(true)),
                ignored,
            });
        }
        if let Some(class) = stated_class {
            let ignored = all.into_iter().next().map(|first| first.ignored);
            all = vec![Controller {
                class: Some(class),
                watches_classless: stated_classless.unwrap_or(false),
                ignored: ignored
                    .or(ignored_by_policy)
                    .unwrap_or_else(ignored_by_default),
            }];
        } else if all.is_empty() {
            all.push(Controller {
                class: None,
                watches_classless: stated_classless.unwrap_or(true),
                ignored: ignored_by_policy.unwrap_or_else(ignored_by_default),
            });
        }
        Self { all }
    }

    /// Whether an object of a class, or of none, is looked at.
    pub(super) fn watches(&self, class: Option<&str>) -> Watched {
        let mut watched = Watched::No;
        for controller in &self.all {
            let own = match (&controller.class, class) {
                (_, None) if controller.watches_classless => Watched::Yes,
                (None, Some(_)) => Watched::Untold,
                (Some(own), class) if own == class.unwrap_or_default() => Watched::Yes,
                _ => Watched::No,
            };
            match own {
                Watched::Yes => return own,
                Watched::Untold => watched = own,
                Watched::No => {}
            }
        }
        watched
    }

    /// Whether pods of a namespace are given nothing.
    pub(super) fn ignore(&self, namespace: &str) -> bool {
        self.all.iter().all(|controller| {
            let mut ignored = controller.ignored.iter();
            ignored.any(|expression| expression.is_match(namespace))
        })
    }

    /// How many steps it takes at most to say whether a namespace is ignored.
    pub(super) fn cost_of_ignore(&self, namespace: &str) -> usize {
        let ignored = self.all.iter().flat_map(|controller| &controller.ignored);
        ignored.fold(0, |cost, expression| {
            cost.saturating_add(expression.cost(namespace))
        })
    }

    /// The classes that are looked at, for a message.
    pub(super) fn classes(&self) -> String {
        let classes = self
            .all
            .iter()
            .filter_map(|controller| controller.class.as_deref());
        let shown: Vec<String> = classes
            .map(|class| match class {
                "" => "objects without a class".to_owned(),
                class => format!("the class `{}`", shown(class)),
            })
            .collect();
        if shown.is_empty() {
            return "objects of its own class".to_owned();
        }
        shown.join(" and ")
    }
}

fn ignored_by_default() -> Vec<Expression> {
    IGNORED
        .iter()
        .copied()
        .filter_map(Expression::new)
        .collect()
}

fn expression(text: &str, span: Span, problems: &mut Problems) -> Option<Expression> {
    let expression = Expression::new(text);
    if expression.is_none() {
        let message = "kvguard does not read this expression of namespaces that SPIRE ignores";
        problems.unsupported(span, message);
    }
    expression
}

impl Configuration<'_> {
    fn ignored(&self, problems: &mut Problems) -> Vec<Expression> {
        let Some(items) = self
            .root
            .get("ignoreNamespaces")
            .and_then(Node::as_sequence)
        else {
            return ignored_by_default();
        };
        let texts = items.iter().filter_map(|item| {
            let span = if self.document.is_some() {
                item.span
            } else {
                self.span
            };
            Some((item.as_str()?, span))
        });
        texts
            .filter_map(|(text, span)| expression(text, span, problems))
            .collect()
    }
}

/// The configurations that an object is, or that a ConfigMap holds.
fn configurations<'d>(object: &Object<'d>) -> Vec<Configuration<'d>> {
    if object.kind == KIND && object.group == GROUP {
        return vec![Configuration {
            root: object.node.clone(),
            span: object.name_span,
            document: Some(object.node),
        }];
    }
    if !object.is("ConfigMap") {
        return Vec::new();
    }
    let data = object.node.get("data").and_then(Node::as_mapping);
    let entries = data.into_iter().flat_map(crate::source::Mapping::entries);
    let texts = entries.filter_map(|entry| Some((entry.value.as_str()?, entry.value.span)));
    let configurations = texts.filter(|(text, _)| text.contains(KIND) && text.contains(GROUP));
    configurations
        .filter_map(|(text, span)| {
            // Its places are of no file: the whole value is the place.
            let mut sources = Sources::new();
            let id = sources.add("configuration", text);
            let fragment = Fragment::of_source(&sources, id);
            let documents = crate::source::read(&mut sources, &fragment, Syntax::Yaml);
            let is_own = |root: &Node| string_at(root, "/kind") == Some(KIND);
            let root = documents.roots.into_iter().find(is_own)?;
            Some(Configuration {
                root,
                span,
                document: None,
            })
        })
        .collect()
}

/// Says once that objects of a class count although no file says which class is looked at.
pub(super) fn untold(objects: &[&Object<'_>]) -> Option<(Problem, String)> {
    let first = objects.first()?;
    let mut classes: Vec<&str> = objects
        .iter()
        .filter_map(|object| string_at(object.node, "/spec/className"))
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let node = first.node.pointer("/spec/className")?;
    let names: Vec<String> = classes
        .iter()
        .map(|class| format!("`{}`", shown(class)))
        .collect();
    let message = format!(
        "no file tells which class SPIRE's controller manager has: the objects of the class {} are taken for its own",
        names.join(", ")
    );
    let help = format!(
        "state the class at the deployment in the policy: `spire_class = \"{}\"`",
        classes.first().copied().unwrap_or_default()
    );
    Some((Problem::new(node.span, message), help))
}
