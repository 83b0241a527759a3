package ymsg

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// relayed tells a story of a session of version 16 that has files, bobwonder there.
func relayed(t *testing.T, tell func(*story, *loginService)) {
	l := goodLogin("2", emptyList)
	l.replies["/relay"] = "some bytes"
	with := later(16)
	with[fileURLKey] = transports.Value{Text: "http://relay.example:8080/"}
	inLoginWith(t, with, l, func(s *story) {
		sees[transports.ContactList](s, nil)
		tell(s, l)
	})
}

func says(l *loginService, service wire.Service, pairs ...string) {
	go l.says(ofBob(service, pairs...))
}

func ofBob(service wire.Service, pairs ...string) []byte {
	return packetOf(service, 1, body(append([]string{"4", "bobwonder", "5", "alicewonder"}, pairs...)...))
}

// offered says that bobwonder has a file, which is taken.
func offered(t *testing.T, s *story, l *loginService, id string) transports.FileOffer {
	t.Helper()
	says(l, wire.FileOffer15, "265", id, "222", "1", "266", "1", "302", "268", "300", "268", "27", "tea.txt", "28", "10", "301", "268", "303", "268")
	o := sees[transports.FileOffer](s, nil)
	if o.From != "bobwonder" || o.Name != "tea.txt" || o.Size != 10 {
		t.Errorf("%+v", o)
	}
	if d := s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true}); d.Err != nil {
		t.Errorf("%+v", d)
	}
	wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", id, "222", "3")
	if d := s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true}); !errors.Is(d.Err, transports.ErrUnknown) {
		t.Errorf("a second time: %+v", d)
	}
	return o
}

// A file comes from the relay that its sender names. Cookies go to our own only.
func TestReceiveOverRelay(t *testing.T) {
	relayed(t, func(s *story, l *loginService) {
		for host, cookies := range map[string]string{"relay.example:8080": "Y=v=1&n=x; T=z=2&a=y", "evil.example": ""} {
			o := offered(t, s, l, "id"+host)
			says(l, wire.FileInfo15, "265", "id"+host, "27", "tea.txt", "249", "3", "250", host, "251", "T0K=N")
			data := sees(s, func(d transports.FileData) bool { return d.Offer == o.Offer })
			wants(t, l, wire.FileTaken15, "1", "alicewonder", "5", "bobwonder", "265", "id"+host, "27", "tea.txt", "249", "3", "251", "T0K=N")
			r, err := data.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); string(b) != "some bytes" || err != nil {
				t.Errorf("%q %v", b, err)
			}
			_ = r.Close() // never fails
			l.mu.Lock()
			asked, shown := l.asked[len(l.asked)-1], l.shown[len(l.shown)-1]
			l.mu.Unlock()
			if asked != "/relay?recver=alicewonder&sender=bobwonder&token=T0K%3DN" || shown != cookies {
				t.Errorf("%s: %q with %q, want %q", host, asked, shown, cookies)
			}
		}
	})
}

// What is accepted and does not come is told; what is refused, or not for us, is not heard of again.
func TestRelayedFilesThatDoNotCome(t *testing.T) {
	relayed(t, func(s *story, l *loginService) {
		const lost = "The file tea.txt of bobwonder does not come."
		gone := func(what string) {
			t.Helper()
			if n := sees(s, func(transports.Notice) bool { return true }); n.Text != lost {
				t.Errorf("%s: %q", what, n.Text)
			}
		}
		offered(t, s, l, "late")
		gone("no word for a minute")
		offered(t, s, l, "cancelled")
		says(l, wire.FileOffer15, "265", "cancelled", "222", "2")
		gone("cancelled")
		offered(t, s, l, "given up")
		says(l, wire.FileInfo15, "265", "given up", "66", "-1")
		gone("given up")
		offered(t, s, l, "peer")
		says(l, wire.FileInfo15, "265", "peer", "249", "1", "250", "10.0.0.1", "251", "x")
		gone("from one client to the other")
		wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", "peer", "66", "-1")

		says(l, wire.FileOffer15, "265", "no", "222", "1", "27", "tea.txt", "27", "two.txt", "28", "x")
		if n := sees(s, func(transports.Notice) bool { return true }); !strings.Contains(n.Text, "2 files at once") {
			t.Errorf("%q", n.Text)
		}
		o := sees[transports.FileOffer](s, nil)
		s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer})
		wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", "no", "222", "4")
		go l.says(ofBob(wire.FileInfo15, "265", "no", "249", "3", "250", "relay.example", "251", "x"),
			ofBob(wire.FileOffer15, "265", strings.Repeat("x", maxTransferID+1), "222", "1", "27", "tea.txt"), ofBob(wire.FileOffer15, "222", "1", "27", "tea.txt"))
		if late := s.quiet(time.Minute); len(late) != 0 {
			t.Errorf("%+v", late)
		}
	})
}

