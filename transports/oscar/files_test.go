package oscar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"imgate/transports"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// senderAt is where the server sees who offers files in these stories.
const senderAt = "192.0.2.7:5190"

// A sharing is a session for which files are switched on, and somebody's machine with a file.
type sharing struct {
	*story
	gives   func(net.Conn) // what the machine does with a connection; nil: it refuses
	capable bool           // others are told that files are taken

	mu    sync.Mutex // guards what follows: the session connects in goroutines of its own
	asked []string   // addresses that were connected to
	wait  sync.WaitGroup
}

// shares runs a story with files switched on.
func shares(t *testing.T, then func(*sharing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &sharing{story: &story{
			t: t, peer: newPeer(t), env: transporttest.NewEnv(t, transports.NewSecret(password)), cancel: cancel,
			commands: make(chan transports.Command), events: make(chan transports.Event), result: make(chan error, 1),
		}}
		s.peer.answers[wire.SetInfo] = capabilities(&s.capable)
		env := s.env.Env(withFiles(), s.dial)
		go func() { s.result <- AIM().Run(ctx, env, alice(), s.commands, s.events) }()
		s.signOn()
		then(s)
		cancel()
		for s.next(time.Hour) != nil {
		}
		s.env.Finish(5 * time.Second)
		s.peer.Close()
		s.wait.Wait()
	})
}

func (s *sharing) dial(ctx context.Context, address string) (net.Conn, error) {
	if address == loginHost || address == bosAddress {
		return s.peer.Dial(ctx, address)
	}
	s.mu.Lock()
	s.asked = append(s.asked, address)
	s.mu.Unlock()
	if s.gives == nil {
		return nil, errors.New("connection refused")
	}
	here, there := net.Pipe()
	s.wait.Go(func() {
		defer there.Close()
		s.gives(there)
	})
	return here, nil
}

func (s *sharing) addresses() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.asked, " ")
}

// located are the TLVs of where a sender is, as the server leaves them.
func located(seen ...byte) wire.TLVs {
	return wire.TLVs{
		wire.Uint16(wire.RendezvousStep, 1), wire.Bytes(wire.RendezvousClient, seen), wire.Bytes(wire.RendezvousAddress, []byte{10, 0, 0, 1}),
		wire.Uint16(wire.RendezvousPort, 5190), wire.Bytes(wire.RendezvousVerified, seen),
	}
}

func aFile(t testing.TB, p wire.FileProposal) wire.TLV {
	t.Helper()
	b, err := wire.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Bytes(wire.RendezvousData, b)
}

var tarts = wire.Cookie{'t', 'a', 'r', 't', 's'}

// says is something about a file, from the hatter.
func (s *sharing) says(kind uint16, cookie wire.Cookie, tlvs wire.TLVs) {
	s.t.Helper()
	data, err := wire.Encode(wire.Rendezvous{Type: kind, Cookie: cookie, About: wire.CapFile, TLVs: tlvs})
	if err != nil {
		s.t.Fatal(err)
	}
	s.peer.push(wire.ICBMReceive, wire.Incoming{
		Cookie: cookie, Channel: wire.ChannelRendezvous, From: wire.User{Name: "Mad Hatter"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)},
	})
}

// offers offers a file that can be had.
func (s *sharing) offers(size int) transports.FileOffer {
	s.t.Helper()
	s.says(wire.RendezvousPropose, tarts, append(located(192, 0, 2, 7), aFile(s.t, wire.FileProposal{Count: 1, Size: uint32(size), Name: []byte("tarts.txt")})))
	return want[transports.FileOffer](s.story)
}

// takes takes an offer.
func (s *sharing) takes(o transports.FileOffer) transports.Opener {
	s.t.Helper()
	s.does(transports.AnswerFile{Tag: 1, Offer: o.Offer, Accept: true})
	data := want[transports.FileData](s.story)
	if d := want[transports.Done](s.story); d.Err != nil || data.Offer != o.Offer {
		s.t.Fatalf("%+v, %+v", d, data)
	}
	return data.Open
}

