package oscar

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// A labUser is a session in the lab whose events are heard by hand.
type labUser struct {
	t        *testing.T
	env      *transporttest.Env
	commands chan transports.Command
	events   chan transports.Event
	result   chan error
	cancel   context.CancelFunc
}

// enterAIM signs a screen name on, and takes what comes until it is quiet.
func enterAIM(t *testing.T, p *labPeer, name string) *labUser {
	ctx, cancel := context.WithCancel(t.Context())
	u := &labUser{
		t: t, env: transporttest.NewEnv(t, transports.NewSecret(world.Password)), cancel: cancel,
		commands: make(chan transports.Command), events: make(chan transports.Event), result: make(chan error, 1),
	}
	acct := transports.Account{
		Name: transports.LegacyID(name), Typed: name, Password: transports.NewSecret(world.Password),
		Presence: transports.SetPresence{Show: transports.Online},
	}
	go func() { u.result <- AIM().Run(ctx, u.env.Env(settings(), p.Dial), acct, u.commands, u.events) }()
	u.all()
	return u
}

// all is every event until nothing comes for a while.
func (u *labUser) all() []transports.Event {
	var list []transports.Event
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	for {
		select {
		case e := <-u.events:
			list = append(list, e)
		case <-timer.C:
			return list
		}
	}
}

// asks offers a command, and gives its Done and the events before it.
func (u *labUser) asks(c transports.Command) (transports.Done, []transports.Event) {
	u.t.Helper()
	var list []transports.Event
	commands := u.commands
	timer := time.NewTimer(5 * time.Minute)
	defer timer.Stop()
	for {
		select {
		case commands <- c:
			if commands = nil; transports.TagOf(c) == 0 {
				return transports.Done{}, list
			}
		case e := <-u.events:
			if d, ok := e.(transports.Done); ok && d.Tag == transports.TagOf(c) {
				return d, list
			}
			list = append(list, e)
		case <-timer.C:
			u.t.Fatalf("%T is not answered", c)
		}
	}
}

func (u *labUser) leaves() {
	u.cancel()
	for {
		select {
		case <-u.events:
		case err := <-u.result:
			if err != nil {
				u.t.Errorf("Run returned %v", err)
			}
			u.env.Finish(5 * time.Second)
			return
		}
	}
}

// inLab runs a story of two in the lab, who are not on each other's lists.
func inLab(t *testing.T, then func(p *labPeer, alice, bob *labUser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newLabPeer(t, AIM(), "alicewonder", "friend2")
		defer p.Close()
		alice, bob := enterAIM(t, p, "alicewonder"), enterAIM(t, p, "bobwonder")
		then(p, alice, bob)
		alice.leaves()
		bob.leaves()
	})
}

var testPicture = append([]byte("GIF89a"), bytes.Repeat([]byte{1}, 500)...)

func TestPicturesBothWays(t *testing.T) {
	inLab(t, func(_ *labPeer, alice, bob *labUser) {
		bob.asks(transports.AddContact{Tag: 1, ID: "alicewonder"})
		bob.all()
		if d, _ := alice.asks(transports.SetAvatar{Tag: 1, Image: &transports.Image{Type: "image/gif", Data: testPicture}}); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("set: %+v", d)
		}
		p, _ := find[transports.Presence](bob.all())
		if len(p.Avatar) != 32 {
			t.Fatalf("bob sees %+v", p)
		}
		d, _ := bob.asks(transports.FetchAvatar{Tag: 2, ID: "alicewonder", Hash: p.Avatar})
		if r, ok := d.Result.(transports.AvatarResult); !ok || r.Image.Type != "image/gif" || !bytes.Equal(r.Image.Data, testPicture) {
			t.Errorf("fetched: %+v", d)
		}
		for _, hash := range []string{"", "no hex", "00112233"} {
			d, _ := bob.asks(transports.FetchAvatar{Tag: 3, ID: "alicewonder", Hash: hash})
			r, ok := d.Result.(transports.AvatarResult)
			if hash == "00112233" && (!ok || len(r.Image.Data) > 0) || hash != "00112233" && !errors.Is(d.Err, transports.ErrUnknown) {
				t.Errorf("hash %q: %+v", hash, d)
			}
		}
		// The same again is not uploaded again; none is none.
		if d, _ := alice.asks(transports.SetAvatar{Tag: 2, Image: &transports.Image{Data: testPicture}}); d.Err != nil {
			t.Errorf("again: %+v", d)
		}
		bob.all()
		if d, _ := alice.asks(transports.SetAvatar{Tag: 3}); d.Err != nil {
			t.Errorf("none: %+v", d)
		}
		if p, ok := find[transports.Presence](bob.all()); !ok || p.Avatar != "" {
			t.Errorf("bob still sees %+v", p)
		}
		big := &transports.Image{Data: make([]byte, avatarLimits.Bytes+1)}
		if d, _ := alice.asks(transports.SetAvatar{Tag: 4, Image: big}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("too large: %+v", d)
		}
	})
}

