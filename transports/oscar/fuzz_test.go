package oscar

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// FuzzSession is a signed-on session to which a server says anything, frame by frame. No frame may panic, and
// no event may hold an address that is not canonical; requests of ours are there to be answered.
func FuzzSession(f *testing.F) {
	frame := func(kind wire.Kind, request uint32, body wire.Body) []byte {
		data, err := wire.Encode(body)
		if err != nil {
			f.Fatal(err)
		}
		snac, err := wire.Encode(wire.SNAC{Kind: kind, Request: request, Body: data})
		if err != nil {
			f.Fatal(err)
		}
		b, err := wire.AppendFrame(nil, wire.Frame{Channel: wire.Data, Data: snac})
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	hello := messageTLV(f, wire.Text{Charset: wire.CharsetUnicode, Data: []byte("\x00h\x00i")})
	away := wire.User{Name: "Mad Hatter", TLVs: wire.TLVs{wire.Uint16(wire.UserClass, wire.ClassAway), wire.Uint16(wire.UserIdle, 3)}}
	for _, seed := range [][]byte{
		frame(wire.ICBMReceive, 1<<31, wire.Incoming{Channel: 1, From: away, TLVs: wire.TLVs{hello}}),
		append(frame(wire.BuddyArrived, 1<<31, wire.Users{away}), frame(wire.InfoReply, 5, wire.Info{User: away})...),
		frame(wire.BuddyDeparted, 1<<31, wire.Users{away}),
		frame(wire.FeedbagStatus, 3, wire.Words{0}),
		frame(wire.FeedbagUpdate, 1<<31, aliceList()[3:5]),
		frame(wire.ICBMAck, 1, wire.HostAck{Channel: 1, To: "x"}),
		frame(wire.ICBMError, 1, wire.Error{Code: 4}),
		frame(wire.RateChange, 1<<31, wire.RateChanged{Code: 3, Class: todaysRates().Classes[1], Long: true}),
		frame(wire.ServicePause, 1<<31, nil),
		frame(wire.FeedbagAuthAsked, 1<<31, wire.AuthAsk{Name: "12345", Reason: "x"}),
		frame(wire.ICBMMissed, 1<<31, wire.MissedList{{From: away, Count: 1}}),
		{0x2A, 4, 0, 0, 0, 5, 0, 9, 0, 1, 1},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := fuzzed(t)
		frames := wire.NewFrameReader(bytes.NewReader(b))
		now := time.Now()
		for {
			frame, err := frames.Next()
			if s.arrived(&arrival{frame: frame, err: err}) != nil {
				break
			}
			now = now.Add(time.Second)
			s.startEdit()
			s.fetchAway(now)
			for range 10 {
				r, ok, _ := s.lanes.next(now)
				if !ok {
					break
				}
				s.begun(r, now)
			}
		}
		s.expire(s, now.Add(time.Hour))
		for _, e := range s.events {
			if p, ok := e.(transports.Presence); ok {
				if again, err := canonicalName(string(p.From)); err != nil || again != p.From {
					t.Fatalf("presence of %q", p.From)
				}
			}
		}
		if len(s.events) > 20*len(b)+20 {
			t.Fatalf("%d bytes made %d events", len(b), len(s.events))
		}
	})
}

// fuzzed is a session without a connection, in the middle of things.
func fuzzed(t *testing.T) *session {
	s := newSession(aim(), transports.Env{Log: slog.New(slog.DiscardHandler)}, "Alice Liddell", nil)
	s.families = wire.Words{1, 2, 3, 4, 9, 0x13}
	s.lanes = newLanes(todaysRates(), time.Now())
	s.list.put(aliceList())
	for _, c := range []transports.Command{
		transports.SendMessage{Tag: 1, To: "madhatter", Body: plain("x")},
		transports.AddContact{Tag: 2, ID: "redqueen", Groups: []string{"New"}},
		transports.FetchProfile{Tag: 3, ID: "madhatter"},
	} {
		s.command(c)
	}
	return s
}
