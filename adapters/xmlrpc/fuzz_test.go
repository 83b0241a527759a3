package xmlrpc

import (
	"testing"

	"imgate/xmltree"
	"imgate/xmpp"
)

// FuzzStanza: what is taken for a stanza is one, has both addresses, and is the same when it was written and read.
func FuzzStanza(f *testing.F) {
	f.Add(`<message type='chat'><body>hi</body></message>`, "a@example.org", "b@example.org")
	f.Add(`<iq xmlns='jabber:component:accept' type='get' id='1' from='c@d/e'><ping xmlns='urn:xmpp:ping'/></iq>`, "", "b")
	f.Add(`<presence xmlns='' to=''><x xmlns=''/></presence>`, "a", "b")
	f.Fuzz(func(t *testing.T, text, from, to string) {
		s, err := stanza(arguments{"stanza": text, "from": from, "to": to})
		if err != nil {
			if code, _ := codeOf(err); code != 400 {
				t.Errorf("%v is not %d", err, code)
			}
			return
		}
		if h := s.Head(); h.From.IsZero() || h.To.IsZero() {
			t.Fatalf("%+v has no address", h)
		}
		e, err := xmltree.Parse(written(s), xmltree.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", written(s), err)
		}
		again, err := xmpp.Parse(e)
		if err != nil || written(again) != written(s) {
			t.Errorf("%q became %q, %v", written(s), written(again), err)
		}
	})
}
