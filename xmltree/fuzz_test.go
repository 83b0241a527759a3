package xmltree_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
)

// seeds are documents on which parsers like to differ.
var seeds = []string{
	"<a/>", "<a b='1'>t<c xmlns='u' x:d=\"2\" xmlns:x='v'/>&amp;</a>", "<a><![CDATA[x]]>y<![CDATA[]]></a>", "<a>\r\n\r</a>",
	"<a b='\r\n\t'/>", "<x:a xmlns:x='u'/>", "<a xml:lang='de'/>", "<a xmlns='u'><b xmlns=''/></a>", "<?xml version='1.0'?><a/>",
	"<a>]]></a>", "<a>&#x10FFFF;&#0;</a>", "<a b='1' b='2'/>", "<a><!-- --></a>", "<a></a >", "<a b = '1' />", "<a>\xff</a>", "<é/>",
	"<a><?p ?></a>", "<!DOCTYPE a><a/>", "<a:b xmlns:a='u' a:c=''/>", "<a b='>'/>", "<a b=\"'\"/>", "<a>&lt&gt;</a>", "<a/>\n ",
}

// FuzzParse: whatever we accept, encoding/xml reads as the same tree; and writing it gives it back.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, document string) {
		got, err := xmltree.Parse(document, xmltree.Limits{})
		if err != nil {
			mustBeStricter(t, document, err)
			return
		}
		if strings.Contains(document, "<xmlns") {
			return // encoding/xml gives such an element no namespace
		}
		want, err := reference(document)
		if err != nil && strings.Contains(err.Error(), "invalid XML name") {
			return // its tables of names are older
		}
		if err != nil {
			t.Fatalf("accepted %q, but: %v", document, err)
		}
		if diff := cmp.Diff(blanked(want), blanked(got)); diff != "" {
			t.Fatalf("%q:\n%s", document, diff)
		}
		again, err := xmltree.Parse(got.String(), xmltree.Limits{})
		if diff := cmp.Diff(xmltree.AsWritten(got), again); err != nil || diff != "" {
			t.Fatalf("%q written as %q: %v\n%s", document, got, err, diff)
		}
	})
}

// stricter are the reasons for which we refuse what encoding/xml takes: it knows no namespaces, no duplicate
// attributes and older tables of names, and tolerates what RFC 6120 §11 forbids.
var stricter = []string{
	"there twice", "not declared", "namespace declaration", "comments, processing instructions", "processing instruction", "encoding other", "version other",
	"an illegal name", "white space before an attribute", "reference to nothing legal", "begins no reference", "something after",
	"text between", "end tag that does not match", "XML declaration without end",
}

func mustBeStricter(t *testing.T, document string, refusal error) {
	var over *xmltree.LimitError
	if errors.As(refusal, &over) {
		return
	}
	if _, err := reference(document); err != nil || strings.HasPrefix(document, "<?") {
		return // it hardly looks at the XML declaration
	}
	for _, reason := range stricter {
		if strings.Contains(refusal.Error(), reason) {
			return
		}
	}
	t.Fatalf("refused %q: %v", document, refusal)
}

// reference reads a document by encoding/xml.
func reference(document string) (*xmltree.Element, error) {
	d := xml.NewDecoder(strings.NewReader(document))
	var root *xmltree.Element
	var open []*xmltree.Element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if root == nil {
				err = io.ErrUnexpectedEOF
				return nil, err
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := fromToken(token)
			if len(open) > 0 {
				open[len(open)-1].With(e)
			} else if root == nil {
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				addText(open[len(open)-1], string(token))
			}
		}
	}
}

func fromToken(token xml.StartElement) *xmltree.Element {
	e := xmltree.New(token.Name.Space, token.Name.Local)
	for _, a := range token.Attr {
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			continue
		}
		e.Attrs = append(e.Attrs, xmltree.Attr{Name: xmltree.Name(a.Name), Value: a.Value})
	}
	return e
}

func addText(e *xmltree.Element, text string) {
	if n := len(e.Children); n > 0 && e.Children[n-1].Element == nil {
		e.Children[n-1].Text += text
		return
	}
	e.AddText(text)
}

// blanked makes all white space in attribute values and namespaces a space, which encoding/xml does not
// normalise, and drops attributes in a namespace called "xmlns", which it does not tell from declarations.
func blanked(e *xmltree.Element) *xmltree.Element {
	blank := strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace
	c := e.Clone()
	c.Name.Space = blank(c.Name.Space)
	c.Attrs = slices.DeleteFunc(c.Attrs, func(a xmltree.Attr) bool { return a.Name.Space == "xmlns" })
	if len(c.Attrs) == 0 {
		c.Attrs = nil
	}
	for i := range c.Attrs {
		c.Attrs[i].Value = blank(c.Attrs[i].Value)
		c.Attrs[i].Name.Space = blank(c.Attrs[i].Name.Space)
	}
	for i, n := range c.Children {
		if n.Element != nil {
			c.Children[i].Element = blanked(n.Element)
		}
	}
	return c
}

// FuzzAppend: whatever tree is written, our reader and encoding/xml read the same, which is the tree made legal.
func FuzzAppend(f *testing.F) {
	f.Add("u", "a", "k", "v", "text", "ns")
	f.Add("", "xml:a b", "xmlns", "\x00'\"\n", "]]>\r\n<&\xed\xa0\x80\uFFFF", "http://www.w3.org/2000/xmlns/")
	f.Add("http://www.w3.org/XML/1998/namespace", "", "é", "", "", "http://www.w3.org/XML/1998/namespace")
	f.Fuzz(func(t *testing.T, space, local, attr, value, text, attrSpace string) {
		e := xmltree.New(space, local).SetAttr(attr, value).SetAttrNS(attrSpace, attr, value).SetAttrNS(attrSpace, local, text).
			AddText(text).With(xmltree.Leaf(attrSpace, attr, value).With(xmltree.New(space, local)), xmltree.New("", local)).AddText(value).AddText(text)
		written := e.String()
		got, err := xmltree.Parse(written, xmltree.Limits{Bytes: 1 << 20})
		if diff := cmp.Diff(xmltree.AsWritten(e), got); err != nil || diff != "" {
			t.Fatalf("%q: %v\n%s", written, err, diff)
		}
		if strings.Contains(written, "<xmlns") {
			return // as above
		}
		want, err := reference(written)
		if diff := cmp.Diff(blanked(want), blanked(got)); err != nil || diff != "" {
			t.Fatalf("%q: encoding/xml: %v\n%s", written, err, diff)
		}
	})
}