// A server that is silent about a picture does not hold the command for ever; the next picture takes its place.
func TestAPictureOfWhichTheServerSaysNothing(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) { p.rates = withKinds(wire.IconUpload) }, func(s *story) {
		image := &transports.Image{Data: testPicture}
		s.does(transports.SetAvatar{Tag: 1, Image: image})
		s.does(transports.SetAvatar{Tag: 2, Image: &transports.Image{Data: testPicture[:len(testPicture)-1]}})
		if d := want[transports.Done](s); d.Tag != 1 || !errors.Is(d.Err, transports.ErrBusy) {
			t.Errorf("done with %+v", d)
		}
		if d := want[transports.Done](s); d.Tag != 2 || !errors.Is(d.Err, transports.ErrNoAnswer) {
			t.Errorf("done with %+v", d)
		}
	})
}

// withKinds are the rates of a server that knows kinds besides.
func withKinds(kinds ...wire.Kind) wire.Rates {
	r := todaysRates()
	r.Groups[0].Kinds = append(r.Groups[0].Kinds, kinds...)
	return r
}

// A service that BOS refuses, that names no place, that cannot be reached, that says nothing and that hangs up: each
// answers what waits for it, and the session goes on.
func TestServicesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*peer, wire.SNAC) []wire.SNAC
		want   error
	}{
		"refused":   {reply(wire.KindOf(1, wire.ErrorType), wire.Error{Code: wire.CodeServiceMissing}), transports.ErrUnsupported},
		"no place":  {reply(wire.ServiceReply, wire.TLVs{wire.Uint16(wire.TagFamily, 0x10)}), transports.ErrUnsupported},
		"nonsense":  {reply(wire.ServiceReply, wire.Words{5}), nil},
		"elsewhere": {reply(wire.ServiceReply, wire.TLVs{wire.String(wire.TagServer, "nowhere.example:1"), wire.String(wire.TagCookie, "c")}), transports.ErrNoAnswer},
		"silence":   {nil, transports.ErrNoAnswer},
		"itself":    {reply(wire.ServiceReply, wire.TLVs{wire.String(wire.TagServer, loginHost), wire.String(wire.TagCookie, "c")}), transports.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			online(t, func(p *peer, _ *transports.Account) {
				p.rates = withKinds(wire.IconQuery, wire.NavRoomCreate)
				if c.answer != nil {
					p.answers[wire.ServiceRequest] = c.answer
				}
			}, func(s *story) {
				s.does(transports.FetchAvatar{Tag: 1, ID: "madhatter", Hash: "0011"})
				s.does(transports.JoinRoom{Tag: 2, Room: "den", Create: true})
				for range 2 {
					if d := want[transports.Done](s); d.Err == nil || c.want != nil && !errors.Is(d.Err, c.want) {
						t.Errorf("done with %+v", d)
					}
				}
				s.does(transports.SetPresence{Tag: 3, Show: transports.Away})
				if d := want[transports.Done](s); d.Err != nil {
					t.Errorf("afterwards: %+v", d)
				}
			})
		})
	}
}

