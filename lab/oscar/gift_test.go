package oscar

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// giver is what AIM and ICQ can besides world.Network.
type giver interface {
	Give(from, to, name string, data []byte) error
}

// offeredTo reads the offer of a file out of what a client heard, and where the file is.
func offeredTo(t *testing.T, c *client) (v wire.Rendezvous, p wire.FileProposal, at string) {
	t.Helper()
	m, err := wire.Decode[wire.Incoming](c.only(wire.ICBMReceive).Body)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := m.TLVs.Get(wire.MessageData)
	if v, err = wire.Decode[wire.Rendezvous](data); err != nil {
		t.Fatal(err)
	}
	file, _ := v.TLVs.Get(wire.RendezvousData)
	if p, err = wire.Decode[wire.FileProposal](file); err != nil {
		t.Fatal(err)
	}
	seen, _ := v.TLVs.Get(wire.RendezvousVerified)
	ip, _ := netip.AddrFromSlice(seen)
	port, _ := v.TLVs.Number(wire.RendezvousPort)
	return v, p, netip.AddrPortFrom(ip, uint16(port)).String()
}

// fetches takes a file as a client would; the errors are those of reading.
func fetches(conn net.Conn, cookie wire.Cookie) (h wire.OFTHeader, data []byte, err error) {
	if h, err = wire.ReadOFT(conn); err != nil {
		return h, nil, err
	}
	ack := h
	ack.Type, ack.Cookie = wire.OFTAck, cookie
	b, err := wire.AppendOFT(nil, ack)
	if err != nil {
		return h, nil, err
	}
	if _, err := conn.Write(b); err != nil {
		return h, nil, err
	}
	data = make([]byte, h.Size)
	n, err := io.ReadFull(conn, data)
	if err != nil {
		return h, data[:n], err
	}
	var sum wire.OFTSum
	_, _ = sum.Write(data) // never fails
	done := ack
	done.Type, done.Flags, done.Received, done.ReceivedSum = wire.OFTDone, done.Flags|wire.OFTFlagDone, h.Size, sum.Value()
	if b, err = wire.AppendOFT(nil, done); err == nil {
		_, err = conn.Write(b)
	}
	return h, data, err
}

// A file that is offered is given to who comes for it; what a fault asks for goes wrong, once.
func TestFilesAreGiven(t *testing.T) {
	const text = "at five, under the tree"
	for _, tt := range []struct {
		fault world.Fault
		wrong func(h wire.OFTHeader, data []byte, err error) bool
		given bool
	}{
		{"", func(h wire.OFTHeader, data []byte, err error) bool { return string(data) != text || err != nil }, true},
		{world.FileChecksum, func(h wire.OFTHeader, data []byte, err error) bool {
			var sum wire.OFTSum
			_, _ = sum.Write(data) // never fails
			return sum.Is(h.Checksum) || string(data) != text
		}, true}, // this client does not look at it
		{world.FileShort, func(_ wire.OFTHeader, data []byte, err error) bool {
			return !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(text, string(data))
		}, false},
		{world.FileSize, func(h wire.OFTHeader, _ []byte, err error) bool { return int(h.Size) == len(text) || err == nil }, false},
		{world.FileCookie, func(h wire.OFTHeader, _ []byte, _ error) bool { return h.Cookie == wire.Cookie{} }, true},
		{world.FileSilent, func(_ wire.OFTHeader, _ []byte, err error) bool { return err == nil }, false},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			bubble(t, Options{}, func(t *testing.T, s *Server) {
				alice, _ := friends(t, s)
				if tt.fault != "" {
					if err := s.AIM().Fault("bobwonder", tt.fault, 1); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.AIM().(giver).Give("bobwonder", "alicewonder", "tea.txt", []byte(text)); err != nil {
					t.Fatal(err)
				}
				v, p, at := offeredTo(t, alice)
				if p.Count != 1 || p.Many || int(p.Size) != len(text) || string(p.Name) != "tea.txt" || v.About != wire.CapFile {
					t.Errorf("%+v, %+v", v, p)
				}
				serve := s.ServePeer(at)
				if serve == nil || s.ServePeer("127.0.0.1:1") != nil {
					t.Fatalf("nobody at %s, or somebody at another place", at)
				}
				here, there := net.Pipe()
				defer here.Close()
				go serve(there)
				if err := here.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
					t.Fatal(err)
				}
				if h, data, err := fetches(here, v.Cookie); tt.wrong(h, data, err) {
					t.Errorf("%+v, %q, %v", h, data, err)
				}
				synctest.Wait()
				if g := s.Gifts("bobwonder"); len(g) != 1 || g[0].Given != tt.given || g[0].Accepted || g[0].Declined || g[0].Name != "tea.txt" {
					t.Errorf("%+v", g)
				}
			})
		})
	}
}

// What a client answers to an offer is noted, whether its sender has a client or not; the others' answers are not.
func TestAnswersToFiles(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		for _, from := range []string{"bobwonder", "sleeper"} {
			if err := s.AIM().(giver).Give(from, "alicewonder", "tea.txt", []byte("tea")); err != nil {
				t.Fatal(err)
			}
			v, _, _ := offeredTo(t, alice)
			for _, kind := range []uint16{wire.RendezvousAccept, wire.RendezvousCancel} {
				meet, err := wire.Encode(wire.Rendezvous{Type: kind, Cookie: v.Cookie, About: wire.CapFile})
				if err != nil {
					t.Fatal(err)
				}
				answer := wire.Outgoing{Channel: wire.ChannelRendezvous, To: from, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, meet)}}
				bob.say(wire.ICBMSend, answer)
				synctest.Wait()
				before := s.Gifts(from)[0]
				alice.say(wire.ICBMSend, answer)
				synctest.Wait()
				after := s.Gifts(from)[0]
				accepts := kind == wire.RendezvousAccept
				if before.Accepted == accepts || before.Declined || !after.Accepted || after.Declined == accepts {
					t.Errorf("%s, %d: %+v, then %+v", from, kind, before, after)
				}
			}
			alice.heard()
		}
		if err := s.AIM().(giver).Give("nosuchbody", "alicewonder", "x", nil); !errors.Is(err, world.ErrUnknown) {
			t.Error(err)
		}
	})
}

// Over TCP each file has a port of its own.
func TestFilesOverTCP(t *testing.T) {
	s, _ := listening(t, Options{})
	for _, name := range []string{"one", "two"} {
		if err := s.AIM().(giver).Give("echobot", "awaybot", name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for i, g := range s.gifts {
		conn, err := net.Dial("tcp", g.address)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		h, data, err := fetches(conn, g.cookie)
		_ = conn.Close()
		if err != nil || string(data) != g.name || string(h.Name) != g.name {
			t.Errorf("%d: %q, %v", i, data, err)
		}
	}
}
