package gateway

import (
	"strings"
	"testing"

	"imgate/xmltree"
	"imgate/xmpp"
)

func aMessage(text string) stanzaItem {
	from, to := xmpp.JID{Local: "juliet", Domain: "example.org"}, xmpp.JID{Local: "hatter", Domain: "aim.example.org"}
	return stanzaItem{xmpp.Message{Header: xmpp.Header{From: from, To: to}, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{xmpp.Leaf("body", text)}}}
}

// fill puts items until one finds no room, and tells how many did.
func fill(b *mailbox, most int, it func(i int) item) int {
	for i := range most {
		if _, full := b.put(it(i)); full {
			return i
		}
	}
	return most
}

// What a client sends at once has room while its owner is busy: by number, and beyond the first by size.
func TestWhatAMailboxHolds(t *testing.T) {
	small := func(int) item { return aMessage("hello") }
	big := func(int) item { return aMessage(strings.Repeat("a", 100<<10)) }
	for _, c := range []struct {
		name string
		of   func(i int) item
		want int
	}{
		{"small messages", small, mailboxStanzas + mailboxBurst},
		{"big messages", big, mailboxStanzas + 5},
		{"big ones after small ones", func(i int) item {
			if i < 300 {
				return small(i)
			}
			return big(i)
		}, 304},
		{"requests of doors", func(int) item { return requestItem{} }, mailboxStanzas},
		{"presences", func(int) item { return stanzaItem{xmpp.Presence{}} }, mailboxPresences},
		{"what the gateway itself posts", func(int) item { return linkUpItem{} }, 5000},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b mailbox
			if n := fill(&b, 5000, c.of); n != c.want {
				t.Errorf("%d had room, want %d", n, c.want)
			}
			if n := len(b.take()); n != c.want {
				t.Errorf("%d were taken", n)
			}
			if n := fill(&b, 5000, c.of); n != c.want {
				t.Errorf("%d had room when it was empty again, want %d", n, c.want)
			}
		})
	}
}
