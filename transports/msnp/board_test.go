package msnp

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
	"imgate/transports/transporttest"
)

// counted counts the commands of a name that pass by.
func (s *story) counted(name string) *atomic.Int32 {
	var n atomic.Int32
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	before := s.m.says
	s.m.says = func(onBoard bool, c wire.Command) (string, bool) {
		if c.Name == name {
			n.Add(1)
		}
		if before != nil {
			return before(onBoard, c)
		}
		return "", false
	}
	return &n
}

// guest signs somebody else on, who sees all that comes to them.
func (s *story) guest(name string) *story {
	g := s.signsOn(name)
	g.until("contacts")
	g.rest(time.Second)
	return g
}

// signsOn is guest without waiting for the list.
func (s *story) signsOn(name string) *story {
	g := &story{t: s.t, p: s.p, m: s.m}
	acct := alice()
	acct.Name, acct.Typed = transports.LegacyID(name), name
	g.Actor = transporttest.Perform(transporttest.Role{Network: New(), Account: acct, Settings: s.set, Dial: s.p.Dial, Patience: 10 * time.Minute})
	return g
}

func (s *story) leaves() {
	s.Stop()
	s.Wait()
}

// Texts wait while it rings, go in their order, and over one board; a quiet board is left, and a new one opened.
func TestOneBoardAtATime(t *testing.T) {
	for _, d := range dialects() {
		online(t, d.name, func(s *story) {
			asked := s.counted("XFR")
			for i := range 5 {
				s.does(fmt.Sprintf(`send echobot@lab.example "text %d"`, i))
			}
			for i := range 5 {
				s.until(fmt.Sprintf(`message echobot@lab.example "text %d"`, i))
			}
			s.until("done 5 accepted")
			if asked.Load() != 1 {
				s.t.Errorf("%d boards for five texts", asked.Load())
			}
			s.rest(idleTimeout + time.Minute)
			s.does(`send echobot@lab.example "again"`)
			s.until("done 6 accepted")
			if asked.Load() != 2 {
				s.t.Errorf("%d boards after a pause", asked.Load())
			}
		})
	}
}

// Several conversations go on at once.
func TestSeveralBoards(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		for _, who := range []string{"echobot", "typist", "awaybot"} {
			s.does(fmt.Sprintf(`send %s@lab.example "hello, %s"`, who, who))
		}
		seen := strings.Join(s.rest(10*time.Second), "\n")
		for _, want := range []string{
			"done 1 accepted", "done 2 accepted", "done 3 accepted", `message echobot@lab.example "hello, echobot"`,
			"typing typist@lab.example active", `message typist@lab.example "hello, typist"`,
		} {
			if !strings.Contains(seen, want) {
				s.t.Errorf("no %s in\n%s", want, seen)
			}
		}
	})
}

// A text that surely was not delivered goes to the store where there is one, and is refused where there is none; one of
// which nobody knows is refused.
func TestUndelivered(t *testing.T) {
	for _, tt := range []struct {
		name  string
		board bool
		says  script
		done  string // with a store
		none  string // without
	}{
		{"not there", true, script{"CAL": {"217 #\r\n"}}, "accepted", "error unavailable"},
		{"NAK", true, script{"MSG": {"NAK #\r\n"}}, "accepted", "error unavailable"},
		{"nobody comes", true, script{"CAL": {"CAL # RINGING 5\r\n"}}, "accepted", "error no-answer"},
		{"no board", false, script{"XFR": {"XFR # SB nowhere.example:1 CKI x\r\n"}}, "accepted", "error no-answer"},
		{"half an answer", false, script{"XFR": {"XFR # SB\r\n"}}, "accepted", "error unavailable"},
		{"stale cookie", true, script{"USR": {"911 #\r\n"}}, "accepted", "accepted"},
		{"stale cookie twice", true, script{"USR": {"911 #\r\n", "911 #\r\n"}}, "accepted", "error"},
		{"hidden", false, script{"XFR": {"913 #\r\n"}}, "error denied", "error denied"},
		{"no acknowledgement", true, script{"MSG": {""}}, "error no-answer", "error no-answer"},
		{"nonsense", true, script{"CAL": {"\x00\xFF\r\n"}}, "accepted", "error unavailable"},
		{"out", true, script{"CAL": {"OUT\r\n"}}, "accepted", "error unavailable"},
	} {
		for dialect, want := range map[string]string{"MSNP12": tt.done, "MSNP10": tt.none} {
			t.Run(tt.name+" in "+dialect, func(t *testing.T) {
				online(t, dialect, func(s *story) {
					says := script{}
					for name, answers := range tt.says {
						says[name] = append([]string(nil), answers...)
					}
					s.plays(tt.board, says)
					s.does(`send echobot@lab.example "is it lost?"`)
					if got, _ := s.until("done 1"); !strings.HasPrefix(got, "done 1 "+want) {
						s.t.Errorf("%s, not %s", got, want)
					}
					s.rest(time.Minute)
					s.does(`send typist@lab.example "goes on"`)
					s.until("done 2 accepted")
				})
			})
		}
	}
}