// A file of ours goes to the relay when it is taken and has its token.
func TestSendOverRelay(t *testing.T) {
	relayed(t, func(s *story, l *loginService) {
		send := func() (transports.Tag, string) {
			tag := s.next()
			open, _ := file("some bytes")
			s.gives(transports.SendFile{Tag: tag, To: "bobwonder", Name: "tea.txt", Size: 10, Open: open})
			f := l.of(wire.FileOffer15)
			id := f.String(wire.KeyTransfer)
			wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", id, "222", "1", "266", "1",
				"302", "268", "300", "268", "27", "tea.txt", "28", "10", "301", "268", "303", "268")
			if len(id) != 24 || !strings.HasSuffix(id, transferMark) {
				t.Errorf("the transfer is called %q", id)
			}
			return tag, id
		}
		tag, id := send()
		go l.says(ofBob(wire.FileTaken15, "265", id, "249", "3", "251", "too early"), packetOf(wire.FileOffer15, 1, body("4", "mallory", "265", id, "222", "3")))
		s.quiet(time.Second)
		says(l, wire.FileOffer15, "265", id, "222", "3")
		s.quiet(time.Second)
		wants(t, l, wire.FileInfo15, "1", "alicewonder", "5", "bobwonder", "265", id, "27", "tea.txt", "249", "3", "250", "relay.example:8080")
		says(l, wire.FileTaken15, "265", id, "249", "3", "251", "T0K")
		if d := s.answer(tag); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("%+v", d)
		}
		if len(l.given) != 2 || l.given[0] != "Y=v=1&n=x; T=z=2&a=y" || l.given[1] != "some bytes" {
			t.Errorf("%q", l.given)
		}
		if got := l.asked[len(l.asked)-1]; got != "/relay?recver=bobwonder&sender=alicewonder&token=T0K" {
			t.Error(got)
		}
		for what, pairs := range map[string][]string{"refused": {"222", "4"}, "cancelled": {"222", "2"}} {
			tag, id = send()
			says(l, wire.FileOffer15, append([]string{"265", id}, pairs...)...)
			if d := s.answer(tag); !errors.Is(d.Err, transports.ErrDenied) {
				t.Errorf("%s: %+v", what, d)
			}
		}
		tag, id = send()
		go l.says(ofBob(wire.FileOffer15, "265", id, "222", "3"), ofBob(wire.FileTaken15, "265", id, "66", "-1"))
		if d := s.answer(tag); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("given up: %+v", d)
		}
		tag, id = send()
		if late := s.quiet(takeWait - time.Second); len(late) != 0 {
			t.Errorf("%+v", late)
		}
		if d := s.answer(tag); !errors.Is(d.Err, transports.ErrNoAnswer) {
			t.Errorf("%+v", d)
		}
		wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", id, "222", "2")
	})
}

// Somebody's own machine is a place to fetch from, where the dial policy lets it; the service has other uses.
func TestPeerFile(t *testing.T) {
	inErrands(t, map[string]string{"/tea.txt": "some bytes"}, func(s *story, l *loginService) {
		go l.says(ofBob(wire.PeerFile, "13", "1", "49", "IMVIRONMENT", "63", "doodle;11", "20", "http://peer.example/tea.txt"), ofBob(wire.PeerFile, "13", "1", "49", "FILEXFER", "27", "tea.txt", "28", "10", "20", "http://peer.example/tea.txt"))
		o := sees[transports.FileOffer](s, nil)
		if o.From != "bobwonder" || o.Name != "tea.txt" || o.Size != 10 {
			t.Errorf("%+v", o)
		}
		s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true})
		r, err := sees[transports.FileData](s, nil).Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); string(b) != "some bytes" || err != nil {
			t.Errorf("%q %v", b, err)
		}
		_ = r.Close() // never fails
		if late := s.quiet(time.Second); len(late) != 0 {
			t.Errorf("%+v", late)
		}
	})
}

// Without files an offer of a later version is refused, and told once.
func TestRelayIsOff(t *testing.T) {
	l := goodLogin("2", emptyList)
	inLogin(t, 16, l, func(s *story) {
		sees[transports.ContactList](s, nil)
		says(l, wire.FileOffer15, "265", "a", "222", "1", "27", "tea.txt")
		if n := sees[transports.Notice](s, nil); !strings.Contains(n.Text, "not switched on here") {
			t.Errorf("%q", n.Text)
		}
		wants(t, l, wire.FileOffer15, "1", "alicewonder", "5", "bobwonder", "265", "a", "222", "4")
	})
}
