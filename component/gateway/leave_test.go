package gateway

import (
	"testing"
	"time"

	"imgate/xmpp"
)

// beg is the id of the gateway's question for leave to manage the roster.
func (w *world) beg() string {
	w.t.Helper()
	for _, s := range w.link.sentStanzas() {
		if q, ok := s.(xmpp.IQ); ok && q.Query().Is(xmpp.RosterManageSpace, "query") && q.Type == xmpp.SetIQ {
			if q.To.String() != bare || q.Query().Attr("type") != "request" || q.Query().Attr("reason") == "" {
				w.t.Errorf("asked by %s", q.Element())
			}
			return q.ID
		}
	}
	return ""
}

// begins is a user at a server that knows XEP-0321.
func (w *world) begins() *rosterServer {
	w.t.Helper()
	w.registers("Alice Liddell", "pw")
	w.befriends()
	r := w.rosterServer()
	id := w.beg()
	if id == "" {
		w.t.Fatal("nobody was asked for leave")
	}
	w.answers(id, bare, "")
	return r
}

// refusesGet is how a server that has not been given leave answers.
func (w *world) refusesGet() {
	w.t.Helper()
	w.says(`<iq type='error' id='%s' from='%s' to='%s'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
		w.asked(xmpp.RosterSpace), bare, domain)
}

func (w *world) decides(from, how string) {
	w.says(`<iq type='set' id='d1' from='%s' to='%s'><query xmlns='urn:xmpp:tmp:roster-management:0' type='%s'/></iq>`, from, domain, how)
}

func TestLeaveToManageTheRoster(t *testing.T) {
	play(t, func(w *world) {
		r := w.begins()
		w.refusesGet()
		w.after(time.Minute) // the user thinks about it, and is asked nothing else
		w.never(`type="subscribe" from="echobot`)
		w.never(`from="echobot@aim.example.org" to="alice@example.org" type="subscribe"`)
		w.decides(laptop, "allowed")
		w.hears(`id="d1" & not-allowed`)
		w.decides(bare, "allowed")
		r.serves()
		w.hears(`id="d1" & type="result"`)
		r.has(echobot, "both Echo [Bots]")
		w.stop()
		w.start()
		w.available(laptop, "")
		w.after(time.Second)
		r.serves()
		if w.beg() != "" || r.get < 2 {
			t.Errorf("asked again, or the leave is forgotten: %d reads", r.get)
		}
		w.settings("avatar", "0")
		if w.g.accounts.get(aliceKey()).permit == nil {
			t.Error("other settings take the leave away")
		}
		w.says(`<presence type='unsubscribed' from='%s' to='%s'/>`, bare, domain)
		if w.g.accounts.get(aliceKey()).permit != nil {
			t.Error("the leave outlives the subscription")
		}
	})
}

func TestLeaveThatIsThereAlready(t *testing.T) {
	play(t, func(w *world) {
		r := w.begins()
		r.serves()
		w.logsInAgain(r)
		r.has(echobot, "both Echo [Bots]")
	})
}

func TestLeaveIsRejected(t *testing.T) {
	for _, answer := range []string{"rejected", ""} {
		play(t, func(w *world) {
			w.begins()
			w.refusesGet()
			if answer != "" {
				w.decides(bare, answer)
			}
			w.after(leaveWait + capsWait + askEvery + time.Second)
			w.hears(`from="echobot@aim.example.org" & type="subscribe"`)
			w.gone(laptop)
			w.available(laptop, "")
			if w.beg() != "" {
				t.Error("asked again")
			}
		})
	}
}

// Nobody gives what was not asked for, and a server that grants by itself is not asked.
func TestLeaveThatNobodyAskedFor(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.decides(bare, "allowed")
		w.hears(`id="d1" & not-allowed`)
		w.grants(2, "none", "none")
		w.befriends()
		w.after(time.Minute)
		if w.beg() != "" {
			t.Error("asked for leave")
		}
	})
}
