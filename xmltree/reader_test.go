package xmltree_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
)

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' ` +
	`xmlns:stream='http://etherx.jabber.org/streams' from='aim.example.org' id='s1'>`

func openStream(t *testing.T, rest string, limits xmltree.Limits) *xmltree.Reader {
	t.Helper()
	r := xmltree.NewReader(iotest.OneByteReader(strings.NewReader(header+rest)), limits)
	start, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	if !start.Is("http://etherx.jabber.org/streams", "stream") || start.Attr("id") != "s1" {
		t.Fatalf("header read as %v", start)
	}
	return r
}

func TestReaderGivesStanzasOfAStream(t *testing.T) {
	r := openStream(t, "\n <handshake/> <message to='a@b'><body>x &lt;&#x20AC;<![CDATA[<&]]></body><stream:x a='1' xml:lang=\"de\"/></message>"+
		`<iq xmlns='jabber:client' id="4"/></stream:stream>`, xmltree.Limits{})
	want := []*xmltree.Element{
		xmltree.New("jabber:component:accept", "handshake"),
		xmltree.New("jabber:component:accept", "message").SetAttr("to", "a@b").With(
			xmltree.Leaf("jabber:component:accept", "body", "x <€<&"),
			xmltree.New("http://etherx.jabber.org/streams", "x").SetAttr("a", "1").SetAttrNS(xmltree.XMLSpace, "lang", "de")),
		xmltree.New("jabber:client", "iq").SetAttr("id", "4"),
	}
	for _, w := range want {
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
	}
}

func TestReaderSkipsWhatIsOverALimitAndGoesOn(t *testing.T) {
	limits := xmltree.Limits{Bytes: 200, Depth: 4, Attrs: 3, Elements: 6, Spaces: 4}
	for what, stanza := range map[string]string{
		"bytes":      "<message from='x'><body>" + strings.Repeat("y'>", 50_000) + "</body></message>",
		"depth":      "<message from='x'>" + strings.Repeat("<a>", 9) + strings.Repeat("</a>", 9) + "</message>",
		"attributes": "<message from='x'><a a='1' b='2' c='3' d='4'/></message>",
		"namespaces": "<message from='x'><a xmlns:a='a' xmlns:b='a'><b xmlns:c='a' xmlns:d='a'><c xmlns='a'/></b></a></message>",
		"elements":   "<message from='x'>" + strings.Repeat("<a/>", 9) + "</message>",
	} {
		r := openStream(t, stanza+"<iq/>", limits)
		_, err := r.Next()
		var over *xmltree.LimitError
		if !errors.As(err, &over) {
			t.Errorf("%s: error %v", what, err)
			continue
		}
		if over.What != what || over.Size != len(stanza) || over.Start.Attr("from") != "x" || over.Start.Name.Local != "message" {
			t.Errorf("%s: got %+v, start %v, want size %d", what, over, over.Start, len(stanza))
		}
		if next, err := r.Next(); err != nil || next.Name.Local != "iq" {
			t.Errorf("%s: next is %v, %v", what, next, err)
		}
	}
}

// A stanza of 15 MiB costs no more memory than the limit.
func TestReaderSkipsInConstantMemory(t *testing.T) {
	long := io.LimitReader(endless('y'), 15<<20)
	r := xmltree.NewReader(io.MultiReader(strings.NewReader("<stream><message><body>"), long, strings.NewReader("</body></message><iq/>")), xmltree.Limits{})
	if _, err := r.Open(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := r.Next()
	runtime.ReadMemStats(&after)
	var over *xmltree.LimitError
	if !errors.As(err, &over) || over.Size < 15<<20 {
		t.Fatalf("got %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
		t.Errorf("%d bytes were allocated", took)
	}
	if next, err := r.Next(); err != nil || next.Name.Local != "iq" {
		t.Errorf("next is %v, %v", next, err)
	}
}

// endless is a reader of one byte for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestReaderGivesUpAboveTheHardLimit(t *testing.T) {
	r := openStream(t, "<message><body>"+strings.Repeat("y", 100_000), xmltree.Limits{Bytes: 200, Hard: 50_000})
	var bad *xmltree.SyntaxError
	if _, err := r.Next(); !errors.As(err, &bad) || !strings.Contains(bad.Reason, "hard limit") {
		t.Errorf("got %v", err)
	}
}

func TestReaderTellsAStreamThatBreaksOff(t *testing.T) {
	for _, rest := range []string{"", " ", "<", "<me", "<message>", "<message a='", "<message><![CDATA[", "</stream"} {
		r := openStream(t, rest, xmltree.Limits{})
		if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", rest, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, document := range []string{
		"", "x", "<", "<a", "<a>", "</a>", "<a></b>", "<a></a", "<a><b></a></b>", "<a/><b/>", "<a/>x", "<1/>", "<:a/>", "<a:/>", "<a:b:c/>",
		"<a:b/>", "<a b/>", "<a b=c/>", "<a b='1'c='2'/>", "<a b='1' b='2'/>", "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>", "<a b='<'/>",
		"<a>&b;</a>", "<a>&</a>", "<a>&#1;</a>", "<a>&#xD800;</a>", "<a>&#xFFFF;</a>", "<a>&#;</a>", "<a>&#-1;</a>", "<a>&;</a>",
		"<a>\x01</a>", "<a>\uFFFE</a>", "<a>\xff</a>", "<a b='\x00'/>", "<a>]]></a>", "<a><![CDATA[\x02]]></a>", "<![CDATA[x]]>",
		"<!-- c --><a/>", "<a><!-- c --></a>", "<a><?p?></a>", "<?p?><a/>", "<!DOCTYPE a><a/>", "<a xmlns:x=''/>", "<a xmlns:xml='u'/>",
		"<a xmlns:xmlns='u'/>", "<a xmlns='http://www.w3.org/2000/xmlns/'/>", "<?xml version='1.0' encoding='latin1'?><a/>", "<a / >", "< a/>",
	} {
		var bad *xmltree.SyntaxError
		if e, err := xmltree.Parse(document, xmltree.Limits{}); !errors.As(err, &bad) {
			t.Errorf("%q: got %v, %v", document, e, err)
		}
	}
}

func TestParseReadsValues(t *testing.T) {
	for document, want := range map[string]*xmltree.Element{
		"<a>1\r\n2\r3\n</a>":      xmltree.Leaf("", "a", "1\n2\n3\n"),
		"<a b='1\r\n2\t3&#xA;'/>": xmltree.New("", "a").SetAttr("b", "1 2 3\n"),
		"<a>]] ]&gt; ]]&gt;</a>":  xmltree.Leaf("", "a", "]] ]> ]]>"),
		"<a>1<![CDATA[2]]>3<![CDATA[]]><![CDATA[4]]><b/>5<![CDATA[6]]></a>": xmltree.Leaf("", "a", "1234").With(xmltree.New("", "b")).AddText("56"),
		"<a><![CDATA[]]]]></a>":        xmltree.Leaf("", "a", "]]"),
		"<x:a xmlns:x='u'><b/></x:a >": xmltree.New("u", "a").With(xmltree.New("", "b")),
		"<a xmlns='u'><b xmlns=''/></a>": xmltree.New("u", "a").With(
			xmltree.New("", "b")),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<é/>\n": xmltree.New("", "é"),
	} {
		got, err := xmltree.Parse(document, xmltree.Limits{})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", document, err, diff)
		}
	}
}
