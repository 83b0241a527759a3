package oscar

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Where a frame comes from, in FuzzSession.
const (
	fromBOS = iota
	fromRoom
	fromIcons
	fromDirectory
	fromRoomNav
	everywhere
)

// FuzzSession is a signed-on session to which a server says anything, frame by frame: BOS, or one of the services that
// it has besides, of AIM or of ICQ. No frame may panic, no event may hold an address that is not canonical or a text that
// is not UTF-8, and there are no more events than a server pays for; requests of ours are there to be answered.
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
		f.Add(false, uint8(fromBOS), seed)
		f.Add(true, uint8(fromBOS), seed)
	}
	for _, seed := range serviceSeeds(frame) {
		f.Add(seed.icq, uint8(seed.where), seed.frames)
	}
	f.Fuzz(func(t *testing.T, icq bool, where uint8, b []byte) {
		s, svc := fuzzed(icq, int(where)%everywhere)
		d := &s.dialogue
		if svc != nil {
			d = &svc.dialogue
		}
		frames := wire.NewFrameReader(bytes.NewReader(b))
		now := time.Now()
		for {
			frame, err := frames.Next()
			if svc != nil {
				s.served(&arrival{service: svc, frame: frame, err: err})
				if err != nil {
					break
				}
			} else if s.arrived(&arrival{frame: frame, err: err}) != nil {
				break
			}
			now = now.Add(time.Second)
			s.startEdit()
			s.fetchAway(now)
			s.tellOfWaiting(now)
			for range 10 {
				r, ok, _ := d.lanes.next(now)
				if !ok {
					break
				}
				d.begun(r, now)
			}
		}
		s.expire(s, now.Add(time.Hour))
		s.expireMetas(now.Add(time.Hour))
		s.expireIcon(now.Add(time.Hour))
		s.prepareServices(now.Add(time.Hour))
		for _, e := range s.events {
			if err := legal(s, reflect.ValueOf(e)); err != nil {
				t.Fatalf("%T %+v: %v", e, e, err)
			}
		}
		if len(s.events) > 20*len(b)+40 {
			t.Fatalf("%d bytes made %d events", len(b), len(s.events))
		}
	})
}

