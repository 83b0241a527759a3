package gateway

import (
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// contactsCommand runs the command's first stage and gives what it shows, row by row, and its session.
func (w *world) contactsCommand(r *rosterServer) (rows []string, session string) {
	w.t.Helper()
	w.link.take()
	w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='contacts'/>")
	if r != nil {
		r.serves()
	}
	for _, s := range w.link.sentStanzas() {
		q, ok := s.(xmpp.IQ)
		if !ok || q.ID != "q" {
			continue
		}
		session = q.Query().Attr("sessionid")
		f := xmpp.ParseForm(q.Query().Child(xmpp.DataSpace, "x"))
		if f == nil || len(f.Reported) != 6 {
			w.t.Fatalf("no table: %s", q.Element())
		}
		for _, item := range f.Items {
			var row []string
			for _, field := range item {
				row = append(row, strings.Join(field.Values, ""))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	return rows, session
}

func (w *wire) sentStanzas() []xmpp.Stanza {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]xmpp.Stanza(nil), w.sent...)
}

func (w *world) completes(session string) {
	w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='contacts' action='complete' sessionid='"+session+"'/>")
}

func (w *world) expectRows(r *rosterServer, want ...string) (session string) {
	w.t.Helper()
	rows, session := w.contactsCommand(r)
	if got := strings.Join(rows, "\n"); got != strings.Join(want, "\n") {
		w.t.Errorf("the table is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	return session
}

func TestTheContactsCommandWithPrivileges(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"A", "B"}},
			transports.Contact{ID: "bob", Name: "Bob"}, transports.Contact{ID: "carol"})
		r := w.privileged("both")
		w.settings("roster", "0")
		j, _ := xmpp.ParseJID("old@" + domain)
		r.items[j.String()] = xmpp.RosterItem{JID: j, Name: "Old", Subscription: xmpp.NoSubscription}
		delete(r.items, "carol@"+domain)
		w.says(`<presence type='unsubscribe' from='%s' to='carol@%s'/>`, bare, domain)
		w.says(`<presence type='unsubscribed' from='%s' to='carol@%s'/>`, bare, domain)
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "carol"}})
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "dave", Name: "Dave"}})
		r.edits("bob@"+domain, "Robert", "Pals")
		session := w.expectRows(r,
			"bob@aim.example.org|Robert|Pals|yes|yes|",
			"carol@aim.example.org|||yes|no|stays away: you have taken it off your roster",
			"dave@aim.example.org|Dave||yes|no|nothing: you have switched it off",
			"echobot@aim.example.org|Echo|A, B|yes|yes|",
			"old@aim.example.org|Old||no|yes|")
		sets := r.set
		w.completes(session)
		r.serves()
		w.hears(`id="q" & status="completed" & One contact is being put`)
		r.has("dave@"+domain, "both Dave []")
		r.has("carol@"+domain, "nothing")
		if r.set > sets+2 { // dave, and what bob was called
			t.Errorf("%d sets", r.set-sets)
		}
		w.expectRows(r,
			"bob@aim.example.org|Robert|Pals|yes|yes|",
			"carol@aim.example.org|||yes|no|stays away: you have taken it off your roster",
			"dave@aim.example.org|Dave||yes|yes|",
			"echobot@aim.example.org|Echo|A, B|yes|yes|",
			"old@aim.example.org|Old||no|yes|")
	})
}

// Without privileges it is shown what the gateway knows, and who has not answered is asked again: by command only.
func TestTheContactsCommandWithoutPrivileges(t *testing.T) {
	play(t, func(w *world) {
		w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='contacts'/>")
		w.hears(`id="q" & registration-required`)
		w.online()
		w.expectRows(nil, "echobot@aim.example.org|Echo|Bots|yes|no|is put into your roster")
		w.after(capsWait + askEvery + time.Second)
		w.hears(`type="subscribe" & from="echobot@aim.example.org"`)
		session := w.expectRows(nil, "echobot@aim.example.org|Echo|Bots|yes|asked|nothing: you were asked once")
		w.completes(session)
		w.hears(`status="completed"`)
		w.after(askEvery + time.Second)
		w.hears(`type="subscribe" & from="echobot@aim.example.org"`)
		w.together()
		w.expectRows(nil, "echobot@aim.example.org|Echo|Bots|yes|yes|")
		w.completes("x")
		w.hears(`status="completed" & Everybody on the list is in your roster`)
		w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='contacts' action='cancel' sessionid='x'/>")
		w.hears(`status="canceled"`)
		w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
		w.completes("x")
		w.hears(`id="q" & recipient-unavailable`)
	})
}

// What is remembered for the sake of rosters is among what is kept of a user.
func TestWhatIsRememberedOfRostersIsShown(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.edits(echobot, "Mine", "Bots")
		w.logsInAgain(r)
		w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='my-data'/>")
		w.hears(`"roster_name": "Mine" & "list_name": "Mine"`)
	})
}
