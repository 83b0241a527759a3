package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/transports"
)

// onTheWay is a user who is online and to whom so many messages are told, none of which is proven.
func (w *world) onTheWay(messages int) {
	w.t.Helper()
	w.online()
	w.link.set(false, true)
	for n := 1; n <= messages; n++ {
		w.tells(n)
	}
	w.after(0)
}

// refuses answers the last message with that text as a server does that does not take it.
func (w *world) refuses(text string) {
	w.t.Helper()
	w.refusesAs(text, bare)
}

func (w *world) refusesAs(text, from string) {
	w.t.Helper()
	id := ""
	w.inside(func(a *account) {
		for _, u := range a.unproven {
			if strings.Contains(u.stanza.Element().String(), text) {
				id = u.stanza.Head().ID
			}
		}
	})
	if id == "" {
		w.t.Fatalf("%q is not on its way", text)
	}
	w.says(`<message type='error' id='%s' from='%s' to='echobot@%s/imgate'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`, id, from, domain)
}

func (w *world) expectHandedOver(want transports.Seq) {
	w.t.Helper()
	if got := w.server.HandedOver("aliceliddell"); got != want {
		w.t.Errorf("%d handed over, not %d", got, want)
	}
}

// What the network deletes it deletes with all before it, so that a message that was refused holds up those after it. It
// is sent again when the user comes, with the time at which it was said first.
func TestARefusedMessageIsSentAgainWhenTheUserComes(t *testing.T) {
	play(t, func(w *world) {
		w.onTheWay(3)
		w.refuses("number 2.")
		w.link.set(false, false)
		w.after(time.Second)
		w.expectHandedOver(1)
		w.link.take()
		w.after(late)
		w.never("number 2.")
		w.available(phone, "")
		w.hears(`<body>number 2.</body> & <delay xmlns="urn:xmpp:delay"`)
		w.after(time.Second)
		w.expectHandedOver(3)
		w.after(time.Hour)
		w.never("number 2.")
	})
}

// A server that has no room for a while may have some later.
func TestARefusedMessageIsSentAgainAfterAWhile(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.tells(1)
		w.after(0)
		w.refuses("number 1.")
		w.link.take()
		w.after(refusedPause - time.Second)
		w.never("number 1.")
		w.after(2 * time.Second)
		w.hears("number 1.")
		w.expectHandedOver(1)
	})
}

// Whom a message can't be brought to after all is told, and so is who has said it; then the network may delete it.
func TestAMessageThatIsAlwaysRefused(t *testing.T) {
	play(t, func(w *world) {
		w.onTheWay(2)
		for range refusedTries - 1 {
			w.refuses("number 1.")
			w.after(refusedPause)
		}
		w.link.set(false, false)
		w.refuses("number 1.")
		w.hears(`from="aim.example.org" & echobot@aim.example.org & does not take it`)
		heard := w.server.Heard("echobot")
		if len(heard) != 1 || !heard[0].Auto || strings.Contains(heard[0].Body.String(), "number") {
			t.Errorf("the sender was told %v", heard)
		}
		w.after(proveWithin + time.Minute)
		w.expectHandedOver(2)
		w.never("number 1.")
	})
}

// Not more are remembered than wait for a link.
func TestRefusedMessagesAreNotRememberedWithoutEnd(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.link.set(false, true)
		for n := 1; n <= heldStanzas+2; n++ {
			w.tells(n)
			w.after(0)
			w.refuses(fmt.Sprintf("number %d.", n))
		}
		w.inside(func(a *account) {
			if n := len(a.refusals.kept); n != heldStanzas {
				t.Errorf("%d are remembered", n)
			}
		})
		if heard := w.server.Heard("echobot"); len(heard) != 1 {
			t.Errorf("the sender was told %d times", len(heard))
		}
		w.unregisters()
		w.after(time.Hour)
	})
}

// A client's own error is none of its server's: the others of the user have the message.
func TestAClientsErrorIsNoRefusal(t *testing.T) {
	play(t, func(w *world) {
		w.onTheWay(1)
		w.refusesAs("number 1.", laptop)
		w.link.set(false, false)
		w.after(proveWithin + time.Second)
		w.expectHandedOver(1)
	})
}

// Each session counts anew: what the last one told is no proof of what this one tells.
func TestAProofIsOfItsSession(t *testing.T) {
	play(t, func(w *world) {
		w.onTheWay(3)
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient})
		w.after(5 * time.Minute)
		w.link.set(false, false)
		w.after(proveWithin + time.Second)
		w.expectHandedOver(0)
		w.tells(1)
		w.after(time.Second)
		w.expectHandedOver(1)
	})
}
