package gateway

import (
	"testing"

	"imgate/transports"
	"imgate/xmpp"
)

// A roster that was asked for before a contact and the user came to see each other is old news of that contact: it is read
// again, and a subscription that it does not know is not taken away by putting its item back.
func TestAnOldRosterIsNotWrittenBack(t *testing.T) {
	const hatter = "hatter@" + domain
	for name, knows := range map[string]bool{"which has it without a subscription": true, "which has it not": false} {
		t.Run(name, func(t *testing.T) {
			play(t, func(w *world) {
				r := w.privileged("both")
				j, _ := xmpp.ParseJID(hatter)
				if knows {
					r.items[hatter] = xmpp.RosterItem{JID: j, Subscription: xmpp.NoSubscription}
				}
				// The network tells its name for the contact before the user's wish is answered: the roster is asked for.
				w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "hatter", Name: "The Hatter"}})
				q, asked := r.next()
				if !asked {
					t.Fatal("the roster is not asked for")
				}
				w.says(`<presence type='subscribe' from='%s' to='%s'/>`, bare, hatter)
				w.hears(`from="` + hatter + `" & type="subscribed"`)
				r.answers(q) // as it was
				r.items[hatter] = xmpp.RosterItem{JID: j, Subscription: xmpp.ToSubscription}
				r.serves()
				r.has(hatter, "both The Hatter []")
				w.never(`type="unsubscribe"`)
			})
		})
	}
}
