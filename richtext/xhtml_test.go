package richtext

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFromXHTML(t *testing.T) {
	run := func(text string, s Style) Run { return Run{text, s} }
	for _, c := range []struct {
		in   string
		want []Run
	}{
		{"", nil},
		{"<body>hi</body>", []Run{run("hi", Style{})}},
		{"<body><p>Off with <strong>his</strong> <em>head</em>!</p></body>",
			[]Run{run("Off with ", Style{}), run("his", Style{Bold: true}), run(" ", Style{}), run("head", Style{Italic: true}), run("!", Style{})}},
		{"<p>one</p>\n<p>two</p>", []Run{run("one\ntwo", Style{})}},
		{"one<br/>two<br></br><br/>three", []Run{run("one\ntwo\n\nthree", Style{})}},
		{"  a \n\t b  ", []Run{run("a b", Style{})}},
		{"a\u00A0\u00A0b", []Run{run("a  b", Style{})}},
		{"<pre>a\n  b</pre>", []Run{run("a\n  b", Style{})}},
		{"<ul><li>tea</li><li>cake</li></ul>after", []Run{run("• tea\n• cake\nafter", Style{})}},
		{"<h2>Title</h2>text", []Run{run("Title", Style{Bold: true}), run("\ntext", Style{})}},
		{"<span style='color: Red; background-color:#0f0; font-size: 14pt; font-family: Arial, sans-serif; text-decoration: underline line-through'>x</span>",
			[]Run{run("x", Style{Color: "#ff0000", Background: "#00ff00", Size: 4, Font: "arial", Underline: true, Strike: true})}},
		{"<span style='color: rgb(1, 2,255)'>x</span><span style='color: rgb(1,2,256); color: x; font-size: huge'>y</span>",
			[]Run{run("x", Style{Color: "#0102ff"}), run("y", Style{})}},
		{"<b>a<span style='font-weight: normal'>b</span></b>", []Run{run("a", Style{Bold: true}), run("b", Style{})}},
		{"<a href='http://x.example/?a=1&amp;b=2'>x</a><a href='javascript:alert(1)'>y</a>",
			[]Run{run("x", Style{Link: "http://x.example/?a=1&b=2"}), run("y", Style{})}},
		{"<img src='http://x.example/cat.png' alt='a cat'/> <img src='data:x' alt='b'/><img src='https://x.example/d'/>",
			[]Run{run("a cat", Style{Link: "http://x.example/cat.png"}), run(" b", Style{}), run("https://x.example/d", Style{Link: "https://x.example/d"})}},
		{"a<script>alert('b')</script><style>p{}</style><iframe>c</iframe>d<!-- e -->f", []Run{run("adf", Style{})}},
		{"a<unknown x='y'>b</unknown></strong>c", []Run{run("abc", Style{})}},
	} {
		if got := FromXHTML(c.in).Runs; !cmp.Equal(got, c.want) {
			t.Errorf("%s:\n%s", c.in, cmp.Diff(c.want, got))
		}
	}
}

func TestXHTML(t *testing.T) {
	for _, c := range []struct {
		in   []Run
		want string
	}{
		{[]Run{{"a < b & c > d", Style{}}}, "a &lt; b &amp; c &gt; d"},
		{[]Run{{"  a  b \n c ", Style{}}}, "\u00A0 a \u00A0b\u00A0<br/>\u00A0c\u00A0"},
		{[]Run{{"x", Style{Bold: true, Italic: true, Underline: true, Color: "#ff0000", Size: 7, Font: "Arial"}}},
			`<span style="color: #ff0000; font-family: Arial; font-size: 300%; text-decoration: underline"><strong><em>x</em></strong></span>`},
		{[]Run{{"x", Style{Link: "http://x.example/?a&b", Background: "not a colour", Font: "a;b"}}}, `<a href="http://x.example/?a&amp;b">x</a>`},
		{[]Run{{"x", Style{Link: "javascript:1"}}}, "x"},
		{[]Run{{"a\x01b\uFFFFc", Style{}}}, "a\uFFFDb\uFFFDc"},
	} {
		got := Text{c.in}.XHTML()
		if got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// Whatever comes in, what goes out is well-formed, has no element that can do harm, and says the same again.
func FuzzXHTML(f *testing.F) {
	for _, s := range []string{
		"<body><p>Off with <strong>his</strong> head</p></body>", "<p>a<p>b", "<a href='java\x00script:1'>x</a>",
		"<span style='color:#fff;;:'> x </span>", "<pre> a\n b </pre>  ", "\x01&#1;&#x10FFFF;", "<li><li><li>", "<b", "<script>x", " \u00A0 ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first := FromXHTML(s)
		out := first.XHTML()
		d := xml.NewDecoder(strings.NewReader("<body>" + out + "</body>"))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q is not well-formed: %v", out, err)
			}
			if e, ok := token.(xml.StartElement); ok && !slices.Contains([]string{"body", "a", "span", "strong", "em", "br"}, e.Name.Local) {
				t.Errorf("%q has %s", out, e.Name.Local)
			}
		}
		second := FromXHTML(out)
		if a, b := second.String(), strings.ReplaceAll(first.String(), "\t", "    "); visible(a) != visible(b) {
			t.Errorf("%q became %q", b, a)
		}
	})
}

// visible is a text without what may not be written at all, and with one kind of space.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
			return 0xFFFD
		case r == '\u00A0':
			return ' '
		}
		return r
	}, s)
	return strings.TrimRight(s, "\n")
}
