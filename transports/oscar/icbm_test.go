package oscar

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

func TestMessagesOut(t *testing.T) {
	bold := richtext.Text{Runs: []richtext.Run{{Text: "hi", Style: richtext.Style{Bold: true}}}}
	tests := []struct {
		name    string
		to      transports.LegacyID
		body    transports.Body
		charset uint16
		data    string
	}{
		{"ASCII", "madhatter", plain("1 < 2 & so on\nyes"), wire.CharsetASCII, "1 &lt; 2 &amp; so on<BR>yes"},
		{"beyond ASCII", "madhatter", plain("é😀"), wire.CharsetUnicode, "\x00\xe9\xd8\x3d\xde\x00"},
		{"styled", "madhatter", bold, wire.CharsetASCII, "<B>hi</B>"},
		{"styled to an ICQ number", "12345", bold, wire.CharsetASCII, "hi"},
		{"style that is too long goes", "madhatter", richtext.Text{Runs: []richtext.Run{
			{Text: strings.Repeat("x", maxText), Style: richtext.Style{Bold: true}}}}, wire.CharsetASCII, strings.Repeat("x", maxText)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			online(t, nil, func(s *story) {
				s.does(transports.SendMessage{Tag: 7, To: tt.to, Body: tt.body})
				m := body[wire.Outgoing](t, s.hears(wire.ICBMSend))
				value, _ := m.TLVs.Get(wire.MessageText)
				texts, err := wire.TextsOf(value)
				if err != nil || len(texts) != 1 || texts[0].Charset != tt.charset || string(texts[0].Data) != tt.data {
					t.Errorf("the peer hears %+v (%v)", texts, err)
				}
				if m.To != string(tt.to) || !m.TLVs.Has(wire.MessageAck) || !m.TLVs.Has(wire.MessageStore) || m.TLVs.Has(wire.MessageAuto) {
					t.Errorf("the peer hears %+v", m)
				}
				if d := want[transports.Done](s); d != (transports.Done{Tag: 7, Proof: transports.Accepted}) {
					t.Errorf("done with %+v", d)
				}
			})
		})
	}
}

func TestMessagesThatTheServerRefuses(t *testing.T) {
	for code, err := range map[uint16]error{
		wire.CodeNotLoggedOn: transports.ErrUnavailable, wire.CodeInLocalDeny: transports.ErrDenied,
		wire.CodeNoMatch: transports.ErrUnknown, wire.CodeReplyTooBig: transports.ErrTooLong, 0x7777: transports.ErrInvalid,
		wire.CodeRateToHost: transports.ErrBusy,
	} {
		online(t, func(p *peer, _ *transports.Account) {
			p.answers[wire.ICBMSend] = reply(wire.ICBMError, wire.Error{Code: code})
		}, func(s *story) {
			s.does(transports.SendMessage{Tag: 7, To: "madhatter", Body: plain("x")})
			if d := want[transports.Done](s); d.Tag != 7 || !errors.Is(d.Err, err) {
				t.Errorf("code %#x: done with %+v, want %v", code, d, err)
			}
		})
	}
}

func TestAMessageWithoutAnswer(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) { p.silent[wire.ICBMSend] = true }, func(s *story) {
		begun := time.Now()
		s.does(transports.SendMessage{Tag: 7, To: "madhatter", Body: plain("x")})
		if d := want[transports.Done](s); !errors.Is(d.Err, transports.ErrNoAnswer) {
			t.Errorf("done with %+v", d)
		}
		if took := time.Since(begun); took < answerTimeout || took > answerTimeout+time.Second {
			t.Errorf("done after %v", took)
		}
	})
}

func TestAnAcknowledgementWithoutTheNumber(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) { p.silent[wire.ICBMSend] = true }, func(s *story) {
		s.does(transports.SendMessage{Tag: 7, To: "madhatter", Body: plain("x")})
		m := body[wire.Outgoing](t, s.hears(wire.ICBMSend))
		s.peer.push(wire.ICBMAck, wire.HostAck{Cookie: m.Cookie, Channel: 1, To: m.To})
		if d := want[transports.Done](s); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("done with %+v", d)
		}
	})
}

func TestAMessageThatIsTooLong(t *testing.T) {
	online(t, nil, func(s *story) {
		s.does(transports.SendMessage{Tag: 7, To: "madhatter", Body: plain(strings.Repeat("é", maxText/2+1))})
		if d := want[transports.Done](s); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("done with %+v", d)
		}
	})
}

