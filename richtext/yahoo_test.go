package richtext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFromYahoo(t *testing.T) {
	plain := func(s string) Run { return Run{Text: s} }
	for in, want := range map[string][]Run{
		"hello":                             {plain("hello")},
		"a < b & c > d &amp;":               {plain("a < b & c > d &amp;")},
		"I <3 you":                          {plain("I <3 you")},
		"<script>x</script>":                {plain("<script>x</script>")},
		"one\r\ntwo":                        {plain("one\ntwo")},
		"\x1b[1mbold\x1b[x1m not":           {{"bold", Style{Bold: true}}, plain(" not")},
		"<B>bold</b> <i>it</I>":             {{"bold", Style{Bold: true}}, plain(" "), {"it", Style{Italic: true}}},
		"\x1b[38mred \x1b[#00ff00mgreen":    {{"red ", Style{Color: "#ff0000"}}, {"green", Style{Color: "#00ff00"}}},
		`<font face="Arial" size="10">a`:    {{"a", Style{Font: "Arial", Size: 2}}},
		`<FONT SIZE=48>a</FONT>b`:           {{"a", Style{Size: 7}}, plain("b")},
		`<font color=#FF0000>a<b>b</font>c`: {{"a", Style{Color: "#ff0000"}}, {"b", Style{Color: "#ff0000", Bold: true}}, {"c", Style{Bold: true}}},
		"<fade #ff0000,#00ff00>x</fade>":    {plain("x")},
		"\x1b[lmhttp://a.example\x1b[xlm":   {plain("http://a.example")},
		"\x1b[1mtwo \x1b[4mstyles":          {{"two ", Style{Bold: true}}, {"styles", Style{Bold: true, Underline: true}}},
		"\x1b":                              nil,
		"a\x1b[1":                           {plain("a[1")},
		"<":                                 {plain("<")},
		"<b":                                {plain("<b")},
		"":                                  nil,
		`<font face="unfinished>x`:          {plain("x")},
		"<\u200Bb>":                         {plain("<b>")},
	} {
		if in == `<font face="unfinished>x` {
			want = []Run{{"x", Style{Font: "unfinished"}}}
		}
		if d := cmp.Diff(want, FromYahoo(in).Runs); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
	if n := len(FromYahoo(strings.Repeat("<font>a<b>b</b>", 10000)).Runs); n > maxRuns {
		t.Errorf("%d runs", n)
	}
}

func TestYahoo(t *testing.T) {
	for want, in := range map[string]Text{
		"a & b":                                 Plain("a & b"),
		"<\u200Bb>no bold<\u200B/b>":            Plain("<b>no bold</b>"),
		"\x1b[1mbold\x1b[x1m":                   {Runs: []Run{{"bold", Style{Bold: true}}}},
		"\x1b[#ff0000mred\x1b[30m":              {Runs: []Run{{"red", Style{Color: "#ff0000"}}}},
		`<font face="Arial" size="10">a</font>`: {Runs: []Run{{"a", Style{Font: "Ar\"i>al", Size: 2}}}},
		"here (http://a.example/?<\u200Bb>)":    {Runs: []Run{{"here", Style{Link: "http://a.example/?<b>"}}}},
		"http://a.example":                      {Runs: []Run{{"http://a.example", Style{Link: "http://a.example"}}}},
		"1 <\u200Bb> 2":                         {Runs: []Run{{"1 <\x1b", Style{}}, {"b> 2", Style{Strike: true}}}},
		"no [1m escapes":                        Plain("no \x1b[1m escapes"),
	} {
		if got := in.Yahoo(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzYahoo: what is read is written so that it reads the same again, as far as the text goes; a plain text comes through whole.
func FuzzYahoo(f *testing.F) {
	f.Add("\x1b[1ma<font face=\"x\" size=\"12\">b</font><i>c")
	f.Add("<b>\u200B<")
	f.Fuzz(func(t *testing.T, s string) {
		first := FromYahoo(s)
		if len(first.Runs) > maxRuns {
			t.Fatalf("%d runs", len(first.Runs))
		}
		said := first.String()
		if again := FromYahoo(first.Yahoo()).String(); again != said {
			t.Fatalf("%q said as %q reads %q", said, first.Yahoo(), again)
		}
		plain := Plain(strings.ReplaceAll(s, "\x1b", ""))
		if got := FromYahoo(plain.Yahoo()); got.String() != plain.String() || !got.IsPlain() {
			t.Fatalf("%q comes through as %q", plain, got)
		}
	})
}
