package msnp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/transporttest"
)

// A reading is a session whose files are read by the test, at its own pace.
type reading struct {
	t        *testing.T
	p        *labPeer
	commands chan transports.Command
	events   chan transports.Event
}

// reads runs a session of that kind.
func reads(t *testing.T, then func(*reading)) {
	t.Helper()
	tell(t, nil, func(s *story) {
		s.until("contacts")
		s.leaves()
		ctx, cancel := context.WithCancel(context.Background())
		r := &reading{s.t, s.p, make(chan transports.Command), make(chan transports.Event)}
		env := transporttest.NewEnv(s.t, labPassword)
		ended := make(chan error, 1)
		go func() { ended <- New().Run(ctx, env.Env(settings(), s.p.Dial), alice(), r.commands, r.events) }()
		defer func() {
			cancel()
			for run := true; run; {
				select {
				case <-r.events:
				case <-ended:
					run = false
				}
			}
			env.Finish(5 * time.Second)
		}()
		wait[transports.ContactList](r)
		then(r)
	})
}

// wait is the next event of a kind.
func wait[E transports.Event](r *reading) E {
	r.t.Helper()
	for {
		select {
		case e := <-r.events:
			if got, ok := e.(E); ok {
				return got
			}
		case <-time.After(2 * time.Hour):
			var none E
			r.t.Fatalf("no %T", none)
		}
	}
}

func (r *reading) pass(d time.Duration) {
	for end := time.After(d); ; {
		select {
		case <-r.events:
		case <-end:
			return
		}
	}
}

var large = bytes.Repeat([]byte("tarts, and more tarts; "), 20_000) // 460,000 bytes

// A large file comes whole to one who reads slowly, and its switchboard waits meanwhile.
func TestLargeFileComes(t *testing.T) {
	reads(t, func(r *reading) {
		r.p.server.Offer(echo, self, "tarts.txt", large)
		offer := wait[transports.FileOffer](r)
		r.commands <- transports.AnswerFile{Tag: 1, Offer: offer.Offer, Accept: true}
		file := wait[transports.FileData](r)
		r.pass(20 * time.Second) // nobody reads yet
		body, err := file.Open(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := file.Open(context.Background()); err == nil {
			r.t.Error("it can be opened twice")
		}
		var got []byte
		read := make(chan struct{})
		go func() {
			defer close(read)
			got, err = io.ReadAll(&slowly{body, 1000})
		}()
		for run := true; run; {
			select {
			case <-r.events:
			case <-read:
				run = false
			}
		}
		if err != nil || !bytes.Equal(got, large) {
			r.t.Errorf("%d bytes, %v", len(got), err)
		}
		_ = body.Close()
	})
}

// slowly reads a little, and rests now and then.
type slowly struct {
	r io.Reader
	n int
}

func (s *slowly) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return s.r.Read(p[:min(len(p), s.n)])
}

// Whoever has had enough of a file lets go of it, and the conversation goes on.
func TestFileIsGivenUp(t *testing.T) {
	reads(t, func(r *reading) {
		r.p.server.Offer(echo, self, "tarts.txt", large)
		r.commands <- transports.AnswerFile{Tag: 1, Offer: wait[transports.FileOffer](r).Offer, Accept: true}
		body, err := wait[transports.FileData](r).Open(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := io.ReadFull(body, make([]byte, 100)); err != nil {
			r.t.Error(err)
		}
		_ = body.Close()
		r.pass(time.Minute)
		r.commands <- transports.SendMessage{Tag: 2, To: echo, Body: transports.Body{}}
		if d := wait[transports.Done](r); d.Err != nil {
			r.t.Errorf("%+v", d)
		}
	})
}

// One who offers a file and leaves: the reader hears of it. An offer that nobody answers is forgotten after an hour.
func TestFileIsCutOff(t *testing.T) {
	reads(t, func(r *reading) {
		r.p.server.Offer(echo, self, "tarts.txt", large)
		offer := wait[transports.FileOffer](r)
		r.commands <- transports.AnswerFile{Tag: 1, Offer: offer.Offer, Accept: true}
		body, err := wait[transports.FileData](r).Open(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		r.p.middle.sayOnBoard("BYE " + echo + "\r\n")
		failed := make(chan error, 1)
		go func() { _, err := io.Copy(io.Discard, body); failed <- err }()
		for {
			select {
			case <-r.events:
				continue
			case err := <-failed:
				if err == nil {
					r.t.Error("half a file was given for a whole one")
				}
			}
			break
		}
		r.p.server.Offer(echo, self, "late.txt", large)
		late := wait[transports.FileOffer](r)
		r.pass(offerTimeout + time.Minute)
		r.commands <- transports.AnswerFile{Tag: 2, Offer: late.Offer, Accept: true}
		for {
			if d := wait[transports.Done](r); d.Tag == 2 {
				if !errors.Is(d.Err, transports.ErrUnknown) {
					r.t.Errorf("%+v", d)
				}
				return
			}
		}
	})
}

// What the user sends comes whole; what cannot be read, or is shorter than was said, is told.
func TestFilesThatGo(t *testing.T) {
	open := func(b []byte, err error) transports.Opener {
		return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), err }
	}
	for _, tt := range []struct {
		name string
		open transports.Opener
		size int
		want error
	}{
		{"large", open(large, nil), len(large), nil},
		{"one byte", open([]byte("x"), nil), 1, nil},
		{"shorter than was said", open(large[:5000], nil), len(large), transports.ErrInvalid},
		{"cannot be opened", open(nil, errors.New("gone")), 5, transports.ErrInvalid},
	} {
		reads(t, func(r *reading) {
			r.commands <- transports.SendFile{Tag: 1, To: echo, Name: strings.Repeat("ä", 300) + ".txt", Size: int64(tt.size), Open: tt.open}
			d := wait[transports.Done](r)
			if tt.want == nil && d.Err != nil || tt.want != nil && !errors.Is(d.Err, tt.want) {
				r.t.Errorf("%s: %v", tt.name, d.Err)
			}
			r.pass(time.Second)
			files := r.p.server.Files(echo)
			if tt.want == nil && (len(files) != 1 || len(files[0]) != tt.size || tt.size > 1 && !bytes.Equal(files[0], large)) {
				r.t.Errorf("%s: %d files came", tt.name, len(files))
			}
		})
	}
}

// What waits behind a command that came too fast goes in its order; a notice of the server's end is told.
func TestQueuedAndTold(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		s.plays(false, script{"XFR": repeat("800 #\r\n", 1)})
		s.does(`send echobot@lab.example "one"`)
		s.rest(time.Second) // now it is known to be too fast
		s.does(`send typist@lab.example "two"`)
		s.does(`send awaybot@lab.example "three"`)
		s.until("done 1 accepted")
		s.until("done 2 accepted")
		s.until("done 3 accepted")
		body := "MIME-Version: 1.0\r\nContent-Type: application/x-msmsgssystemmessage\r\n\r\nType: 1\r\nArg1: 5\r\n"
		s.m.say(fmt.Sprintf("MSG Hotmail Hotmail %d\r\n%s", len(body), body))
		s.until(`notice "The network will be down for maintenance in 5 minutes."`)
	})
}
