package ymsg

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"imgate/lab/world"
	lab "imgate/lab/ymsg"
	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const room = "alicewonder-tea"

func alice() transports.Account {
	return transports.Account{
		Name: "alicewonder", Typed: "AliceWonder", Password: transports.NewSecret(world.Password),
		Presence: transports.SetPresence{Show: transports.Online},
	}
}

func settings(version int64) transports.Settings {
	return transports.Settings{"server": {Text: "pager.example"}, "charset": {Text: ""}, "version": {Number: version}}
}

// filesHost is where the lab's server of files is, for those who dial through a peer.
const filesHost = "files.example"

// filed are the settings of a service that has files.
func filed(version int64) transports.Settings {
	with := settings(version)
	with[fileURLKey] = transports.Value{Text: "http://" + filesHost}
	return with
}

// The laws, against the lab's server as it is, and as its relatives are.
func TestLaws(t *testing.T) {
	for _, c := range []struct {
		what    string
		version int64
		server  lab.Options
	}{
		{"version 10", 10, lab.Options{}},
		{"version 9", 9, lab.Options{}},
		{"a server that sends the list again", 10, lab.Options{Refresh: true}},
		{"a server that wants its cookies back", 10, lab.Options{Hangs: true}},
		{"a server that answers neither 4C nor 8A", 9, lab.Options{Mute4C: true, NoPings: true}},
	} {
		t.Run(c.what, func(t *testing.T) {
			transporttest.Laws(t, transporttest.Harness{
				Network:  Yahoo(),
				Settings: filed(c.version),
				Account:  alice(),
				Friend:   "bobwonder",
				Room:     room,
				Start:    func(t testing.TB) transporttest.Peer { return newPeer(t, c.server) },
				Contacts: []transports.Contact{
					{ID: "echobot", Groups: []string{"Lab"}}, {ID: "awaybot", Groups: []string{"Lab"}},
					{ID: "typist", Groups: []string{"Lab"}}, {ID: "sleeper", Groups: []string{"Lab"}},
				},
			})
		})
	}
}

// A peer is the lab's server behind pipes, with bobwonder at a client of his own.
type peer struct {
	t      testing.TB
	server *lab.Server
	web    *transporttest.Pipes
	http   *http.Server
	hangs  bool // the law of what is stored signs on anew without what was kept, and would wait in vain
	wait   sync.WaitGroup

	mu    sync.Mutex // guards conns: Dial runs in the session's goroutines
	conns []net.Conn
	bob   *friend
	begin sync.Once // of bob
}

func newPeer(t testing.TB, o lab.Options) *peer {
	p := &peer{t: t, server: lab.New(o), web: transporttest.NewPipes(), hangs: o.Hangs}
	files := p.server.Web()
	p.http = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.friend() // takes files only while signed on
		files.ServeHTTP(w, r)
	})}
	p.wait.Go(func() { _ = p.http.Serve(p.web) }) // ends with Close
	return p
}

// Dial implements transporttest.Peer.
func (p *peer) Dial(_ context.Context, address string) (net.Conn, error) {
	if strings.HasPrefix(address, filesHost+":") {
		return p.web.Dial()
	}
	c := p.connect()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c.server)
	return c.client, nil
}

type pipe struct{ client, server net.Conn }

func (p *peer) connect() pipe {
	client, server := transporttest.Pipe() // a friend writes from two goroutines
	p.wait.Go(func() { p.server.ServeConn(server) })
	return pipe{client, server}
}

// Drop implements transporttest.Peer.
func (p *peer) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// Close implements transporttest.Peer.
func (p *peer) Close() {
	if p.bob != nil {
		_ = p.bob.conn.Close()
		<-p.bob.gone
	}
	p.Drop()
	p.server.Close()
	_ = p.http.Close() // all that can fail is to close what is closed
	p.wait.Wait()
}

// friend is bobwonder's session, begun when it is first wanted.
func (p *peer) friend() *friend {
	p.begin.Do(func() { p.bob = signOn(p.t, p.connect().client, "bobwonder") })
	return p.bob
}

