package xmltree_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"imgate/xmltree"
)

// oracle reads documents by expat, a parser that is not ours and the one of Prosody and ejabberd: one JSON
// string a line in, one JSON list of events a line out, or the error as a string.
const oracle = `
import json, sys
from xml.parsers import expat
for line in sys.stdin:
    out = []
    def text(data):
        if out[-1][0] == 't': out[-1][1] += data
        else: out.append(['t', data])
    p = expat.ParserCreate(encoding='utf-8', namespace_separator='|')
    p.buffer_text = True
    p.StartElementHandler = lambda name, attrs: out.append(['s', name, dict(attrs)])
    p.EndElementHandler = lambda name: out.append(['e'])
    p.CharacterDataHandler = text
    try:
        p.Parse(json.loads(line).encode('utf-8'), True)
        print(json.dumps(out))
    except expat.ExpatError as e:
        print(json.dumps(str(e)))
`

const python = "/usr/bin/python3"

// expat gives the events of each document, or the error, as JSON.
func expat(t *testing.T, documents []string) []string {
	t.Helper()
	if _, err := os.Stat(python); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no Python, hence no expat")
	}
	var in strings.Builder
	for _, d := range documents {
		line, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", oracle)
	cmd.Stdin = strings.NewReader(in.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(documents) {
		t.Fatalf("%d answers for %d documents", len(lines), len(documents))
	}
	return lines
}

// events gives a tree in the form in which the oracle gives it.
func events(e *xmltree.Element) []any {
	name := func(n xmltree.Name) string {
		if n.Space == "" {
			return n.Local
		}
		return n.Space + "|" + n.Local
	}
	attrs := map[string]any{}
	for _, a := range e.Attrs {
		attrs[name(a.Name)] = a.Value
	}
	out := []any{[]any{"s", name(e.Name), attrs}}
	for _, n := range e.Children {
		if n.Element != nil {
			out = append(out, events(n.Element)...)
		} else {
			out = append(out, []any{"t", n.Text})
		}
	}
	return append(out, []any{"e"})
}

// anyTree draws trees that nobody should write.
func anyTree(depth int) *rapid.Generator[*xmltree.Element] {
	space := rapid.OneOf(rapid.SampledFrom([]string{"", "jabber:client", "u v", xmltree.XMLSpace, "http://www.w3.org/2000/xmlns/"}), rapid.String())
	local := rapid.OneOf(rapid.SampledFrom([]string{"body", "xmlns", "xml", "x:y", "1", ""}), rapid.String())
	text := rapid.OneOf(rapid.SampledFrom([]string{"\x00\x1f", "]]>", "<![CDATA[", "\r\n\t", "\uFFFE\uFFFF", "&#1;", "'\""}), rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	return rapid.Custom(func(t *rapid.T) *xmltree.Element {
		e := xmltree.New(space.Draw(t, "space"), local.Draw(t, "local"))
		for range rapid.IntRange(0, 3).Draw(t, "attrs") {
			e.SetAttrNS(space.Draw(t, "attr space"), local.Draw(t, "attr"), text.Draw(t, "value"))
		}
		for range rapid.IntRange(0, depth).Draw(t, "children") {
			e.AddText(text.Draw(t, "text")).With(anyTree(depth-1).Draw(t, "child"))
		}
		return e.AddText(text.Draw(t, "last"))
	})
}

func TestExpatReadsWhatWeWrite(t *testing.T) {
	trees := make([]*xmltree.Element, 1500)
	documents := make([]string, len(trees))
	for i := range trees {
		trees[i] = anyTree(3).Example(i)
		documents[i] = trees[i].String()
	}
	for i, answer := range expat(t, documents) {
		want, err := json.Marshal(events(xmltree.AsWritten(trees[i])))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decode(t, string(want)), decode(t, answer)); diff != "" {
			t.Fatalf("%q:\n%s", documents[i], diff)
		}
	}
}

func TestExpatAgreesOnWhatIsWellFormed(t *testing.T) {
	var documents []string
	for _, s := range append(seeds, mutations(3000)...) {
		if !strings.Contains(s, "<?p") && !strings.Contains(s, "<!--") && !strings.Contains(s, "<!D") && strings.ToValidUTF8(s, "") == s {
			documents = append(documents, s)
		}
	}
	for i, answer := range expat(t, documents) {
		got, err := xmltree.Parse(documents[i], xmltree.Limits{})
		refusal, refused := decode(t, answer).(string)
		if refused != (err != nil) {
			t.Errorf("%q: we %v, expat %q", documents[i], err, refusal)
			continue
		}
		if err != nil {
			continue
		}
		want, _ := json.Marshal(events(got))
		if diff := cmp.Diff(decode(t, answer), decode(t, string(want))); diff != "" {
			t.Errorf("%q: expat -, we +\n%s", documents[i], diff)
		}
	}
}

// mutations are n documents put together of the pieces of XML, most of them broken.
func mutations(n int) []string {
	piece := rapid.SampledFrom([]string{"<a", "<b", ">", "/>", "</a>", "</b>", " c='1'", " x:c=\"2\"", " xmlns:x='u'", " xmlns='v'", "<x:a", "</x:a>",
		"&amp;", "&#65;", "&#1;", "&", "<![CDATA[", "]]>", "t", " ", "\r\n", "'", "]", "=", "<", ":", "\x01", "é"})
	generator := rapid.Custom(func(t *rapid.T) string {
		inside := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		return "<a" + rapid.SampledFrom([]string{">", " xmlns:x='u'>", "", " d='"}).Draw(t, "open") + inside +
			rapid.SampledFrom([]string{"</a>", "/>", "'/>", ""}).Draw(t, "close")
	})
	list := make([]string, n)
	for i := range list {
		list[i] = generator.Example(i)
	}
	return list
}

func decode(t *testing.T, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}
