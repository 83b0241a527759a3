package oscar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// lies are bodies whose lengths say something else than is there.
func lies(t *testing.T, honest wire.Body) [][]byte {
	t.Helper()
	b, err := wire.Encode(honest)
	if err != nil {
		t.Fatal(err)
	}
	list := [][]byte{nil, {0}, {0xFF}, bytes.Repeat([]byte{0xFF}, 300), bytes.Repeat([]byte{0}, 300)}
	for n := range len(b) {
		list = append(list, b[:n])
		for _, v := range []byte{0, 1, 0x7F, 0xFF} {
			worse := bytes.Clone(b)
			worse[n] = v
			list = append(list, worse)
		}
	}
	return list
}

// Whatever others can make the server say with wrong lengths, the session lives on, answers, and tells its user nothing of
// it but, at most, one notice.
func TestLengthsThatLie(t *testing.T) {
	from := wire.User{Name: "Mad Hatter", TLVs: wire.TLVs{wire.Uint16(wire.UserClass, wire.ClassAway)}}
	file, err := wire.Encode(wire.FileProposal{Count: 1, Size: 1, Name: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	meets, err := wire.Encode(wire.Rendezvous{About: wire.CapFile, TLVs: wire.TLVs{wire.Uint16(wire.RendezvousStep, 1), wire.Bytes(wire.RendezvousData, file)}})
	if err != nil {
		t.Fatal(err)
	}
	own, err := wire.Encode(wire.ICQMessage{From: 12345, Type: wire.ICQPlain, Text: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		kind wire.Kind
		body wire.Body
	}{
		{"text", wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelText, From: from, TLVs: wire.TLVs{messageTLV(t, undeclared("hi"))}}},
		{"rendezvous", wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelRendezvous, From: from, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, meets)}}},
		{"ICQ's own", wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelICQ, From: wire.User{Name: "12345"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, own)}}},
		{"presence", wire.BuddyArrived, wire.Users{from}},
		{"list", wire.FeedbagUpdate, aliceList()[3:5]},
		{"typing", wire.ICBMTyping, wire.TypingNote{Channel: 1, Name: "Mad Hatter", Event: 2}},
		{"missed", wire.ICBMMissed, wire.MissedList{{Channel: 1, From: from, Count: 1, Reason: 1}}},
		{"authorisation", wire.FeedbagAuthAsked, wire.AuthAsk{Name: "12345", Reason: "x"}},
		{"announcement", wire.MessageOfDay, wire.Motd{Type: 3, TLVs: wire.TLVs{wire.String(wire.MotdText, "tea")}}},
		{"picture", wire.IconReply, wire.BART{Type: wire.BARTIcon, Data: []byte("x")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			online(t, nil, func(s *story) {
				list := lies(t, tt.body)
				go func() { // the session stops listening while its events are not received
					for _, b := range list {
						s.peer.frame(s.peer.bos, wire.Data, wire.SNAC{Kind: tt.kind, Request: 1 << 31, Body: b})
					}
					s.peer.push(wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelText, From: wire.User{Name: "dormouse"}, TLVs: wire.TLVs{messageTLV(t, undeclared("still here"))}})
				}()
				notices := 0
				for {
					e := s.next(time.Minute)
					if e == nil {
						t.Fatal("the session is gone")
					}
					if n, ok := e.(transports.Notice); ok {
						if !utf8.ValidString(n.Text) || len(n.Text) > 10000 {
							t.Errorf("notice %.100q", n.Text)
						}
						if strings.Contains(fold(n.Text), "madhatter") { // a changed name is somebody else's
							notices++
						}
					}
					if m, ok := e.(transports.Message); ok && m.Body.String() == "still here" {
						break
					}
				}
				if notices > 1 {
					t.Errorf("%d notices", notices)
				}
			})
		})
	}
}

