//! Template texts to compare: those written in fixtures, every function on every kind of value, and random ones.

/// The values that the templates see.
pub const VALUES: &str = r#"
s: text
i: 3
f: 1.5
t: true
nn: null
big: 1000000
l: [b, a, 3, null, a]
m: {b: two, a: 1, c: {d: [x], e: null}}
em: {}
el: []
url: "https://user:pw@example.org:8443/a/b?q=1#frag"
multi: "one\ntwo\n  three\n"
num: "017"
"#;

/// Operands: every kind of value, with empty and odd ones.
const OPERANDS: [&str; 26] = [
    "nil",
    ".Values.nothing",
    "(.Values.nothing)",
    "\"\"",
    "\"abc\"",
    "\" A b-c_D1é \"",
    "\"1.50\"",
    "\"12\"",
    "0",
    "3",
    "-1",
    "1.5",
    "true",
    "false",
    "(list)",
    "(list 1 \"a\" nil \"a\" 2.5)",
    "(dict)",
    "(dict \"a\" 1 \"b\" \"x\")",
    ".Values.s",
    ".Values.i",
    ".Values.f",
    ".Values.l",
    ".Values.m",
    "(splitList \",\" \"a,b,a\")",
    "(until 3)",
    "(int64 7)",
];

/// Fewer, for functions of three and more.
const FEW: [&str; 8] = [
    "(.Values.nothing)",
    "\"\"",
    "\"a1b\"",
    "2",
    ".Values.i",
    "true",
    "(list \"a\" \"a1b\")",
    "(dict \"a\" 1)",
];

/// Functions whose result does not depend on order, time or chance, and how many arguments to try.
const FUNCTIONS: &str = "
not:1 len:1 index:2,3 print:1,2 println:1,2 printf:1 html:1 js:1 urlquery:1 eq:1,2,3 ne:2 lt:2 le:2 gt:2 ge:2 and:1,2,3 or:1,2,3
abbrev:2 abbrevboth:3 add:1,2,3 add1:1 add1f:1 addf:1,2 adler32sum:1 all:1,2 any:1,2 append:2 atoi:1 b32dec:1 b32enc:1 b64dec:1
b64enc:1 base:1 biggest:1,2 camelcase:1 cat:1,2 ceil:1 chunk:2 clean:1 coalesce:1,2 compact:1 concat:1,2 contains:2 deepCopy:1
deepEqual:2 default:2 dict:1,2,3 dig:3 dir:1 div:2 divf:2 empty:1 ext:1 fail:1 first:1 float64:1 floor:1 fromJson:1 fromJsonArray:1
fromYaml:1 fromYamlArray:1 get:2 has:2 hasKey:2 hasPrefix:2 hasSuffix:2 hello:0 indent:2 initial:1 initials:1 int:1 int64:1 isAbs:1
join:2 kebabcase:1 kindIs:2 kindOf:1 last:1 list:0,1,2 lower:1 max:1,2 maxf:1,2 merge:1,2 mergeOverwrite:2 min:1,2 minf:1,2 mod:2
mul:1,2 mulf:1,2 mustAppend:2 mustChunk:2 mustCompact:1 mustDeepCopy:1 mustFirst:1 mustFromJson:1 mustHas:2 mustInitial:1 mustLast:1
mustMerge:2 mustMergeOverwrite:2 mustPrepend:2 mustPush:2 mustRegexFind:2 mustRegexFindAll:3 mustRegexMatch:2 mustRegexReplaceAll:3
mustRegexReplaceAllLiteral:3 mustRegexSplit:3 mustRest:1 mustReverse:1 mustSlice:1,2,3 mustToJson:1 mustToPrettyJson:1 mustToRawJson:1
mustUniq:1 mustWithout:1,2 nindent:2 nospace:1 omit:2 osBase:1 osClean:1 osDir:1 osExt:1 osIsAbs:1 pick:2 pluck:2 plural:3 prepend:2
push:2 quote:0,1,2 regexFind:2 regexFindAll:3 regexMatch:2 regexQuoteMeta:1 regexReplaceAll:3 regexReplaceAllLiteral:3 regexSplit:3
repeat:2 replace:3 required:2 rest:1 reverse:1 round:2,3 semver:1 semverCompare:2 seq:0,1,2,3 set:3 sha1sum:1 sha256sum:1 sha512sum:1
slice:1,2,3 snakecase:1 sortAlpha:1 split:2 splitList:2 splitn:3 squote:1,2 sub:2 subf:2 substr:3 swapcase:1 ternary:3 title:1
toDecimal:1 toJson:1 toPrettyJson:1 toRawJson:1 toString:1 toStrings:1 toToml:1 toYaml:1 trim:1 trimAll:2 trimPrefix:2
trimSuffix:2 trimall:2 trunc:2 tuple:1,2 typeIs:2 typeIsLike:2 typeOf:1 uniq:1 unset:2 until:1 untilStep:3 untitle:1 upper:1
urlJoin:1 urlParse:1 without:1,2 wrap:2 wrapWith:3 lookup:4 getHostByName:1 durationRound:1 duration:1 toYamlPretty:1 fromToml:1
";

/// Every function on every kind of value.
pub fn crossed() -> Vec<String> {
    let mut all = Vec::new();
    for entry in FUNCTIONS.split_whitespace() {
        let (name, counts) = entry.split_once(':').expect("a function has counts");
        for count in counts.split(',') {
            let count: usize = count.parse().expect("a count is a number");
            let operands: &[&str] = if count < 2 { &OPERANDS } else { &FEW };
            for mut index in 0..operands.len().pow(u32::try_from(count).expect("few")) {
                let mut call = name.to_owned();
                for _ in 0..count {
                    call.push(' ');
                    call.push_str(operands[index % operands.len()]);
                    index /= operands.len();
                }
                all.push(format!(
                    "{{{{ {call} }}}}|{{{{ typeOf ({call}) }}}}|{{{{ toJson ({call}) }}}}"
                ));
            }
        }
    }
    all
}

