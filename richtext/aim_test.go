package richtext

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFromAIM(t *testing.T) {
	bold := Style{Bold: true}
	tests := []struct {
		name, html string
		want       []Run
	}{
		{"nothing", "", nil},
		{"plain", "hello", []Run{{Text: "hello"}}},
		{"what clients send", `<HTML><BODY BGCOLOR="#ffffff"><FONT FACE="Arial" SIZE=2 COLOR="#FF0000">hi <B>you</B></FONT></BODY></HTML>`, []Run{
			{"hi ", Style{Background: "#ffffff", Font: "Arial", Size: 2, Color: "#ff0000"}},
			{"you", Style{Background: "#ffffff", Font: "Arial", Size: 2, Color: "#ff0000", Bold: true}}}},
		{"never closed", "a<b>b", []Run{{Text: "a"}, {"b", bold}}},
		{"closed crosswise", "<b>a<i>b</b>c</i>", []Run{{"a", bold}, {"b", Style{Bold: true, Italic: true}}, {Text: "c"}}},
		{"all the small ones", "<i>a</i><u>b</u><s>c</s><strike>d</strike>", []Run{
			{"a", Style{Italic: true}}, {"b", Style{Underline: true}}, {"cd", Style{Strike: true}}}},
		{"link", `<A HREF="http://x.org/?a=1&amp;b=2">x</A>`, []Run{{"x", Style{Link: "http://x.org/?a=1&b=2"}}}},
		{"link to script", `<A HREF="JavaScript:alert(1)">x</A>`, []Run{{Text: "x"}}},
		{"line ends", "a<br>b<BR/>c\r\nd", []Run{{Text: "a\nb\nc\nd"}}},
		{"entities", "&lt;b&gt; &amp; &quot;x&quot; &eacute;&nbsp;&#x263A;", []Run{{Text: `<b> & "x" é ☺`}}},
		{"no HTML at all", "a < b, 3 <3 & c", []Run{{Text: "a < b, 3 <3 & c"}}},
		{"unknown tags", "<blink>a</blink><script>b</script>", []Run{{Text: "ab"}}},
		{"unfinished tag", "a<font color=", []Run{{Text: "a"}}},
		{"sizes", `<font size="+2">a</font><font size=9>b</font><font size=-9>c</font><font size=x>d</font>`, []Run{
			{"a", Style{Size: 5}}, {"b", Style{Size: 7}}, {"c", Style{Size: 1}}, {Text: "d"}}},
		{"colours", `<font color=red back=00ff00>a</font><font color="url(x)">b</font>`, []Run{
			{"a", Style{Color: "#ff0000", Background: "#00ff00"}}, {Text: "b"}}},
		{"broken UTF-8", "a\xffb", []Run{{Text: "a\uFFFDb"}}},
		{"blanks around the body", "<HTML>\n<BODY>\nx", []Run{{Text: "x"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := FromAIM(tt.html).Runs; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestHasAIMMarkup(t *testing.T) {
	for s, want := range map[string]bool{
		"plain": false, "a < b": false, "<hello>": false, "a & b": false,
		"<b>x": true, "a<br>b": true, "&lt;": true,
	} {
		if got := HasAIMMarkup(s); got != want {
			t.Errorf("HasAIMMarkup(%q) = %v", s, got)
		}
	}
}

func TestAIM(t *testing.T) {
	for want, text := range map[string]Text{
		"":                            {},
		"a&lt;b&gt; &amp;&quot;<BR>c": Plain("a<b> &\"\nc"),
		`<A HREF="http://x/?&amp;&quot;"><B>x</B></A>y`: {Runs: []Run{{"x", Style{Bold: true, Link: `http://x/?&"`}}, {Text: "y"}}},
		`<FONT FACE="A&quot;" SIZE="2"><I><U><S>x</S></U></I></FONT>`: {Runs: []Run{
			{"x", Style{Italic: true, Underline: true, Strike: true, Font: `A"`, Size: 2, Color: "evil", Link: "javascript:1"}}}},
	} {
		if got := text.AIM(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What is written is read as the same.
func TestAIMThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyText().Draw(t, "text")
		if got := FromAIM(want.AIM()); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nbecame %s\nread as %+v", want, want.AIM(), got)
		}
	})
}

// anyText draws texts as the constructors make them: legal, no empty runs, neighbours of different style.
func anyText() *rapid.Generator[Text] {
	run := rapid.Custom(func(t *rapid.T) Run {
		return Run{
			Text: strings.ReplaceAll(clean(rapid.StringMatching(`[^\x00\r]{1,12}`).Draw(t, "words")), "\u00A0", " "),
			Style: Style{
				Bold: rapid.Bool().Draw(t, "b"), Italic: rapid.Bool().Draw(t, "i"),
				Underline: rapid.Bool().Draw(t, "u"), Strike: rapid.Bool().Draw(t, "s"),
				Color: rapid.SampledFrom([]string{"", "#00ff00"}).Draw(t, "color"),
				Font:  rapid.SampledFrom([]string{"", "Arial", `a"<&>`}).Draw(t, "font"),
				Size:  rapid.IntRange(0, 7).Draw(t, "size"),
				Link:  rapid.SampledFrom([]string{"", "https://x.org/?a=b&c"}).Draw(t, "link"),
			},
		}
	})
	return rapid.Map(rapid.SliceOfN(run, 1, 8), func(runs []Run) Text {
		var out []Run
		for _, r := range runs {
			if n := len(out); n > 0 && out[n-1].Style == r.Style {
				out[n-1].Text += r.Text
				continue
			}
			out = append(out, r)
		}
		return Text{Runs: out}
	})
}

func FuzzFromAIM(f *testing.F) {
	f.Add(`<HTML><BODY BGCOLOR="#ffffff"><FONT COLOR=red>hi &amp; <A HREF="http://x">x</A><BR></BODY></HTML>`)
	f.Add(strings.Repeat("<b>x<i>y", 200))
	f.Fuzz(func(t *testing.T, s string) {
		text := FromAIM(s)
		total := 0
		for _, r := range text.Runs {
			total += len(r.Text)
			if !utf8.ValidString(r.Text) || strings.Contains(r.Text, "\r") || r.Text == "" {
				t.Fatalf("%q gave the run %q", s, r.Text)
			}
		}
		if total > 3*len(s) || len(text.Runs) > maxRuns {
			t.Fatalf("%d bytes became %d in %d runs", len(s), total, len(text.Runs))
		}
		if again := FromAIM(text.AIM()); again.String() != text.String() {
			t.Fatalf("%q written as %q is read as %q", text.String(), text.AIM(), again.String())
		}
	})
}
