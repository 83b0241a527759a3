package e2e_test

import (
	"testing"

	"imgate/lab/xmppd"
	"imgate/scene"
)

// TestADomainThatNobodyServes: whoever asks or writes there hears that nobody is there, from the server or, where that takes us for
// its component (ejabberd), from us; and the link lives on.
func TestADomainThatNobodyServes(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		needs := fittings{site: site{kind: kind}, service: "aim", vacant: "vacant.localhost"}
		juliet := person(t, newStageFor(t, newGround(t, t, needs, ""), "aim", scene.Terms{}), "juliet")
		juliet.register("alicewonder")
		juliet.sends(`<iq to='vacant.localhost' type='get' id='v1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
		juliet.hears(`id="v1" & type="error"`)
		juliet.sends(`<message to='bob@vacant.localhost' type='chat' id='v2'><body>there?</body></message>`)
		juliet.hears(`id="v2" & type="error"`)
		juliet.chats("on the same link")
	})
}
