package gateway

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imgate/component/gateway/speech"
)

// silent are calls whose strings no user reads.
var silent = []string{"Error", "Warn", "Info", "Debug", "Errorf", "New", "With", "panic"}

// unsaid are strings with a space that are no sentences.
// What a failure or a list for administrators says stays as it is, like the networks' own words.
var unsaid = []string{
	"sign off", "domain ", "service ", "by an administrator", "not registered", "an error in the gateway ended the session",
	"the network refuses many accounts at once, so it is asked again later",
}

// short are sentences that do not look like ones.
var short = []string{
	"yes", "no", "asked", "a moment", "%d s", "%d min", "%d users", "everybody", "nobody", "dropped", "Done.", "Restored.", "%s (%s)",
}

// sentences are all strings of this package that users read: whatever has a space in it, and is not for a log or
// an error of Go.
func sentences(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := f.X.(*ast.SelectorExpr); ok && x.Sel.Name == "log" && slices.Contains(silent, f.Sel.Name) {
					return false
				}
				if x, ok := f.X.(*ast.Ident); ok && (x.Name == "fmt" && f.Sel.Name == "Errorf" || x.Name == "errors" && f.Sel.Name == "New") {
					return false
				}
			case *ast.ImportSpec, *ast.Field:
				_, tag := n.(*ast.Field)
				return tag && n.(*ast.Field).Tag == nil
			case *ast.BinaryExpr:
				if s, ok := joined(n); ok {
					note(found, s, name)
					return false
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					s, err := strconv.Unquote(n.Value)
					if err == nil {
						note(found, s, name)
					}
				}
			}
			return true
		})
	}
	return found
}

// joined is a constant that stands on several lines.
func joined(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		a, okA := joined(e.X)
		b, okB := joined(e.Y)
		return a + b, e.Op == token.ADD && okA && okB
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	}
	return "", false
}

var isSentence = regexp.MustCompile(`[A-Za-z’']{2,} |^[A-Z][a-z]+$|%s [a-z]`)

func note(found map[string]string, s, file string) {
	if (isSentence.MatchString(s) || slices.Contains(short, s)) && !slices.Contains(unsaid, s) {
		found[s] = file
	}
}

// labels are what networks call the fields of their forms, and say above them: strings that stand for a Label, or for
// Instructions, or in the place of a label in a table.
func labels(t *testing.T, found map[string]string) {
	t.Helper()
	files, err := filepath.Glob("../../transports/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	spoken := []string{"Label", "label", "Instructions"}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "transporttest") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		keep := func(e ast.Expr) {
			if s, ok := joined(e); ok && s != "" {
				found[s] = name
			}
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && slices.Contains(spoken, key.Name) {
					keep(n.Value)
				}
			case *ast.CompositeLit:
				if at := columnOf(n.Type, spoken); at >= 0 {
					for _, e := range n.Elts {
						if row, ok := e.(*ast.CompositeLit); ok && at < len(row.Elts) {
							keep(row.Elts[at])
						}
					}
				}
			}
			return true
		})
	}
}

// columnOf is the place of the field of one of these names in a table of structs; -1: it has none.
func columnOf(table ast.Expr, names []string) int {
	list, ok := table.(*ast.ArrayType)
	if !ok {
		return -1
	}
	row, ok := list.Elt.(*ast.StructType)
	if !ok {
		return -1
	}
	at := 0
	for _, f := range row.Fields.List {
		for _, name := range f.Names {
			if slices.Contains(names, name.Name) {
				return at
			}
			at++
		}
	}
	return -1
}

var verb = regexp.MustCompile(`%[a-z]`)

// Every sentence is in every book, with the same parts, and no book has one that is said nowhere.
func TestEverySentenceIsSaidInEveryLanguage(t *testing.T) {
	said := sentences(t)
	labels(t, said)
	for _, l := range speech.Languages()[1:] {
		b, err := os.ReadFile("speech/" + string(l) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		book := map[string]string{}
		if err := json.Unmarshal(b, &book); err != nil {
			t.Fatal(err)
		}
		for s, file := range said {
			if book[s] == "" {
				t.Errorf("%s lacks %q (%s)", l, s, file)
			}
		}
		for s, other := range book {
			if _, ok := said[s]; !ok {
				t.Errorf("%s has %q, which is said nowhere", l, s)
			}
			if a, b := verb.FindAllString(s, -1), verb.FindAllString(strings.NewReplacer("%[1]", "%", "%[2]", "%", "%[3]", "%").Replace(other), -1); len(a) != len(b) {
				t.Errorf("%s: %q has other parts than %q", l, other, s)
			}
		}
	}
}
