package oscar

import (
	"testing"

	"go.uber.org/goleak"

	"imgate/lab/world"
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

// The same laws against the lab's server, which counts rates as the real one does, and where the friend acts.
func TestLawsInTheLab(t *testing.T) {
	acct := alice()
	acct.Name, acct.Typed, acct.Password = "alicewonder", "alicewonder", transports.NewSecret(world.Password)
	transporttest.Laws(t, transporttest.Harness{
		Network:  AIM(),
		Settings: settings(),
		Account:  acct,
		Friend:   "friend2",
		Room:     "tea party",
		Start:    func(t testing.TB) transporttest.Peer { return newLabPeer(t, AIM(), "alicewonder", "friend2") },
	})
}

// The same, where the password is shown by FLAP and other clients may be there.
func TestLawsByFLAP(t *testing.T) {
	acct := alice()
	acct.Name, acct.Typed, acct.Password = "alicewonder", "alicewonder", transports.NewSecret(world.Password)
	own := settings()
	own[settingLogin], own[settingSeveral] = transports.Value{Text: loginFLAP}, transports.Value{On: true}
	transporttest.Laws(t, transporttest.Harness{
		Network:  AIM(),
		Settings: own,
		Account:  acct,
		Friend:   "friend2",
		Room:     "tea party",
		Start:    func(t testing.TB) transporttest.Peer { return newLabPeer(t, AIM(), "alicewonder", "friend2") },
	})
}

// The same, where files are switched on: of AIM, and of ICQ.
func TestLawsWithFiles(t *testing.T) {
	for _, n := range []struct {
		network      transports.Network
		user, friend string
	}{{AIM(), "alicewonder", "friend2"}, {ICQ(), "100001", "900000002"}} {
		t.Run(n.network.Info().Name, func(t *testing.T) {
			acct := alice()
			acct.Name, acct.Typed, acct.Password = transports.LegacyID(n.user), n.user, transports.NewSecret(world.Password)
			transporttest.Laws(t, transporttest.Harness{
				Network:  n.network,
				Settings: withFiles(),
				Account:  acct,
				Friend:   transports.LegacyID(n.friend),
				Room:     "tea party",
				Start: func(t testing.TB) transporttest.Peer {
					return newLabPeer(t, n.network, n.user, transports.LegacyID(n.friend))
				},
			})
		})
	}
}

// withFiles are settings in which files are switched on.
func withFiles() transports.Settings {
	own := settings()
	own[settingFiles] = transports.Value{On: true}
	return own
}
