package xmpp_test

import (
	"errors"
	"testing"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Append writes what the tree would, whatever is in it.
func TestAppendIsTheTree(t *testing.T) {
	full := xmpp.Header{ID: "i<'", From: xmpp.JID{Local: "a'b", Domain: "example.org", Resource: "r&\x01"}, To: xmpp.JID{Local: "juliet", Domain: "x"}, Lang: "en\xff"}
	short := xmpp.Header{From: xmpp.JID{Domain: "aim.example.org"}, To: xmpp.JID{Domain: "x", Resource: "only"}}
	body := []*xmltree.Element{xmpp.Leaf("body", "5 < 6 & \x00"), nil, xmltree.New("urn:x", "y").SetAttr("a", "\"'\n")}
	for _, h := range []xmpp.Header{full, short} {
		for _, payload := range [][]*xmltree.Element{nil, body, {nil}} {
			for _, s := range []xmpp.Stanza{
				xmpp.Message{Header: h, Type: xmpp.ChatMessage, Payload: payload}, xmpp.Message{Header: h, Payload: payload},
				xmpp.Presence{Header: h, Payload: payload}, xmpp.Presence{Header: h, Type: xmpp.ProbePresence, Payload: payload},
				xmpp.IQ{Header: h, Type: xmpp.ResultIQ, Payload: payload},
			} {
				got, err := xmpp.Append([]byte("before"), s)
				want := "before" + string(s.Element().Append(nil, xmpp.ClientSpace))
				if err != nil || string(got) != want {
					t.Errorf("%s\nwant %s (%v)", got, want, err)
				}
			}
		}
	}
	for _, h := range []xmpp.Header{{From: full.From}, {To: full.To}} {
		if got, err := xmpp.Append([]byte("before"), xmpp.IQ{Header: h}); !errors.Is(err, xmpp.ErrAddress) || string(got) != "before" {
			t.Errorf("%q %v", got, err)
		}
	}
}
