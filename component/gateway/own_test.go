package gateway

import (
	"regexp"
	"testing"
	"time"
)

func TestWhatTheUserSaysElsewhere(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		play(t, func(w *world) {
			w.online()
			w.server.Account("bob", "")
			w.grants(int(version[0]-'0'), "none", "outgoing")
			w.link.take()
			w.server.Say("aliceliddell", "bob", "from the telephone")
			w.after(0)
			sent := w.link.peek()
			if version == "1" { // each client gets a copy from us
				w.expectCopies(sent, laptop)
			}
			if got := countOf(sent, `<forwarded xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" from="alice@example.org" to="bob@aim.example.org"`); got != 1 {
				t.Errorf("sent %d times: %v", got, sent)
			}
			w.hears(`from="aim.example.org" & to="example.org" & <privilege xmlns="urn:xmpp:privilege:` + version + `"> & <forwarded xmlns="urn:xmpp:forward:0"> & ` +
				`from="alice@example.org" to="bob@aim.example.org" & type="chat" & <body>from the telephone</body>`)
			id := regexp.MustCompile(`id="(own-[^"]*)"`).FindStringSubmatch(sent[len(sent)-1])
			if id == nil {
				t.Fatalf("no id in %v", sent)
			}
			// It comes straight back to us, as the user's own message to a contact of ours.
			w.says(`<message type='chat' id='%s' from='%s' to='bob@%s'><body>from the telephone</body></message>`, id[1], bare, domain)
			w.after(time.Second)
			if got := w.server.Heard("bob"); len(got) != 1 {
				t.Errorf("bob heard %d messages", len(got))
			}
			// A client that uses such an id is only a client.
			w.says(`<message type='chat' id='%s' from='%s' to='bob@%s'><body>by hand</body></message>`, id[1], laptop, domain)
			w.after(time.Second)
			if got := w.server.Heard("bob"); len(got) != 2 {
				t.Errorf("bob heard %d messages", len(got))
			}
			// The server may change its mind: its refusal is nobody's message.
			w.says(`<message type='error' id='x' from='example.org' to='%s'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`, domain)
			w.never("from the telephone")
		})
	}
}

// Where it is not granted it is dropped: from the contact it would be a lie.
func TestWhatTheUserSaysElsewhereWithoutPrivilege(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Account("bob", "")
		w.server.Say("aliceliddell", "bob", "from the telephone")
		w.after(time.Second)
		w.never("from the telephone")
		w.settings("strangers", "drop")
		w.link.take()
		w.server.Say("bob", "aliceliddell", "an answer") // from whom the user has written to
		w.after(time.Second)
		w.hears("<body>an answer</body> & from=\"bob@aim.example.org/imgate\"")
	})
}

func (w *world) expectCopies(sent []string, to ...string) {
	w.t.Helper()
	for _, client := range to {
		want := `<message xmlns="jabber:client" from="alice@example.org" to="` + client + `" & <sent xmlns="urn:xmpp:carbons:2"><forwarded`
		if !anyHas(sent, want) {
			w.t.Errorf("no copy for %s in %v", client, sent)
		}
	}
}
