package gateway

import (
	"strings"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Tunes (XEP-0118) travel as events of personal eventing (XEP-0163): the user's come to the gateway, since its
// presence says that it wants them; contacts' go to those clients that say the same.

// userTune reads what the user listens to; false: m says nothing of it. Nil: nothing.
func userTune(m xmpp.Message) (*transports.Tune, bool) {
	items := m.Child(xmpp.PubSubEventSpace, "event").Child(xmpp.PubSubEventSpace, "items")
	if items.Attr("node") != xmpp.TuneSpace {
		return nil, false
	}
	t := items.Child(xmpp.PubSubEventSpace, "item").Child(xmpp.TuneSpace, "tune")
	field := func(local string) string {
		s := t.ChildText(xmpp.TuneSpace, local)
		if len(s) > maxTune {
			return ""
		}
		return strings.Clone(s)
	}
	tune := transports.Tune{Artist: field("artist"), Title: field("title"), Album: field("source")}
	if tune == (transports.Tune{}) {
		return nil, true
	}
	return &tune, true
}

// maxTune bounds each part of a tune, in bytes.
const maxTune = 512

// onUserEvent takes an event of the user's own account; false: it is none.
func (a *account) onUserEvent(m xmpp.Message) bool {
	tune, ok := userTune(m)
	if !ok {
		return a.onAvatarEvent(m) || m.Child(xmpp.PubSubEventSpace, "event") != nil
	}
	a.tune = tune
	a.presenceChanged()
	return true
}

// onContactTune tells those of the user's clients that want to know.
func (a *account) onContactTune(c *contact) {
	for name, r := range a.resources {
		switch {
		case r.can.has(wantsTune):
			a.tellTune(c, name)
		case !r.can.has(canBeKnown):
			a.wonder()
		}
	}
}

// tellTunes tells a client that has just come, or said what it wants.
func (a *account) tellTunes(name string) {
	r, ok := a.resources[name]
	if !ok || !r.can.mayWant(wantsTune) {
		return
	}
	for _, c := range a.contacts {
		switch {
		case c.tune == nil || !c.shown:
		case !r.can.has(canBeKnown):
			a.wonder()
			return
		default:
			a.tellTune(c, name)
		}
	}
}

func (a *account) tellTune(c *contact, resource string) {
	from, ok := a.address(c.ID)
	if !ok || !c.inRoster() {
		return
	}
	tune := xmltree.New(xmpp.TuneSpace, "tune")
	if c.tune != nil {
		for _, f := range [...]transports.Field{{Var: "artist", Value: c.tune.Artist}, {Var: "source", Value: c.tune.Album}, {Var: "title", Value: c.tune.Title}} {
			if f.Value != "" {
				tune.With(xmltree.Leaf(xmpp.TuneSpace, f.Var, f.Value))
			}
		}
	}
	item := xmltree.New(xmpp.PubSubEventSpace, "item").SetAttr("id", "current").With(tune)
	items := xmltree.New(xmpp.PubSubEventSpace, "items").SetAttr("node", xmpp.TuneSpace).With(item)
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("tune"), From: from, To: a.user.WithResource(resource)},
		Type:    xmpp.HeadlineMessage,
		Payload: []*xmltree.Element{xmltree.New(xmpp.PubSubEventSpace, "event").With(items)},
	})
}
