package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"imgate/lab"
)

const (
	domain  = "aim.bench"
	patient = 60 * time.Second
	lone    = 2000 // lone round trips
	pause   = 4 * time.Millisecond
	few     = 100             // users online when memory is measured for the first time
	settle  = 6 * time.Second // from the last sign-on until memory is measured
)

// text is the body of the messages: 110 bytes.
var text = strings.Repeat("imgate carries ", 7) + "this."

// startLab starts the legacy servers within this process, as the XMPP server is: one process less to wake for every message.
func startLab(ctx context.Context, o options, limits lab.Options) (*lab.Lab, error) {
	limits.Ports = o.base
	l, err := lab.Start(ctx, limits)
	if err != nil {
		return nil, err
	}
	body := fmt.Sprintf(`{"network":"aim","name":"bench","password":"rabbit1","count":%d,"contacts":%d}`, o.users, o.contacts)
	if err := post("http://"+l.Address(lab.Control)+"/accounts", body); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// A gatewaySetup is how the binary is run.
type gatewaySetup struct {
	binary, config string
}

// The budgets of sign-ons.
const (
	unlimited = "{ burst = 1000, per_minute = 100000 }"
	byDefault = "{ burst = 1, per_minute = 9 }"
)

// A place is where imgate attaches, and whom it serves.
type place struct{ server, users, domain string }

// prepare writes the key and the configuration; again, with another budget, for the same data.
func prepare(o options, at place, dir, budget string) (gatewaySetup, error) {
	key, data := filepath.Join(dir, "seal.key"), filepath.Join(dir, "data")
	if _, err := os.Stat(key); err == nil {
		// it is there already
	} else if out, err := exec.Command(o.imgate, "key", "new", key).CombinedOutput(); err != nil {
		return gatewaySetup{}, fmt.Errorf("key new: %w: %s", err, out)
	}
	config := filepath.Join(dir, "imgate.toml")
	file := fmt.Sprintf(`data_dir = %q
[log]
level = "error"
[xmpp]
server = %q
secret = "bench"
users = [%q]
[limits]
messages_per_minute = 1000000
[http]
listen = ""
[seal]
key = "file:%s"
[[service]]
name = "aim"
type = "aim"
domain = %q
[service.network]
server = "127.0.0.1:%d"
sign_ons = %s
`, data, at.server, at.users, key, at.domain, o.base, budget)
	return gatewaySetup{o.imgate, config}, os.WriteFile(config, []byte(file), 0o600)
}

func (g gatewaySetup) start() (*process, error) { return start(g.binary, "run", "--config", g.config) }

func measureGateway(ctx context.Context, o options, s *stub, g gatewaySetup) (f figures, err error) {
	p, err := g.start()
	if err != nil {
		return f, err
	}
	n, err := s.accept()
	if err != nil {
		p.kill()
		return f, err
	}
	time.Sleep(time.Second)
	if f.base, err = p.memory(); err != nil {
		p.kill()
		return f, err
	}
	err = register(n, 1, few)
	o.drain(n)
	p.kill() // what was answered is stored
	if err != nil {
		return f, err
	}
	if f.idleFew, err = measureFew(o, s, g); err != nil {
		return f, err
	}
	began := time.Now()
	if p, err = g.start(); err != nil {
		return f, err
	}
	defer p.kill()
	if n, err = s.accept(); err != nil {
		return f, err
	}
	f.start = time.Since(began)
	if err = allOnline(o.users, n); err != nil {
		return f, err
	}
	f.signOn = time.Since(began)
	if f.signOnCPU, err = p.cpu(); err != nil {
		return f, err
	}
	time.Sleep(settle)
	if f.idle, err = p.memory(); err != nil {
		return f, err
	}
	if o.soak > 0 {
		return f, soak(ctx, o, n, p)
	}
	all := []party{{n, p, &f}}
	if o.beside != "" {
		other, line, err := attachPeer(o, s, filepath.Dir(g.config))
		if err != nil {
			return f, err
		}
		defer other.kill()
		f.peer = new(figures)
		all = append(all, party{line, other.process, f.peer})
	}
	return f, chat(ctx, o, all...)
}

// measureFew gives the memory with few users online, and then registers the others.
func measureFew(o options, s *stub, g gatewaySetup) (memory, error) {
	p, err := g.start()
	if err != nil {
		return 0, err
	}
	defer p.kill()
	n, err := s.accept()
	if err != nil {
		return 0, err
	}
	if err = allOnline(few, n); err != nil {
		return 0, err
	}
	time.Sleep(settle)
	m, err := p.memory()
	if err != nil {
		return 0, err
	}
	err = register(n, few+1, o.users)
	o.drain(n)
	return m, err
}

// drain waits until nothing more comes of contact lists, whose subscriptions are answered meanwhile. The stream is
// of no use after it.
func (o options) drain(n *session) {
	for o.contacts > 0 {
		if _, err := n.next(2 * time.Second); err != nil {
			return
		}
	}
}

// register registers the users of these numbers and waits for the answers.
func register(n *session, first, last int) error {
	for i := first; i <= last; i++ {
		n.put("<iq type='set' id='r%[1]d' from='u%[1]d@bench/x' to='%[2]s'><query xmlns='jabber:iq:register'><username>bench%[1]d</username><password>rabbit1</password></query></iq>", i, domain)
		if i%100 == 0 || i == last {
			n.flush()
			if err := registered(n, (i-1)%100+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func registered(n *session, count int) error {
	for count > 0 {
		e, err := n.next(patient)
		if err != nil {
			return err
		}
		if e.Name.Local != "iq" {
			continue
		}
		if e.Attr("type") != "result" {
			return fmt.Errorf("a registration was answered with %s", e)
		}
		count--
	}
	return nil
}

// allOnline answers every probe as a client would and waits until everybody is online.
func allOnline(users int, n *session) error {
	online := map[string]bool{}
	for len(online) < users {
		e, err := n.next(patient)
		if err != nil {
			return fmt.Errorf("%d of %d online, %s is not: %w", len(online), users, missing(online, users), err)
		}
		if e.Name.Local != "presence" {
			continue
		}
		if e.Attr("type") == "probe" {
			n.put("<presence from='%s/x' to='%s'/>", e.Attr("to"), domain)
			n.flush()
			continue
		}
		if e.Child("zimbra:interop", "x").Child("zimbra:interop", "state").Attr("value") == "online" {
			bare, _, _ := strings.Cut(e.Attr("to"), "/")
			online[bare] = true
		}
	}
	return nil
}

// missing is the first who is not online.
func missing(online map[string]bool, users int) string {
	for i := range users {
		if user := fmt.Sprintf("u%d@bench", i+1); !online[user] {
			return user
		}
	}
	return "nobody"
}

func say(n *session, user string) {
	n.put("<message type='chat' id='m' from='%s/x' to='%s'><body>%s</body></message>", user, n.contact, text)
}

// echo waits for the next echo and gives whose it is.
func echo(n *session) (string, error) {
	for {
		e, err := n.next(patient)
		if err != nil {
			return "", err
		}
		if e.Name.Local != "message" || e.ChildText("jabber:component:accept", "body") == "" {
			continue
		}
		if e.Attr("type") == "error" {
			return "", fmt.Errorf("a message came back: %s", e)
		}
		bare, _, _ := strings.Cut(e.Attr("to"), "/")
		return bare, nil
	}
}

// A party is a program that is talked with.
type party struct {
	*session
	*process
	*figures
}

// chat measures lone round trips with each party, then many at once, in rounds in turn.
func chat(ctx context.Context, o options, all ...party) error {
	for _, p := range all {
		if err := p.alone(o); err != nil {
			return err
		}
	}
	for i := range o.rounds * len(all) { // the order is another in every round
		if err := all[(i+i/len(all))%len(all)].crowded(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// alone measures lone round trips.
func (p party) alone(o options) error {
	times := make([]time.Duration, 0, lone)
	for i := range lone {
		began := time.Now()
		say(p.session, fmt.Sprintf("u%d@bench", i%o.talkers+1))
		p.flush()
		if _, err := echo(p.session); err != nil {
			return err
		}
		times = append(times, time.Since(began))
		time.Sleep(pause)
	}
	for _, t := range times {
		if t > 5*time.Millisecond {
			p.slow++
		}
	}
	slices.Sort(times)
	p.seen, p.p50, p.p99 = len(times), times[len(times)/2], times[len(times)*99/100]
	return nil
}

// crowded measures a round of many at once.
func (p party) crowded(ctx context.Context, o options) error {
	before, err := p.cpu()
	if err != nil {
		return err
	}
	r, err := saturate(ctx, o, p.session)
	if err != nil {
		return err
	}
	after, err := p.cpu()
	if err != nil {
		return err
	}
	r.cpu = after - before
	p.rounds = append(p.rounds, r)
	return nil
}

// saturate keeps a window of messages of every talker under way.
func saturate(ctx context.Context, o options, n *session) (r round, err error) {
	for range o.window {
		for i := 1; i <= o.talkers; i++ {
			say(n, fmt.Sprintf("u%d@bench", i))
		}
	}
	n.flush()
	began := time.Now()
	for under := o.window * o.talkers; under > 0; {
		user, err := echo(n)
		if err != nil {
			return r, err
		}
		r.trips++
		if ctx.Err() != nil {
			return r, errors.New("interrupted")
		}
		if time.Since(began) >= o.load {
			under--
		} else {
			say(n, user)
		}
		n.flush()
	}
	r.took = time.Since(began)
	return r, nil
}

// measureSplice measures the floor with the same generator.
func measureSplice(ctx context.Context, o options, s *stub) (f figures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	p, err := start(self, "splice", s.address(), domain)
	if err != nil {
		return f, err
	}
	defer p.kill()
	n, err := s.accept()
	if err != nil {
		return f, err
	}
	defer n.conn.Close()
	return f, chat(ctx, o, party{n, p, &f})
}
