package msnp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// FuzzSession is a session that has signed on, with an open switchboard, to which both servers say anything, command by
// command. No command may panic, no event may hold an address that is not canonical, and what is held stays within
// bounds; requests of ours are there to be answered.
func FuzzSession(f *testing.F) {
	msg := func(payload string) string {
		return fmt.Sprintf("MSG echobot@lab.example Echo %d\r\n%s", len(payload), payload)
	}
	p2p := func(p wire.Packet) string {
		return msg(string(wire.NewMessage(wire.TypeP2P, p.Append(nil), "P2P-Dest", self).Append(nil)))
	}
	slp := func(m wire.SLP) string {
		b := m.Append(nil)
		return p2p(wire.Packet{ID: 5, Total: uint64(len(b)), Data: b})
	}
	file := wire.SLP{Method: "INVITE", To: self, From: echo, CallID: "{1}", Branch: "{2}", Type: wire.SLPSession, Body: []wire.Field{
		{Name: "EUF-GUID", Value: wire.GUIDFile}, {Name: "SessionID", Value: "77"}, {Name: "Context", Value: wire.FileContext{Name: "a.txt", Size: 3}.String()},
	}}
	for _, seed := range [][2]string{
		{"NLN AWY echobot@lab.example Echo%20Bot 0 %3Cmsnobj%20Type%3D%223%22%20SHA1D%3D%22AAAA%22/%3E\r\nUBX echobot@lab.example 0\r\n", "JOI bob@lab.example Bob\r\n"},
		{"ADC 0 RL N=bob@lab.example F=Bob\r\nREM 0 RL bob@lab.example\r\nXFR 1 SB board.example:1864 CKI x\r\n", msg("Content-Type: text/plain\r\n\r\nhi") + "BYE echobot@lab.example\r\n"},
		{"RNG 5 board.example:1864 CKI x bob@lab.example Bob\r\n800 1\r\n", slp(file) + p2p(wire.Packet{Session: 77, ID: 6, Total: 3, Data: []byte("abc")})},
		{"LST N=x@y F=z C=1 11 1 1,2\r\nLSG a 1\r\nQNG 50\r\nCHL 0 1234\r\n", "JOI carol@lab.example C\r\nJOI bob@lab.example B\r\n" + msg("Content-Type: text/x-msmsgscontrol\r\nTypingUser: a\r\n\r\n\r\n") + "BYE bob@lab.example\r\n"},
		{"ADD 2 FL 5 a@b c 0\r\n216 3\r\nBLP AL\r\nFLN echobot@lab.example\r\nOUT OTH\r\n", "NAK 4\r\nACK 4\r\n217 5\r\nOUT\r\n"},
	} {
		for d := range dialects() {
			f.Add([]byte(seed[0]), []byte(seed[1]), uint8(d))
		}
	}
	f.Fuzz(func(t *testing.T, ns, board []byte, dialect uint8) {
		s := fuzzed(dialects()[int(dialect)%len(dialects())])
		defer func() { // hangUp would wait for a write that never comes
			for l := range s.links {
				l.cut()
			}
			s.alarm.Stop()
		}()
		said := func(raw []byte, l *link) {
			in := wire.NewReader(bytes.NewReader(raw), wire.FromServer)
			for {
				c, err := in.Next()
				if err != nil || s.fatal != nil {
					return
				}
				select { // what the reader would take
				case <-l.more:
				default:
				}
				s.arrived(arrival{link: l, command: c})
			}
		}
		b := s.boards[0].link
		said(ns, s.ns)
		said(board, b)
		said(ns, s.ns)
		for _, d := range []time.Duration{0, time.Minute, time.Hour, 24 * time.Hour} {
			if s.fatal == nil {
				s.prepare(time.Now().Add(d))
			}
		}
		for _, e := range s.events {
			checkAddresses(t, reflect.ValueOf(e))
		}
		if len(s.boards) > 2*maxBoards || len(s.rooms.all) > maxRooms || s.openOffers() > maxOffers || len(s.waiting) > maxWaiting {
			t.Fatalf("%d boards, %d rooms, %d offers, %d requests", len(s.boards), len(s.rooms.all), s.openOffers(), len(s.waiting))
		}
	})
}

// fuzzed is a session whose goroutines never run.
func fuzzed(d dialect) *session {
	env := transports.Env{
		Go: func(string, func()) {}, Log: slog.New(slog.DiscardHandler), Settings: settings(),
		Dial: func(context.Context, string) (net.Conn, error) { return nil, errors.New("nobody is there") },
	}
	acct := alice()
	s := newSession(env, &acct, context.Background(), make(chan transports.Event))
	s.dialect, s.announced, s.powers, s.since = d, true, d.powers(true), time.Now()
	near, _ := net.Pipe()
	s.ns = s.newLink(near, nil)
	for _, id := range []transports.LegacyID{echo, "typist@lab.example"} {
		p := s.list.person(id)
		p.lists, p.guid, p.state, p.groups = onForward|onAllow, "1", stateOnline, []string{"1"}
	}
	s.list.groups["1"] = "Lab"
	for i := range 3 { // requests to be answered: XFR, edits of the list, a message
		s.command(transports.SendMessage{Tag: transports.Tag(3*i + 1), To: "typist@lab.example", Body: transports.Body{}})
		s.command(transports.ChangeContact{Tag: transports.Tag(3*i + 2), ID: echo, Name: "E", Groups: []string{"Other"}})
		s.command(transports.SetPresence{Tag: transports.Tag(3*i + 3), Show: transports.Away})
	}
	b := s.newBoard()
	b.peer, b.open, b.id = echo, true, "1"
	b.here = []member{{echo, "Echo"}}
	far, _ := net.Pipe()
	b.link = s.newLink(far, b)
	s.boards = append([]*board{b}, s.boards[:len(s.boards)-1]...)
	s.command(transports.SendMessage{Tag: 20, To: echo, Body: transports.Body{}})
	return s
}

// checkAddresses looks for addresses in an event, however deep. Rooms have names of their own.
func checkAddresses(t *testing.T, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[transports.LegacyID]():
		if id := v.String(); id != "" {
			if c, err := canonical(id); err != nil || string(c) != id {
				t.Fatalf("address %q", id)
			}
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Room" {
				checkAddresses(t, v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		for i := range v.Len() {
			checkAddresses(t, v.Index(i))
		}
	}
}
