package e2e_test

import (
	"strings"
	"testing"

	"imgate/lab/xmppd"
)

// A server that keeps nothing for users who are away refuses what contacts write to them. They have it when they come.
func TestWhatAServerDoesNotKeepIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, xmppd.Config{Extra: "modules_disabled = { 'offline' }\n"}, "alice")
	alice := h.hosts(t, "alice")
	alice.settled(t)
	alice.expects(alice.runs("settings", "policy", "always"), `status="completed"`)
	alice.sends("<presence type='unavailable'/>")
	alice.wants("get", "localhost", "<ping xmlns='urn:xmpp:ping'/>", `type="result"`) // by then the server knows
	for _, text := range []string{"one", "two"} {
		h.network.Say(alice.friend, alice.legacy(), text)
	}
	refused := func() int { return strings.Count(h.log.String(), "the user's server refuses a message") }
	alice.settles("the server refuses", func() bool { return refused() == 2 })
	if _, _, on := h.network.Online(alice.legacy()); !on {
		t.Fatal("alice is signed off")
	}
	alice.sends("<presence/>")
	alice.hears(`from="` + alice.pal() + `/imgate" & <body>one</body>`)
	alice.hears(`from="` + alice.pal() + `/imgate" & <body>two</body>`)
	if n := refused(); n != 2 {
		t.Errorf("%d refusals", n)
	}
	if n := h.network.Stored(alice.legacy()); n != 0 {
		t.Errorf("the network keeps %d", n)
	}
}
