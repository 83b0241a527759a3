package xmpp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
	"imgate/xmpp"
)

func TestFormsAreReadBack(t *testing.T) {
	want := &xmpp.Form{Type: xmpp.FormForm, Title: "AIM", Instructions: "Fill in", Fields: []xmpp.Field{
		xmpp.HiddenKind(xmpp.RegisterSpace),
		{Var: "username", Type: xmpp.TextSingleField, Label: "Screen name", Desc: "d", Required: true, Values: []string{"Alice"}, Pattern: "[a-z]{3,}|x"},
		{Var: "policy", Type: xmpp.ListSingleField, Values: []string{"a"}, Options: []xmpp.Option{{Label: "A", Value: "a"}, {Value: "b"}}},
		{Var: "notices", Type: xmpp.BooleanField, Values: []string{"1"}},
	}, Reported: []xmpp.Field{{Var: "x", Label: "X"}}, Items: [][]xmpp.Field{{{Var: "x", Values: []string{"1"}}}}}
	got := xmpp.ParseForm(want.Element())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Kind() != xmpp.RegisterSpace || !got.On("notices") || got.On("policy") || got.Value("none") != "" || got.Field("username").Label != "Screen name" {
		t.Error("queries")
	}
	if xmpp.ParseForm(nil).Value("x") != "" || xmpp.ParseForm(xmltree.New("u", "x")) != nil {
		t.Error("no form is a form")
	}
}

func TestDiscoIsReadBack(t *testing.T) {
	info := &xmpp.Info{Node: "n", Identities: []xmpp.Identity{{"gateway", "aim", "AIM", "en"}, {Category: "client", Type: "pc"}},
		Features: []string{xmpp.InfoSpace, xmpp.RegisterSpace}, Forms: []*xmpp.Form{{Type: xmpp.ResultForm}}}
	if diff := cmp.Diff(info, xmpp.ParseInfo(info.Element())); diff != "" {
		t.Error(diff)
	}
	items := []xmpp.Item{{JID: jid("aim.h"), Node: "n", Name: "AIM"}, {JID: jid("icq.h")}}
	if diff := cmp.Diff(items, xmpp.ParseItems(xmpp.ItemsElement("", items))); diff != "" {
		t.Error(diff)
	}
}

func TestRegistrationTakesFormBeforeFields(t *testing.T) {
	want := &xmpp.Registration{Registered: true, Remove: true, Instructions: "i", URL: "https://h/",
		Fields: []xmpp.RegistrationField{{"username", "plain"}, {"password", ""}}}
	got := xmpp.ParseRegistration(want.Element())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v, ok := got.Value("username"); v != "plain" || !ok {
		t.Error(v, ok)
	}
	got.Form = &xmpp.Form{Fields: []xmpp.Field{{Var: "username", Values: []string{"form"}}}}
	if v, ok := got.Value("username"); v != "form" || !ok {
		t.Error(v, ok)
	}
	if v, ok := got.Value("password"); v != "" || ok {
		t.Error(v, ok)
	}
}

func TestDelayIsReadBackFromEitherElement(t *testing.T) {
	sent := time.Date(2026, 11, 20, 13, 14, 15, 0, time.FixedZone("", 3600))
	both := xmpp.Delay(jid("aim.h"), sent)
	for _, e := range both {
		if got, ok := xmpp.SentAt([]*xmltree.Element{e}); !ok || !got.Equal(sent) || got.Location() != time.UTC {
			t.Errorf("%v: %v, %v", e, got, ok)
		}
	}
	if _, ok := xmpp.SentAt([]*xmltree.Element{xmltree.New(xmpp.DelaySpace, "delay").SetAttr("stamp", "soon")}); ok {
		t.Error("nonsense is a time")
	}
}

func TestReceiptAnswersTheMessage(t *testing.T) {
	m := xmpp.Message{Header: xmpp.Header{ID: "5", From: jid("a@h/r"), To: jid("x@aim.h")}, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{xmpp.ReceiptRequest()}}
	r := m.Receipt()
	if !m.WantsReceipt() || r.ReceiptFor() != "5" || r.WantsReceipt() || r.From != m.To || r.To != m.From || r.Type != m.Type {
		t.Errorf("%+v", r)
	}
}