// legal looks for texts that are not UTF-8, and for addresses that are not canonical; names of rooms are no addresses.
func legal(s *session, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return fmt.Errorf("%q is not UTF-8", v.String())
		}
		if id, ok := v.Interface().(transports.LegacyID); ok && id != "" {
			if again, err := s.dialect.canonical(string(id)); err != nil || again != id {
				return fmt.Errorf("%q is not canonical", id)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "Room" {
				if err := legal(s, v.Field(i)); err != nil {
					return err
				}
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := legal(s, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Interface, reflect.Pointer:
		if _, failed := v.Interface().(error); !failed && !v.IsNil() {
			return legal(s, v.Elem())
		}
	}
	return nil
}

// fuzzed is a session without a connection, in the middle of things, and the service that is heard, if any.
func fuzzed(number bool, where int) (*session, *service) {
	d, name := aim(), "Alice Liddell"
	if number {
		d, name = icq(), "100001"
	}
	s := newSession(d, transports.Env{Log: slog.New(slog.DiscardHandler)}, name, nil)
	s.families = wire.Words{1, 2, 3, 4, 9, 0x13, 0x15}
	s.uin = 100001
	s.lanes = newLanes(wire.Rates{}, time.Now())
	s.list.put(aliceList())
	s.services.dial = func(*service, string) {}
	s.offers.fetch = func(f *offered) transports.Opener {
		f.giveUp = func(error) {}
		return func(context.Context) (io.ReadCloser, error) { return nil, transports.ErrUnavailable }
	}
	s.powers |= transports.CanReceiveFiles
	s.services.in = make(chan *arrival)
	svc := &service{stage: serviceReady, gone: make(chan struct{})}
	svc.lanes = newLanes(wire.Rates{}, time.Now())
	switch where {
	case fromBOS:
		svc = nil
	case fromRoom:
		svc.family = wire.FamilyRoom
		svc.room = &room{id: "tea party", joined: true, maxText: maxRoomText, service: svc}
		s.rooms.in = append(s.rooms.in, svc.room)
	case fromIcons:
		svc.family = wire.FamilyIcons
	case fromDirectory:
		svc.family = wire.FamilyDir
	case fromRoomNav:
		svc.family = wire.FamilyRoomNav
	}
	if svc != nil {
		s.services.all = append(s.services.all, svc)
	}
	for i, c := range []transports.Command{
		transports.SendMessage{To: "madhatter", Body: plain("x")},
		transports.AddContact{ID: "redqueen", Groups: []string{"New"}},
		transports.FetchProfile{ID: "madhatter"},
		transports.FetchProfile{ID: "200001"},
		transports.Search{Fields: []transports.Field{{Var: "first", Value: "Mad"}, {Var: "nick", Value: "Hatter"}}},
		transports.SetAvatar{Image: &transports.Image{Data: []byte("GIF89a")}},
		transports.FetchAvatar{ID: "madhatter", Hash: "00ff"},
		transports.JoinRoom{Room: "croquet"},
		transports.SayRoom{Room: "tea party", Body: plain("more tea")},
	} {
		v := reflect.New(reflect.TypeOf(c)).Elem()
		v.Set(reflect.ValueOf(c))
		v.FieldByName("Tag").SetUint(uint64(i + 1))
		s.command(v.Interface().(transports.Command))
	}
	return s, svc
}

// A serviceSeed is what a service says.
type serviceSeed struct {
	icq    bool
	where  int
	frames []byte
}

func serviceSeeds(frame func(wire.Kind, uint32, wire.Body) []byte) []serviceSeed {
	hatter := wire.User{Name: "Mad Hatter", TLVs: wire.TLVs{wire.Uint16(wire.UserClass, 0x10)}}
	bytesOf := func(body wire.Body) []byte {
		b, err := wire.Encode(body)
		if err != nil {
			panic(err) // seeds are short
		}
		return b
	}
	words := wire.RoomWords{Channel: wire.ChannelRoom, TLVs: wire.TLVs{
		wire.Bytes(wire.WordsFrom, bytesOf(hatter)), wire.Bytes(wire.WordsMessage, bytesOf(wire.TLVs{wire.String(wire.WordsText, "tea?"), wire.String(wire.WordsCharset, "windows-1251")})),
	}}
	meta := func(sub uint16, data []byte) []byte {
		return frame(wire.ICQReply, 1<<31, wire.ICQData{UIN: 100001, Type: wire.ICQMetaReply, Seq: 5, Data: bytesOf(wire.ICQMeta{Sub: sub, Status: wire.ICQMetaOK, Data: data})})
	}
	stored := bytesOf(wire.ICQStored{From: 200001, Sent: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Type: wire.ICQPlain, Text: []byte("\xcf")})
	meets := func(kind uint16, tlvs wire.TLVs) []byte {
		v := wire.Rendezvous{Type: kind, Cookie: tarts, About: wire.CapFile, TLVs: tlvs}
		return frame(wire.ICBMReceive, 1<<31, wire.Incoming{Channel: wire.ChannelRendezvous, From: hatter, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, bytesOf(v))}})
	}
	file := append(located(192, 0, 2, 7), wire.Bytes(wire.RendezvousData, bytesOf(wire.FileProposal{Count: 1, Size: 7, Name: []byte("a\\b\x00c")})))
	return []serviceSeed{
		{false, fromBOS, append(meets(wire.RendezvousPropose, file), meets(wire.RendezvousPropose, file.With(wire.Uint16(wire.RendezvousStep, 2)))...)},
		{true, fromBOS, append(meets(wire.RendezvousPropose, file), meets(wire.RendezvousCancel, nil)...)},
		{false, fromRoom, append(frame(wire.RoomEntered, 1<<31, wire.Users{hatter}), frame(wire.RoomHear, 1<<31, words)...)},
		{false, fromRoom, append(frame(wire.RoomHear, 12, words), frame(wire.RoomGone, 1<<31, wire.Users{hatter})...)},
		{false, fromRoom, frame(wire.RoomUpdate, 1<<31, wire.RoomInfo{RoomRef: wire.RoomRef{Exchange: 4, Cookie: "4-0-tea party"}, TLVs: wire.TLVs{wire.Uint16(wire.RoomMaxText, 9)}})},
		{false, fromIcons, frame(wire.IconAnswer, 10, wire.IconFound{Name: "madhatter", Data: []byte("GIF89a")})},
		{false, fromIcons, frame(wire.IconStored, 11, wire.IconStatus{Code: 1})},
		{false, fromDirectory, frame(wire.DirFound, 9, wire.DirResults{Status: wire.DirOK, Rows: []wire.TLVs{{wire.String(wire.DirName, "Mad Hatter"), wire.String(wire.DirFirst, "Mad\xff")}}})},
		{false, fromRoomNav, frame(wire.NavReply, 11, wire.TLVs{wire.Bytes(wire.NavRoom, bytesOf(wire.RoomInfo{RoomRef: wire.RoomRef{Exchange: 4, Cookie: "4-0-croquet"}}))})},
		{true, fromBOS, meta(wire.ICQBasicReply, bytesOf(wire.ICQBasic{Country: 7}))},
		{true, fromBOS, append(meta(wire.ICQShortReply, nil), meta(wire.ICQFoundLast, bytesOf(wire.ICQFound{UIN: 200001, Nick: []byte("\xcf")}))...)},
		{true, fromBOS, append(frame(wire.ICQReply, 1<<31, wire.ICQData{Type: wire.ICQOffline, Data: stored}), frame(wire.ICQReply, 1<<31, wire.ICQData{Type: wire.ICQOfflineEnd, Data: []byte{0}})...)},
	}
}
