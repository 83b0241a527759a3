package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every type that can be decoded stands in codecs, so that FuzzBodies tries it.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	// Parts of others, which have no end of their own.
	inside := []string{"Cookie", "RateClass"}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "decode" {
				continue
			}
			pointer, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				t.Errorf("a decode on a value")
				continue
			}
			name := pointer.X.(*ast.Ident).Name
			found++
			if !slices.Contains(inside, name) && !slices.ContainsFunc(codecs, func(c codec) bool { return strings.TrimPrefix(c.name, "wire.") == name }) {
				t.Errorf("%s is not among the codecs", name)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d decoders found", found)
	}
}

// FuzzICQStrings: strings that were read can be written and read again, and are no more than there is.
func FuzzICQStrings(f *testing.F) {
	for _, list := range [][]string{{"a", "", "bcd"}, {strings.Repeat("x", 3000)}, {"\x00\xff"}} {
		b, err := ICQByStrings(ICQSearchNames, list...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[2:], uint8(len(list)))
	}
	f.Add([]byte{0xFF, 0xFF, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		list, err := ReadICQStrings(b, int(n))
		if err != nil {
			return
		}
		size := 0
		texts := make([]string, len(list))
		for i, s := range list {
			size += len(s)
			texts[i] = string(s)
		}
		if len(list) != int(n) || size > len(b) {
			t.Fatalf("%d strings of %d bytes out of %d bytes", len(list), size, len(b))
		}
		again, err := ICQByStrings(0, texts...)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ReadICQStrings(again[2:], int(n))
		for i := range second {
			if string(second[i]) != texts[i] && !strings.HasSuffix(texts[i], "\x00") {
				t.Fatalf("%q came back as %q", texts[i], second[i])
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