// Deeds implements transporttest.Doer.
func (p *peer) Deeds() map[transporttest.Deed]func() {
	me, to := wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder")
	inRoom := func(f ...wire.Field) wire.Fields { return append(wire.Fields{me, wire.Text(wire.KeyRoom, room)}, f...) }
	say := func(text string) func() {
		return func() {
			p.friend().say(wire.Message, wire.Offline, wire.Fields{me, to, wire.Text(wire.KeyText, text)})
			synctest.Wait() // the server has taken it: nothing says so
		}
	}
	deeds := map[transporttest.Deed]func(){
		transporttest.Stores: say("while you were out"),
		transporttest.Writes: say("hello"),
		transporttest.Nudges: say(wire.Buzz),
		transporttest.Types: func() {
			p.friend().say(wire.Notify, wire.Typing, wire.Fields{me, to, wire.Text(wire.KeyKind, wire.TypingKind), wire.Text(wire.KeyFlag, "1")})
		},
		transporttest.Asks: func() {
			f := wire.Fields{me, wire.Text(wire.KeyContact, "alicewonder"), wire.Text(wire.KeyGroup, "Friends"), wire.Text(wire.KeyText, "let me see you")}
			p.friend().say(wire.AddContact, wire.Available, f)
			p.friend().say(wire.RemoveContact, wire.Available, f[:3]) // to ask again
		},
		transporttest.Offers: func() { p.offer("tarts.txt", "tarts, and more tarts") },
		transporttest.Invites: func() {
			p.friend().say(wire.ConfInvite, wire.Available, inRoom(wire.Text(wire.KeyInvitee, "alicewonder")))
		},
	}
	if p.hangs {
		delete(deeds, transporttest.Stores)
	}
	return deeds
}

// offer has the friend hand a file over.
func (p *peer) offer(name, text string) {
	b := p.friend()
	head, err := wire.AppendPacket(nil, wire.Packet{Version: 10, Service: wire.FileTransfer, Fields: wire.Fields{
		wire.Text(wire.KeyUser, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder"), wire.Text(wire.KeyFile, name), wire.Number(wire.KeyFileSize, len(text))}})
	if err != nil {
		p.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://"+filesHost+uploadPath, strings.NewReader(string(head)+wire.FileFollows+text))
	var cookies []string
	var parts wire.Collector
	for _, part := range b.of(wire.List) {
		list, _, err := parts.Add(part)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range list.Cookies {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
	}
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	w := httptest.NewRecorder()
	p.server.Web().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		p.t.Errorf("the file is not taken: %d %s", w.Code, w.Body)
	}
}

// A friend is a session of the test's own, which says what it is told to and hears everything.
type friend struct {
	t    testing.TB
	conn net.Conn
	gone chan struct{}

	mu    sync.Mutex // guards heard: the test looks while the reader adds
	heard []wire.Packet
}

// signOn signs an account of the lab on by hand.
func signOn(t testing.TB, conn net.Conn, name string) *friend {
	f := &friend{t: t, conn: conn, gone: make(chan struct{})}
	listed := make(chan struct{})
	go func() {
		defer close(f.gone)
		in := wire.NewReader(conn)
		for {
			raw, err := in.Next()
			if err != nil {
				return
			}
			p, err := raw.Read()
			if err != nil {
				t.Error(err)
				return
			}
			switch p.Service {
			case wire.Auth:
				plain, crypted, err := wire.Answers(name, world.Password, p.Fields.String(wire.KeyChallenge))
				if err != nil {
					t.Error(err)
				}
				go f.say(wire.AuthAnswer, wire.Available, wire.Fields{
					wire.Text(wire.KeyAnswer, plain), wire.Text(wire.KeyAnswer2, crypted), wire.Text(wire.KeyUser, name), wire.Text(wire.KeyMe, name)})
			case wire.LogOn:
				select {
				case <-listed:
				default:
					close(listed)
				}
			}
			f.mu.Lock()
			f.heard = append(f.heard, p)
			f.mu.Unlock()
		}
	}()
	f.say(wire.Auth, wire.Available, wire.Fields{wire.Text(wire.KeyMe, name)})
	select {
	case <-listed:
	case <-f.gone:
		t.Errorf("%s is not let in", name)
	}
	return f
}

func (f *friend) say(service wire.Service, status wire.Status, fields wire.Fields) {
	b, err := wire.AppendPacket(nil, wire.Packet{Version: 10, Service: service, Status: status, Fields: fields})
	if err != nil {
		f.t.Error(err)
		return
	}
	_, _ = f.conn.Write(b) // who is gone is gone
}

// of are the packets of a service that the friend has heard.
func (f *friend) of(service wire.Service) []wire.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []wire.Packet
	for _, p := range f.heard {
		if p.Service == service {
			list = append(list, p)
		}
	}
	return list
}