func TestRoomsBothWays(t *testing.T) {
	inLab(t, func(p *labPeer, alice, bob *labUser) {
		if d, _ := alice.asks(transports.SayRoom{Tag: 1, Room: "tea party", Body: plain("x")}); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("said from outside: %+v", d)
		}
		d, events := alice.asks(transports.JoinRoom{Tag: 2, Room: "tea party", Create: true, Nick: "Al"})
		joined, ok := find[transports.RoomJoined](events)
		if d.Err != nil || !ok || joined.Nick != "alicewonder" {
			t.Fatalf("joined: %+v %+v", d, events)
		}
		bob.asks(transports.JoinRoom{Tag: 1, Room: "tea party", Create: true})
		if o, ok := find[transports.Occupant](alice.all()); !ok || o.ID != "bobwonder" || !o.Here {
			t.Errorf("alice sees %+v", o)
		}
		styled := richtext.Text{Runs: []richtext.Run{{Text: "more "}, {Text: "tea", Style: richtext.Style{Bold: true}}, {Text: " & ☃"}}}
		d, events = alice.asks(transports.SayRoom{Tag: 3, Room: "tea party", Body: styled})
		if own, ok := find[transports.RoomMessage](events); d.Err != nil || !ok || !own.Own || own.From != "alicewonder" {
			t.Errorf("said: %+v %+v", d, events)
		}
		heard, _ := find[transports.RoomMessage](bob.all())
		if heard.Body.String() != "more tea & ☃" || heard.Own || heard.From != "alicewonder" || !heard.Body.Runs[1].Bold {
			t.Errorf("bob hears %+v", heard)
		}
		if d, _ := alice.asks(transports.SayRoom{Tag: 4, Room: "tea party", Body: plain(strings.Repeat("ü", 600))}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("too long: %+v", d)
		}
		d, _ = alice.asks(transports.ListRooms{Tag: 5})
		if r, _ := d.Result.(transports.RoomsResult); len(r.Rooms) != 1 || r.Rooms[0].Size != 2 {
			t.Errorf("rooms: %+v", d)
		}
		// Once more in: everything is told again.
		if d, events := alice.asks(transports.JoinRoom{Tag: 6, Room: "tea party", Create: true}); d.Err != nil || len(events) != 3 {
			t.Errorf("again: %+v %+v", d, events)
		}
		bob.asks(transports.LeaveRoom{Room: "tea party"})
		if o, ok := find[transports.Occupant](alice.all()); !ok || o.ID != "bobwonder" || o.Here {
			t.Errorf("alice sees %+v", o)
		}
		bob.all()
		// A quiet room is still there after an hour.
		time.Sleep(time.Hour)
		if d, _ := alice.asks(transports.SayRoom{Tag: 7, Room: "tea party", Body: plain("still here")}); d.Err != nil {
			t.Errorf("after an hour: %+v", d)
		}
		p.mu.Lock()
		room := p.conns[5] // two of each user for signing on, then alice's: who finds rooms, and the room
		p.mu.Unlock()
		_ = room.Close()
		if left, ok := find[transports.RoomLeft](alice.all()); !ok || left.Why == "" {
			t.Errorf("the room is gone: %+v", left)
		}
		if d, _ := alice.asks(transports.JoinRoom{Tag: 8, Room: "tea party", Create: true}); d.Err != nil {
			t.Errorf("and again: %+v", d)
		}
	})
}

func TestRoomNames(t *testing.T) {
	for id, want := range map[transports.LegacyID]struct {
		exchange uint16
		name     string
	}{
		"den": {4, "den"}, "5-lobby": {5, "lobby"}, "tea-party": {4, "tea-party"}, "5-": {4, "5-"}, "12-x": {4, "12-x"}, "5-a-b": {5, "a-b"},
	} {
		exchange, name := placeOf(id)
		if exchange != want.exchange || name != want.name || roomID(exchange, name) != id {
			t.Errorf("%s: %d %q, and back %q", id, exchange, name, roomID(exchange, name))
		}
	}
	if got := nameOf(wire.RoomRef{Cookie: "4-0-a-b"}); got != "a-b" {
		t.Errorf("a name with a hyphen is %q", got)
	}
}

func TestRoomsThatCannotBeEntered(t *testing.T) {
	inLab(t, func(_ *labPeer, alice, _ *labUser) {
		for _, room := range []transports.LegacyID{"", "5-nowhere", "UPPER", transports.LegacyID(strings.Repeat("x", maxRoomName+1)), " x"} {
			if d, _ := alice.asks(transports.JoinRoom{Tag: 1, Room: room, Create: true}); !errors.Is(d.Err, transports.ErrUnknown) {
				t.Errorf("%q: %+v", room, d)
			}
		}
		if d, _ := alice.asks(transports.JoinRoom{Tag: 2, Room: "5-lobby"}); d.Err != nil {
			t.Errorf("the lobby: %+v", d)
		}
		alice.asks(transports.LeaveRoom{Room: "nowhere"})
	})
}

