package oscar

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble runs f in a synctest bubble with a server that is closed at the end.
func bubble(t *testing.T, o Options, f func(t *testing.T, s *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(o)
		defer s.Close()
		f(t, s)
	})
}

// A client is the least that can talk to the server. What it hears is kept until heard takes it.
type client struct {
	t    *testing.T
	conn net.Conn
	seq  uint16
	req  uint32

	mu     sync.Mutex // guards the rest: a goroutine reads
	frames []wire.Frame
	eof    bool
}

func connect(t *testing.T, s *Server) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	c := &client{t: t, conn: ours}
	done := make(chan struct{})
	go s.ServeConn(theirs)
	go func() {
		defer close(done)
		in := wire.NewFrameReader(ours)
		for {
			f, err := in.Next()
			c.mu.Lock()
			if err != nil {
				c.eof = true
				c.mu.Unlock()
				return
			}
			c.frames = append(c.frames, f)
			c.mu.Unlock()
		}
	}()
	t.Cleanup(func() { ours.Close(); <-done })
	return c
}

func (c *client) frame(ch wire.Channel, data []byte) {
	c.seq++
	b, err := wire.AppendFrame(nil, wire.Frame{Channel: ch, Seq: c.seq, Data: data})
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn.Write(b) // an end shows in what is heard
}

func (c *client) hello(tlvs ...wire.TLV) {
	b, _ := wire.Encode(wire.Hello{Version: 1, TLVs: tlvs})
	c.frame(wire.SignOn, b)
}

func (c *client) say(kind wire.Kind, body wire.Body) {
	c.t.Helper()
	c.req++
	q, err := wire.NewSNAC(kind, c.req, body)
	if err != nil {
		c.t.Fatal(err)
	}
	b, _ := wire.Encode(q)
	c.frame(wire.Data, b)
}

// heard waits until nothing more happens and takes what came.
func (c *client) heard() []wire.Frame {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.frames
	c.frames = nil
	return f
}

func (c *client) ended() bool {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eof
}

// snacs takes the SNACs that came, without the news of the sign-on.
func (c *client) snacs() []wire.SNAC {
	var out []wire.SNAC
	for _, f := range c.heard() {
		if f.Channel != wire.Data {
			continue
		}
		q, err := wire.Decode[wire.SNAC](f.Data)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

// kinds says in one line what came.
func (c *client) kinds() string {
	var words []string
	for _, f := range c.heard() {
		switch {
		case f.Channel == wire.Data:
			q, _ := wire.Decode[wire.SNAC](f.Data)
			words = append(words, q.Kind.String())
		case f.Cut:
			words = append(words, "cut")
		default:
			words = append(words, fmt.Sprintf("ch%d:%X", f.Channel, f.Data))
		}
	}
	if c.ended() {
		words = append(words, "end")
	}
	return strings.Join(words, " ")
}

// only gives the one SNAC of kind among those that came.
func (c *client) only(kind wire.Kind) wire.SNAC {
	c.t.Helper()
	var found []wire.SNAC
	for _, q := range c.snacs() {
		if q.Kind == kind {
			found = append(found, q)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("%d SNACs %v", len(found), kind)
	}
	return found[0]
}

// login signs on by BUCP and gives the TLVs of the answer; multiple below 0 leaves its TLV out.
func login(t *testing.T, s *Server, name, password string, multiple int, hashFirst bool) wire.TLVs {
	t.Helper()
	c := connect(t, s)
	c.hello()
	c.say(wire.KeyRequest, wire.TLVs{wire.String(wire.TagName, name)})
	for _, q := range c.snacs() {
		switch q.Kind {
		case wire.KeyReply:
			key, _ := wire.Decode[wire.LoginKey](q.Body)
			tlvs := wire.TLVs{wire.String(wire.TagName, name), wire.Bytes(wire.TagHash, wire.LoginHash(key.Key, password, hashFirst))}
			if hashFirst {
				tlvs = append(tlvs, wire.Flag(wire.TagHashOfHash))
			}
			if multiple >= 0 {
				tlvs = append(tlvs, wire.Uint8(wire.TagMultiple, uint8(multiple)))
			}
			c.say(wire.LoginRequest, tlvs)
		case wire.LoginReply:
			return decodeTLVs(t, q.Body)
		}
	}
	frames := c.heard()
	if len(frames) == 0 {
		t.Fatalf("%s: no answer to the sign-on", name)
	}
	q, err := wire.Decode[wire.SNAC](frames[0].Data)
	if err != nil || q.Kind != wire.LoginReply {
		t.Fatalf("%s: got %v (%v)", name, q.Kind, err)
	}
	return decodeTLVs(t, q.Body)
}

func decodeTLVs(t *testing.T, b []byte) wire.TLVs {
	t.Helper()
	tlvs, err := wire.Decode[wire.TLVs](b)
	if err != nil {
		t.Fatal(err)
	}
	return tlvs
}

// signOn makes a whole session, ready, and forgets what came until then but for presence.
func signOn(t *testing.T, s *Server, name string, multiple int) *client {
	t.Helper()
	c := board(t, s, name, multiple)
	c.say(wire.FeedbagUse, nil)
	c.say(wire.ClientReady, wire.ReadyFamilies{{Family: 1, Version: 4}})
	return c
}

// board comes as far as the families.
func board(t *testing.T, s *Server, name string, multiple int) *client {
	t.Helper()
	tlvs := login(t, s, name, world.Password, multiple, true)
	cookie, ok := tlvs.Get(wire.TagCookie)
	if !ok {
		t.Fatalf("%s: no cookie in %v", name, tlvs)
	}
	c := connect(t, s)
	c.hello(wire.Bytes(wire.TagCookie, cookie))
	if k := c.kinds(); k != "ch1:00000001 01/03" {
		t.Fatalf("%s: %s", name, k)
	}
	return c
}
