package msnp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// A server that rings without end has no more dialled than there are boards.
func TestRingsWithoutEnd(t *testing.T) {
	s := fuzzed(dialects()[0])
	defer s.alarm.Stop()
	dials := 0
	s.env.Go = func(name string, _ func()) {
		if name == "msnp dial" {
			dials++
		}
	}
	for i := range 5000 {
		s.dispatch(wire.New("RNG", fmt.Sprint(i), "board.example:1864", "CKI", "x", bob, "Bob"))
	}
	if dials > 2*maxBoards {
		t.Errorf("%d connections are being made", dials)
	}
}

// A notice that the list of mail is too large, said again and again, is one question at a time.
func TestTooLargeWithoutEnd(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		var asked atomic.Int32
		s.m.listens(func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.Header.Get("Soapaction"), `GetMetadata"`) {
				asked.Add(1)
				_, _ = io.Copy(io.Discard, r.Body) // or its end is not seen
				<-r.Context().Done()
				return true
			}
			return false
		})
		m := "Content-Type: text/x-msmsgsinitialmdatanotification\r\n\r\nMail-Data: too-large\r\n"
		for range 100 {
			s.m.say(fmt.Sprintf("MSG Hotmail Hotmail %d\r\n%s", len(m), m))
		}
		s.rest(time.Second)
		if n := asked.Load(); n != 1 {
			s.t.Errorf("%d questions at once", n)
		}
	})
}

// Before there is a session, a server cannot make it hold what it likes; nor can one fill the lists without end.
func TestWhatIsHeldIsBounded(t *testing.T) {
	s := fuzzed(dialects()[0])
	defer s.alarm.Stop()
	s.announced, s.events = false, make([]transports.Event, maxHeldAtAll)
	if s.hears() == nil {
		t.Error("a long list is not heard to its end")
	}
	s.events = make([]transports.Event, maxHeldEarly)
	if s.hears() != nil {
		t.Error("it listens with so much that nobody has received")
	}
	for i := range maxPeople + 100 {
		s.dispatch(wire.New("LST", fmt.Sprintf("N=a%d@lab.example", i), "F=x", "11", "1"))
		s.dispatch(wire.New("LSG", "x", fmt.Sprint(i)))
		s.dispatch(wire.New("ADC", "0", "RL", fmt.Sprintf("N=b%d@lab.example", i), "F=x"))
	}
	if len(s.list.people) > maxPeople || len(s.list.order) > maxPeople || len(s.list.groups) > maxPeople {
		t.Errorf("%d people in %d groups", len(s.list.people), len(s.list.groups))
	}
}

// Somebody who joins a board before we are let in, and the cookie is stale: there is no board to write to until the next
// one is there.
func TestJoinedBeforeTheDoor(t *testing.T) {
	s := fuzzed(dialects()[0])
	defer s.alarm.Stop()
	b := s.newBoard()
	b.peer = bob
	near, _ := net.Pipe()
	b.link = s.newLink(near, b)
	s.enterBoard(b)
	say := func(c wire.Command) { s.heardOnBoard(b, c) }
	say(wire.New("JOI", bob, "Bob"))
	s.answered(b.link, wire.New("911", fmt.Sprint(s.trID)))
	s.sayTyping(b)
	s.open[70] = struct{}{}
	s.command(transports.SendMessage{Tag: 70, To: bob})
	for _, e := range s.events {
		if d, ok := e.(transports.Done); ok && d.Tag == 70 {
			t.Errorf("%+v", d)
		}
	}
}

// XML that is meant to do harm, wherever others can put some: entities that grow, entities of files and of other hosts, nests and
// attributes without end, what is never closed, what is no text. It costs nothing that can be felt, ends nothing, and is not told.
func TestHostileXML(t *testing.T) {
	bombs := map[string]string{
		"growing entities": `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">` +
			`<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]><Data><PSM>&e;</PSM></Data>`,
		"a file":          `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Data><PSM>&b;</PSM></Data>`,
		"another host":    `<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><Data><PSM>x</PSM></Data>`,
		"a nest":          "<Data>" + strings.Repeat("<PSM>", 9000) + "x",
		"attributes":      "<Data " + strings.Repeat("a='b' ", 8000) + "><PSM>x",
		"never closed":    "<Data><PSM>x<![CDATA[" + strings.Repeat("]", 9000),
		"no text":         "<Data><PSM>\x00\xFF\xFE</PSM><CurrentMedia>\\0Music\\01\\0" + strings.Repeat("{0}", 5000),
		"unknown entity":  "<Data><PSM>&nbsp;&#0;&#x110000;</PSM></Data>",
		"an instruction":  `<?xml version="9.9" encoding="UTF-32"?><?php die() ?><Data><PSM`,
		"another charset": "\xFF\xFE<\x00D\x00a\x00t\x00a\x00>\x00",
	}
	with := func(line, payload string) string { return fmt.Sprintf("%s %d\r\n%s", line, len(payload), payload) }
	for place, say := range map[string]func(string) string{
		"personal message": func(x string) string { return with("UBX echobot@lab.example", x) },
		"picture": func(x string) string {
			return "NLN AWY echobot@lab.example x 0 " + wire.Escape(x[:min(len(x), 1000)]) + "\r\n"
		},
		"mail": func(x string) string {
			return with("MSG Hotmail Hotmail", "Content-Type: text/x-msmsgsoimnotification\r\n\r\nMail-Data: "+x+"\r\n")
		},
	} {
		for name, bomb := range bombs {
			t.Run(place+", "+name, func(t *testing.T) {
				online(t, "MSNP12", func(s *story) {
					s.m.say(say(bomb))
					for _, words := range s.rest(time.Second) {
						if strings.Contains(words, "aaaaaaaaaa") || strings.Contains(words, "root:") || len(words) > 2000 {
							t.Errorf("%.200s", words)
						}
					}
					s.does(`send echobot@lab.example "still there?"`)
					s.until("done 1 accepted")
				})
			})
		}
	}
}
