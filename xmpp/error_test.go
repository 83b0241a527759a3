package xmpp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
	"imgate/xmpp"
)

func TestErrorReplyCarriesNoPayload(t *testing.T) {
	q := xmpp.IQ{Header: xmpp.Header{ID: "7", From: jid("a@h/r"), To: jid("aim.h")}, Type: xmpp.SetIQ,
		Payload: []*xmltree.Element{xmltree.Leaf(xmpp.RegisterSpace, "query", "password")}}
	reply, ok := xmpp.ErrorReply(q, xmpp.NewError(xmpp.NotAcceptable, "no name"))
	if !ok {
		t.Fatal("no reply")
	}
	want := "<iq xmlns='jabber:client' from='aim.h' to='a@h/r' id='7' type='error'><error type='modify' code='406'>" +
		"<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no name</text></error></iq>"
	if got := reply.Element().String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestErrorsAndResultsAreNotAnswered(t *testing.T) {
	h := xmpp.Header{ID: "7", From: jid("a@h/r"), To: jid("aim.h")}
	for _, s := range []xmpp.Stanza{
		xmpp.Message{Header: h, Type: xmpp.ErrorMessage}, xmpp.Presence{Header: h, Type: xmpp.ErrorPresence},
		xmpp.IQ{Header: h, Type: xmpp.ErrorIQ}, xmpp.IQ{Header: h, Type: xmpp.ResultIQ}, xmpp.Message{Header: xmpp.Header{To: h.To}},
	} {
		if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(xmpp.ItemNotFound, "")); ok {
			t.Errorf("%+v is answered by %+v", s, reply)
		}
	}
}

func TestErrorsAreReadBack(t *testing.T) {
	want := &xmpp.Error{Condition: xmpp.ResourceConstraint, Type: xmpp.WaitError, Text: "full", By: jid("h"), Detail: xmltree.New("u", "x")}
	m := xmpp.Message{Type: xmpp.ErrorMessage, Payload: []*xmltree.Element{want.Element()}}
	if diff := cmp.Diff(want, xmpp.ErrorOf(m)); diff != "" {
		t.Error(diff)
	}
	if e := xmpp.ErrorOf(xmpp.IQ{Type: xmpp.ErrorIQ}); e == nil || e.Condition != xmpp.UndefinedCondition {
		t.Errorf("empty error: %v", e)
	}
	if e := xmpp.ErrorOf(xmpp.IQ{Type: xmpp.ResultIQ}); e != nil {
		t.Errorf("a result: %v", e)
	}
}
