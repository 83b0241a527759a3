package oscar

import (
	"testing"

	"go.uber.org/goleak"

	"imgate/transports"
	"imgate/transports/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alice() transports.Account {
	return transports.Account{
		Name: "aliceliddell", Typed: "Alice Liddell", Password: transports.NewSecret(password),
		Presence: transports.SetPresence{Show: transports.Online},
	}
}

func settings() transports.Settings {
	return transports.Settings{"server": {Text: "login.example"}, "charset": {Text: ""}}
}

func TestLaws(t *testing.T) {
	transporttest.Laws(t, transporttest.Harness{
		Network:  AIM(),
		Settings: settings(),
		Account:  alice(),
		Friend:   "madhatter",
		Start:    func(t testing.TB) transporttest.Peer { return newPeer(t) },
		Contacts: aliceContacts(),
	})
}
