package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What people write when they ask, grant and refuse comes through, both ways.
func TestAuthorisationWithWords(t *testing.T) {
	var heard []transports.Command
	p := &puppet{run: func(ctx context.Context, _ transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
		events <- transports.SignedOn{}
		events <- transports.ContactList{}
		events <- transports.AuthRequest{From: "dave", Nick: "Dave", Reason: "may I?"}
		for {
			select {
			case c := <-commands:
				heard = append(heard, c)
				if add, ok := c.(transports.AddContact); ok {
					events <- transports.Done{Tag: add.Tag, Proof: transports.Accepted}
					events <- transports.AuthAnswer{From: add.ID, Reason: "who are you?"}
				}
			case <-ctx.Done():
				return nil
			}
		}
	}}
	with(t, p, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.hears(`type="subscribe" & from="dave@aim.example.org" & <status>may I?</status>`)
		w.says(`<presence type='subscribed' from='alice@example.org' to='dave@%s'><status>of course</status></presence>`, domain)
		w.says(`<presence type='subscribe' from='alice@example.org' to='bob@%s'><status>it is me, Alice</status></presence>`, domain)
		w.hears(`type="unsubscribed" & from="bob@aim.example.org" & <status>who are you?</status>`)
		got := fmt.Sprintf("%+v", heard)
		for _, want := range []string{"ID:bob Name: Groups:[] Reason:it is me, Alice", "To:dave Allow:true Reason:of course"} {
			if !strings.Contains(got, want) {
				t.Errorf("the network heard %s, not %s", got, want)
			}
		}
	})
}

// What is kept of a request is short, and no half a character.
func TestWordsAreKeptShort(t *testing.T) {
	p := xmpp.Presence{Payload: []*xmltree.Element{xmpp.Leaf("status", "x"+strings.Repeat("ä", maxWords))}}
	if got := wordsOf(p); len(got) > maxWords || len(got) < maxWords-1 || !utf8.ValidString(got) {
		t.Errorf("%d bytes: …%q", len(got), got[len(got)-3:])
	}
}

// Whoever puts the user on a list is told of once, and not at all who is in the roster.
func TestYouWereAdded(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.together()
		w.link.take()
		w.inside(func(a *account) {
			for range 3 {
				a.onAddedYou(transports.AddedYou{From: "stranger"})
				a.onAddedYou(transports.AddedYou{From: "echobot"})
			}
			for i := range 2 * maxAdded {
				a.onAddedYou(transports.AddedYou{From: transports.LegacyID(fmt.Sprintf("crowd%d", i))})
			}
		})
		sent := w.link.take()
		if got := countOf(sent, "<body>stranger (stranger@aim.example.org) has put you on a contact list.</body>"); got != 1 {
			t.Errorf("told %d times: %v", got, sent)
		}
		if got := countOf(sent, "has put you on a contact list"); got != maxAdded || countOf(sent, "echobot (") != 0 {
			t.Errorf("told of %d", got)
		}
	})
}
