package msnp

import (
	"net"
	"slices"
	"strconv"
	"time"

	"imgate/lab/world"
	"imgate/transports/msnp/wire"
)

// maxPayload is how long a message may be; a longer one ends the connection, as seen.
const maxPayload = 1664

// A cookie lets somebody on to a switchboard.
type cookie struct {
	a       *account
	dialect int
	board   *board // nil: a new one
}

// A board is one conversation.
type board struct {
	id    string
	seats []*seat
	peers map[*account]*peer // what bots do by peer-to-peer
}

// A seat is somebody on a board: a client, or one that acts by itself.
type seat struct {
	a       *account
	l       *link // nil: no client
	dialect int

	// says, where it is not nil, is called when others come to a board on which somebody sits without a client.
	says func(*board)
}

// xfr is XFR trid SB: the way to a switchboard.
func (x *session) xfr(c wire.Command) bool {
	switch {
	case c.Arg(1) != "SB":
		return x.fails(c, 201)
	case x.s.faults.Take(world.RateLimit, x.a.id, everybody):
		return x.fails(c, 713)
	case !x.shown || x.a.look.state == "HDN":
		return x.fails(c, 913)
	}
	name := secret()
	x.s.cookies[name] = &cookie{a: x.a, dialect: x.dialect}
	x.reply(c, "SB", x.s.boards(), "CKI", name)
	return true
}

// newBoard opens a conversation. mu is held.
func (s *Server) newBoard() *board { return &board{id: secret(), peers: map[*account]*peer{}} }

// ring calls a client to b. mu is held.
func (s *Server) ring(b *board, from, to *account) {
	name := secret()
	s.cookies[name] = &cookie{a: to, dialect: to.session.dialect, board: b}
	to.session.tell("RNG", b.id, s.boards(), "CKI", name, from.id, wire.Escape(from.nick))
}

// ServeBoard serves one connection to a switchboard until it ends, and closes it.
func (s *Server) ServeBoard(conn net.Conn) {
	if !s.ports.Enter(conn) {
		conn.Close()
		return
	}
	defer s.ports.Leave(conn)
	l := newLink(conn, &s.ports.Goes)
	defer l.Close(false)
	conn.SetReadDeadline(time.Now().Add(loginTime)) // its error is the read's too
	v := &visit{s: s, l: l}
	defer v.end()
	for {
		c, err := l.in.Next()
		if err != nil || !v.heard(c) {
			return
		}
	}
}

// A visit is one client's connection to a switchboard.
type visit struct {
	s    *Server
	l    *link
	seat *seat
	b    *board
}

// heard takes a command; false ends the connection.
func (v *visit) heard(c wire.Command) bool {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	switch c.Name {
	case "USR", "ANS":
		return v.seat == nil && v.sits(c)
	case "CAL":
		return v.seat != nil && v.calls(c)
	case "MSG":
		return v.seat != nil && v.says(c)
	case "OUT":
		return false
	}
	return true
}

func (v *visit) reply(c wire.Command, args ...string) {
	v.l.say(wire.New(c.Name, append([]string{c.Arg(0)}, args...)...))
}

func (v *visit) fails(c wire.Command, code int) bool {
	v.l.say(wire.New(strconv.Itoa(code), c.Arg(0)))
	return true
}

// sits is USR trid address cookie, or ANS trid address cookie session.
func (v *visit) sits(c wire.Command) bool {
	k := v.s.cookies[c.Arg(2)]
	answers := c.Name == "ANS"
	if k == nil || k.a.id != canonical(c.Text(1)) || answers != (k.board != nil) || answers && k.board.id != c.Arg(3) {
		v.fails(c, 911)
		return false
	}
	delete(v.s.cookies, c.Arg(2))
	v.seat = &seat{a: k.a, l: v.l, dialect: k.dialect}
	if !answers {
		v.b = v.s.newBoard()
		v.b.seats = []*seat{v.seat}
		v.reply(c, "OK", k.a.id, wire.Escape(k.a.nick))
		v.relax()
		return true
	}
	v.b = k.board
	for i, other := range v.b.seats {
		args := []string{c.Arg(0), strconv.Itoa(i + 1), strconv.Itoa(len(v.b.seats)), other.a.id, wire.Escape(other.a.nick)}
		if k.dialect >= 12 {
			args = append(args, other.a.caps())
		}
		v.l.say(wire.New("IRO", args...))
	}
	v.l.say(wire.New("ANS", c.Arg(0), "OK"))
	v.s.sit(v.b, v.seat)
	v.relax()
	return true
}

func (v *visit) relax() {
	if v.s.ports.Up() {
		v.l.Conn.SetReadDeadline(time.Time{})
	}
}

// sit puts somebody on a board, and tells the others. mu is held.
func (s *Server) sit(b *board, n *seat) {
	for _, other := range b.seats {
		if other.l == nil {
			continue
		}
		args := []string{n.a.id, wire.Escape(n.a.nick)}
		if other.dialect >= 12 {
			args = append(args, n.a.caps())
		}
		other.l.say(wire.New("JOI", args...))
	}
	b.seats = append(b.seats, n)
	for _, other := range b.seats {
		if other.l == nil && other.says != nil {
			other.says(b)
		}
	}
}

// calls is CAL trid address.
func (v *visit) calls(c wire.Command) bool {
	to := v.s.accounts[canonical(c.Text(1))]
	switch {
	case !v.seat.a.reachable(to):
		return v.fails(c, 217)
	case slices.ContainsFunc(v.b.seats, func(o *seat) bool { return o.a == to }):
		return v.fails(c, 215)
	}
	v.reply(c, "RINGING", v.b.id)
	if to.session != nil {
		v.s.ring(v.b, v.seat.a, to)
	} else {
		v.s.sit(v.b, &seat{a: to})
	}
	return true
}

// says is MSG trid class payload.
func (v *visit) says(c wire.Command) bool {
	class := c.Arg(1)
	if len(c.Payload) > maxPayload || class != "U" && class != "N" && class != "A" && class != "D" {
		return false
	}
	v.s.speak(v.b, v.seat.a, c.Payload)
	if class == "A" || class == "D" {
		if len(v.b.seats) > 1 {
			v.l.say(wire.New("ACK", c.Arg(0)))
		} else {
			v.l.say(wire.New("NAK", c.Arg(0)))
		}
	}
	return true
}

// speak brings a message to all others on a board. mu is held.
func (s *Server) speak(b *board, from *account, payload []byte) {
	for _, other := range slices.Clone(b.seats) {
		switch {
		case other.a == from:
		case other.l != nil:
			other.l.say(wire.New("MSG", from.id, wire.Escape(from.nick)).With(payload))
		default:
			s.overhear(b, other.a, from, payload)
		}
	}
}

func (v *visit) end() {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if v.seat != nil {
		v.s.stand(v.b, v.seat)
	}
}

// stand takes somebody off a board, and tells the others. Those who act by themselves leave with the last client.
// mu is held.
func (s *Server) stand(b *board, n *seat) {
	i := slices.Index(b.seats, n)
	if i < 0 {
		return
	}
	b.seats = slices.Delete(b.seats, i, i+1)
	clients := 0
	for _, other := range b.seats {
		if other.l != nil {
			clients++
			other.l.say(wire.New("BYE", n.a.id))
		}
	}
	if clients == 0 {
		b.seats = nil
	}
}

// emptySeats ends the conversations of a, whose client has gone. mu is held.
func (s *Server) emptySeats(a *account) {
	for name, k := range s.cookies {
		if k.a == a {
			delete(s.cookies, name)
		}
	}
}
