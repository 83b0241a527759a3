package gateway

import (
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imgate/transports/loopback"
)

// A supported is a XEP in imgate.doap.
type supported struct {
	XEP struct {
		Resource string `xml:"http://www.w3.org/1999/02/22-rdf-syntax-ns# resource,attr"`
	} `xml:"https://linkmauve.fr/ns/xmpp-doap# xep"`
	Status  string `xml:"https://linkmauve.fr/ns/xmpp-doap# status"`
	Version string `xml:"https://linkmauve.fr/ns/xmpp-doap# version"`
	Note    string `xml:"https://linkmauve.fr/ns/xmpp-doap# note"`
}

// listed reads imgate.doap, by number.
func listed(t *testing.T) map[string]supported {
	t.Helper()
	text, err := os.ReadFile("../../imgate.doap")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Project struct {
			Implements []struct {
				XEP *supported `xml:"https://linkmauve.fr/ns/xmpp-doap# SupportedXep"`
			} `xml:"http://usefulinc.com/ns/doap# implements"`
		} `xml:"http://usefulinc.com/ns/doap# Project"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`^https://xmpp\.org/extensions/xep-(\d{4})\.html$`)
	list, last := map[string]supported{}, ""
	for _, implemented := range doc.Project.Implements {
		s := implemented.XEP
		if s == nil { // an RFC
			continue
		}
		number := address.FindStringSubmatch(s.XEP.Resource)
		if number == nil || number[1] <= last {
			t.Fatalf("%q is no XEP, or not in its place", s.XEP.Resource)
		}
		last = number[1]
		list[last] = *s
	}
	return list
}

// A namespace is a constant of the code that holds one.
type namespace struct {
	name, value, xep string
}

// A survey is what the code says of itself.
type survey struct {
	spaces   []namespace    // with the XEP that the comment of each names
	uses     map[string]int // of each name
	comments strings.Builder
}

var (
	nameOfSpace = regexp.MustCompile(`Space[0-9]*$`)
	numberOfXEP = regexp.MustCompile(`\b\d{4}\b`)
)

// surveyed reads the code that speaks XMPP.
func surveyed(t *testing.T) *survey {
	t.Helper()
	s := &survey{uses: map[string]int{}}
	for _, dir := range []string{"../../xmpp", "..", "../../adapters"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			for _, c := range tree.Comments {
				s.comments.WriteString(c.Text())
			}
			ast.Inspect(tree, s.note)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// note takes a name, or the constants of a declaration.
func (s *survey) note(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Ident:
		s.uses[n.Name]++
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && n.Tok == token.CONST && len(v.Values) == 1 && nameOfSpace.MatchString(v.Names[0].Name) {
				s.constant(v, n)
			}
		}
	}
	return true
}

func (s *survey) constant(v *ast.ValueSpec, in *ast.GenDecl) {
	lit, ok := v.Values[0].(*ast.BasicLit)
	if !ok {
		return
	}
	value, err := strconv.Unquote(lit.Value)
	if err != nil {
		return
	}
	about := v.Comment.Text()
	if about == "" && len(in.Specs) == 1 {
		about = in.Doc.Text()
	}
	s.spaces = append(s.spaces, namespace{v.Names[0].Name, value, numberOfXEP.FindString(about)})
}

// What the gateway announces is listed, with the XEP it comes from.
func TestWhatIsAnnouncedIsListed(t *testing.T) {
	list := listed(t)
	spaces := surveyed(t).spaces
	announced := slices.Concat(featuresOf(gatewayFeatures, loopback.Everything), featuresOf(contactFeatures, loopback.Everything))
	if len(announced) < 20 {
		t.Fatalf("only %d features are announced", len(announced))
	}
	for _, feature := range announced {
		feature = strings.TrimSuffix(feature, "+notify")
		i := slices.IndexFunc(spaces, func(s namespace) bool { return s.value == feature })
		switch {
		case i < 0 || spaces[i].xep == "":
			t.Errorf("%s is announced, and no constant says of which XEP it is", feature)
		case list[spaces[i].xep].Status == "":
			t.Errorf("%s is announced, and imgate.doap has no XEP-%s", feature, spaces[i].xep)
		}
	}
}

// What is listed is in the code: its namespace is used, or, where it has none, a comment cites it.
func TestWhatIsListedIsThere(t *testing.T) {
	list := listed(t)
	code := surveyed(t)
	comments := code.comments.String()
	if len(list) < 40 {
		t.Fatalf("only %d are listed", len(list))
	}
	version := regexp.MustCompile(`^\d+\.\d+(\.\d+)?$`)
	for number, s := range list {
		if !version.MatchString(s.Version) || s.Status != "complete" && s.Status != "partial" || s.Status == "partial" && s.Note == "" {
			t.Errorf("XEP-%s: version %q, status %q, note %q", number, s.Version, s.Status, s.Note)
		}
		known, used := false, false
		for _, space := range code.spaces {
			if space.xep == number {
				known, used = true, used || code.uses[space.name] > 1 // once where it is declared
			}
		}
		switch {
		case known && !used:
			t.Errorf("XEP-%s is listed, and nothing uses its namespace", number)
		case !known && !strings.Contains(comments, "XEP-"+number) && !strings.Contains(comments, number+"\n"):
			t.Errorf("XEP-%s is listed, and nothing cites it", number)
		}
	}
}