// reads reads a file to its end, while the session goes on.
func (s *sharing) reads(open transports.Opener) (got []byte, err error) {
	s.t.Helper()
	body, err := open(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	got, err = io.ReadAll(body)
	_ = body.Close()
	return got, err
}

// answers is the type of the next rendezvous that the session sends.
func (s *sharing) answers() uint16 {
	s.t.Helper()
	m := body[wire.Outgoing](s.t, s.hears(wire.ICBMSend))
	value, _ := m.TLVs.Get(wire.MessageData)
	v, err := wire.Decode[wire.Rendezvous](value)
	if err != nil || m.Channel != wire.ChannelRendezvous || v.Cookie != m.Cookie || v.About != wire.CapFile || fold(m.To) != "madhatter" {
		s.t.Fatalf("%+v, %+v, %v", m, v, err)
	}
	return v.Type
}

// A sender is what a machine says of one file.
type sender struct {
	head   func(*wire.OFTHeader) // changes the first header
	raw    []byte                // instead of it
	body   []byte
	cut    int             // bytes of the body that never come
	pause  time.Duration   // between pieces
	silent bool            // it says nothing
	done   *wire.OFTHeader // what it heard at the end
}

func (x *sender) gives(t testing.TB) func(net.Conn) {
	return func(conn net.Conn) {
		if x.silent {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		var sum wire.OFTSum
		_, _ = sum.Write(x.body)
		h := wire.NewOFT(wire.OFTPrompt, []byte("tarts.txt"), uint32(len(x.body)), sum.Value())
		if x.head != nil {
			x.head(&h)
		}
		b, err := wire.AppendOFT(nil, h)
		if err != nil {
			t.Error(err)
		}
		if x.raw != nil {
			b = x.raw
		}
		if _, err := conn.Write(b); err != nil {
			return
		}
		ack, err := wire.ReadOFT(conn)
		if err != nil {
			return
		}
		if ack.Type != wire.OFTAck || ack.Cookie != tarts || ack.Size != h.Size || string(ack.Name) != "tarts.txt" {
			t.Errorf("acknowledged by %+v", ack)
		}
		for rest := x.body[:len(x.body)-x.cut]; len(rest) > 0; {
			n := min(999, len(rest))
			if _, err := conn.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
			time.Sleep(x.pause)
		}
		if x.cut > 0 && x.pause == 0 {
			return // breaks off
		}
		if done, err := wire.ReadOFT(conn); err == nil {
			x.done = &done
		}
	}
}

// A file comes whole: its sender is told that it is wanted, is connected to where the server sees it, and hears that it is there.
func TestFileComes(t *testing.T) {
	for _, size := range []int{0, 1, 100_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			shares(t, func(s *sharing) {
				x := &sender{body: bytes.Repeat([]byte("tart!"), size)[:size]}
				s.gives = x.gives(t)
				offer := s.offers(size)
				if offer.From != "madhatter" || offer.Name != "tarts.txt" || offer.Size != int64(size) {
					t.Fatalf("%+v", offer)
				}
				open := s.takes(offer)
				s.quiet(5 * time.Minute) // the gateway has others to move first
				if at := s.addresses(); at != "" {
					t.Errorf("connected to %s before anybody wants the file", at)
				}
				got, err := s.reads(open)
				if err != nil || !bytes.Equal(got, x.body) {
					t.Fatalf("%d bytes, %v", len(got), err)
				}
				if kind := s.answers(); kind != wire.RendezvousAccept {
					t.Errorf("answered by %d", kind)
				}
				synctest.Wait()
				d := x.done
				if d == nil || d.Type != wire.OFTDone || d.Cookie != tarts || int(d.Received) != size || d.Flags != wire.OFTFlag|wire.OFTFlagDone {
					t.Errorf("at the end it heard %+v", d)
				}
				if at := s.addresses(); at != senderAt {
					t.Errorf("connected to %s", at)
				}
				if _, err := open(context.Background()); !errors.Is(err, transports.ErrUnknown) {
					t.Errorf("opened again: %v", err)
				}
				s.does(transports.AnswerFile{Tag: 2, Offer: offer.Offer, Accept: true})
				if d := want[transports.Done](s.story); !errors.Is(d.Err, transports.ErrUnknown) {
					t.Errorf("%+v", d)
				}
				s.quiet(time.Hour)
			})
		})
	}
}

