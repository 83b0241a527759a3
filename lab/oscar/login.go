package oscar

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// loginTime is how long a connection may take to show its cookie or to sign on.
const loginTime = 30 * time.Second

// errDone says that a connection has served its purpose; nothing is wrong.
var errDone = errors.New("done")

// greet serves a connection from its first byte: the server speaks first, then the client's hello decides.
func (s *Server) greet(l *link) {
	hello, _ := wire.Encode(wire.Hello{Version: 1})
	l.frame(wire.SignOn, hello, false)
	l.Conn.SetReadDeadline(time.Now().Add(loginTime)) // its error is the read's too
	frame, err := l.in.Next()
	if err != nil || frame.Channel != wire.SignOn {
		return
	}
	theirs, err := wire.Decode[wire.Hello](frame.Data)
	if err != nil {
		return
	}
	if cookie, ok := theirs.TLVs.Get(wire.TagCookie); ok {
		s.board(l, cookie)
		return
	}
	if s.tooOften(l, theirs.TLVs.Has(wire.TagName)) {
		return
	}
	if theirs.TLVs.Has(wire.TagName) {
		s.roasted(l, theirs.TLVs)
		return
	}
	s.bucp(l)
}

// tooOften refuses a sign-on for its source address's pace, without waiting for more.
func (s *Server) tooOften(l *link, roasted bool) bool {
	s.mu.Lock()
	ok := !s.o.Logins || s.logins.allow(host(l.Conn), time.Now())
	s.mu.Unlock()
	if ok {
		return false
	}
	why := wire.TLVs{wire.Uint16(wire.TagLoginError, wire.LoginRateLimit)}
	body, _ := wire.Encode(why)
	if roasted {
		l.frame(wire.SignOff, body, false)
	} else {
		l.snac(wire.SNAC{Kind: wire.LoginReply, Body: body})
	}
	return true
}

func host(conn net.Conn) string {
	h, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return h
}

// maxLoginFrames is how many frames a client may need to sign on.
const maxLoginFrames = 10

// bucp serves a BUCP sign-on (SNAC 17/06, 17/02).
func (s *Server) bucp(l *link) {
	var key []byte
	for range maxLoginFrames {
		frame, err := l.in.Next()
		if err != nil || frame.Channel == wire.SignOff {
			return
		}
		if frame.Channel == wire.KeepAlive {
			continue
		}
		q, err := wire.Decode[wire.SNAC](frame.Data)
		if err != nil || frame.Channel != wire.Data {
			return
		}
		tlvs, err := wire.Decode[wire.TLVs](q.Body)
		if err != nil {
			return
		}
		switch q.Kind {
		case wire.KeyRequest:
			if key = s.challenge(l, q, tlvs.String(wire.TagName)); key == nil {
				return
			}
		case wire.LoginRequest:
			s.answer(l, q, tlvs, key)
			return
		default:
			return
		}
	}
}

// challenge answers with a key, or refuses the name; then there is no sign-off, as seen. Nil ends the talk.
func (s *Server) challenge(l *link, q wire.SNAC, name string) []byte {
	s.mu.Lock()
	a := s.accounts[canonical(name)]
	struck := a != nil && s.strikeLogin(l, a)
	s.mu.Unlock()
	if struck {
		return nil
	}
	if a == nil {
		body, _ := wire.Encode(wire.TLVs{wire.Uint16(wire.TagLoginError, wire.LoginNoSuchUser)})
		l.snac(wire.SNAC{Kind: wire.LoginReply, Request: q.Request, Body: body})
		return nil
	}
	var random [18]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	key := []byte(hex.EncodeToString(random[:]))
	body, _ := wire.Encode(wire.LoginKey{Key: key})
	l.snac(wire.SNAC{Kind: wire.KeyReply, Request: q.Request, Body: body})
	return key
}

// answer judges a sign-on and ends the connection.
func (s *Server) answer(l *link, q wire.SNAC, tlvs wire.TLVs, key []byte) {
	hash, _ := tlvs.Get(wire.TagHash)
	right := func(a *account) bool {
		return key != nil && bytes.Equal(hash, wire.LoginHash(key, a.password, tlvs.Has(wire.TagHashOfHash)))
	}
	body, _ := wire.Encode(s.judge(l, tlvs, right))
	l.snac(wire.SNAC{Kind: wire.LoginReply, Request: q.Request, Body: body})
	l.frame(wire.SignOff, nil, false)
}

// roasted serves a FLAP sign-on: everything is in the hello, the answer in the sign-off.
func (s *Server) roasted(l *link, tlvs wire.TLVs) {
	s.mu.Lock()
	a := s.accounts[canonical(tlvs.String(wire.TagName))]
	struck := a != nil && s.strikeLogin(l, a)
	s.mu.Unlock()
	if struck {
		return
	}
	password, _ := tlvs.Get(wire.TagRoasted)
	body, _ := wire.Encode(s.judge(l, tlvs, func(a *account) bool { return string(wire.Roast(password)) == a.password }))
	l.frame(wire.SignOff, body, false)
}

// judge gives the TLVs of the answer to a sign-on by l.
func (s *Server) judge(l *link, tlvs wire.TLVs, right func(*account) bool) wire.TLVs {
	name := tlvs.String(wire.TagName)
	multiple, _ := tlvs.Number(wire.TagMultiple)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[canonical(name)]
	out := wire.TLVs{wire.String(wire.TagName, name)}
	if code := s.refusal(a, canonical(name), right, uint8(multiple)); code != 0 {
		return append(out, wire.Uint16(wire.TagLoginError, code))
	}
	return append(out,
		wire.String(wire.TagServer, s.advertised(l)),
		wire.Bytes(wire.TagCookie, s.bake(ticket{id: a.id, multiple: uint8(multiple)})),
		wire.Uint8(wire.TagUseTLS, 0))
}

// loginFaults are the faults that an answer to a sign-on can tell.
var loginFaults = [...]struct {
	fault world.Fault
	code  uint16
}{
	{world.WrongPassword, wire.LoginWrongPassword},
	{world.Suspended, wire.LoginSuspended},
	{world.Throttle, wire.LoginRateLimit},
}

// refusal is the code that a sign-on gets; 0 for none. mu is held.
func (s *Server) refusal(a *account, id string, right func(*account) bool, multiple uint8) uint16 {
	if a == nil {
		if networkOf(id) == icq {
			return wire.LoginDeleted // only FLAP login comes here
		}
		return wire.LoginNoSuchUser
	}
	for _, f := range loginFaults {
		if s.faults.Take(f.fault, a.id, everybody(a.network)) {
			return f.code
		}
	}
	switch {
	case !right(a):
		return wire.LoginWrongPassword
	case a.refusal != 0:
		return a.refusal
	case a.crowded(multiple):
		return wire.LoginRateLimit
	}
	return 0
}