func TestInvitations(t *testing.T) {
	inLab(t, func(_ *labPeer, alice, bob *labUser) {
		bob.asks(transports.JoinRoom{Tag: 1, Room: "croquet", Create: true})
		if d, _ := bob.asks(transports.InviteRoom{Tag: 2, Room: "croquet", To: "alicewonder", Reason: "spielst du? ☃"}); d.Err != nil {
			t.Fatalf("invited: %+v", d)
		}
		i, ok := find[transports.Invited](alice.all())
		if !ok || i.Room != "croquet" || i.From != "bobwonder" || i.Reason != "spielst du? ☃" {
			t.Errorf("alice hears %+v", i)
		}
		if d, _ := bob.asks(transports.InviteRoom{Tag: 3, Room: "croquet", To: "sleeper"}); !errors.Is(d.Err, transports.ErrUnavailable) {
			t.Errorf("somebody who is off: %+v", d)
		}
		if d, _ := bob.asks(transports.InviteRoom{Tag: 4, Room: "elsewhere", To: "alicewonder"}); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("from outside: %+v", d)
		}
		if d, _ := alice.asks(transports.JoinRoom{Tag: 1, Room: "croquet", Create: true}); d.Err != nil {
			t.Errorf("joined: %+v", d)
		}
		alice.asks(transports.LeaveRoom{Room: "croquet"})
		alice.asks(transports.AnswerInvite{Room: "croquet"})
		if d, _ := alice.asks(transports.ListRooms{Tag: 2}); len(d.Result.(transports.RoomsResult).Rooms) != 0 {
			t.Errorf("a declined room is listed: %+v", d)
		}
	})
}

// A file that somebody offers is declined, and the user hears of it once.
func TestAFileIsDeclined(t *testing.T) {
	online(t, nil, func(s *story) {
		proposal, err := wire.Encode(wire.FileProposal{Count: 1, Size: 1234, Name: []byte("C:\\My Pictures\\hat.gif")})
		if err != nil {
			t.Fatal(err)
		}
		for step := uint16(1); step <= 2; step++ {
			v := wire.Rendezvous{Cookie: wire.Cookie{1, 2, 3}, About: wire.CapFile, TLVs: wire.TLVs{
				wire.Uint16(wire.RendezvousStep, step), wire.Bytes(wire.RendezvousData, proposal),
			}}
			data, err := wire.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			s.peer.push(wire.ICBMReceive, wire.Incoming{
				Cookie: v.Cookie, Channel: wire.ChannelRendezvous, From: wire.User{Name: "Mad Hatter"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)},
			})
		}
		if n := want[transports.Notice](s); !strings.Contains(n.Text, "madhatter") || !strings.Contains(n.Text, "hat.gif") || strings.Contains(n.Text, "My Pictures") {
			t.Errorf("told: %s", n.Text)
		}
		said := body[wire.Outgoing](t, s.hears(wire.ICBMSend))
		value, _ := said.TLVs.Get(wire.MessageData)
		v, err := wire.Decode[wire.Rendezvous](value)
		if err != nil || v.Type != wire.RendezvousCancel || v.Cookie != (wire.Cookie{1, 2, 3}) || said.To != "madhatter" {
			t.Errorf("answered with %+v %v", v, err)
		}
		s.quiet(time.Minute)
	})
}

func TestTheDirectory(t *testing.T) {
	inLab(t, func(_ *labPeer, alice, bob *labUser) {
		fields := []transports.Field{
			{Var: "first", Value: "Alice"}, {Var: "last", Value: "Liddell"}, {Var: "city", Value: "Oxford"},
			{Var: "about", Value: "curious & small"}, {Var: "homepage", Value: "http://alice.example/"}, {Var: "phone", Value: "1"}, {Var: "nick"},
		}
		if d, _ := alice.asks(transports.SetProfile{Tag: 1, Fields: fields}); d.Err != nil {
			t.Fatalf("set: %+v", d)
		}
		d, _ := bob.asks(transports.FetchProfile{Tag: 1, ID: "alicewonder"})
		r, _ := d.Result.(transports.ProfileResult)
		if !strings.Contains(r.Text.String(), "curious & small") || len(r.Fields) != 3 || r.Fields[0].Value != "Alice" {
			t.Errorf("bob reads %+v", d)
		}
		d, _ = bob.asks(transports.Search{Tag: 2, Fields: []transports.Field{{Var: "last", Value: "liddell"}, {Var: "city", Value: "Oxford"}}})
		if r, _ := d.Result.(transports.SearchResult); len(r.Found) != 1 || r.Found[0].ID != "alicewonder" {
			t.Errorf("found %+v", d)
		}
		for _, f := range []transports.Field{{Var: "email", Value: "a@b"}, {Var: "interest", Value: "tea"}, {Var: "first", Value: "Nobody"}} {
			d, _ := bob.asks(transports.Search{Tag: 3, Fields: []transports.Field{f}})
			if r, ok := d.Result.(transports.SearchResult); !ok || len(r.Found) != 0 {
				t.Errorf("by %s: %+v", f.Var, d)
			}
		}
		if d, _ := bob.asks(transports.Search{Tag: 4, Fields: []transports.Field{{Var: "city", Value: "Oxford"}}}); !errors.Is(d.Err, transports.ErrInvalid) {
			t.Errorf("without a name: %+v", d)
		}
		// Somebody who is not there, but has an entry.
		alice.asks(transports.SetPresence{Tag: 2, Show: transports.Online, Invisible: true})
		d, _ = bob.asks(transports.FetchProfile{Tag: 5, ID: "alicewonder"})
		if r, ok := d.Result.(transports.ProfileResult); !ok || len(r.Fields) != 3 || d.Err != nil {
			t.Errorf("of somebody unseen: %+v", d)
		}
	})
}

