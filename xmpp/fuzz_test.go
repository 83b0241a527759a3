package xmpp_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
	"imgate/xmpp"
)

// FuzzParse: whatever a server sends, nothing panics, what can be answered is answered legally, and a stanza
// that is written is read back the same.
func FuzzParse(f *testing.F) {
	f.Add("<message xmlns='jabber:client' from='a@h/r' to='aim.h' id='1' type='chat'><body>x</body><x xmlns='jabber:x:data'><field/></x></message>")
	f.Add("<presence xmlns='jabber:component:accept' from='h/r@x' to='b@aim.h'><priority>-1</priority><delay xmlns='urn:xmpp:delay' stamp='x'/></presence>")
	f.Add("<iq xmlns='jabber:client' from='sm' to='aim.h' id='2' type='error'><error type='wait'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
	f.Add("<iq xmlns='jabber:client' from='a@h' to='a b@h' id='3' type='set'><query xmlns='jabber:iq:register'><remove/><a>1</a></query></iq>")
	f.Fuzz(func(t *testing.T, raw string) {
		e, err := xmltree.Parse(raw, xmltree.Limits{})
		if err != nil {
			return
		}
		s, err := xmpp.Parse(e)
		if errors.Is(err, xmpp.ErrNotStanza) {
			return
		}
		readAll(s)
		if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(xmpp.BadRequest, "")); ok && xmpp.ErrorOf(reply).Condition != xmpp.BadRequest {
			t.Fatalf("answered by %+v", reply)
		}
		written, addressed := xmpp.Append(nil, s)
		if err != nil || addressed != nil {
			return
		}
		again, err := xmltree.Parse(string(written), xmltree.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		again.Name.Space = xmpp.ClientSpace // as on a stream
		want, _ := xmpp.Append(nil, s)
		if got := again.Append(nil, xmpp.ClientSpace); len(s.Element().Children) == 0 && !cmp.Equal(got, want) {
			t.Fatalf("%q is read as %q", want, got)
		}
	})
}

// readAll makes every query that a gateway makes of a payload.
func readAll(s xmpp.Stanza) {
	var payload []*xmltree.Element
	switch s := s.(type) {
	case xmpp.Message:
		payload = s.Payload
		s.Body()
		s.Subject()
		s.Thread()
		s.State()
		s.WantsReceipt()
		s.ReceiptFor()
	case xmpp.Presence:
		payload = s.Payload
		s.Show()
		s.Status()
		s.Priority()
	case xmpp.IQ:
		payload = s.Payload
		s.Query()
	}
	xmpp.ErrorOf(s)
	xmpp.SentAt(payload)
	for _, e := range payload {
		xmpp.ParseForm(e).Kind()
		xmpp.ParseInfo(e)
		xmpp.ParseItems(e)
		if r := xmpp.ParseRegistration(e); r != nil {
			r.Value("username")
			r.Element()
		}
	}
}

// FuzzParseJID: an address that was prepared stays as it is, and its parts keep their limits.
func FuzzParseJID(f *testing.F) {
	for _, s := range []string{"a@b/c", "host/r@x", "Ünal@Exämple.org./ x", `mona\40x@h`, "[::1]", "a@b@c", "ﬁ@h", "ß@h", "ʹ@h", "İ@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := xmpp.ParseJID(s)
		if err != nil {
			if !errors.Is(err, xmpp.ErrJID) || !j.IsZero() {
				t.Fatalf("%q: %v, %v", s, j, err)
			}
			return
		}
		again, err := xmpp.ParseJID(j.String())
		if err != nil || again != j {
			t.Fatalf("%q: %#v becomes %#v, %v", s, j, again, err)
		}
		if len(j.Local) > xmpp.MaxJIDPart || len(j.Domain) > xmpp.MaxJIDPart || len(j.Resource) > xmpp.MaxJIDPart || j.Domain == "" {
			t.Fatalf("%q: %#v", s, j)
		}
	})
}
