package e2e_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/lab/world"
	"imgate/lab/xmppd"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A wire gathers what passes the taps, by connection and direction.
type wire struct {
	mu   sync.Mutex
	said map[leg]string
	last time.Time
}

// A leg is one direction of one connection.
type leg struct {
	component bool
	conn      int
	out       bool // from the gateway
}

func (w *wire) tap(component bool) func(int, bool, []byte) {
	return func(conn int, out bool, b []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.said[leg{component, conn, out}] += string(b)
		w.last = time.Now()
	}
}

// begin is before something is done that may take a moment to show.
func (w *wire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = time.Now()
}

// take waits until nothing has passed for a while, and gives what did since, a stanza a line.
func (w *wire) take(t *testing.T) []string {
	t.Helper()
	quiet := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return time.Since(w.last) > 2*time.Second
	}
	if !until(quiet) {
		t.Fatal("the wire does not become quiet")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	legs := make([]leg, 0, len(w.said))
	for l := range w.said {
		legs = append(legs, l)
	}
	rank := func(l leg) (n int) { // the connection to the clients' port first, what the gateway says first
		n = l.conn * 4
		if l.component {
			n += 2000
		}
		if !l.out {
			n++
		}
		return n
	}
	slices.SortFunc(legs, func(a, b leg) int { return rank(a) - rank(b) })
	var lines []string
	for _, l := range legs {
		for _, line := range l.lines(t, w.said[l]) {
			if !slices.Contains(lines, line) { // a state that is told twice says nothing new
				lines = append(lines, line)
			}
		}
	}
	clear(w.said)
	return lines
}

var streamHead = regexp.MustCompile(`<\?xml[^>]*\?>|</?stream:stream[^>]*>`)

// lines are the stanzas of what was said, with what differs each time taken out.
func (l leg) lines(t *testing.T, said string) (lines []string) {
	t.Helper()
	space, name := xmpp.ClientSpace, "c2s"
	if l.component {
		space, name = xmpp.ComponentSpace, "component"
	}
	arrow := " ← "
	if l.out {
		arrow = " → "
	}
	root := "<root xmlns='" + space + "' xmlns:stream='" + xmpp.StreamSpace + "'>" + streamHead.ReplaceAllString(said, "") + "</root>"
	e, err := xmltree.Parse(root, xmltree.Limits{Bytes: 1 << 20})
	if err != nil {
		t.Fatalf("%v in %s", err, said)
	}
	for stanza := range e.Elements() {
		// Features are the server's own business, and so is what it asks the gateway; stanzas that it only passes on
		// are shown where they come from.
		own := stanza.Name.Space != space || stanza.Name.Local == "iq" && stanza.Attr("from") == ""
		if stanza.Name.Space == xmpp.StreamSpace || l.component && stanza.Name.Local == "iq" || !l.out && (l.component || !own) {
			continue
		}
		if l.out && l.component && stanza.Name.Local == "presence" && strings.Contains(stanza.Attr("to"), "/") {
			stanza = atThatTime(stanza)
		}
		lines = append(lines, name+arrow+shape(stanza, space))
	}
	return lines
}

// atThatTime is the presence that a client is told when it comes, without what it tells: it comes while the state is
// changing.
func atThatTime(p *xmltree.Element) *xmltree.Element {
	return xmltree.New(p.Name.Space, "presence").SetAttr("from", p.Attr("from")).SetAttr("to", p.Attr("to")).AddText("…")
}

