package soap

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgate/news"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmpp"
)

// A stub is a gateway without accounts, for measuring the door alone.
type stub struct{ board news.Board }

func (s *stub) Serves(xmpp.JID, string) bool { return true }
func (s *stub) Registration(xmpp.JID, string) (registry.Standing, bool, error) {
	return registry.Standing{}, false, nil
}
func (s *stub) Register(context.Context, xmpp.JID, string, string, transports.Secret) error {
	return nil
}
func (s *stub) Unregister(context.Context, xmpp.JID, string) error { return nil }
func (s *stub) Reconnect(context.Context, xmpp.JID, string) error  { return nil }
func (s *stub) Watch(user xmpp.JID) *news.Watch                    { return s.board.Watch(user.String()) }
func (s *stub) Prove(context.Context, xmpp.JID, transports.Secret) error {
	return nil
}

// A sink is where callers complain.
type sink interface {
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// A caller is one client of a crowd: a user with one session, on a connection of its own.
type caller struct {
	user    string
	conn    net.Conn
	in      *bufio.Reader
	header  string // token and session
	seq     int64
	request []byte
}

// open runs a door over TCP and gives its address.
func open(b *testing.B) (*stub, string) {
	gateway := &stub{}
	d := New(Options{Gateway: gateway, Prover: gateway, Log: slog.New(slog.DiscardHandler), Services: []Service{{"aim", "aim", aimDomain}}})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	s := httptest.NewUnstartedServer(d)
	s.Config.ReadHeaderTimeout, s.Config.WriteTimeout, s.Config.MaxHeaderBytes = 10*time.Second, LongestAnswer, 16<<10
	s.Start()
	b.Cleanup(func() {
		cancel()
		running.Wait()
		s.CloseClientConnections()
		s.Close()
	})
	return gateway, s.Listener.Addr().String()
}

// crowd makes n users with a session each.
func crowd(b sink, address string, n int) []*caller {
	callers := make([]*caller, n)
	for i := range callers {
		c := &caller{user: fmt.Sprintf("user%d@example.org", i)}
		callers[i] = c
		var err error
		if c.conn, err = net.Dial("tcp", address); err != nil {
			b.Fatal(err)
		}
		body := c.ask(b, soap12("<session/>", `<AuthRequest xmlns="urn:zimbraAccount"><account>`+c.user+`</account><password>p</password></AuthRequest>`))
		c.header = "<authToken>" + between(body, "<authToken>", "<") + `</authToken><session id="` + between(body, "<session id='", "'") + `"/>`
		c.ask(b, soap12(c.header, list))
	}
	return callers
}

// TestMain lets the test program be the clients of BenchmarkWaiting: a process may have so many files only, and its
// memory is not to be theirs.
func TestMain(m *testing.M) {
	address := os.Getenv("IMGATE_CROWD")
	if address == "" {
		os.Exit(m.Run())
	}
	callers := crowd(quit{}, address, waitingSessions)
	fmt.Println("connected")
	in := bufio.NewReader(os.Stdin)
	_, _ = in.ReadString('\n')
	for _, c := range callers {
		c.wait(quit{})
	}
	fmt.Println("waiting")
	_, _ = in.ReadString('\n')
	runtime.KeepAlive(callers)
}

// A quit complains by ending the process.
type quit struct{}

func (quit) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (quit) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func (c *caller) send(b sink, body string) {
	c.request = fmt.Appendf(c.request[:0], "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", SOAPPath, len(body), body)
	if _, err := c.conn.Write(c.request); err != nil {
		b.Errorf("%v", err)
	}
}

func (c *caller) receive(b sink) string {
	if c.in == nil {
		c.in = bufio.NewReader(c.conn)
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		b.Errorf("%d %v %s", r.StatusCode, err, body)
	}
	return string(body)
}

func (c *caller) ask(b sink, body string) string {
	c.send(b, body)
	return c.receive(b)
}

func (c *caller) wait(b sink) {
	c.send(b, soap12(c.header+fmt.Sprintf(`<notify seq="%d"/>`, c.seq), `<NoOpRequest xmlns="urn:zimbraMail" wait="1" timeout="1200000"/>`))
}

// BenchmarkDelivery lets 1,000 sessions wait while 100 events a second come for one or the other of them, for ten
// seconds, and tells how long it takes from the gateway's news to the client's hands, over TCP.
func BenchmarkDelivery(b *testing.B) {
	const sessions, perSecond, seconds = 1000, 100, 10
	gateway, address := open(b)
	callers := crowd(b, address, sessions)
	defer func() {
		for _, c := range callers {
			_ = c.conn.Close()
		}
	}()
	var mu sync.Mutex
	var delays []time.Duration
	var got atomic.Int64
	for _, c := range callers {
		go func() {
			for {
				c.wait(b)
				body := c.receive(b)
				if body == "" {
					return
				}
				for block := range strings.SplitSeq(body, "<notify seq='") {
					seq, rest, _ := strings.Cut(block, "'")
					n, err := strconv.ParseInt(seq, 10, 64)
					if err != nil || n <= c.seq {
						continue
					}
					c.seq = n
					sent, err := strconv.ParseInt(between(rest, "username='", "'"), 10, 64)
					if err != nil {
						b.Errorf("%v in %s", err, body)
						continue
					}
					mu.Lock()
					delays = append(delays, time.Since(time.Unix(0, sent)))
					mu.Unlock()
					got.Add(1)
				}
			}
		}()
	}
	for b.Loop() {
		delays = delays[:0]
		got.Store(0)
		tick := time.NewTicker(time.Second / perSecond)
		for range perSecond * seconds {
			<-tick.C
			user := callers[rand.IntN(sessions)].user
			gateway.board.Tell(user, news.OtherLocation{Key: registry.Key{User: user, Service: "aim"}, Name: strconv.FormatInt(time.Now().UnixNano(), 10)})
		}
		tick.Stop()
		for deadline := time.Now().Add(5 * time.Second); got.Load() < perSecond*seconds && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
	}
	if n := got.Load(); n != perSecond*seconds {
		b.Errorf("%d of %d events came", n, perSecond*seconds)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(delays)
	for name, share := range map[string]float64{"p50-µs": .5, "p99-µs": .99, "max-µs": 1} {
		b.ReportMetric(float64(delays[int(share*float64(len(delays)-1))].Microseconds()), name)
	}
}

const waitingSessions = 10_000

// BenchmarkWaiting lets 10,000 sessions of as many users wait at once, and tells what each costs the server. The
// clients are another process.
func BenchmarkWaiting(b *testing.B) {
	base, goroutines := inUse(), runtime.NumGoroutine()
	_, address := open(b)
	clients := exec.CommandContext(b.Context(), os.Args[0])
	clients.Env = append(os.Environ(), "IMGATE_CROWD="+address)
	clients.Stderr = os.Stderr
	in, err := clients.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	pipe, err := clients.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := clients.Start(); err != nil {
		b.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	until(b, out, "connected")
	connected := inUse()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fmt.Fprintln(in)
	until(b, out, "waiting")
	settled(b, 2*waitingSessions)
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/waitingSessions, "allocs/wait")
	b.ReportMetric(float64(inUse()-base)/waitingSessions, "B/waiting")
	b.ReportMetric(float64(connected-base)/waitingSessions, "B/connected")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/waitingSessions, "goroutines/waiting")
	_ = in.Close()
	if err := clients.Wait(); err != nil {
		b.Error(err)
	}
}

func until(b *testing.B, out *bufio.Reader, want string) {
	if line, err := out.ReadString('\n'); strings.TrimSpace(line) != want {
		b.Fatalf("%q %v", line, err)
	}
}

// settled lets time pass until there are as many goroutines as there will be.
func settled(b *testing.B, least int) {
	last := 0
	for range 100 {
		time.Sleep(100 * time.Millisecond)
		n := runtime.NumGoroutine()
		if n == last && n >= least {
			return
		}
		last = n
	}
	b.Errorf("%d goroutines, want %d", last, least)
}

// inUse is the heap and the stacks that are in use after a collection.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkNoOp is one poll, without HTTP's own part.
func BenchmarkNoOp(b *testing.B) {
	for name, body := range map[string]string{
		"XML":  soap12("<authToken>TOKEN</authToken><session id=\"SESSION\"/><notify seq=\"1\"/>", noOp),
		"JSON": `{"Header":{"context":{"_jsns":"urn:zimbra","authToken":{"_content":"TOKEN"},"session":{"id":"SESSION"},"notify":{"seq":1}}},"Body":{"NoOpRequest":{"_jsns":"urn:zimbraMail"}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			gateway := &stub{}
			d := New(Options{Gateway: gateway, Prover: gateway, Log: slog.New(slog.DiscardHandler)})
			r := httptest.NewRequest(http.MethodPost, SOAPPath, nil)
			p, token := d.admit(alice, transports.NewSecret("p"), time.Now().Add(time.Hour))
			s, _ := p.session("", time.Now())
			request := []byte(strings.NewReplacer("TOKEN", token, "SESSION", s.id).Replace(body))
			b.ReportAllocs()
			for b.Loop() {
				e, _, err := d.answer(r, request, false)
				if err != nil {
					b.Fatal(err)
				}
				_ = e.Append(nil)
			}
		})
	}
}
