package gateway

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"imgate/transports"
	"imgate/transports/loopback"
)

// A clientCounter is a network that notes by which HTTP client each session is to go.
type clientCounter struct {
	transports.Network

	mu   sync.Mutex
	seen map[*http.Client]int
}

// Run implements transports.Network.
func (c *clientCounter) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	c.mu.Lock()
	c.seen[env.HTTP]++
	c.mu.Unlock()
	return c.Network.Run(ctx, env, acct, commands, events)
}

// A service has one HTTP client for each of its source addresses, whatever the number of sessions, and of sign-ons of one: its
// connections are shared, and bounded together.
func TestOneHTTPClientForAService(t *testing.T) {
	const users = 20
	play(t, func(w *world) {
		w.stop()
		counter := &clientCounter{Network: loopback.New(w.server), seen: map[*http.Client]int{}}
		w.network, w.routes = counter, []Route{{HTTP: new(http.Client)}}
		w.start()
		for i := range users {
			w.server.Account(transports.LegacyID(fmt.Sprintf("user%d", i)), "pw")
			w.says(`<iq type='set' id='r%d' from='u%d@example.org/x' to='%s'><query xmlns='jabber:iq:register'><username>user%d</username>`+
				`<password>pw</password></query></iq>`, i, i, domain, i)
			w.says(`<message type='chat' from='u%d@example.org/x' to='%s'><body>reconnect</body></message>`, i, domain)
		}
		w.after(0)
		counter.mu.Lock()
		defer counter.mu.Unlock()
		if n := counter.seen[w.routes[0].HTTP]; n < 2*users || len(counter.seen) != 1 {
			t.Errorf("%d of the sessions of %d users had the service's client; there were %d clients", n, users, len(counter.seen))
		}
	})
}