// shape writes an element with its attributes in order, since servers have none, and without what differs each time.
func shape(e *xmltree.Element, space string) string {
	var b strings.Builder
	b.WriteString("<" + e.Name.Local)
	var attrs []string
	if e.Name.Space != space {
		attrs = append(attrs, " xmlns='"+e.Name.Space+"'")
	}
	for _, a := range e.Attrs {
		v := a.Value
		switch {
		case a.Name.Local == "lang", a.Name.Local == "ver" && e.Name.Local == "query": // the server's
			continue
		case a.Name.Local == "ver", a.Name.Local == "id", a.Name.Local == "stamp", a.Name.Local == "delay":
			v = "…"
		}
		attrs = append(attrs, fmt.Sprintf(" %s='%s'", a.Name.Local, resourceName.ReplaceAllString(v, "imgate-…")))
	}
	slices.Sort(attrs)
	b.WriteString(strings.Join(attrs, "") + ">")
	secret := e.Name.Space == "urn:ietf:params:xml:ns:xmpp-sasl" && e.Text() != ""
	for _, n := range e.Children {
		switch {
		case n.Element != nil:
			b.WriteString(shape(n.Element, e.Name.Space))
		case secret:
			b.WriteString("…")
		default:
			b.WriteString(resourceName.ReplaceAllString(n.Text, "imgate-…"))
		}
	}
	if len(e.Children) == 0 {
		return strings.TrimSuffix(b.String(), ">") + "/>"
	}
	return b.String() + "</" + e.Name.Local + ">"
}

var resourceName = regexp.MustCompile(`imgate-[a-z2-7]{10}`)

// TestTheDocumentShowsTheWire plays each operation with Prosody, and compares what passes between the gateway and the
// server's two ports with the blocks of docs/soap.md. With -update it writes them.
func TestTheDocumentShowsTheWire(t *testing.T) {
	t.Parallel()
	w := &wire{said: map[leg]string{}}
	s := newSoapStage(t, soapSetting{
		kind: xmppd.Prosody, open: true, c2s: w.tap(false), comp: w.tap(true),
		settings: [][2]string{{`session_idle = "8s"`, `session_idle = "30s"`}},
	})
	const path = "../docs/soap.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if _, _, err := s.Network("aim").Add("loner", world.Password, 1); err != nil { // who has no contacts
		t.Fatal(err)
	}
	w.take(t) // the handshake
	c := s.web(t)
	for _, step := range []struct {
		name string
		run  func()
	}{
		{"AuthRequest", func() {
			c.session = ""
			c.signsIn("juliet@localhost", s.password)
		}},
		{"first request of a session", func() {
			c.session = "new"
			c.wants("", imList)
		}},
		{"reg", func() {
			c.wants("", strings.Replace(imRegister, "alicewonder", "loner", 1))
			c.next("gwStatus aim online")
		}},
		{"reconnect", func() { c.wants("", imAgain); c.next("gwStatus aim online") }},
		{"end of the last session", func() { c.wants("", endSession) }},
		{"first request, registered", func() {
			c.session, c.seq, c.told = "new", 0, nil
			c.wants("", imList)
			c.next("gwStatus aim online")
		}},
		{"unreg", func() { c.wants("", imUnreg); c.next("gwStatus aim shutdown") }},
	} {
		w.begin()
		step.run()
		lines := w.take(t)
		text = compareBlock(t, text, step.name, lines)
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range []string{"rabbit1", "capulet"} {
		if strings.Contains(text, secret+"<") {
			t.Errorf("the document has %q in it", secret)
		}
	}
}

// compareBlock looks for the block of that name, and compares it with lines, whose order between the two ports is by
// chance; with -update it puts them there.
func compareBlock(t *testing.T, text, name string, lines []string) string {
	t.Helper()
	block := regexp.MustCompile("(?s)```xmpp " + regexp.QuoteMeta(name) + "\n(.*?)```")
	found := block.FindStringSubmatchIndex(text)
	if found == nil {
		t.Errorf("the document has no block for %s:\n%s", name, strings.Join(lines, "\n"))
		return text
	}
	if *update {
		return text[:found[2]] + strings.Join(lines, "\n") + "\n" + text[found[3]:]
	}
	want := strings.Split(strings.TrimSuffix(text[found[2]:found[3]], "\n"), "\n")
	slices.Sort(want)
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Errorf("%s: on the wire\n%s\nand in the document\n%s", name, strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	return text
}
