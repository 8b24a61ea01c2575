// Command go-registry evaluates the descriptors in Go files with Go's own parser and type checker, and
// prints them with their places, so that kvguard's reader can be compared with it.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
)

// place is a range of bytes and the line it begins on.
type place struct {
	Start int `json:"start"`
	End   int `json:"end"`
	Line  int `json:"line"`
}

// text is a string and where it is written.
type text struct {
	place
	Value string `json:"value"`
}

// element is one descriptor of the literal.
type element struct {
	place
	Key   *text             `json:"key"`
	Texts map[string]text   `json:"texts"`
	Lists map[string][]text `json:"lists"`
}

// reading is what one file holds.
type reading struct {
	File        string    `json:"file"`
	Variable    string    `json:"variable"`
	Elements    []element `json:"elements"`
	Unevaluated []place   `json:"unevaluated"`
}

// importer knows every package and nothing of what is in it.
type importer struct{}

func (importer) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not read", path)
}

type evaluator struct {
	files  *token.FileSet
	info   types.Info
	values map[types.Object]ast.Expr
	reading
}

func main() {
	var readings []reading
	for _, name := range os.Args[1:] {
		found, err := read(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		readings = append(readings, found)
	}
	if err := json.NewEncoder(os.Stdout).Encode(readings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(name string) (reading, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, 0)
	if err != nil {
		return reading{}, err
	}
	e := evaluator{
		files: files,
		info: types.Info{
			Types: map[ast.Expr]types.TypeAndValue{},
			Defs:  map[*ast.Ident]types.Object{},
			Uses:  map[*ast.Ident]types.Object{},
		},
		values:  map[types.Object]ast.Expr{},
		reading: reading{File: name, Elements: []element{}, Unevaluated: []place{}},
	}
	// What the checker cannot resolve has no value; that is all that is asked of it.
	config := types.Config{Importer: importer{}, Error: func(error) {}}
	_, _ = config.Check("fleet", files, []*ast.File{file}, &e.info)

	var registry *ast.CompositeLit
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.VAR {
			continue
		}
		for _, specification := range general.Specs {
			value := specification.(*ast.ValueSpec)
			if len(value.Values) != len(value.Names) {
				continue
			}
			for i, name := range value.Names {
				e.values[e.info.Defs[name]] = value.Values[i]
				literal, ok := value.Values[i].(*ast.CompositeLit)
				if ok && registry == nil && e.isCollection(literal) && holdsDescriptors(literal) {
					registry = literal
					e.Variable = name.Name
				}
			}
		}
	}
	if registry != nil {
		for _, item := range registry.Elts {
			e.element(item)
		}
	}
	return e.reading, nil
}

func (e *evaluator) isCollection(literal *ast.CompositeLit) bool {
	known := e.info.Types[literal].Type
	if known == nil {
		return false
	}
	switch known.Underlying().(type) {
	case *types.Map, *types.Slice, *types.Array:
		return true
	}
	return false
}

func holdsDescriptors(literal *ast.CompositeLit) bool {
	holds := false
	ast.Inspect(literal, func(node ast.Node) bool {
		if pair, ok := node.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok {
				holds = holds || name.Name == "KVKey" || name.Name == "KVKeyTemplate"
			}
		}
		return true
	})
	return holds
}

func (e *evaluator) place(node ast.Node) place {
	start := e.files.Position(node.Pos())
	return place{start.Offset, e.files.Position(node.End()).Offset, start.Line}
}

func (e *evaluator) fail(node ast.Node) {
	e.Unevaluated = append(e.Unevaluated, e.place(node))
}

func (e *evaluator) text(expression ast.Expr) *text {
	value := e.info.Types[expression].Value
	if value == nil || value.Kind() != constant.String {
		e.fail(expression)
		return nil
	}
	return &text{e.place(expression), constant.StringVal(value)}
}

func (e *evaluator) element(item ast.Expr) {
	found := element{place: e.place(item), Texts: map[string]text{}, Lists: map[string][]text{}}
	if pair, ok := item.(*ast.KeyValueExpr); ok {
		// The checker does not look at what is under a key that it cannot resolve.
		if found.Key = e.text(pair.Key); found.Key == nil {
			return
		}
		item = pair.Value
	}
	if pointer, ok := item.(*ast.UnaryExpr); ok && pointer.Op == token.AND {
		item = pointer.X
	}
	body, ok := item.(*ast.CompositeLit)
	if !ok {
		e.fail(item)
		return
	}
	for _, field := range body.Elts {
		pair, ok := field.(*ast.KeyValueExpr)
		if !ok {
			e.fail(body)
			return
		}
		name := pair.Key.(*ast.Ident).Name
		switch name {
		case "CriticalFields", "SecretFields":
			found.Lists[name] = e.list(pair.Value)
		case "Name", "DisplayName", "ServiceType", "Scope", "KVKey", "KVKeyTemplate", "Format":
			if value := e.text(pair.Value); value != nil {
				found.Texts[name] = *value
			}
		}
	}
	e.Elements = append(e.Elements, found)
}

func (e *evaluator) list(expression ast.Expr) []text {
	list := []text{}
	literal, ok := expression.(*ast.CompositeLit)
	if name, named := expression.(*ast.Ident); named {
		if name.Name == "nil" {
			return list
		}
		literal, ok = e.values[e.info.Uses[name]].(*ast.CompositeLit)
	}
	if !ok {
		e.fail(expression)
		return list
	}
	for _, item := range literal.Elts {
		if value := e.text(item); value != nil {
			list = append(list, *value)
		}
	}
	return list
}
