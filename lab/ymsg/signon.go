package ymsg

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgate/lab/world"
	"imgate/transports/ymsg/wire"
)

// A caller is a connection and what it has come to.
type caller struct {
	l         *link
	version   uint16
	challenge string
	x         *session // once it is signed on
}

// serve takes packets until the connection ends.
func (s *Server) serve(l *link) {
	c := &caller{l: l}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.x != nil {
			s.part(c.x)
		}
	}()
	for {
		raw, err := l.in.Next()
		if err != nil || l.Stalled() {
			return
		}
		p, err := raw.Read()
		if err != nil {
			s.o.Log.Debug("packet cannot be read", "err", err)
			continue
		}
		s.mu.Lock()
		s.take(c, p)
		s.mu.Unlock()
	}
}

// take gives a packet to its handler. mu is held.
func (s *Server) take(c *caller, p wire.Packet) {
	switch p.Service {
	case wire.Handshake:
		c.version = p.Version
		if !s.o.Mute4C {
			c.l.say(wire.Handshake, wire.ServerAnswer)
		}
	case wire.Auth:
		s.challenge(c, p)
	case wire.AuthAnswer:
		s.judge(c, p)
	default:
		if h := handlers[p.Service]; h != nil && c.x != nil && !c.x.gone {
			h(s, c.x, p)
		}
	}
}

// challenge asks for a proof (57).
func (s *Server) challenge(c *caller, p wire.Packet) {
	name := p.Fields.String(wire.KeyMe)
	if s.strikeLogin(c.l, canonical(name)) {
		return
	}
	if c.version == 0 {
		c.version = p.Version
	}
	c.challenge = letters(16)
	c.l.say(wire.Auth, wire.ServerAnswer, wire.Text(wire.KeyMe, name), wire.Text(wire.KeyChallenge, c.challenge))
}

// letters are n random bytes in Yahoo's base 64.
func letters(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return strings.NewReplacer("+", ".", "/", "_", "=", "-").Replace(base64.StdEncoding.EncodeToString(b))
}

// judge lets somebody in, or not (54).
func (s *Server) judge(c *caller, p wire.Packet) {
	name, me := p.Fields.String(wire.KeyUser), p.Fields.String(wire.KeyMe)
	a := s.find(name)
	result := s.verdict(a, c, p)
	if result != 0 {
		c.l.say(wire.AuthAnswer, wire.Failed, wire.Text(wire.KeyMe, me), wire.Number(wire.KeyResult, result), wire.Text(wire.KeyUser, name))
		c.l.Close(false)
		return
	}
	shown := p.Fields.All(wire.KeyCookie)
	if len(shown) != 0 && len(shown) != 2 { // as Escargot
		c.l.say(wire.LogOff, wire.Available)
		c.l.Close(false)
		return
	}
	s.welcome(c, a, shown)
}

// verdict is the result of a sign-on; 0: welcome.
func (s *Server) verdict(a *account, c *caller, p wire.Packet) int {
	if a == nil || a.bot != nil {
		return wire.LoginUnknownID
	}
	plain, crypted, err := wire.Answers(p.Fields.String(wire.KeyUser), a.password, c.challenge)
	switch {
	case err != nil || p.Fields.String(wire.KeyAnswer) != plain || p.Fields.String(wire.KeyAnswer2) != crypted,
		s.faults.Take(world.WrongPassword, a.id, everybody):
		return wire.LoginWrongPassword
	case s.faults.Take(world.Suspended, a.id, everybody):
		return wire.LoginLocked
	case s.faults.Take(world.Throttle, a.id, everybody):
		return wire.LoginTooOften
	case p.Fields.Has(wire.KeyCookie) && s.faults.Take(world.WrongCookie, a.id, everybody):
		return wire.LoginCookiesOld
	}
	return a.refusal
}

// cookieLife is how long a cookie is good, in seconds.
const cookieLife = 86400