// SNACs that nobody knows, of families known and not, and errors of which nobody has asked, are passed over in silence.
func TestSNACsThatNobodyKnows(t *testing.T) {
	online(t, nil, func(s *story) {
		for family := range uint16(0x30) {
			for _, kind := range []uint16{0x0000, wire.ErrorType, 0x00FE, 0xFFFF} {
				k := wire.KindOf(family, kind)
				s.peer.frame(s.peer.bos, wire.Data, wire.SNAC{Kind: k, Request: 1 << 31, Body: []byte{0, 1, 0xFF}})
				s.peer.frame(s.peer.bos, wire.Data, wire.SNAC{Kind: k, Flags: 0x8001, Request: 7, Body: []byte{0, 2, 0, 6, 0, 0}})
			}
		}
		s.peer.frame(s.peer.bos, 9, wire.TLVs{}) // nor is that a channel
		s.quiet(time.Minute)
		s.does(transports.SendMessage{Tag: 1, To: "dormouse", Body: plain("still here")})
		if d := want[transports.Done](s); d.Err != nil {
			t.Errorf("%+v", d)
		}
	})
}

// One who offers files without end costs one notice.
func TestFilesWithoutEnd(t *testing.T) {
	online(t, nil, func(s *story) {
		file, err := wire.Encode(wire.FileProposal{Count: 1, Size: 7, Name: []byte("..\\..\\x\xff.txt")})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			v := wire.Rendezvous{About: wire.CapFile, TLVs: wire.TLVs{wire.Uint16(wire.RendezvousStep, 1), wire.Bytes(wire.RendezvousData, file)}}
			binary.BigEndian.PutUint64(v.Cookie[:], uint64(i))
			data, err := wire.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			s.peer.push(wire.ICBMReceive, wire.Incoming{Cookie: v.Cookie, Channel: wire.ChannelRendezvous, From: wire.User{Name: "Mad Hatter"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)}})
		}
		if n := want[transports.Notice](s); !strings.Contains(n.Text, "(xÿ.txt, 7 bytes)") {
			t.Error(n.Text)
		}
		s.does(transports.SendMessage{Tag: 1, To: "dormouse", Body: plain("x")})
		begun := time.Now()
		if d := want[transports.Done](s); d.Err != nil || time.Since(begun) > 30*time.Second {
			t.Errorf("after %v: %+v", time.Since(begun), d)
		}
	})
}

// A list with names of 64 KiB, in charsets of other days, and with numbers that are taken twice.
func TestAListOfNonsense(t *testing.T) {
	long := strings.Repeat("\xe9", 60<<10)
	list := wire.Items{
		{Class: wire.GroupItem},
		{Name: "Caf\xe9", Group: 1, Class: wire.GroupItem},
		{Name: "Caf\xe9", Group: 2, Class: wire.GroupItem},
		{Name: long, Group: 3, Class: wire.GroupItem},
		{Name: "dormouse", Group: 1, ID: 1, TLVs: wire.TLVs{wire.String(wire.ItemAlias, "Th\xe9")}},
		{Name: "dormouse", Group: 2, ID: 1},
		{Name: "madhatter", Group: 3, ID: 1, TLVs: wire.TLVs{wire.String(wire.ItemAlias, long[:50<<10])}},
		{Name: long, Group: 3, ID: 2},
		{Name: "", Group: 9, ID: 9},
	}
	tell(t, func(p *peer, _ *transports.Account) {
		p.list = nil
		for _, i := range list { // each is as large as a frame
			p.list = append(p.list, wire.Feedbag{Items: wire.Items{i}})
		}
	}, func(s *story) {
		_, got := s.signOn()
		if len(got.Contacts) != 2 {
			t.Fatalf("%.1000v", got.Contacts)
		}
		for _, c := range got.Contacts {
			for _, name := range append([]string{c.Name}, c.Groups...) {
				if !utf8.ValidString(name) || len(name) > maxListName {
					t.Errorf("%s: a name of %d bytes", c.ID, len(name))
				}
			}
		}
		if c := got.Contacts[0]; c.ID != "dormouse" || c.Name != "Thé" || fmt.Sprint(c.Groups) != "[Café]" {
			t.Errorf("%+v", c)
		}
		// What is called so already is found: nothing is made twice, and nothing goes round in circles.
		s.does(transports.ChangeContact{Tag: 1, ID: "dormouse", Name: "Thé", Groups: []string{"Café"}})
		if d := want[transports.Done](s); d.Err != nil {
			t.Errorf("%+v", d)
		}
		select {
		case q := <-s.peer.heard:
			if q.Kind.Family() == wire.FamilyFeedbag {
				t.Errorf("the list is written: %v", q.Kind)
			}
		default:
		}
	})
}
