// Package imgate_test holds the rules of the house as tests: who may import whom, and where goroutines may be
// started. docs/architecture.md gives the reasons.
package imgate_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "imgate"

// A room is a set of packages, by pattern, and what they may import of ours. "$1" stands for what the first
// group of the pattern matched.
type room struct {
	packages string
	imports  []string
}

// rooms is the table of docs/architecture.md. The first room that matches counts; a package in none is an error.
var rooms = []room{
	{`transports/[^/]+/wire(/.*)?`, nil},
	{`xmltree|richtext`, nil},
	{`transports`, []string{`richtext`}},
	{`transports/transporttest(/.*)?`, []string{`transports(/loopback)?`, `richtext`, `xmltree`}},
	{`transports/([^/]+)(/.*)?`, []string{`transports`, `transports/$1/.*`, `richtext`, `xmltree`}},
	{`state`, []string{`transports`}},
	{`registry`, []string{`state`, `transports`}},
	{`news`, []string{`registry`, `state`, `transports`}},
	{`xmpp`, []string{`xmltree`}},
	{`component`, []string{`xmpp`, `xmltree`}},
	{`component/componenttest`, []string{`component`, `xmpp`, `xmltree`}},
	{`component/gateway(/.*)?`, []string{`xmpp`, `xmltree`, `richtext`, `transports`, `state`, `registry`, `news`, `component/gateway/.*`}},
	{`adapters/(soap|xmlrpc)/wire`, []string{`xmltree`}},
	{`adapters/(soap|web)(/.*)?`, []string{`adapters`, `adapters/client`, `adapters/$1/.*`, `xmpp`, `xmltree`, `richtext`, `registry`, `news`, `transports`, `state`}},
	{`adapters(/[^/]+)?(/.*)?`, []string{`adapters`, `adapters$1/.*`, `xmpp`, `xmltree`, `richtext`, `registry`, `news`, `transports`, `state`}},
	{`lab(/.*)?`, []string{`lab(/.*)?`, `transports/[^/]+/wire(/.*)?`, `xmltree`}},
	{`scene(/.*)?`, []string{`.*`}},
	{`cmd/.*|e2e(/.*)?|bench(/.*)?`, []string{`.*`}},
	{`\.`, nil},
}

// top are the rooms that nothing imports but themselves, and tests.
const top = `cmd/.*|e2e(/.*)?|bench(/.*)?|scene(/.*)?`

// forbidden are names of packages that say nothing.
var forbidden = []string{"util", "utils", "common", "helper", "helpers", "internal", "pkg", "misc", "base", "manager"}

// A file is a parsed Go file of ours.
type file struct {
	pkg  string // path of its folder below the module
	path string
	test bool
	set  *token.FileSet
	tree *ast.File
}

// files are all Go files of the module.
func files(t *testing.T) []file {
	t.Helper()
	var list []file
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go"):
			return nil
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, p, nil, 0)
		if err != nil {
			return err
		}
		p = filepath.ToSlash(p)
		list = append(list, file{path.Dir(p), p, strings.HasSuffix(p, "_test.go"), set, tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// ours are the packages of the module that f imports.
func (f file) ours() []string {
	var list []string
	for _, spec := range f.tree.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil && strings.HasPrefix(p, module+"/") {
			list = append(list, strings.TrimPrefix(p, module+"/"))
		}
	}
	return list
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }

// allowed tells which packages pkg may import; false if it is in no room.
func allowed(pkg string) ([]*regexp.Regexp, bool) {
	for _, r := range rooms {
		pattern := whole(r.packages)
		found := pattern.FindStringSubmatchIndex(pkg)
		if found == nil {
			continue
		}
		list := []*regexp.Regexp{}
		for _, p := range r.imports {
			list = append(list, whole(string(pattern.ExpandString(nil, strings.ReplaceAll(p, "$1", "${1}"), pkg, found))))
		}
		return list, true
	}
	return nil, false
}

func TestPackagesImportOnlyDownwards(t *testing.T) {
	for _, f := range files(t) {
		may, known := allowed(f.pkg)
		if !known {
			t.Errorf("%s: the package is in no room of the table", f.path)
		}
		for _, p := range f.ours() {
			if f.test || p == f.pkg {
				continue
			}
			if !slices.ContainsFunc(may, func(r *regexp.Regexp) bool { return r.MatchString(p) }) {
				t.Errorf("%s: %s may not import %s", f.path, f.pkg, p)
			}
			if whole(top).MatchString(p) && !whole(top).MatchString(f.pkg) {
				t.Errorf("%s: nothing imports %s", f.path, p)
			}
			if strings.HasSuffix(p, "test") && !strings.HasSuffix(f.pkg, "test") && f.pkg != "e2e" && f.pkg != "scene" {
				t.Errorf("%s: only tests import %s", f.path, p)
			}
		}
	}
}

func TestPackagesHaveNames(t *testing.T) {
	for _, f := range files(t) {
		for _, part := range append(strings.Split(f.pkg, "/"), f.tree.Name.Name) {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s: %q is no name for a package", f.path, part)
			}
		}
	}
}

// bareGo are the places in transports that may start goroutines themselves: what is no session. A test package
// stands in for the gateway.
var bareGo = whole(`transports/transporttest(/.*)?`)

func TestTransportsStartGoroutinesThroughEnv(t *testing.T) {
	for _, f := range files(t) {
		if f.test || !strings.HasPrefix(f.pkg, "transports") || bareGo.MatchString(f.pkg) || bareGo.MatchString(f.path) {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a bare go; use Env.Go", f.set.Position(s.Pos()))
			}
			return true
		})
	}
}

func TestNoInitFunctions(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: an init function", f.set.Position(fn.Pos()))
			}
		}
	}
}