// Whatever the machine of a sender does wrong ends its file, within a time, and nothing else; where nobody came, its sender is told.
func TestFilesThatGoWrong(t *testing.T) {
	body := bytes.Repeat([]byte("tart!"), 2000)
	long := wire.NewOFT(wire.OFTPrompt, bytes.Repeat([]byte("n"), wire.MaxOFTName), 10_000, 0)
	tooLong, err := wire.AppendOFT(nil, long)
	if err != nil {
		t.Fatal(err)
	}
	tooLong[4], tooLong[5] = 0xFF, 0xFF
	head := func(f func(*wire.OFTHeader)) *sender { return &sender{body: body, head: f} }
	for _, tt := range []struct {
		name   string
		sender *sender
		within time.Duration
		want   error
		says   string
	}{
		{"nobody listens", nil, time.Second, transports.ErrUnavailable, "connection refused"},
		{"silence", &sender{silent: true}, time.Minute, transports.ErrNoAnswer, "says nothing"},
		{"noise", &sender{raw: bytes.Repeat([]byte("HTTP/1.1 200 OK\r\n"), 20)}, time.Second, transports.ErrInvalid, "no OFT2 header"},
		{"half a header", &sender{raw: []byte("OFT2\x01\x00\x01\x01")}, time.Minute, transports.ErrNoAnswer, "says nothing"},
		{"a header without end", &sender{raw: tooLong}, time.Second, transports.ErrInvalid, "65535 bytes"},
		{"a wrong checksum", head(func(h *wire.OFTHeader) { h.Checksum ^= 0x10000 }), time.Second, transports.ErrInvalid, "checksum"},
		{"another size", head(func(h *wire.OFTHeader) { h.Size++ }), time.Second, transports.ErrInvalid, "10001 bytes where 10000 were offered"},
		{"a huge size", head(func(h *wire.OFTHeader) { h.Size = 0xFFFFFFFF }), time.Second, transports.ErrInvalid, "4294967295 bytes"},
		{"another cookie", head(func(h *wire.OFTHeader) { h.Cookie[0] = 1 }), time.Second, transports.ErrInvalid, "another file"},
		{"another header", head(func(h *wire.OFTHeader) { h.Type = wire.OFTDone }), time.Second, transports.ErrInvalid, "kind 0204"},
		{"compressed", head(func(h *wire.OFTHeader) { h.Compression = 1 }), time.Second, transports.ErrInvalid, "not offered"},
		{"encrypted", head(func(h *wire.OFTHeader) { h.Encryption = 1 }), time.Second, transports.ErrInvalid, "not offered"},
		{"two files", head(func(h *wire.OFTHeader) { h.Files = 2 }), time.Second, transports.ErrInvalid, "not offered"},
		{"it breaks off", &sender{body: body, cut: 1}, time.Second, transports.ErrInvalid, "breaks off"},
		{"it stops", &sender{body: body, cut: 1, pause: time.Second}, 2 * time.Minute, transports.ErrNoAnswer, "says nothing"},
		{"it takes for ever", &sender{body: body, pause: 50 * time.Second * 3}, 3 * time.Minute, transports.ErrNoAnswer, "says nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shares(t, func(s *sharing) {
				if tt.sender != nil {
					s.gives = tt.sender.gives(t)
				}
				open := s.takes(s.offers(len(body)))
				begun := time.Now()
				got, err := s.reads(open)
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || len(got) > len(body) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				if took := time.Since(begun); took > tt.within {
					t.Errorf("it took %v", took)
				}
				if kind := s.answers(); kind != wire.RendezvousAccept {
					t.Errorf("answered by %d", kind)
				}
				if tt.sender == nil && s.answers() != wire.RendezvousCancel {
					t.Error("the sender is left to wait")
				}
				if tt.sender != nil && tt.sender.done != nil {
					t.Errorf("thanked by %+v", tt.sender.done)
				}
				s.does(transports.SendMessage{Tag: 9, To: "dormouse", Body: plain("still here")})
				if d := want[transports.Done](s.story); d.Err != nil {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

// One byte now and then for ever is too slow for the whole, though never idle.
func TestFileThatDrips(t *testing.T) {
	shares(t, func(s *sharing) {
		x := &sender{body: bytes.Repeat([]byte("tart!"), 20_000), pause: 50 * time.Second}
		s.gives = x.gives(t)
		open := s.takes(s.offers(len(x.body)))
		begun := time.Now()
		_, err := s.reads(open)
		if !errors.Is(err, transports.ErrNoAnswer) || time.Since(begun) != fetchWithin {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

// opened is a file of many pieces that somebody gives, and who gives it.
func opened(t *testing.T, s *sharing) (*sender, io.ReadCloser) {
	t.Helper()
	x := &sender{body: bytes.Repeat([]byte("tart!"), 20_000)}
	s.gives = x.gives(t)
	body, err := s.takes(s.offers(len(x.body)))(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return x, body
}

// Who reads no more ends the fetching, and so does a reader that stands still until its time is over.
func TestFileThatNobodyReads(t *testing.T) {
	shares(t, func(s *sharing) {
		x, body := opened(t, s)
		if _, err := io.ReadFull(body, make([]byte, 10)); err != nil {
			t.Error(err)
		}
		_ = body.Close()
		s.wait.Wait() // the sender sees the end
		if x.done != nil {
			t.Errorf("thanked by %+v", x.done)
		}
	})
	shares(t, func(s *sharing) {
		_, body := opened(t, s)
		s.quiet(fetchWithin + time.Minute)
		if _, err := io.ReadAll(body); !errors.Is(err, transports.ErrNoAnswer) {
			t.Error(err)
		}
	})
	shares(t, func(s *sharing) { // the context of the reader
		s.gives = (&sender{silent: true}).gives(t)
		ctx, cancel := context.WithCancel(context.Background())
		body, err := s.takes(s.offers(10))(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := io.ReadAll(body); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	shares(t, func(s *sharing) { // nobody opens it at all
		open := s.takes(s.offers(10))
		s.quiet(openWithin + time.Minute)
		if kind := s.answers(); kind != wire.RendezvousCancel {
			t.Errorf("answered by %d", kind)
		}
		if _, err := s.reads(open); !errors.Is(err, transports.ErrNoAnswer) {
			t.Error(err)
		}
	})
}

// A file that its sender takes back is gone: before the user's answer, before it is opened, while it comes.
func TestFileWithdrawn(t *testing.T) {
	shares(t, func(s *sharing) {
		offer := s.offers(10)
		s.says(wire.RendezvousCancel, wire.Cookie{'n', 'o', 't'}, nil) // none of ours
		s.says(wire.RendezvousCancel, tarts, wire.TLVs{wire.Uint16(wire.RendezvousReason, 0)})
		s.quiet(time.Second)
		s.does(transports.AnswerFile{Tag: 1, Offer: offer.Offer, Accept: true})
		if d := want[transports.Done](s.story); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("%+v", d)
		}
	})
	shares(t, func(s *sharing) {
		s.gives = (&sender{silent: true}).gives(t)
		open := s.takes(s.offers(10))
		s.says(wire.RendezvousCancel, tarts, nil)
		s.quiet(time.Second)
		if _, err := s.reads(open); !errors.Is(err, errWithdrawn) || s.addresses() != "" {
			t.Errorf("%v, connected to %q", err, s.addresses())
		}
	})
	shares(t, func(s *sharing) {
		s.gives = (&sender{silent: true}).gives(t)
		open := s.takes(s.offers(10))
		body, err := open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		s.quiet(time.Second)
		s.says(wire.RendezvousCancel, tarts, nil)
		if _, err := io.ReadAll(body); !errors.Is(err, errWithdrawn) {
			t.Error(err)
		}
	})
}

// The session's end ends its files.
func TestFileEndsWithTheSession(t *testing.T) {
	for _, end := range []func(*sharing){func(s *sharing) { s.cancel() }, func(s *sharing) { s.peer.Drop() }} {
		shares(t, func(s *sharing) {
			s.gives = (&sender{silent: true}).gives(t)
			body, err := s.takes(s.offers(10))(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			s.quiet(time.Second)
			end(s)
			for s.next(time.Minute) != nil {
			}
			if _, err := io.ReadAll(body); !errors.Is(err, transports.ErrDisconnected) {
				t.Error(err)
			}
		})
	}
}

// What cannot be had is declined, and the user is told why, once; nothing is connected to.
func TestFilesThatCannotBeHad(t *testing.T) {
	file := func(p wire.FileProposal) wire.TLV { return aFile(t, p) }
	one := file(wire.FileProposal{Count: 1, Size: 7, Name: []byte("a.txt")})
	for _, tt := range []struct {
		name string
		tlvs wire.TLVs
		says string
	}{
		{"a folder", append(located(192, 0, 2, 7), file(wire.FileProposal{Many: true, Count: 2, Size: 7, Name: []byte("all")})), "(all, 7 bytes). Of several files at once"},
		{"two files", append(located(192, 0, 2, 7), file(wire.FileProposal{Count: 2, Size: 7, Name: []byte("a.txt")})), "Of several files at once"},
		{"by proxy", append(located(192, 0, 2, 7), one, wire.Flag(wire.RendezvousProxy)), "proxy"},
		{"no word of the file", located(192, 0, 2, 7), "Nothing is said of the file"},
		{"no port", append(located(192, 0, 2, 7).Without(wire.RendezvousPort), one), "where the sender is"},
		{"port 0", append(located(192, 0, 2, 7).With(wire.Uint16(wire.RendezvousPort, 0)), one), "where the sender is"},
		{"port 65536", append(located(192, 0, 2, 7).With(wire.Uint32(wire.RendezvousPort, 65536)), one), "where the sender is"},
		{"nothing verified", append(located(192, 0, 2, 7).Without(wire.RendezvousVerified), one), "where the sender is"},
		{"verified by the sender alone", append(located(192, 0, 2, 7).Without(wire.RendezvousClient), one), "where the sender is"},
		{"verified nothing", append(located(192, 0, 2, 7).With(wire.Flag(wire.RendezvousVerified)), one), "where the sender is"},
		{"verified 16 bytes", append(located(192, 0, 2, 7).With(wire.Bytes(wire.RendezvousVerified, make([]byte, 16))), one), "where the sender is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shares(t, func(s *sharing) {
				s.says(wire.RendezvousPropose, tarts, tt.tlvs)
				if n := want[transports.Notice](s.story); !strings.Contains(n.Text, tt.says) || !strings.HasSuffix(n.Text, "; it was declined.") {
					t.Error(n.Text)
				}
				if kind := s.answers(); kind != wire.RendezvousCancel {
					t.Errorf("answered by %d", kind)
				}
				s.quiet(time.Minute)
				if s.addresses() != "" {
					t.Errorf("connected to %s", s.addresses())
				}
			})
		})
	}
}

// The address is what the server has seen, and nothing that the sender wrote: the last of those that say "verified".
func TestWhereAFileIs(t *testing.T) {
	shares(t, func(s *sharing) {
		forged := append(wire.TLVs{wire.Bytes(wire.RendezvousVerified, []byte{127, 0, 0, 1})}, located(192, 0, 2, 7)...)
		s.says(wire.RendezvousPropose, tarts, append(forged, aFile(t, wire.FileProposal{Count: 1, Size: 7, Name: []byte("a.txt")})))
		open := s.takes(want[transports.FileOffer](s.story))
		if _, err := s.reads(open); !errors.Is(err, transports.ErrUnavailable) || s.addresses() != senderAt {
			t.Errorf("%v, connected to %s", err, s.addresses())
		}
	})
}

// Who is invisible is not shown by a file: nobody is connected to, and nobody gets an answer, files switched on or not.
func TestFileWhileInvisible(t *testing.T) {
	shares(t, func(s *sharing) {
		s.does(transports.SetPresence{Tag: 1, Show: transports.Online, Invisible: true})
		if d := want[transports.Done](s.story); d.Err != nil {
			t.Fatalf("%+v", d)
		}
		s.says(wire.RendezvousPropose, tarts, append(located(192, 0, 2, 7), aFile(t, wire.FileProposal{Count: 1, Size: 7, Name: []byte("a.txt")})))
		if n := want[transports.Notice](s.story); !strings.Contains(n.Text, "left unanswered, since you are invisible") {
			t.Error(n.Text)
		}
		s.quiet(time.Hour)
		for len(s.peer.heard) > 0 {
			if q := <-s.peer.heard; q.Kind == wire.ICBMSend {
				t.Errorf("said % X", q.Body)
			}
		}
		if s.addresses() != "" {
			t.Errorf("connected to %s", s.addresses())
		}
	})
	online(t, nil, func(s *story) {
		s.does(transports.SetPresence{Tag: 1, Show: transports.Online, Invisible: true})
		want[transports.Done](s)
		x := sharing{story: s}
		x.says(wire.RendezvousPropose, tarts, wire.TLVs{wire.Uint16(wire.RendezvousStep, 1)})
		if n := want[transports.Notice](s); !strings.Contains(n.Text, "left unanswered") {
			t.Error(n.Text)
		}
		s.quiet(time.Minute)
		for len(s.peer.heard) > 0 {
			if q := <-s.peer.heard; q.Kind == wire.ICBMSend {
				t.Errorf("said % X", q.Body)
			}
		}
	})
}

// A second proposal under the same cookie is another way to the same file: there is none.
func TestFileByAnotherWay(t *testing.T) {
	shares(t, func(s *sharing) {
		offer := s.offers(10)
		again := append(located(192, 0, 2, 8), aFile(t, wire.FileProposal{Count: 1, Size: 10, Name: []byte("tarts.txt")}))
		s.says(wire.RendezvousPropose, tarts, again) // the same once more
		s.quiet(time.Second)
		s.says(wire.RendezvousPropose, tarts, again.With(wire.Uint16(wire.RendezvousStep, 3)))
		if n := want[transports.Notice](s.story); !strings.Contains(n.Text, "another way") {
			t.Error(n.Text)
		}
		if kind := s.answers(); kind != wire.RendezvousCancel {
			t.Errorf("answered by %d", kind)
		}
		s.does(transports.AnswerFile{Tag: 1, Offer: offer.Offer, Accept: true})
		if d := want[transports.Done](s.story); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("%+v", d)
		}
	})
}

// The user's no is told to the sender; and of offers without end only so many are kept.
func TestFilesDeclined(t *testing.T) {
	shares(t, func(s *sharing) {
		s.does(transports.AnswerFile{Tag: 1, Offer: s.offers(10).Offer})
		if d := want[transports.Done](s.story); d.Err != nil || s.answers() != wire.RendezvousCancel {
			t.Errorf("%+v", d)
		}
		told := 0
		for i := range byte(200) {
			s.says(wire.RendezvousPropose, wire.Cookie{i}, append(located(192, 0, 2, 7), aFile(t, wire.FileProposal{Count: 1, Size: 1, Name: []byte("x")})))
		}
		for e := s.next(time.Second); e != nil; e = s.next(time.Second) {
			switch e := e.(type) {
			case transports.FileOffer:
				told++
			case transports.Notice:
				if !strings.Contains(e.Text, "too many files") {
					t.Error(e.Text)
				}
			}
		}
		if told != maxOffers {
			t.Errorf("%d offers", told)
		}
	})
}

// A name is the last part of a path in the charset that is said, and short.
func TestNamesOfFiles(t *testing.T) {
	for _, tt := range []struct{ name, charset, want string }{
		{"C:\\My Pictures\\hat.gif", "", "hat.gif"},
		{"/home/hatter/hat.gif\x00of felt", "us-ascii", "hat.gif"},
		{"gr\xc3\xbc\xc3\x9fe.txt", "utf-8", "grüße.txt"},
		{"gr\xfc\xdfe.txt", "iso-8859-1", "grüße.txt"},
		{"\x00a\x26\x03\x01\x00", "unicode-2-0", "a☃Ā"},
		{"\x00a\x00\x00\x00b", "Unicode-2-0", "a"},
		{"..\\..\\..", "", "file"},
		{strings.Repeat("d/", 400) + "x.txt", "", "x.txt"},
		{strings.Repeat("ü", 300), "utf-8", strings.Repeat("ü", maxFileName/2)},
		{"", "", "file"},
		{"///", "", "file"},
	} {
		shares(t, func(s *sharing) {
			tlvs := append(located(192, 0, 2, 7), aFile(t, wire.FileProposal{Count: 1, Size: 1, Name: []byte(tt.name)}))
			if tt.charset != "" {
				tlvs = append(tlvs, wire.String(wire.RendezvousDataCharset, tt.charset))
			}
			s.says(wire.RendezvousPropose, tarts, tlvs)
			for {
				e := s.next(time.Minute)
				if _, learned := e.(transports.Learned); learned {
					continue
				}
				if offer, ok := e.(transports.FileOffer); !ok || offer.Name != tt.want {
					t.Errorf("%q: %+v", tt.name, e)
				}
				break
			}
		})
	}
}

// Files are said to be possible, and that they are unproven, only where they are switched on.
func TestFilesAreSwitchedOn(t *testing.T) {
	n := network{aim()}
	if got := n.Unproven(settings()); got != nil {
		t.Error(got)
	}
	if got := n.Unproven(withFiles()); len(got) != 1 || !strings.Contains(got[0], "files") {
		t.Error(got)
	}
	shares(t, func(s *sharing) {
		synctest.Wait()
		if !s.capable {
			t.Error("others are not told that files are taken")
		}
	})
	capable := false
	online(t, func(p *peer, _ *transports.Account) { p.answers[wire.SetInfo] = capabilities(&capable) }, func(s *story) {
		s.does(transports.AnswerFile{Tag: 1, Offer: "1", Accept: true})
		synctest.Wait()
		if d := want[transports.Done](s); !errors.Is(d.Err, transports.ErrUnsupported) || capable {
			t.Errorf("%+v", d)
		}
	})
}

// capabilities notes whether a session says that it takes files (SNAC 02/04).
func capabilities(files *bool) func(*peer, wire.SNAC) []wire.SNAC {
	return func(_ *peer, q wire.SNAC) []wire.SNAC {
		tlvs, err := wire.Decode[wire.TLVs](q.Body)
		caps, _ := tlvs.Get(wire.InfoCaps)
		*files = *files || err == nil && bytes.Contains(caps, wire.CapFile[:])
		return nil
	}
}

// Proposals whose lengths lie are offers or none, and cost one notice at most; nothing is connected to before somebody wants a file.
func TestProposalsThatLie(t *testing.T) {
	honest := wire.Rendezvous{About: wire.CapFile, Cookie: tarts, TLVs: append(located(192, 0, 2, 7),
		aFile(t, wire.FileProposal{Count: 1, Size: 7, Name: []byte("a.txt")}), wire.String(wire.RendezvousDataCharset, "unicode-2-0"))}
	list := lies(t, honest)
	shares(t, func(s *sharing) {
		go func() { // the session stops listening while its events are not received
			from := wire.User{Name: "Mad Hatter"}
			for _, b := range list {
				s.peer.push(wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelRendezvous, From: from, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, b)}})
			}
			s.peer.push(wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelText, From: wire.User{Name: "dormouse"}, TLVs: wire.TLVs{messageTLV(t, undeclared("still here"))}})
		}()
		notices, offers := 0, 0
		for {
			switch e := s.next(time.Minute).(type) {
			case nil:
				t.Fatal("the session is gone")
			case transports.Notice:
				notices++
			case transports.FileOffer:
				offers++
				if !utf8.ValidString(e.Name) || e.Name == "" || e.Size < 0 {
					t.Errorf("%+v", e)
				}
			case transports.Message:
				if notices > 1 || offers == 0 || offers > 2*maxOffers || s.addresses() != "" {
					t.Errorf("%d notices, %d offers, connected to %q", notices, offers, s.addresses())
				}
				return
			}
		}
	})
}
