package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"imgate/e2e"
	"imgate/xmltree"
)

// A peer is another gateway that can be measured beside imgate: biboumi, from XMPP to IRC, as Debian packages it. Its IRC
// server is within this process.
type peer struct {
	*process
	irc    net.Listener
	domain string
}

// peerName is what -beside can name.
const peerName = "biboumi"

// startPeer starts it as a component of the XMPP server at this place.
func startPeer(o options, at place, dir string) (*peer, error) {
	binary, err := exec.LookPath(peerName)
	if err != nil {
		return nil, fmt.Errorf("-beside %s: %w", peerName, err)
	}
	host, port, err := net.SplitHostPort(at.server)
	if err != nil {
		return nil, err
	}
	irc, err := serveIRC(fmt.Sprintf("127.0.0.1:%d", o.base+10))
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "biboumi.cfg")
	file := fmt.Sprintf("hostname=%s\npassword=%s\nxmpp_server_ip=%s\nport=%s\ndb_name=%s\nlog_file=%s\nlog_level=3\nidentd_port=0\n",
		at.domain, behindSecret, host, port, filepath.Join(dir, "biboumi.sqlite"), filepath.Join(dir, "biboumi.log"))
	if err := os.WriteFile(config, []byte(file), 0o600); err != nil {
		irc.Close()
		return nil, err
	}
	p, err := start(binary, config)
	if err != nil {
		irc.Close()
		return nil, err
	}
	return &peer{p, irc, at.domain}, nil
}

func (p *peer) kill() {
	p.process.kill()
	p.irc.Close()
}

// contact is who writes the same back.
func (p *peer) contact() string { return "echobot%127.0.0.1@" + p.domain }

// A line is a way for one user's stanzas and those to them.
type line interface {
	send(stanza string) error
	receive() (*xmltree.Element, error)
}

// A stubLine is the line of a user of the stub.
type stubLine struct {
	*session
	user string // the full JID
}

func (l stubLine) send(stanza string) error {
	name, rest, _ := strings.Cut(stanza, " ")
	l.put("%s from='%s' %s", name, l.user, rest)
	l.flush()
	return nil
}

func (l stubLine) receive() (*xmltree.Element, error) { return l.next(patient) }

// A clientLine is the line of a client of a real server.
type clientLine struct {
	ctx context.Context
	*e2e.Plain
}

func (l clientLine) send(stanza string) error           { return l.Send(l.ctx, stanza) }
func (l clientLine) receive() (*xmltree.Element, error) { return l.Next(l.ctx) }

// join makes the peer connect a user to the IRC server, without its limit of messages a second.
func (p *peer) join(l line, number int) error {
	if err := p.configure(l); err != nil {
		return err
	}
	if err := l.send(fmt.Sprintf("<presence to='%%127.0.0.1@%s/n%d'><x xmlns='http://jabber.org/protocol/muc'/></presence>", p.domain, number)); err != nil {
		return err
	}
	for {
		e, err := l.receive()
		switch {
		case err != nil:
			return err
		case e.Name.Local == "presence" && e.Attr("type") == "error":
			return fmt.Errorf("%s: not connected: %s", peerName, e)
		case strings.Contains(e.String(), "Connected to IRC server"):
			return nil
		}
	}
}

// configure fills in the form of the user's settings for the IRC server (XEP-0050); again while the peer has not come yet.
func (p *peer) configure(l line) error {
	_, port, err := net.SplitHostPort(p.irc.Addr().String())
	if err != nil {
		return err
	}
	ask := func(attributes, form string) (*xmltree.Element, error) {
		return answer(l, fmt.Sprintf("<iq type='set' id='configure' to='127.0.0.1@%s'><command xmlns='http://jabber.org/protocol/commands' node='configure' %s>%s</command></iq>",
			p.domain, attributes, form))
	}
	for range comes {
		e, err := ask("action='execute'", "")
		if err != nil {
			return err
		}
		if e.Attr("type") == "error" {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		e, err = ask(fmt.Sprintf("action='complete' sessionid='%s'", e.First().Attr("sessionid")), fmt.Sprintf("<x xmlns='jabber:x:data' type='submit'>"+
			"<field var='ports'><value>%s</value></field><field var='tls_ports'/><field var='throttle_limit'><value>-1</value></field></x>", port))
		if err == nil && e.Attr("type") == "error" {
			err = fmt.Errorf("%s: not configured: %s", peerName, e)
		}
		return err
	}
	return errors.New(peerName + " has not come")
}

// answer sends a request and waits for its result or error.
func answer(l line, request string) (*xmltree.Element, error) {
	if err := l.send(request); err != nil {
		return nil, err
	}
	for {
		e, err := l.receive()
		if err != nil || e.Name.Local == "iq" && e.Attr("type") != "get" {
			return e, err
		}
	}
}

// attachPeer starts the peer at the stub and connects all talkers.
func attachPeer(o options, s *stub, dir string) (*peer, *session, error) {
	p, err := startPeer(o, s.place(), dir)
	if err != nil {
		return nil, nil, err
	}
	n, err := s.accept()
	if err != nil {
		p.kill()
		return nil, nil, err
	}
	n.contact = p.contact()
	for i := 1; i <= o.talkers; i++ {
		if err := p.join(stubLine{n, fmt.Sprintf("u%d@bench/x", i)}, i); err != nil {
			p.kill()
			return nil, nil, err
		}
	}
	return p, n, nil
}

// reportPeer prints what the peer takes and what imgate takes of that, round by round.
func reportPeer(m, other figures) {
	ratios := make([]float64, len(m.rounds))
	for i, r := range m.rounds {
		ratios[i] = r.perTrip() / other.rounds[i].perTrip()
	}
	slices.Sort(ratios)
	last := len(ratios) - 1
	trip, second := other.over(round.perTrip), other.over(round.perSecond)
	fmt.Printf("%s, in turn with it       %6.1f us, %.1f to %.1f, %.0f/s; imgate takes %.2f of its CPU (%.2f to %.2f, quartiles %.2f and %.2f); p50 %d us, p99 %d us\n",
		peerName, trip.median, trip.least, trip.most, second.median, ratios[len(ratios)/2], ratios[0], ratios[last], ratios[len(ratios)/4], ratios[len(ratios)*3/4],
		other.p50.Microseconds(), other.p99.Microseconds())
}
