package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// What becomes of the user's roster, and of what the user says elsewhere, is what privileges (XEP-0356) are for. The
// stories are the same without; then the user is asked, or the client has to do it.

// moment is how long a row waits for what comes at once where it comes at all.
const moment = 4 * time.Second

// newcomer is somebody whom the guest knows by another client of the account.
func (g *guest) newcomer() transports.LegacyID { return transports.LegacyID("newcomer." + g.name) }

// elsewhere changes the guest's list as another client of the account does.
func (g *guest) elsewhere(more ...transports.Contact) {
	list := append([]transports.Contact{{ID: g.friend, Name: "Friend"}, {ID: "echobot"}}, more...)
	g.h.network.Account(g.legacy(), "rabbit1", list...)
	g.h.network.Tell(g.legacy(), transports.ContactList{Contacts: list})
}

// meets puts a newcomer on the list and waits until the two see one another.
func (g *guest) meets() (address string) {
	g.t.Helper()
	g.h.network.Account(g.newcomer(), "x")
	g.elsewhere(transports.Contact{ID: g.newcomer(), Name: "New Comer", Groups: []string{"Late", "Work"}})
	g.h.network.SetShow(g.newcomer(), transports.Online, "") // the network tells who has it on the list
	address = string(g.newcomer()) + "@" + serviceDomain
	g.sees(`<presence & from="` + address + `/imgate"`)
	return address
}

// again logs the guest out and in.
func (g *guest) again() {
	g.t.Helper()
	g.sends("<presence type='unavailable'/>")
	g.settles("the guest is signed off", func() bool { _, _, on := g.h.network.Online(g.legacy()); return !on })
	g.sends("<presence/>")
	g.sees(`from="aim.localhost/imgate" & value="online"`, `<presence & from="`+g.pal()+`/imgate"`)
}

func rosterRows() []row {
	return []row{
		{"contacts come into the roster by themselves", func(g *guest) string {
			g.lists(g.meets(), "both")
			if n := g.clicks(); n > 0 {
				return "the user is asked for each"
			}
			return yes
		}},
		{"…with their names and groups", func(g *guest) string {
			address := g.meets()
			g.lists(address, "both")
			if item := g.roster()[address]; item != "both New Comer Late,Work" {
				return "no: the client gives them"
			}
			g.elsewhere(transports.Contact{ID: g.newcomer(), Name: "Old Comer", Groups: []string{"Late"}})
			g.lists(address, "both Old Comer Late")
			return yes
		}},
		{"names and groups that the user gives reach the network", func(g *guest) string {
			g.edits(g.pal(), "Best Friend", "Friends")
			g.again() // at first sight it is not known who is right
			g.compares(`type="result"`)
			g.edits(g.pal(), "Bosom Friend", "Friends")
			g.again()
			named := func() bool {
				return slices.ContainsFunc(g.h.network.Contacts(g.legacy()), func(c transports.Contact) bool {
					return c.ID == g.friend && c.Name == "Bosom Friend" && fmt.Sprint(c.Groups) == "[Friends]"
				})
			}
			if !within(moment, named) {
				return "no: the gateway can't read the roster"
			}
			return yes
		}},
		{"who is taken off the roster leaves the network's list, and stays away", func(g *guest) string {
			address := g.meets()
			g.lists(address, "both")
			g.removes(address)
			g.settles("the newcomer is off the list", func() bool {
				return !slices.ContainsFunc(g.h.network.Contacts(g.legacy()), func(c transports.Contact) bool { return c.ID == g.newcomer() })
			})
			g.elsewhere(transports.Contact{ID: g.newcomer(), Name: "New Comer"})
			g.again()
			if item, there := g.roster()[address]; there {
				g.t.Errorf("the newcomer is back as %q", item)
			}
			return yes
		}},
		{"nothing is left in the roster after an unregistration", func(g *guest) string {
			g.unregisters()
			g.apart()
			var left map[string]string
			if !within(moment, func() bool { left = g.roster(); return len(left) == 0 }) {
				g.t.Log(slices.Sorted(maps.Keys(left)))
				return "items without a subscription stay"
			}
			return yes
		}},
		{"what the user says with another client of the account is shown as the user's own", ownWords},
	}
}

// lists waits until the roster's item of an address begins so.
func (g *guest) lists(address, begin string) {
	g.t.Helper()
	g.settles("the roster has "+address+" as "+begin, func() bool { return strings.HasPrefix(g.roster()[address], begin) })
}

// ownWords: a client with carbons shows it once; the network is not told a second time.
func ownWords(g *guest) string {
	g.wants("set", "", "<enable xmlns='"+xmpp.CarbonsSpace+"'/>", "<iq")
	g.sends("<presence to='aim.localhost'/>") // the gateway knows the client by now
	g.compares(`type="result"`)
	g.h.network.Say(g.legacy(), g.friend, "from the telephone")
	g.h.network.Say(g.friend, g.legacy(), "the end")
	g.sees(`from="` + g.pal() + `/imgate" & the end`)
	if n := len(g.h.network.Heard(g.friend)); n != 1 {
		g.t.Errorf("the friend heard it %d times", n)
	}
	shown := 0
	for _, e := range g.user.Inbox() {
		if !strings.Contains(e.String(), "from the telephone") {
			continue
		}
		if shown++; !hasAll(e, `from="`+g.name+`@localhost" & <sent xmlns="urn:xmpp:carbons:2"> & to="`+g.pal()+`"`) {
			g.t.Errorf("shown as %s", e)
		}
	}
	if shown == 0 {
		return "no: nobody but the server may say it"
	}
	if shown != 1 {
		g.t.Errorf("shown %d times", shown)
	}
	return yes
}
