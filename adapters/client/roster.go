package client

import (
	"strings"

	"imgate/xmltree"
	"imgate/xmpp"
)

// A RosterItem is one entry of the user's roster (RFC 6121 §2.1.2).
type RosterItem struct {
	JID          xmpp.JID
	Name         string
	Subscription string // none, to, from, both; remove in a push
	Asked        bool   // a request of the user's is not answered yet
	Groups       []string
}

// sees reports whether the user gets the presence of the item.
func (i RosterItem) sees() bool { return i.Subscription == "to" || i.Subscription == "both" }

// seen reports whether the item gets the presence of the user.
func (i RosterItem) seen() bool { return i.Subscription == "from" || i.Subscription == "both" }

// parseRoster reads the items of a roster query; those without a proper address are left out.
func parseRoster(q *xmltree.Element) []RosterItem {
	var list []RosterItem
	for e := range q.ChildrenNamed(xmpp.RosterSpace, "item") {
		j, err := xmpp.ParseJID(e.Attr("jid"))
		if err != nil {
			continue
		}
		item := RosterItem{
			JID: cloneJID(j), Name: strings.Clone(e.Attr("name")), Subscription: strings.Clone(e.Attr("subscription")),
			Asked: e.Attr("ask") == "subscribe",
		}
		for g := range e.ChildrenNamed(xmpp.RosterSpace, "group") {
			item.Groups = append(item.Groups, strings.Clone(g.Text()))
		}
		list = append(list, item)
	}
	return list
}

// cloneJID copies an address out of the stanza that it came in.
func cloneJID(j xmpp.JID) xmpp.JID {
	return xmpp.JID{Local: strings.Clone(j.Local), Domain: strings.Clone(j.Domain), Resource: strings.Clone(j.Resource)}
}