// While the server says that all goes too fast, commands wait, and none is lost.
func TestThrottled(t *testing.T) {
	for _, code := range []string{"800", "711", "713"} {
		online(t, "MSNP12", func(s *story) {
			s.plays(false, script{"XFR": repeat(code+" #\r\n", 3)})
			began := time.Now()
			s.does(`send echobot@lab.example "patience"`)
			s.does(`send typist@lab.example "is a virtue"`)
			s.until(`message echobot@lab.example "patience"`)
			s.until(`message typist@lab.example "is a virtue"`)
			if d := time.Since(began); d < firstPause {
				s.t.Errorf("%s: tried again after %v", code, d)
			}
		})
		online(t, "MSNP12", func(s *story) { // for ever: then it is told
			s.plays(false, script{"XFR": repeat(code+" #\r\n", 100)})
			s.does(`send echobot@lab.example "patience"`)
			if got, _ := s.until("done 1"); got != "done 1 accepted" { // by way of the store
				s.t.Errorf("%s: %s", code, got)
			}
			s.plays(false, script{"PRP": {code + " #\r\n"}})
			s.does(`nick "Alice"`)
			s.until("done 2 accepted")
		})
	}
}

// What comes on a board: texts with their style, in charsets of old clients; emoticons of one's own as their text.
func TestTextsThatCome(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		s.does(`send echobot@lab.example "hello"`)
		s.until("message echobot@lab.example")
		s.rest(time.Second)
		say := func(m string) { s.m.sayOnBoard(fmt.Sprintf("MSG echobot@lab.example Echo %d\r\n%s", len(m), m)) }
		say("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\ntwo\r\nlines ☃")
		s.sees(`message echobot@lab.example "two\nlines ☃"`)
		say("Content-Type: text/plain; charset=windows-1252\r\n\r\ngr\xFC\xDFe")
		s.sees(`message echobot@lab.example "grüße"`)
		say("Content-Type: text/plain\r\n\r\nno charset ☃\x00")
		s.sees(`message echobot@lab.example "no charset ☃"`)
		say("MIME-Version: 1.0\r\nContent-Type: text/x-mms-emoticon\r\n\r\n(bunny)\t<msnobj Creator=\"a\" Size=\"1\" Type=\"2\"/>\t")
		say("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nlook: (bunny)")
		s.sees(`message echobot@lab.example "look: (bunny)"`)
		for _, m := range []string{
			"", "\r\n\r\n", "Content-Type: text/plain\r\n\r\n", "Content-Type: text/x-msnmsgr-datacast\r\n\r\nID: 2\r\n\r\n", "Content-Type: application/x-msnmsgrp2p\r\n\r\nshort",
			"Content-Type: text/x-clientcaps\r\n\r\nClient-Name: x\r\n", "Content-Type: text/x-msmsgsinvite\r\n\r\nInvitation-Command: INVITE\r\n",
			"Content-Type: application/x-msnmsgrp2p\r\nP2P-Dest: alice@lab.example\r\n\r\n" + strings.Repeat("\xFF", 60),
		} {
			say(m)
		}
		s.nothing(time.Minute)
		say("Content-Type: text/x-msnmsgr-datacast\r\n\r\nID: 1\r\n\r\n")
		s.sees("attention echobot@lab.example")
	})
}

// Three people talk as in a room, both ways; when one has left, it is a conversation of two again.
func TestThreePeople(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		if _, _, err := s.p.server.MSN().Add("carol@lab.example", "rabbit1", 1); err != nil {
			s.t.Fatal(err)
		}
		b, c := s.guest("bob@lab.example"), s.guest("carol@lab.example")
		defer b.leaves()
		defer c.leaves()
		s.does("join tea alice")
		s.until("done 1 accepted")
		s.does("invite tea bob@lab.example")
		s.until("done 2 accepted")
		s.until(`occupant "tea" bob@lab.example comes`)
		s.does(`say tea "two of us"`)
		b.until(`message alice@lab.example "two of us"`) // for bob it is a conversation of two
		s.until("done 3 accepted")
		s.does("invite tea carol@lab.example")
		s.until(`occupant "tea" carol@lab.example comes`)
		words, _ := b.until("invited")
		room := strings.Split(words, `"`)[1]
		if got, _ := c.until("invited"); !strings.Contains(got, "alice@lab.example") {
			s.t.Errorf("carol: %s", got)
		}
		b.does("join " + room)
		b.until("room-joined")
		s.does(`say tea "three of us ☃"`)
		b.until(`room-message "` + room + `" alice@lab.example "three of us ☃"`)
		c.until(`message alice@lab.example "three of us ☃"`) // who has not come in yet loses nothing
		b.does(`say ` + room + ` "so it seems"`)
		s.until(`room-message "tea" bob@lab.example "so it seems"`)
		c.leaves()
		s.until(`occupant "tea" carol@lab.example goes`)
		s.until(`room-left "tea"`)
		b.until("room-left")
		s.does(`send bob@lab.example "alone again"`)
		b.until(`message alice@lab.example "alone again"`)
	})
}

// Whoever declines leaves, and whoever calls somebody who is not there is told so.
func TestInvitations(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		b := s.guest("bob@lab.example")
		defer b.leaves()
		b.does("join tea bob")
		b.until("done 1 accepted")
		b.does("invite tea alice@lab.example")
		b.until(`occupant "tea" alice@lab.example comes`)
		b.does("invite tea sleeper@lab.example")
		if got, _ := b.until("done 3"); got != "done 3 error unavailable" {
			s.t.Errorf("%s", got)
		}
		b.does("invite tea echobot@lab.example")
		words, _ := s.until("invited")
		s.does("decline " + strings.Split(words, `"`)[1])
		b.until(`occupant "tea" alice@lab.example goes`)
		s.does("list-rooms")
		s.until("done 1 accepted rooms")
	})
}
