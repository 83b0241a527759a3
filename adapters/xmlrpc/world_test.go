package xmlrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A fakeGateway keeps rosters in memory: of bob, ann and eve at example.org, who may be read and changed but where
// deny says otherwise, and of the legacy account joe, whose contacts are those of bob's registration.
type fakeGateway struct {
	rosters  map[string][]xmpp.RosterItem
	deny     map[string]*xmpp.Error // by what is done and whose: "read bob@example.org", "set …", "link", "unlink", "send"
	presence map[string][]xmpp.Presence
	did      []string
	sent     []xmpp.Stanza
	panics   bool
}

func newFake() *fakeGateway {
	return &fakeGateway{
		rosters: map[string][]xmpp.RosterItem{
			"bob@example.org": {
				{JID: jid("ann@aim.example.org"), Name: "Ann & co", Groups: []string{"Friends", "Work"}, Subscription: xmpp.BothSubscription},
				{JID: jid("eve@example.org"), Subscription: xmpp.NoSubscription, Asked: true},
			},
			"ann@example.org": nil, "eve@example.org": nil,
			`joe\20average@aim.example.org`: {{JID: jid("ann@aim.example.org"), Name: "Ann", Subscription: xmpp.BothSubscription}},
		},
		deny:     map[string]*xmpp.Error{},
		presence: map[string][]xmpp.Presence{},
	}
}

func jid(s string) xmpp.JID {
	j, err := xmpp.ParseJID(s)
	if err != nil {
		panic(err)
	}
	return j
}

func (f *fakeGateway) may(what string) error {
	if f.panics {
		panic("a defect")
	}
	if e := f.deny[what]; e != nil {
		return fmt.Errorf("wrapped: %w", e)
	}
	return nil
}

func (f *fakeGateway) Ours(domain string) bool         { return domain == "aim.example.org" }
func (f *fakeGateway) ServesDomain(domain string) bool { return domain == "example.org" }

func (f *fakeGateway) Roster(_ context.Context, of xmpp.JID) ([]xmpp.RosterItem, error) {
	if err := f.may("read " + of.String()); err != nil {
		return nil, err
	}
	list, ok := f.rosters[of.String()]
	if !ok {
		return nil, xmpp.NewError(xmpp.ItemNotFound, "")
	}
	return list, nil
}

func (f *fakeGateway) Contacts(_ context.Context, user xmpp.JID) ([]xmpp.RosterItem, error) {
	if user != jid("bob@example.org") {
		return nil, xmpp.NewError(xmpp.ItemNotFound, "")
	}
	return f.rosters["bob@example.org"][:1], nil
}

func (f *fakeGateway) SetRosterItem(_ context.Context, of xmpp.JID, item xmpp.RosterItem) error {
	if err := f.may("set " + of.String()); err != nil {
		return err
	}
	list, ok := f.rosters[of.String()]
	i := slices.IndexFunc(list, func(i xmpp.RosterItem) bool { return i.JID == item.JID })
	if !ok || i < 0 && item.Subscription == xmpp.RemoveItem {
		return xmpp.NewError(xmpp.ItemNotFound, "")
	}
	list = slices.DeleteFunc(slices.Clone(list), func(i xmpp.RosterItem) bool { return i.JID == item.JID })
	if item.Subscription != xmpp.RemoveItem {
		list = append(list, item)
	}
	f.rosters[of.String()] = list
	return nil
}

func (f *fakeGateway) Link(_ context.Context, user, contact xmpp.JID, name string, bySubscription bool) error {
	f.did = append(f.did, fmt.Sprintf("link %s %s %q %v", user, contact, name, bySubscription))
	return f.may("link")
}

func (f *fakeGateway) Unlink(_ context.Context, user, contact xmpp.JID, bySubscription bool) error {
	f.did = append(f.did, fmt.Sprintf("unlink %s %s %v", user, contact, bySubscription))
	return f.may("unlink")
}

func (f *fakeGateway) Presences(_ context.Context, of xmpp.JID) ([]xmpp.Presence, error) {
	return f.presence[of.String()], f.may("see " + of.String())
}

func (f *fakeGateway) ContactPresences(_ context.Context, of xmpp.JID) ([]xmpp.Presence, error) {
	return f.presence["ann@aim.example.org"], f.may("see contacts")
}

func (f *fakeGateway) Send(_ context.Context, s xmpp.Stanza) error {
	if err := errors.Join(f.may("send"), f.may("send "+s.Head().From.String())); err != nil {
		return err
	}
	f.sent = append(f.sent, s)
	return nil
}

// presenceAt is a presence as a client sends it.
func presenceAt(from, show, status, priority string) xmpp.Presence {
	p := xmpp.Presence{Header: xmpp.Header{From: jid(from)}}
	for _, part := range [][2]string{{"show", show}, {"status", status}, {"priority", priority}} {
		if part[1] != "" {
			p.Payload = append(p.Payload, xmltree.Leaf(xmpp.ClientSpace, part[0], part[1]))
		}
	}
	return p
}

// A house is a door at a gateway.
type house struct {
	t    *testing.T
	fake *fakeGateway
	log  *bytes.Buffer
	door *Door
}

func newHouse(t *testing.T, change func(*Options)) *house {
	t.Helper()
	h := &house{t: t, fake: newFake(), log: &bytes.Buffer{}}
	o := Options{Gateway: h.fake, Log: slog.New(slog.NewTextHandler(h.log, nil))}
	if change != nil {
		change(&o)
	}
	h.door = New(o)
	return h
}

func withPassword(o *Options) { o.User, o.Password = "web", transports.NewSecret("s3cret") }

// post sends a body.
func (h *house) post(body string, change func(*http.Request)) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "http://127.0.0.1:4560/RPC2", strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// call makes a call of one struct, of names and values in turn, and gives the result as short text.
func (h *house) call(method string, pairs ...string) string {
	h.t.Helper()
	return h.callWith(method, record(pairs...))
}

func record(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("<member><name>" + pairs[i] + "</name>" + value(pairs[i+1]) + "</member>")
	}
	return "<value><struct>" + b.String() + "</struct></value>"
}

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;")

func value(s string) string { return "<value><string>" + escaped.Replace(s) + "</string></value>" }

func (h *house) callWith(method string, params ...string) string {
	h.t.Helper()
	_, body := h.post(callDocument(method, params...), nil)
	return brief(h.t, body)
}

func callDocument(method string, params ...string) string {
	var b strings.Builder
	for _, p := range params {
		b.WriteString("<param>" + p + "</param>")
	}
	return `<?xml version="1.0"?><methodCall><methodName>` + method + "</methodName><params>" + b.String() + "</params></methodCall>"
}

// brief writes a response short: {name: value, …}, […], numbers bare, strings quoted, faults marked.
func brief(t *testing.T, body string) string {
	t.Helper()
	e, err := xmltree.Parse(body, xmltree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if f := e.Child("", "fault"); f != nil {
		return "fault " + briefValue(f.Child("", "value"))
	}
	return briefValue(e.Child("", "params").Child("", "param").Child("", "value"))
}

func briefValue(v *xmltree.Element) string {
	typed := v.First()
	var parts []string
	switch typed.Name.Local {
	case "struct":
		for m := range typed.Elements() {
			parts = append(parts, m.ChildText("", "name")+": "+briefValue(m.Child("", "value")))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case "array":
		for item := range typed.Child("", "data").Elements() {
			parts = append(parts, briefValue(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case "int":
		return typed.Text()
	}
	return fmt.Sprintf("%q", typed.Text())
}