func TestProfileMarkupFits(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("ü<", 900), strings.Repeat("x", 5000)} {
		if got := profileMarkup(text, 1000); len(got) > 1000 || (got == "") != (text == "") {
			t.Errorf("%d bytes of %d", len(got), len(text))
		}
	}
	if got := cut("aü", 2); got != "a" {
		t.Errorf("cut within a character: %q", got)
	}
}

// A server that has a picture says once more that it wants it, where it is named once more: it is there all the same.
func TestWhichPictureIsThere(t *testing.T) {
	s := newSession(aim(), transports.Env{Log: nilLog()}, "alice", nil)
	hash := []byte{0xAB, 0xCD}
	for i, step := range []struct {
		item wire.BART
		want string
	}{
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom | wire.BARTUpload, Data: hash}, ""},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom, Data: hash}, "abcd"},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom | wire.BARTUpload, Data: hash}, "abcd"},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom | wire.BARTUpload, Data: []byte{1}}, ""},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom, Data: []byte{1}}, "01"},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom, Data: wire.BARTCleared[:]}, ""},
		{wire.BART{Type: wire.BARTIcon, Flags: wire.BARTUpload, Data: []byte{1}}, ""},
		{wire.BART{Type: wire.BARTStatusText, Data: []byte{1}}, ""},
	} {
		if got := s.pictureOf("hatter", wire.BARTs{step.item}); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

// The same picture twice is one on its way, and both hear of its end.
func TestTheSamePictureTwice(t *testing.T) {
	s := newSession(aim(), transports.Env{Log: nilLog()}, "alice", nil)
	s.families = wire.Words{wire.FamilyFeedbag}
	for tag := range transports.Tag(2) {
		s.open[tag+1] = struct{}{}
		s.setAvatar(transports.SetAvatar{Tag: tag + 1, Image: &transports.Image{Data: []byte("GIF89a")}})
	}
	if len(s.edits) != 1 || len(s.events) != 0 {
		t.Fatalf("%d edits, %+v", len(s.edits), s.events)
	}
	s.iconDone(nil)
	if len(s.events) != 2 {
		t.Errorf("%+v", s.events)
	}
}

// A picture that is not the one of its name is dropped, and the log tells: it would be kept under that name.
func TestAPictureOfAnotherName(t *testing.T) {
	sum := md5.Sum(testPicture)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"its own":        {testPicture, nil},
		"another":        {testPicture[:len(testPicture)-1], transports.ErrInvalid},
		"none":           {nil, nil},
		"one that grows": {bytes.Repeat(testPicture, 100), transports.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			s := newSession(aim(), transports.Env{Log: slog.New(slog.NewTextHandler(&log, nil))}, "alice", nil)
			s.services.dial = func(*service, string) {}
			s.lanes = newLanes(withKinds(wire.ServiceRequest), time.Now())
			s.families = wire.Words{wire.FamilyService, wire.FamilyIcons}
			s.open[1] = struct{}{}
			s.fetchAvatar(transports.FetchAvatar{Tag: 1, ID: "madhatter", Hash: hex.EncodeToString(sum[:])})
			if len(s.services.all) != 1 || len(s.services.all[0].todo) != 1 {
				t.Fatalf("%+v", s.events)
			}
			body, err := wire.Encode(wire.IconFound{Name: "madhatter", Data: c.data})
			if err != nil {
				t.Fatal(err)
			}
			s.services.all[0].todo[0].request.finish(s, wire.SNAC{Body: body}, nil)
			d, ok := s.events[0].(transports.Done)
			if !ok || !errors.Is(d.Err, c.want) || (c.want != nil) != (d.Result == nil) {
				t.Errorf("%+v", s.events)
			}
			if r, ok := d.Result.(transports.AvatarResult); ok && !bytes.Equal(r.Image.Data, c.data) {
				t.Errorf("%+v", r)
			}
			if (c.want != nil) != strings.Contains(log.String(), "dropped") {
				t.Errorf("the log says %q", log.String())
			}
		})
	}
}
