package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Many users do everything at once, in any order, over several restarts: nothing panics, nothing races, and every
// stop ends.
func TestACrowd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imgate.db")
	synctest.Test(t, func(t *testing.T) { crowd(t, path) })
}

func crowd(t *testing.T, path string) {
	t.Helper()
	const users, restarts = 8, 2
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := registry.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	server := loopback.NewServer()
	server.Echo("echobot")
	for i := range users {
		server.Account(transports.LegacyID(fmt.Sprintf("u%d", i)), "pw", transports.Contact{ID: "echobot"})
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for range restarts {
		reg, err := registry.Open(path, registry.Options{Sealer: sealer})
		if err != nil {
			t.Fatal(err)
		}
		keeper := registry.NewKeeper(reg, log)
		link := &wire{}
		schedule := state.Defaults(rand.Float64)
		schedule.First, schedule.Initial, schedule.Max = time.Millisecond, 2*time.Millisecond, 5*time.Millisecond
		g, err := New(Options{
			Services: []Service{{Name: "aim", Domain: domain, Network: loopback.New(server), Users: []string{"example.org"}, Link: link}},
			Registry: reg, Keeper: keeper, Log: log, Schedule: schedule, Linger: 3 * time.Millisecond, LinkGrace: 3 * time.Millisecond,
			FailedPerHour: 1 << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		kctx, kstop := context.WithCancel(context.Background())
		ctx, cancel := context.WithCancel(context.Background())
		var running, people sync.WaitGroup
		running.Go(func() { keeper.Run(kctx) })
		done := make(chan struct{})
		running.Go(func() { defer close(done); g.Run(ctx) })
		g.LinkUp(domain)
		for i := range users {
			people.Go(func() { misbehave(t, g, server, i, done) })
		}
		people.Go(func() {
			for range 5 {
				time.Sleep(20 * time.Millisecond)
				g.LinkDown(domain)
				time.Sleep(time.Millisecond)
				g.LinkUp(domain)
			}
		})
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		cancel()
		<-done
		if took := time.Since(began); took > 8*time.Second { // less than who does not sign off is waited for (StopTimeout)
			t.Errorf("the stop took %v", took)
		}
		people.Wait()
		kstop()
		running.Wait()
		if err := reg.Close(); err != nil {
			t.Error(err)
		}
	}
}

// misbehave is one user in a hurry.
func misbehave(t *testing.T, g *Gateway, server *loopback.Server, i int, done <-chan struct{}) {
	user := fmt.Sprintf("user%d@example.org", i)
	stanzas := []string{
		`<iq type='set' id='r' from='%[1]s/a' to='%[2]s'><query xmlns='jabber:iq:register'><username>u%[3]d</username><password>pw</password></query></iq>`,
		`<iq type='set' id='w' from='%[1]s/a' to='%[2]s'><query xmlns='jabber:iq:register'><username>u%[3]d</username><password>wrong</password></query></iq>`,
		`<iq type='set' id='o' from='%[1]s/a' to='%[2]s'><query xmlns='jabber:iq:register'><username>u0</username><password>pw</password></query></iq>`,
		`<iq type='set' id='x' from='%[1]s/a' to='%[2]s'><query xmlns='jabber:iq:register'><remove/></query></iq>`,
		`<presence from='%[1]s/a' to='%[2]s'/>`, `<presence from='%[1]s/b' to='%[2]s'><show>away</show></presence>`,
		`<presence type='unavailable' from='%[1]s/a' to='%[2]s'/>`, `<presence type='unavailable' from='%[1]s/b' to='%[2]s'/>`,
		`<presence type='subscribe' from='%[1]s' to='%[2]s'/>`, `<presence type='subscribed' from='%[1]s' to='%[2]s'/>`,
		`<presence type='unsubscribe' from='%[1]s' to='%[2]s'/>`, `<presence type='probe' from='%[1]s' to='echobot@%[2]s'/>`,
		`<presence type='subscribe' from='%[1]s' to='echobot@%[2]s'/>`, `<presence type='subscribed' from='%[1]s' to='echobot@%[2]s'/>`,
		`<presence type='unsubscribe' from='%[1]s' to='echobot@%[2]s'/>`, `<presence type='unsubscribed' from='%[1]s' to='echobot@%[2]s'/>`,
		`<message type='chat' id='m' from='%[1]s/a' to='echobot@%[2]s'><body>hi</body></message>`,
		`<message type='chat' from='%[1]s/a' to='%[2]s'><body>sign off</body></message>`,
		`<message type='chat' from='%[1]s/a' to='%[2]s'><body>reconnect</body></message>`,
		`<message type='chat' from='%[1]s/a' to='%[2]s'><body>unregister</body></message>`,
		`<iq type='set' id='s' from='%[1]s/a' to='%[2]s'><command xmlns='http://jabber.org/protocol/commands' node='status'/></iq>`,
		`<iq type='get' id='f' from='%[1]s/a' to='%[2]s'><query xmlns='jabber:iq:register'/></iq>`,
	}
	kinds := []transports.Kind{transports.Broken, transports.Transient, transports.Replaced, transports.BadCredentials}
	for {
		select {
		case <-done:
			return
		default:
		}
		e, err := xmltree.Parse(fmt.Sprintf(stanzas[rand.IntN(len(stanzas))], user, domain, i), xmltree.Limits{})
		if err != nil {
			t.Error(err)
			return
		}
		adopt(e)
		s, err := xmpp.Parse(e)
		g.Receive(s, err)
		switch rand.IntN(40) {
		case 0:
			server.End(transports.LegacyID(fmt.Sprintf("u%d", i)), &transports.Failure{Kind: kinds[rand.IntN(len(kinds))], Text: "as asked"})
		default:
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		}
	}
}