func TestMessagesIn(t *testing.T) {
	utf16 := wire.Text{Charset: wire.CharsetUnicode, Data: []byte("\x00h\x00i\x26\x3a\xd8\x00")}
	latin := wire.Text{Charset: wire.CharsetLatin1, Data: []byte("caf\xe9 \x93x\x94")}
	ascii := func(s string) wire.Text { return wire.Text{Data: []byte(s)} }
	tests := []struct {
		name, from string
		text       wire.Text
		more       wire.TLVs
		want       transports.Message
	}{
		{"HTML", "Mad Hatter", ascii("<HTML><B>tea</B>&amp;</HTML>"), nil, transports.Message{From: "madhatter", Body: richtext.Text{
			Runs: []richtext.Run{{Text: "tea", Style: richtext.Style{Bold: true}}, {Text: "&"}}}}},
		{"UTF-8 under a false name", "dormouse", ascii("caf\xc3\xa9"), nil, transports.Message{From: "dormouse", Body: plain("café")}},
		{"windows-1252 under a false name", "dormouse", ascii("caf\xe9"), nil, transports.Message{From: "dormouse", Body: plain("café")}},
		{"UTF-16 with half a character", "dormouse", utf16, nil, transports.Message{From: "dormouse", Body: plain("hi☺\uFFFD")}},
		{"Latin-1 in name", "dormouse", latin, nil, transports.Message{From: "dormouse", Body: plain("café “x”")}},
		{"plain from an ICQ number", "12345", ascii("a <b & c"), nil, transports.Message{From: "12345", Body: plain("a <b & c")}},
		{"HTML from an ICQ number", "12345", ascii("a<br>b"), nil, transports.Message{From: "12345", Body: plain("a\nb")}},
		{"automatic", "dormouse", ascii("zzz"), wire.TLVs{wire.Flag(wire.MessageAuto)}, transports.Message{From: "dormouse", Body: plain("zzz"), Auto: true}},
		{"kept by the server", "dormouse", ascii("hi"), wire.TLVs{wire.Uint32(wire.MessageSent, 1700000000)},
			transports.Message{From: "dormouse", Body: plain("hi"), Stored: true, Sent: time.Unix(1700000000, 0).UTC()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			online(t, nil, func(s *story) {
				s.peer.push(wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelText, From: wire.User{Name: tt.from},
					TLVs: append(wire.TLVs{messageTLV(t, tt.text)}, tt.more...)})
				if got := want[transports.Message](s); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tt.want) {
					t.Errorf("got %+v\nwant %+v", got, tt.want)
				}
			})
		})
	}
}

// Nothing of this is for the user, and nothing of it ends the session.
func TestMessagesPassedOver(t *testing.T) {
	hello := messageTLV(t, wire.Text{Data: []byte("hi")})
	online(t, nil, func(s *story) {
		for _, m := range []wire.Incoming{
			{Channel: wire.ChannelText, From: wire.User{Name: "OOS System Msg"}, TLVs: wire.TLVs{hello}},
			{Channel: wire.ChannelText, From: wire.User{Name: "!"}, TLVs: wire.TLVs{hello}},
			{Channel: wire.ChannelRendezvous, From: wire.User{Name: "dormouse"}, TLVs: wire.TLVs{hello}},
			{Channel: wire.ChannelText, From: wire.User{Name: "dormouse"}},
			{Channel: wire.ChannelText, From: wire.User{Name: "dormouse"}, TLVs: wire.TLVs{messageTLV(t, wire.Text{})}},
			{Channel: wire.ChannelText, From: wire.User{Name: "dormouse"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageText, []byte{1, 1, 0, 9})}},
		} {
			s.peer.push(wire.ICBMReceive, m)
		}
		s.peer.push(wire.ICBMReceive, wire.Words{1, 2, 3})
		s.quiet(time.Minute)
	})
}

func TestOfflineMessagesAreAskedFor(t *testing.T) {
	online(t, nil, func(s *story) { s.hears(wire.ICBMOfflineGet) })
}

func TestTyping(t *testing.T) {
	online(t, nil, func(s *story) {
		for state, event := range map[transports.Typing]uint16{
			transports.TypingActive: wire.TypingBegun, transports.TypingPaused: wire.TypingTyped, transports.TypingStopped: wire.TypingNone,
		} {
			s.does(transports.SendTyping{To: "madhatter", State: state})
			if got := body[wire.TypingNote](t, s.hears(wire.ICBMTyping)); got.Event != event || got.Name != "madhatter" {
				t.Errorf("%v is told as %+v", state, got)
			}
			s.peer.push(wire.ICBMTyping, wire.TypingNote{Channel: 1, Name: "Mad Hatter", Event: event})
			if got := want[transports.TypingFrom](s); got != (transports.TypingFrom{From: "madhatter", State: state}) {
				t.Errorf("event %d is taken as %+v", event, got)
			}
		}
	})
}

func TestNotices(t *testing.T) {
	online(t, nil, func(s *story) {
		s.peer.push(wire.Warned, wire.WarnedBy{Level: 100, By: wire.User{Name: "Red Queen"}})
		s.peer.push(wire.ICBMMissed, wire.MissedList{{Channel: 1, From: wire.User{Name: "Red Queen"}, Count: 2, Reason: 2}})
		s.peer.push(wire.MessageOfDay, wire.Motd{Type: 4, TLVs: wire.TLVs{wire.String(wire.MotdText, "Welcome")}})
		s.peer.push(wire.MessageOfDay, wire.Motd{Type: 3, TLVs: wire.TLVs{wire.String(wire.MotdText, "Down at noon")}})
		for _, text := range []string{"Red Queen warned you. Your warning level is 10 %.", "2 messages from Red Queen did not reach you: sent too fast.", "Down at noon"} {
			if got := want[transports.Notice](s); got.Text != text {
				t.Errorf("got %q, want %q", got.Text, text)
			}
		}
	})
}
