package ymsg

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/ymsg"
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

func TestMessages(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		styled := transports.Body{Runs: []richtext.Run{{Text: "bold", Style: richtext.Style{Bold: true}}, {Text: " ☃ <b>not</b> & ü"}}}
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: styled}); d.Err != nil || d.Proof != transports.Written {
			t.Errorf("%+v", d)
		}
		if m := sees[transports.Message](s, nil); m.From != "echobot" || !reflect.DeepEqual(m.Body, styled) || m.Stored || m.Seq != 0 {
			t.Errorf("%+v", m)
		}
		long := strings.Repeat("word ☃ ", 500)
		s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain(long)})
		var got string
		for len(got) < len(long) {
			m := sees[transports.Message](s, nil)
			if n := len(m.Body.String()); n > maxTextBytes {
				t.Fatalf("a message of %d bytes", n)
			}
			got += text(m)
		}
		if got != long {
			t.Errorf("a long text came in pieces as %q", got)
		}
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain(strings.Repeat("x", maxPieces*maxTextRunes+1))}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("%v", d.Err)
		}
		// Latin-1, as old clients write.
		p.friend().say(wire.Message, wire.Offline, wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder"), wire.Text(wire.KeyText, "gr\xFC\xDFe")})
		if m := sees[transports.Message](s, nil); text(m) != "grüße" {
			t.Errorf("%q", text(m))
		}
		s.does(transports.SendAttention{Tag: s.next(), To: "bobwonder"})
		synctest.Wait()
		if got := p.friend().of(wire.Message); len(got) != 1 || got[0].Fields.String(wire.KeyText) != wire.Buzz {
			t.Errorf("bob hears %v", got)
		}
	})
}

// Stored messages come sorted by their time, however the server orders them.
func TestStoredMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		for _, say := range []string{"one", "two", "three"} {
			if err := p.server.Yahoo().Say("bobwonder", "alicewonder", say); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		s := begin(t, p.Dial, alice())
		defer s.ends()
		var got []string
		for range 3 {
			m := sees[transports.Message](s, nil)
			if !m.Stored || m.Sent.IsZero() || m.From != "bobwonder" {
				t.Errorf("%+v", m)
			}
			got = append(got, text(m))
		}
		if !slices.Equal(got, []string{"one", "two", "three"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestTyping(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingActive})
		s.quiet(time.Second) // it is lost: he is not there
		bob := p.friend()
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingPaused})
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingActive})
		s.quiet(time.Second)
		var flags []string
		for _, n := range bob.of(wire.Notify) {
			flags = append(flags, n.Fields.String(wire.KeyFlag))
		}
		if !slices.Equal(flags, []string{"0", "1"}) {
			t.Errorf("bob hears %q", flags)
		}
		types := wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder"), wire.Text(wire.KeyKind, wire.TypingKind), wire.Text(wire.KeyFlag, "1")}
		bob.say(wire.Notify, wire.Typing, types)
		sees(s, func(e transports.TypingFrom) bool { return e.From == "bobwonder" && e.State == transports.TypingActive })
		begun := time.Now()
		sees(s, func(e transports.TypingFrom) bool {
			return e.From == "bobwonder" && e.State == transports.TypingStopped
		})
		if took := time.Since(begun); took != typingFor {
			t.Errorf("bob types for %v", took)
		}
		bob.say(wire.Notify, wire.Typing, types)
		p.Deeds()[transporttest.Writes]()
		sees[transports.Message](s, nil)
		if late := s.quiet(time.Minute); len(late) != 0 {
			t.Errorf("after the message: %+v", late)
		}
	})
}