/// The texts of the fixtures: one a line, `\n` for a line break.
#[expect(clippy::disallowed_methods, reason = "a test reads its fixtures")]
pub fn written() -> Vec<String> {
    let directory =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/helm/texts");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("a fixture").path())
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a fixture is text");
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("# "));
        all.extend(lines.map(|line| line.replace("⏎", "\n")));
    }
    all
}

/// A small generator of numbers, the same each time.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    pub fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

fn operand(chance: &mut Chance, depth: usize) -> String {
    if depth == 0 || chance.below(3) > 0 {
        return chance
            .of(&[
                ".Values.s",
                ".Values.i",
                ".Values.l",
                ".Values.m",
                ".Values.m.c",
                ".Values.m.c.d",
                ".Values.none.x",
                ".Values.none",
                "$",
                "$x",
                "\"a b\"",
                "7",
                "2.5",
                "true",
                "nil",
                ".",
                ".s",
                ".Release.Name",
                "$.Values.f",
                ".Chart.Name",
                ".Values.multi",
            ])
            .to_owned();
    }
    format!("({})", pipeline(chance, depth - 1))
}

fn pipeline(chance: &mut Chance, depth: usize) -> String {
    let mut text = if chance.below(2) == 0 {
        operand(chance, depth)
    } else {
        call(chance, depth)
    };
    for _ in 0..chance.below(3) {
        let function = chance.of(&[
            "quote",
            "default \"d\"",
            "toJson",
            "upper",
            "trunc 3",
            "toString",
            "len",
            "not",
            "kindOf",
            "int",
            "indent 2",
            "printf \"%v-%T\"",
            "first",
            "typeOf",
            "empty",
            "b64enc",
            "trim",
            "list",
            "toYaml",
            "eq \"text\"",
            "and true",
            "or false",
            "squote",
            "replace \"a\" \"b\"",
            "join \"-\"",
            "sortAlpha",
        ]);
        text.push_str(" | ");
        text.push_str(function);
    }
    text
}

fn call(chance: &mut Chance, depth: usize) -> String {
    let name = chance.of(&[
        "and",
        "or",
        "eq",
        "ne",
        "lt",
        "index",
        "print",
        "printf \"%s %d\"",
        "list",
        "dict \"k\"",
        "default",
        "ternary 1 2",
        "add",
        "mul",
        "join \",\"",
        "has",
        "contains \"a\"",
        "hasKey",
        "get",
        "coalesce",
        "concat",
        "merge",
        "pick",
        "tpl",
        "include \"helper\"",
        "required \"needed\"",
        "trimSuffix \"t\"",
        "slice",
        "append",
    ]);
    let mut text = name.to_owned();
    for _ in 0..=chance.below(2) {
        text.push(' ');
        text.push_str(&operand(chance, depth));
    }
    text
}

fn block(chance: &mut Chance, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(3) {
        let (open, close) = (chance.of(&["{{ ", "{{- "]), chance.of(&[" }}", " -}}"]));
        match chance.below(if depth == 0 { 4 } else { 9 }) {
            0 => text.push_str(chance.of(&["plain\n", "  two: words\n", "\n\n", " - "])),
            1 | 2 => text.push_str(&format!("{open}{}{close}", pipeline(chance, 2))),
            3 => text.push_str(&format!("{open}$x = {}{close}", pipeline(chance, 1))),
            4 | 5 => {
                let keyword = chance.of(&["if", "with", "if not", "with $x :="]);
                let otherwise = chance.of(&[
                    "{{ else }}",
                    "{{- else }}e",
                    "{{ end }}{{ if false }}",
                    "{{ else if true }}",
                ]);
                let otherwise = if keyword.starts_with("with") && otherwise.contains("else if") {
                    "{{ else }}"
                } else {
                    otherwise
                };
                text.push_str(&format!(
                    "{open}{keyword} {}{close}{}{otherwise}{}{{{{ end }}}}",
                    operand(chance, 1),
                    block(chance, depth - 1),
                    block(chance, depth - 1)
                ));
            }
            6 | 7 => {
                let variables = chance.of(&["", "$x := ", "$i, $x := ", "$x = "]);
                let ranged = chance.of(&[
                    ".Values.l",
                    ".Values.m",
                    "(list 1 2)",
                    ".Values.none",
                    "until 3",
                    ".Values.em",
                ]);
                let stop = chance.of(&[
                    "",
                    "",
                    "{{ if eq (toString .) \"a\" }}{{ break }}{{ end }}",
                    "{{ continue }}",
                ]);
                text.push_str(&format!(
                    "{open}range {variables}{ranged}{close}{stop}{}{{{{ else }}}}none{{{{ end }}}}",
                    block(chance, depth - 1)
                ));
            }
            _ => text.push_str(&format!(
                "{open}template \"helper\" {}{close}",
                operand(chance, 1)
            )),
        }
    }
    text
}

/// Templates made at random.
pub fn random(count: usize) -> Vec<String> {
    let mut chance = Chance::new(20_251_116);
    (0..count)
        .map(|_| format!("{{{{ $x := \"x\" }}}}{}", block(&mut chance, 3)))
        .collect()
}
