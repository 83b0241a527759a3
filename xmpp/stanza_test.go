package xmpp_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
	"imgate/xmpp"
)

func parse(t *testing.T, s string) (xmpp.Stanza, error) {
	t.Helper()
	e, err := xmltree.Parse(s, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return xmpp.Parse(e)
}

func jid(s string) xmpp.JID {
	j, err := xmpp.ParseJID(s)
	if err != nil {
		panic(err)
	}
	return j
}

func TestParseReadsBothNamespaces(t *testing.T) {
	for _, space := range []string{"jabber:client", "jabber:component:accept"} {
		s, err := parse(t, "<message xmlns='"+space+"' from='A@h/r' to='aim.h' id='1' type='what' xml:lang='de'><body>hi</body>"+
			"<request xmlns='urn:xmpp:receipts'/><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
		m, ok := s.(xmpp.Message)
		if err != nil || !ok {
			t.Fatal(s, err)
		}
		want := xmpp.Header{ID: "1", From: jid("a@h/r"), To: jid("aim.h"), Lang: "de"}
		if body, has := m.Body(); m.Header != want || body != "hi" || !has || m.Type != xmpp.NormalMessage || !m.WantsReceipt() || m.State() != xmpp.Composing {
			t.Errorf("%s: %+v", space, m)
		}
	}
}

func TestParsePresenceIsTolerant(t *testing.T) {
	for text, want := range map[string]int{"-1": -1, " 5\n": 5, "": 0, "200": 0, "x": 0} {
		s, err := parse(t, "<presence xmlns='jabber:client' from='a@h/r' to='aim.h'><priority>"+text+"</priority><show>away</show><show>dnd</show><x/></presence>")
		p, ok := s.(xmpp.Presence)
		if err != nil || !ok || p.Priority() != want || p.Show() != "away" {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

func TestParseGivesWhatCanBeAnswered(t *testing.T) {
	for in, want := range map[string]xmpp.Condition{
		"<iq xmlns='jabber:client' from='a@h' to='a b@h' id='1' type='get'><q/></iq>": xmpp.JIDMalformed,
		"<iq xmlns='jabber:client' from='a@h' to='h' id='1' type='get'/>":             xmpp.BadRequest,
		"<iq xmlns='jabber:client' from='a@h' to='h' id='1' type='get'><a/><b/></iq>": xmpp.BadRequest,
		"<iq xmlns='jabber:client' from='a@h' to='h' type='set'><q/></iq>":            xmpp.BadRequest,
		"<iq xmlns='jabber:client' from='a@h' to='h' id='1' type='what'><q/></iq>":    xmpp.BadRequest,
		"<presence xmlns='jabber:client' from='a@h' to='h' type='what'/>":             xmpp.BadRequest,
	} {
		s, err := parse(t, in)
		var e *xmpp.Error
		if !errors.As(err, &e) || e.Condition != want || s == nil || s.Head().From != jid("a@h") {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
	for _, in := range []string{"<handshake xmlns='jabber:client'/>", "<message xmlns='u'/>", "<message/>"} {
		if s, err := parse(t, in); !errors.Is(err, xmpp.ErrNotStanza) || s != nil {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
}

func TestAppendNeedsBothAddresses(t *testing.T) {
	full := xmpp.Header{ID: "1", From: jid("aim.h"), To: jid("a@h")}
	got, err := xmpp.Append(nil, xmpp.Message{Header: full, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{xmpp.Leaf("body", "<\x01>")}})
	if want := "<message from='aim.h' to='a@h' id='1' type='chat'><body>&lt;\uFFFD&gt;</body></message>"; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	for _, h := range []xmpp.Header{{From: full.From}, {To: full.To}} {
		if got, err := xmpp.Append([]byte("x"), xmpp.Presence{Header: h}); !errors.Is(err, xmpp.ErrAddress) || string(got) != "x" {
			t.Errorf("%+v: %q, %v", h, got, err)
		}
	}
}

func TestWrittenStanzasAreReadBack(t *testing.T) {
	h := xmpp.Header{ID: "1", From: jid("x@aim.h/imgate"), To: jid("a@h/r"), Lang: "de"}
	for _, want := range []xmpp.Stanza{
		xmpp.Message{Header: h, Type: xmpp.HeadlineMessage, Payload: []*xmltree.Element{xmpp.Leaf("body", "x")}},
		xmpp.Presence{Header: h, Type: xmpp.UnavailablePresence},
		xmpp.IQ{Header: h, Type: xmpp.ResultIQ, Payload: []*xmltree.Element{xmltree.New(xmpp.PingSpace, "ping")}},
	} {
		raw, err := xmpp.Append(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parse(t, "<"+string(raw[1:len(want.Element().Name.Local)+1])+" xmlns='jabber:component:accept'"+string(raw[len(want.Element().Name.Local)+1:]))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", raw, err, diff)
		}
	}
}
