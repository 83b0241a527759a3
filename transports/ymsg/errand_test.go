package ymsg

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// withErrands are the settings of a service that has files and pictures.
func withErrands() transports.Settings {
	with := settings(10)
	with[fileURLKey] = transports.Value{Text: "http://files.example"}
	with[picturesKey] = transports.Value{On: true}
	return with
}

// inErrands tells a story of a session with files and pictures, bobwonder on the list and there.
func inErrands(t *testing.T, replies map[string]string, tell func(*story, *loginService)) {
	list := packetOf(wire.List, wire.Available, body("87", "Friends:bobwonder\n", "88", "", "59", "Y\tv=1&n=x; expires=never", "59", "T\tz=2; expires=never"))
	l := &loginService{puppet: puppet{t: t, list: [][]byte{list, packetOf(wire.LogOn, 1, body("7", "bobwonder", "10", "0", "13", "1", "192", "77"))}}, replies: replies}
	synctest.Test(t, func(t *testing.T) {
		l.t = t
		s := beginWith(t, withErrands(), l.dial, alice())
		on := sees[transports.SignedOn](s, nil)
		if want := powers | unprovenPowers; on.Powers != want {
			t.Errorf("powers %b, want %b", on.Powers, want)
		}
		sees[transports.ContactList](s, nil)
		tell(s, l)
		if !s.ended {
			s.ends()
		}
		_ = l.conn.Close()
		<-l.gone
		l.webs.Wait()
	})
}

func file(text string) (transports.Opener, *bool) {
	closed := false
	return func(context.Context) (io.ReadCloser, error) {
		return struct {
			io.Reader
			io.Closer
		}{strings.NewReader(text), closer(func() error { closed = true; return nil })}, nil
	}, &closed
}

type closer func() error

func (c closer) Close() error { return c() }

// A file goes by POST: the packet, with a length that leaves the file out, and then the file.
func TestSendFile(t *testing.T) {
	inErrands(t, map[string]string{"/notifyft": ""}, func(s *story, l *loginService) {
		open, closed := file("some bytes")
		d := s.does(transports.SendFile{Tag: s.next(), To: "bobwonder", Name: `C:\papers\tea ☃.txt`, Size: 10, Open: open})
		if d.Err != nil || d.Proof != transports.Accepted || !*closed {
			t.Errorf("%+v, closed %t", d, *closed)
		}
		fields := body("0", "alicewonder", "5", "bobwonder", "14", "", "27", "tea%20%E2%98%83.txt", "28", "10")
		want := "YMSG\x0a\x00\x00\x00\x00" + string(rune(len(fields))) + "\x00\x46" + strings.Repeat("\x00", 8) + string(fields) + "29\xC0\x80some bytes"
		if !slices.Equal(l.given, []string{"Y=v=1&n=x; T=z=2", want}) {
			t.Errorf("%q\nwant %q", l.given, want)
		}
		l.status = 500
		open, closed = file("some bytes")
		if d := s.does(transports.SendFile{Tag: s.next(), To: "bobwonder", Name: "x", Size: 10, Open: open}); !errors.Is(d.Err, transports.ErrDenied) || !*closed {
			t.Errorf("%+v, closed %t", d, *closed)
		}
		open, closed = file("short")
		if d := s.does(transports.SendFile{Tag: s.next(), To: "bobwonder", Name: "x", Size: 10, Open: open}); !errors.Is(d.Err, transports.ErrUnavailable) || !*closed {
			t.Errorf("%+v, closed %t", d, *closed)
		}
		if d := s.does(transports.SendFile{Tag: s.next(), To: "bobwonder", Name: "x", Size: maxFile + 1, Open: open}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("%+v", d)
		}
	})
}

func TestReceiveFile(t *testing.T) {
	inErrands(t, map[string]string{"/storage/tea.txt": "some bytes"}, func(s *story, l *loginService) {
		offer := func(pairs ...string) { go l.says(packetOf(wire.FileTransfer, 1, body(pairs...))) }
		offer("1", "alicewonder", "5", "bobwonder", "4", "alicewonder", "14", "", "38", "1795280000.5", "20", "http://files.example/storage/tea.txt?abc")
		o := sees[transports.FileOffer](s, nil)
		if o.From != "bobwonder" || o.Name != "tea.txt" || o.Size != -1 {
			t.Errorf("%+v", o)
		}
		if d := s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true}); d.Err != nil {
			t.Errorf("%+v", d)
		}
		data := sees[transports.FileData](s, nil)
		r, err := data.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); string(b) != "some bytes" || err != nil {
			t.Errorf("%q %v", b, err)
		}
		_ = r.Close() // never fails
		if d := s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true}); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("a second time: %+v", d)
		}
		offer("4", "bobwonder", "5", "alicewonder", "27", `..\..\etc\passwd`, "28", "9", "20", "file:///etc/passwd")
		o = sees[transports.FileOffer](s, nil)
		if o.Name != "passwd" || o.Size != 9 {
			t.Errorf("%+v", o)
		}
		s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer, Accept: true})
		if _, err := sees[transports.FileData](s, nil).Open(context.Background()); !errors.Is(err, transports.ErrDenied) {
			t.Errorf("a file of ours: %v", err)
		}
		offer("4", "bobwonder", "20", "http://files.example/storage/gone")
		o = sees[transports.FileOffer](s, nil)
		if d := s.does(transports.AnswerFile{Tag: s.next(), Offer: o.Offer}); d.Err != nil {
			t.Errorf("%+v", d)
		}
	})
}

