package ymsg

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// gifSum is the number of the picture gif.
const gifSum = "1990765627"

func own(data string) *transports.Image {
	return &transports.Image{Type: "image/gif", Data: []byte(data)}
}

// sets gives a picture, and tells the tag to listen for.
func (s *story) sets(data string) transports.Tag {
	tag := s.next()
	s.gives(transports.SetAvatar{Tag: tag, Image: own(data)})
	synctest.Wait()
	return tag
}

func (s *story) answer(tag transports.Tag) transports.Done {
	return sees(s, func(d transports.Done) bool { return d.Tag == tag })
}

func uploaded(name, address string) []byte {
	return packetOf(wire.PictureUpload, 1, body("5", "alicewonder", "27", name, "38", "604800", "20", address))
}

// A picture goes by POST, like a file; the server says on the session's connection where it lies, and who asks is told.
func TestOwnPicture(t *testing.T) {
	inErrands(t, map[string]string{"/notifyft": ""}, func(s *story, l *loginService) {
		sees[transports.Presence](s, nil)
		tag := s.sets(gif)
		fields := body("1", "alicewonder", "38", "604800", "0", "alicewonder", "28", "43", "27", "picture1", "14", "")
		want := "YMSG\x0a\x00\x00\x00\x00" + string(rune(len(fields))) + "\x00\xC2" + strings.Repeat("\x00", 8) + string(fields) + "29\xC0\x80" + gif
		if !slices.Equal(l.given, []string{"Y=v=1&n=x; T=z=2", want}) {
			t.Errorf("%q\nwant %q", l.given, want)
		}
		go l.says(uploaded("picture0", "http://files.example/else"))
		s.quiet(time.Second)
		go l.says(uploaded("picture1", "http://files.example/alice"))
		if d := s.answer(tag); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("%+v", d)
		}
		synctest.Wait()
		wants(t, l, wire.PictureCheck, "1", "alicewonder", "212", "1", "192", gifSum)
		wants(t, l, wire.AvatarUpdate, "3", "bobwonder", "213", "2")
		go l.says(packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		s.quiet(time.Second)
		told := []string{"1", "alicewonder", "5", "bobwonder", "13", "2", "20", "http://files.example/alice", "192", gifSum}
		wants(t, l, wire.Picture, told...)
		if d := s.does(transports.SetAvatar{Tag: s.next()}); d.Err != nil {
			t.Errorf("%+v", d)
		}
		synctest.Wait()
		wants(t, l, wire.AvatarUpdate, "3", "bobwonder", "213", "0")
		before := l.count(wire.Picture)
		go l.says(packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		s.quiet(time.Second)
		if n := l.count(wire.Picture); n != before {
			t.Errorf("a picture that is gone was told of")
		}
	})
}

// Who is invisible does not answer, or they would be seen.
func TestOwnPictureOfTheInvisible(t *testing.T) {
	inErrands(t, map[string]string{"/notifyft": ""}, func(s *story, l *loginService) {
		tag := s.sets(gif)
		s.does(transports.SetPresence{Tag: s.next(), Show: transports.Online, Invisible: true})
		go l.says(uploaded("picture1", "http://files.example/alice"), packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		if d := s.answer(tag); d.Err != nil {
			t.Errorf("%+v", d)
		}
		s.quiet(time.Second)
		if l.count(wire.Picture) != 0 || l.count(wire.AvatarUpdate) != 0 {
			t.Error("somebody was told")
		}
	})
}

// What goes wrong on the way is told, and the picture before stays.
func TestOwnPictureFails(t *testing.T) {
	inErrands(t, map[string]string{"/notifyft": ""}, func(s *story, l *loginService) {
		begun := time.Now()
		if d := s.answer(s.sets(gif)); !errors.Is(d.Err, transports.ErrNoAnswer) || time.Since(begun) != uploadWait {
			t.Errorf("%+v after %v", d, time.Since(begun))
		}
		for _, address := range []string{"", "0.png", "file:///etc/passwd", "http://files.example/" + strings.Repeat("a", maxPictureURL)} {
			tag := s.sets(gif)
			go l.says(packetOf(wire.PictureUpload, 1, body("5", "alicewonder", "20", address)))
			if d := s.answer(tag); !errors.Is(d.Err, transports.ErrDenied) {
				t.Errorf("%.30q: %+v", address, d)
			}
		}
		first, second := s.sets(gif), s.sets(gif+"x")
		if d := s.answer(first); d.Err != nil || d.Proof != transports.Written {
			t.Errorf("replaced: %+v", d)
		}
		go l.says(packetOf(wire.PictureUpload, 1, body("20", "http://files.example/second")))
		if d := s.answer(second); d.Err != nil {
			t.Errorf("%+v", d)
		}
		l.status = 500
		if d := s.does(transports.SetAvatar{Tag: s.next(), Image: own(gif)}); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("%+v", d)
		}
		big := &transports.Image{Type: "image/png", Data: bytes.Repeat([]byte("x"), maxPicture+1)}
		if d := s.does(transports.SetAvatar{Tag: s.next(), Image: big}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("%+v", d)
		}
		go l.says(packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		s.quiet(time.Second)
		if f := l.of(wire.Picture); f.String(wire.KeyURL) != "http://files.example/second" {
			t.Errorf("told of %v", f)
		}
	})
}

// Without somewhere to bring it, or without pictures, there is no own picture.
func TestOwnPictureIsOff(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		go p.says(uploaded("picture1", "http://files.example/x"), packetOf(wire.Picture, 1, body("4", "bobwonder", "13", "1")))
		if d := s.does(transports.SetAvatar{Tag: s.next(), Image: own(gif)}); !errors.Is(d.Err, transports.ErrUnsupported) {
			t.Errorf("%+v", d)
		}
		s.quiet(time.Second)
	})
}