// welcome begins a session: the list, who is there, how to ping, and what was kept.
func (s *Server) welcome(c *caller, a *account, shown [][]byte) {
	if old := a.session; old != nil {
		if old.l == nil {
			s.part(old) // a scripted one makes way
		} else {
			old.dismiss(elsewhere)
		}
	}
	known := len(shown) == 2 && a.cookies[0] != "" && string(shown[0]) == a.cookies[0] && string(shown[1]) == a.cookies[1]
	if s.o.Hangs && a.cookies[0] != "" && !known {
		return // the server has failed, and says nothing more
	}
	x := &session{s: s, a: a, l: c.l, since: time.Now(), from: c.l.Conn.RemoteAddr().String()}
	c.x = x
	a.session = x
	x.sendList(known)
	s.announce(x, gone)
	x.tellFriends(wire.LogOn, wire.Available)
	if c.version >= 10 {
		x.pingConfig()
	}
	x.giveKept()
	s.strikeReady(x)
}

// partSize is how long a part of a list is.
const partSize = 815

// sendList sends the list (55), in parts where it is long, with the cookies: those that were shown, or new ones.
func (x *session) sendList(known bool) {
	var last []wire.Field
	if text, long := x.sendParts(); !long {
		last = append(last, wire.Text(wire.KeyGroups, text))
	}
	last = append(last, wire.Text(wire.KeyIgnored, strings.Join(x.a.ignored, ",")), wire.Text(wire.KeyIdentities, x.a.name))
	if known {
		last = append(last, wire.Text(wire.KeyCookie, x.a.cookies[0]), wire.Text(wire.KeyCookie, x.a.cookies[1]))
	} else {
		last = append(last, x.newCookies()...)
	}
	x.l.say(wire.List, wire.Available, append(last,
		wire.Text(wire.KeyCookie, "C\tmg=1"), wire.Text(wire.KeyFrom3, x.a.name), wire.Text(90, "1"), wire.Text(100, "0"),
		wire.Text(101, ""), wire.Text(102, ""), wire.Text(93, strconv.Itoa(cookieLife)))...)
}

// sendParts sends a list that is too long for one packet, but for what ends it, cut anywhere. A shorter one it gives.
func (x *session) sendParts() (text string, long bool) {
	text = x.a.listText(x.s)
	if len(text) <= partSize {
		return text, false
	}
	for ; text != ""; text = text[min(partSize, len(text)):] {
		x.l.say(wire.List, wire.More, wire.Text(wire.KeyGroups, text[:min(partSize, len(text))]))
	}
	return "", true
}

// newCookies gives cookies that can be shown the next time.
func (x *session) newCookies() []wire.Field {
	token := letters(15)
	x.a.cookies = [2]string{"v=1&n=&l=" + x.a.id + "&p=&r=&lg=&intl=&np=", fmt.Sprintf("z=%[1]s&a=&sk=%[1]s&ks=%[1]s&kt=&ku=&d=%[1]s", token)}
	expires := time.Now().Add(cookieLife * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	field := func(name, value string) wire.Field {
		return wire.Text(wire.KeyCookie, fmt.Sprintf("%s\t%s; expires=%s; path=/; domain=%s", name, value, expires, x.s.o.Domain))
	}
	return []wire.Field{field("Y", x.a.cookies[0]), field("T", x.a.cookies[1])}
}

// refresh sends the list again after a change.
func (x *session) refresh() {
	switch {
	case x.s.o.Refresh:
		x.sendList(true)
		x.tellFriends(wire.LogOn, wire.Available)
	case x.s.o.Hangs: // it fails where the cookies would be
		x.sendParts()
	}
}

// pingConfig says how often to ping (12).
func (x *session) pingConfig() {
	x.l.say(wire.PingConfig, wire.Available, wire.Number(wire.KeyPingMinutes, 60), wire.Number(wire.KeyChatMinutes, 13))
}

// giveKept gives what was kept (06), and forgets it.
func (x *session) giveKept() {
	var f []wire.Field
	for _, m := range x.a.kept {
		f = append(f, wire.Text(wire.KeyBegin, "6"), wire.Text(wire.KeyBegin2, "6"), wire.Text(wire.KeyFrom, m.from), wire.Text(wire.KeyTo, x.a.name),
			wire.Text(wire.KeyText, m.text), wire.Text(wire.KeyTime, strconv.FormatInt(m.at, 10)), wire.Text(wire.KeyUTF8, "1"))
	}
	if x.a.kept = nil; f != nil {
		x.l.say(wire.Message, wire.More, f...)
	}
}