func TestPictures(t *testing.T) {
	inErrands(t, map[string]string{"/bob.gif": gif, "/page": "<html>"}, func(s *story, l *loginService) {
		if p := sees[transports.Presence](s, nil); p.From != "bobwonder" || p.Avatar != "77" {
			t.Errorf("%+v", p)
		}
		go l.says(packetOf(wire.PictureCheck, 1, body("4", "bobwonder", "5", "alicewonder", "192", "78")))
		if p := sees[transports.Presence](s, nil); p.Avatar != "78" || p.Show != transports.Online {
			t.Errorf("%+v", p)
		}
		fetch := func(url string) transports.Done {
			tag := s.next()
			s.gives(transports.FetchAvatar{Tag: tag, ID: "bobwonder", Hash: "78"})
			synctest.Wait()
			go l.says(packetOf(wire.Picture, 1, body("4", "bobwonder", "5", "alicewonder", "13", "2", "20", url, "192", "78")))
			return sees(s, func(d transports.Done) bool { return d.Tag == tag })
		}
		if d := fetch("http://pictures.example/bob.gif"); d.Err != nil || string(d.Result.(transports.AvatarResult).Image.Data) != gif {
			t.Errorf("%+v", d)
		}
		wants(t, l, wire.Picture, "1", "alicewonder", "5", "bobwonder", "13", "1")
		if d := fetch("http://pictures.example/page"); !errors.Is(d.Err, transports.ErrInvalid) {
			t.Errorf("%+v", d)
		}
		if d := fetch("gopher://pictures.example"); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("%+v", d)
		}
		begun := time.Now()
		if d := s.does(transports.FetchAvatar{Tag: s.next(), ID: "bobwonder", Hash: "78"}); !errors.Is(d.Err, transports.ErrNoAnswer) || time.Since(begun) != pictureWait {
			t.Errorf("%+v after %v", d, time.Since(begun))
		}
		go l.says(packetOf(wire.AvatarUpdate, 1, body("4", "bobwonder", "213", "0")))
		if p := sees[transports.Presence](s, nil); p.Avatar != "" {
			t.Errorf("%+v", p)
		}
		if d := s.does(transports.FetchAvatar{Tag: s.next(), ID: "bobwonder"}); d.Err != nil || len(d.Result.(transports.AvatarResult).Image.Data) != 0 {
			t.Errorf("%+v", d)
		}
		go l.says(packetOf(wire.AvatarUpdate, 1, body("4", "bobwonder", "213", "2")))
		go l.says(packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		s.quiet(time.Second)
		wants(t, l, wire.Picture, "1", "alicewonder", "5", "bobwonder", "13", "1")
	})
}

// An errand that is out when the session ends comes home, and its command is answered.
func TestErrandsEndWithTheSession(t *testing.T) {
	inErrands(t, nil, func(s *story, l *loginService) {
		block := make(chan struct{})
		tag := s.next()
		s.gives(transports.SendFile{Tag: tag, To: "bobwonder", Name: "x", Size: 10, Open: func(ctx context.Context) (io.ReadCloser, error) {
			close(block)
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		<-block
		_ = l.conn.Close()
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("%v", f)
		}
		s.env.Finish(5 * time.Second)
		for _, e := range s.seen {
			if d, ok := e.(transports.Done); ok && d.Tag == tag && errors.Is(d.Err, transports.ErrDisconnected) {
				return
			}
		}
		t.Error("the command has no answer")
	})
}

// Without being switched on there is neither, and nothing is fetched. The user hears of a file, of each sender once.
func TestErrandsAreOff(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		offer := packetOf(wire.FileTransfer, 1, body("4", "bobwonder", "20", "http://files.example/x"))
		go p.says(offer, offer,
			packetOf(wire.PictureCheck, 1, body("4", "bobwonder", "192", "1")), packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "2", "20", "http://files.example/x")))
		if n := sees[transports.Notice](s, nil); n.Text != "bobwonder wanted to send you a file (x). Files of this network are not switched on here." {
			t.Errorf("%q", n.Text)
		}
		open, _ := file("x")
		for _, c := range []transports.Command{
			transports.SendFile{Tag: s.next(), To: "bobwonder", Name: "x", Size: 1, Open: open}, transports.FetchAvatar{Tag: s.next(), ID: "bobwonder"},
			transports.AnswerFile{Tag: s.next(), Offer: "1", Accept: true},
		} {
			if d := s.does(c); !errors.Is(d.Err, transports.ErrUnsupported) {
				t.Errorf("%T: %+v", c, d)
			}
		}
		if late := s.quiet(time.Minute); len(late) != 0 {
			t.Errorf("%+v", late)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A server that sends an upload on to a page has not taken it, whatever the page says.
func TestAnUploadThatIsSentElsewhere(t *testing.T) {
	web := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"http://files.example/login"}}, Body: http.NoBody, Request: r}
		if r.URL.Path == "/login" {
			resp.StatusCode = http.StatusOK
		}
		return resp, nil
	})
	open, closed := file("some bytes")
	up := upload{client: &http.Client{Transport: web}, address: "http://files.example/notifyft"}
	if err := up.file(t.Context(), transports.SendFile{Size: 10, Open: open}); err == nil || !*closed {
		t.Errorf("%v, closed %t", err, *closed)
	}
}
