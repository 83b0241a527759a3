package e2e_test

import (
	"strings"
	"testing"

	"imgate/lab/xmppd"
)

// TestRosterOnEveryServer is one user's roster from the first contact to the last: each server has an order of
// stanzas of its own for adding, removing and logging in.
func TestRosterOnEveryServer(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		st := newStage(t, kind)
		juliet := person(t, st, "juliet")
		juliet.register("alicewonder")
		juliet.hears(`from="aim.localhost" & type="subscribe"`)
		juliet.hears(`from="aim.localhost/imgate" & value="online"`)

		juliet.sends(`<presence to='bobwonder@aim.localhost' type='subscribe'/>`)
		juliet.hears(`from="bobwonder@aim.localhost & type="subscribed"`)
		st.present(t, "away", "at lunch")
		juliet.hears(`from="bobwonder@aim.localhost & <show>away</show> & at lunch`)

		st.again(t, juliet) // who logs in sees the gateway and the contacts without asking
		juliet.hearsAll(`from="aim.localhost/imgate" & value="online"`, `from="bobwonder@aim.localhost & at lunch`)

		juliet.removes("bobwonder@aim.localhost")
		juliet.chats("the contact is removed")
		st.present(t, "dnd", "in a meeting")
		juliet.chats("and seen no more")
		for _, e := range juliet.user.Inbox() {
			if strings.Contains(e.String(), "in a meeting") {
				t.Errorf("still seen: %s", e)
			}
		}

		juliet.removes(serviceDomain) // which is no unregistration
		juliet.sends(`<presence to='aim.localhost' type='subscribe'/>`)
		juliet.hears(`from="aim.localhost" & type="subscribed"`)
		juliet.hears(`from="aim.localhost/imgate" & value="online"`)
		juliet.chats("the gateway is back")
		if n := strings.Count(st.log.String(), "link up"); n != 1 {
			t.Errorf("the link came up %d times", n)
		}
	})
}

func (s *stage) present(t *testing.T, show, status string) {
	t.Helper()
	if err := s.Network("aim").Present("bobwonder", show, status); err != nil {
		t.Fatal(err)
	}
}

// again logs a user out and in, as the same resource.
func (s *stage) again(t *testing.T, b *being) {
	t.Helper()
	u := s.users[b.name]
	u.stop()
	b.read = len(u.Inbox())
	if err := s.connect(u); err != nil {
		t.Fatal(err)
	}
	b.sends(`<presence/>`)
}

// hearsAll is hears for stanzas that may come in any order.
func (b *being) hearsAll(wants ...string) {
	b.t.Helper()
	begin, end := b.read, b.read
	for _, want := range wants {
		b.read = begin
		b.hears(want)
		end = max(end, b.read)
	}
	b.read = end
}

func (b *being) removes(jid string) {
	b.t.Helper()
	b.sends(`<iq type='set' id='rm-` + jid + `'><query xmlns='jabber:iq:roster'><item jid='` + jid + `' subscription='remove'/></query></iq>`)
	b.hears(`id="rm-` + jid + `" & type="result"`)
}
