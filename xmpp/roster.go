package xmpp

import (
	"strings"

	"imgate/xmltree"
)

// A SubscriptionState is how far user and contact see each other (RFC 6121 §2.1.2.5), seen from the user.
type SubscriptionState string

// The states of subscriptions. NoSubscription is also what an absent or unknown one counts as.
const (
	NoSubscription   SubscriptionState = "none"
	ToSubscription   SubscriptionState = "to"     // the user sees the contact
	FromSubscription SubscriptionState = "from"   // the contact sees the user
	BothSubscription SubscriptionState = "both"   // likewise, both ways
	RemoveItem       SubscriptionState = "remove" // in a set or a push: the item goes
)

// A RosterItem is an entry of a user's roster (RFC 6121 §2.1.2).
type RosterItem struct {
	JID          JID // bare
	Name         string
	Groups       []string
	Subscription SubscriptionState
	Asked        bool // the user has asked to see the contact, and no answer has come
}

// To reports whether the user sees the contact.
func (i RosterItem) To() bool {
	return i.Subscription == ToSubscription || i.Subscription == BothSubscription
}

// From reports whether the contact sees the user.
func (i RosterItem) From() bool {
	return i.Subscription == FromSubscription || i.Subscription == BothSubscription
}

// ParseRoster reads the items of a roster query. Those without a proper address are left out, empty groups and
// those named twice as well. The items share nothing with q.
func ParseRoster(q *xmltree.Element) []RosterItem {
	var list []RosterItem
	for e := range q.ChildrenNamed(RosterSpace, "item") {
		j, err := ParseJID(strings.Clone(e.Attr("jid")))
		if err != nil {
			continue
		}
		item := RosterItem{JID: j.Bare(), Name: strings.Clone(e.Attr("name")), Asked: e.Attr("ask") == "subscribe", Subscription: subscription(e.Attr("subscription"))}
		seen := map[string]bool{"": true}
		for g := range e.ChildrenNamed(RosterSpace, "group") {
			if name := strings.Clone(g.Text()); !seen[name] {
				seen[name] = true
				item.Groups = append(item.Groups, name)
			}
		}
		list = append(list, item)
	}
	return list
}

func subscription(s string) SubscriptionState {
	switch k := SubscriptionState(s); k {
	case ToSubscription, FromSubscription, BothSubscription, RemoveItem:
		return k
	}
	return NoSubscription
}

// Element makes the query with this item alone: a roster set has one (RFC 6121 §2.1.5).
func (i RosterItem) Element() *xmltree.Element {
	e := xmltree.New(RosterSpace, "item").SetAttr("jid", i.JID.String())
	if i.Subscription != "" {
		e.SetAttr("subscription", string(i.Subscription))
	}
	if i.Subscription != RemoveItem {
		if i.Name != "" {
			e.SetAttr("name", i.Name)
		}
		for _, g := range i.Groups {
			e.With(xmltree.Leaf(RosterSpace, "group", g))
		}
	}
	return xmltree.New(RosterSpace, "query").With(e)
}
