package msnp

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"imgate/lab/line"
	"imgate/lab/world"
	"imgate/transports/msnp/wire"
)

// loginTime is how long a connection may take to sign on.
const loginTime = 60 * time.Second

// A session is one connection to the notification server, signed on or not.
type session struct {
	s         *Server
	l         *link
	from      string
	dialect   int
	name      string   // that it wants to be
	a         *account // that it is
	serial    int
	synced    bool
	shown     bool // CHG was said
	told      map[string]bool
	challenge string
	gone      bool
}

// ServeConn serves one connection to the notification server until it ends, and closes it.
func (s *Server) ServeConn(conn net.Conn) {
	s.mu.Lock()
	refused := s.ports.Up() && s.faults.Take(world.Refuse, everybody)
	s.mu.Unlock()
	if refused || !s.ports.Enter(conn) {
		line.Reset(conn)
		return
	}
	defer s.ports.Leave(conn)
	l := newLink(conn, &s.ports.Goes)
	defer l.Close(false)
	x := &session{s: s, l: l, from: conn.RemoteAddr().String(), told: map[string]bool{}}
	conn.SetReadDeadline(time.Now().Add(loginTime)) // its error is the read's too
	defer x.end()
	for {
		c, err := l.in.Next()
		if err != nil || !x.heard(c) {
			break
		}
	}
	if l.Stalled() && s.ports.Relax(conn) {
		drain(conn)
	}
}

// heard takes a command; false ends the connection.
func (x *session) heard(c wire.Command) bool {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.gone || x.l.Stalled() {
		return !x.gone
	}
	if x.a == nil {
		return x.signingOn(c)
	}
	h := handlers[c.Name]
	if h == nil {
		return true
	}
	return h(x, c)
}

// reply answers c.
func (x *session) reply(c wire.Command, args ...string) {
	x.l.say(wire.New(c.Name, append([]string{c.Arg(0)}, args...)...))
}

// fails answers c with an error.
func (x *session) fails(c wire.Command, code int) bool {
	x.l.say(wire.New(strconv.Itoa(code), c.Arg(0)))
	return true
}

// tell says something that nobody asked for.
func (x *session) tell(name string, args ...string) { x.l.say(wire.New(name, args...)) }

// signingOn takes a command of somebody who has not signed on; false ends the connection.
func (x *session) signingOn(c wire.Command) bool {
	switch c.Name {
	case "VER":
		return x.version(c)
	case "CVR":
		v := c.Arg(6)
		x.reply(c, v, v, v, "https://lab.example", "https://lab.example")
		return true
	case "USR":
		if c.Arg(1) != "TWN" || x.dialect == 0 {
			return false
		}
		if c.Arg(2) == "I" {
			return x.wants(c)
		}
		return x.enters(c)
	case "OUT":
		return false
	case "PNG":
		return false
	}
	return true
}

// version takes the best dialect of those that are offered.
func (x *session) version(c wire.Command) bool {
	for d := 12; d >= 8; d-- {
		for _, offered := range c.Args[min(1, len(c.Args)):] {
			if strings.EqualFold(offered, "MSNP"+strconv.Itoa(d)) {
				x.dialect = d
				x.reply(c, "MSNP"+strconv.Itoa(d))
				return true
			}
		}
	}
	x.reply(c, "0")
	return false
}

// onSignOn are the faults that befall a sign-on before it is judged.
var onSignOn = [...]world.Fault{world.Reset, world.Stall, world.Garbage}

// wants is USR TWN I: the address, upon which the passport's challenge is told.
func (x *session) wants(c wire.Command) bool {
	x.name = canonical(c.Text(3))
	if !legal(x.name) {
		x.fails(c, 911)
		return false
	}
	for _, f := range onSignOn {
		if !x.s.faults.Take(f, x.name, everybody) {
			continue
		}
		switch f {
		case world.Stall:
			x.l.Stall()
			return false
		case world.Garbage:
			x.l.Raw([]byte(nonsense))
			return true
		default:
			x.l.Close(true)
			return false
		}
	}
	x.reply(c, "TWN", "S", passportChallenge)
	return true
}

const passportChallenge = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1"

// suspended is the code of an account that is (as libpurple reads it; no server was seen to say it).
const suspended = 927

// ticketFaults are those that the answer to a ticket can tell.
var ticketFaults = [...]struct {
	fault world.Fault
	code  int
}{
	{world.WrongCookie, 911}, {world.Suspended, suspended}, {world.Throttle, 800}, {world.Maintenance, 500},
}

// enters is USR TWN S: the ticket.
func (x *session) enters(c wire.Command) bool {
	s := x.s
	a := s.accounts[x.name]
	for _, f := range ticketFaults {
		if a != nil && s.faults.Take(f.fault, a.id, everybody) {
			x.fails(c, f.code)
			return false
		}
	}
	owner, known := s.tickets[c.Arg(3)]
	if a == nil || !known || owner != a.id {
		x.fails(c, 911)
		return false
	}
	if a.suspends {
		x.fails(c, suspended)
		return false
	}
	s.join(x, a)
	args := []string{"OK", a.id, "1", "0"}
	if x.dialect < 10 {
		args = []string{"OK", a.id, wire.Escape(a.nick), "1", "0"}
	}
	x.reply(c, args...)
	if x.dialect >= 11 {
		x.tell("SBS", "0", "null")
	}
	auth, prof := wire.TicketParts(c.Arg(3))
	profile := fmt.Sprintf("MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\nLoginTime: %d\r\n"+
		"EmailEnabled: 0\r\nlang_preference: 1033\r\nMSPAuth: %s\r\nMSPProf: %s\r\nClientIP: 127.0.0.1\r\n\r\n",
		time.Now().Unix(), auth, prof)
	x.l.say(wire.New("MSG", "Hotmail", "Hotmail").With([]byte(profile)))
	s.relaxed(x)
	return true
}

// relaxed lets a session that has signed on be quiet. mu is held.
func (s *Server) relaxed(x *session) {
	if s.ports.Up() {
		x.l.Conn.SetReadDeadline(time.Time{})
	}
}

// join makes x the session of a; the one before is told that another took its place. mu is held.
func (s *Server) join(x *session, a *account) {
	if old := a.session; old != nil {
		old.out("OTH")
	}
	a.puppet = false
	a.look = look{}
	x.a, a.session, a.since = a, x, time.Now()
	s.o.Log.Debug("signed on", "user", a.id, "from", x.from)
}

// out lets a client go. mu is held.
func (x *session) out(why string) {
	x.tell("OUT", why)
	x.l.Close(false)
	x.part()
}

// end is the end of a connection.
func (x *session) end() {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.part()
}

// part takes x off its account and tells others. It may be called again. mu is held.
func (x *session) part() {
	if x.gone {
		return
	}
	x.gone = true
	if a := x.a; a != nil && a.session == x {
		a.session = nil
		a.look = look{}
		x.s.announce(a)
		x.s.emptySeats(a)
	}
}
