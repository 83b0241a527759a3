package msnp

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports/msnp/wire"
	"imgate/transports/transporttest"
)

// A middleman sits between the session and the lab's servers: it can answer in their stead and say what they do not.
type middleman struct {
	wait sync.WaitGroup
	mu   sync.Mutex // guards what follows: connections are served by goroutines of their own

	// says, where it is not nil, is asked for each command of the client's, with mu held; what it gives is said instead of
	// passing the command on, if ok.
	says func(board bool, c wire.Command) (answer string, ok bool)
	// web is the same for requests over HTTP, without mu.
	web func(w http.ResponseWriter, r *http.Request) bool

	ns net.Conn // the session's end of the last connection to the notification server
	sb net.Conn
}

// through puts the middleman between a client's pipe and a server that serves.
func (p *middleman) through(board bool, serve func(net.Conn)) (client net.Conn) {
	client, near := transporttest.Pipe() // the server, the middleman and the test all write to it
	far, server := net.Pipe()
	p.wait.Go(func() { serve(server) })
	p.mu.Lock()
	if board {
		p.sb = near
	} else {
		p.ns = near
	}
	p.mu.Unlock()
	p.wait.Go(func() { p.copy(near, far) })
	p.wait.Go(func() {
		in := wire.NewReader(near, wire.FromClient)
		for {
			c, err := in.Next()
			if err != nil {
				break
			}
			if answer, ok := p.asked(board, c); ok {
				p.write(near, answer)
				continue
			}
			if _, err := far.Write(c.Append(nil)); err != nil {
				break
			}
		}
		_ = far.Close() // and the server's end with it
	})
	return client
}

func (p *middleman) asked(board bool, c wire.Command) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.says == nil {
		return "", false
	}
	return p.says(board, c)
}

// serves reports whether it has answered a request.
func (p *middleman) serves(w http.ResponseWriter, r *http.Request) bool {
	p.mu.Lock()
	web := p.web
	p.mu.Unlock()
	return web != nil && web(w, r)
}

// listens sets web.
func (p *middleman) listens(web func(w http.ResponseWriter, r *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.web = web
}

// copy brings what the server says, command by command, so that others can be said in between.
func (p *middleman) copy(near, far net.Conn) {
	in := wire.NewReader(far, wire.FromServer)
	for {
		c, err := in.Next()
		if err != nil {
			break
		}
		p.write(near, string(c.Append(nil)))
	}
	_ = near.Close()
}

// write says something to the session, without mu: it may be long until the session listens, and who is asked meanwhile is not to
// wait for that.
func (*middleman) write(to net.Conn, s string) {
	if to != nil && s != "" {
		_, _ = to.Write([]byte(s)) // who has hung up hears nothing
	}
}

// say says something on the notification server's connection.
func (p *middleman) say(s string) {
	p.mu.Lock()
	to := p.ns
	p.mu.Unlock()
	p.write(to, s)
}

// sayOnBoard says something on the last switchboard's.
func (p *middleman) sayOnBoard(s string) {
	p.mu.Lock()
	to := p.sb
	p.mu.Unlock()
	p.write(to, s)
}

// hangUp lets the notification server hang up without a word.
func (p *middleman) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ns != nil {
		_ = p.ns.Close()
	}
}

// While the session does not listen, the middleman does, and time goes on.
func TestTheMiddlemanHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &middleman{}
		client := m.through(false, func(server net.Conn) {
			_, _ = io.WriteString(server, "NLN NLN bob@lab.example Bob 0 0\r\n") // which nobody takes
			_, _ = io.Copy(io.Discard, server)
		})
		if err := client.SetWriteDeadline(time.Now().Add(byeTimeout)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := io.WriteString(client, "PNG\r\n"); err != nil {
				t.Error(err)
			}
		}
		_ = client.Close() // never fails
		m.wait.Wait()
	})
}
