package msnp

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/msnp"
	"imgate/transports"
	"imgate/transports/transporttest"
)

// posts are requests to the web services, as they were made.
type posts struct {
	mu      sync.Mutex // guards what follows: requests are served by goroutines of their own
	bodies  []string
	answers []string // of the next ones, in their order; empty: the lab's own
}

// all are the requests so far.
func (p *posts) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bodies)
}

// web is middleman.web for one of the services.
func (p *posts) web(path string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		b, _ := io.ReadAll(r.Body) // a broken body is the lab's to refuse
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		answer := p.asked(string(b))
		if answer == "" {
			return false
		}
		status := http.StatusOK
		if strings.Contains(answer, "faultcode") {
			status = http.StatusInternalServerError
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer) // who has gone hears nothing
		return true
	}
}

// asked notes a request and gives the answer that is next.
func (p *posts) asked(body string) (answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies = append(p.bodies, body)
	if len(p.answers) > 0 {
		answer, p.answers = p.answers[0], p.answers[1:]
	}
	return answer
}

func faultAnswer(code, detail string) string {
	return `<soap:Envelope xmlns:soap="x"><soap:Body><soap:Fault><faultcode xmlns:q0="y">q0:` + code + `</faultcode><detail>` + detail + `</detail></soap:Fault></soap:Body></soap:Envelope>`
}

var (
	runID   = regexp.MustCompile(`X-OIM-Run-Id: (\{[^}]*\})`)
	number  = regexp.MustCompile(`<MessageNumber>(\d+)</MessageNumber>`)
	lockKey = regexp.MustCompile(`lockkey="([^"]*)"`)
)

func all(re *regexp.Regexp, bodies []string) (list []string) {
	for _, b := range bodies {
		list = append(list, re.FindStringSubmatch(b)[1])
	}
	return list
}

// Texts for one who is not there go to the store, one after the other, in one run with rising numbers; the lock's
// challenge is answered once (the vector of the challenge 1850937852 is that of wire's test of the mix, by the same code).
func TestStoredForOthers(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		p := &posts{}
		s.m.listens(p.web(pathStore))
		s.rest(tellTime + time.Second)
		s.does(`send sleeper@lab.example "one"`)
		s.does(`send sleeper@lab.example "zwei ☃"`)
		s.until("done 2 accepted")
		if got := fmt.Sprint(all(number, p.all())); got != "[1 1 2]" {
			s.t.Errorf("numbers %s", got)
		}
		if runs := all(runID, p.all()); runs[0] != runs[1] || runs[1] != runs[2] || len(runs[0]) != 38 {
			s.t.Errorf("runs %q", runs)
		}
		if keys := all(lockKey, p.all()); keys[0] != "" || len(keys[1]) != 32 || keys[1] != keys[2] {
			s.t.Errorf("keys %q", keys)
		}
	})
}

// What the store says to a text.
func TestStoreFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []string
		done    string
		atLeast time.Duration
	}{
		{"a stale ticket", []string{faultAnswer("AuthenticationFailed", "<TweenerChallenge>ct=1</TweenerChallenge>")}, "accepted", 0},
		{"too fast", []string{faultAnswer("SenderThrottleLimitExceeded", ""), faultAnswer("SenderThrottleLimitExceeded", "")}, "accepted", 3 * storePause},
		{"too fast for ever", repeat(faultAnswer("SenderThrottleLimitExceeded", ""), 99), "error busy", 7 * storePause},
		{"not to this one", []string{faultAnswer("SystemUnavailable", "")}, "error unavailable", 0},
		{"content refused", []string{faultAnswer("InvalidContent", "")}, "error invalid", 0},
		{"locked for ever", repeat(faultAnswer("AuthenticationFailed", "<LockKeyChallenge>1</LockKeyChallenge>"), 99), "error unavailable", 0},
		{"a page of a proxy", []string{"<html><body><br></body></html>"}, "error no-answer", 0},
		{"a document with a type", []string{`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`}, "error no-answer", 0},
		{"without end", []string{strings.Repeat("<a>", maxWebBody)}, "error no-answer", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			online(t, "MSNP12", func(s *story) {
				s.m.listens((&posts{answers: tt.answers}).web(pathStore))
				s.rest(tellTime + time.Second)
				began := time.Now()
				s.does(`send sleeper@lab.example "is it kept?"`)
				if got, _ := s.until("done 1"); got != "done 1 "+tt.done {
					s.t.Errorf("%s, not %s", got, tt.done)
				}
				if d := time.Since(began); d < tt.atLeast {
					s.t.Errorf("after %v", d)
				}
				s.does(`send echobot@lab.example "goes on"`)
				s.until("done 2 accepted")
			})
		})
	}
}

// Messages that waited are told in their order; one that cannot be had stays where it is and holds up no other. A list
// that is too large for the notice is asked for.
func TestMailThatWaits(t *testing.T) {
	const many = 30 // more than the lab puts into a notice
	tell(t, nil, func(s *story) {
		s.until("contacts")
		s.rest(time.Second)
		s.Stop()
		s.Wait()
		synctest.Wait() // the lab hears of it
		for i := range many {
			if err := s.p.server.MSN().Say(echo, self, fmt.Sprintf("message %d ☃", i)); err != nil {
				s.t.Fatal(err)
			}
			time.Sleep(time.Second) // of fake time: each has its own
		}
		p := &posts{answers: []string{"", "", faultAnswer("Client", "")}}
		s.m.listens(p.web(pathMail))
		again := s.guest(self)
		defer again.leaves()
		again.rest(time.Minute)
		if len(p.all()) != many+1 || !strings.Contains(p.all()[0], "GetMetadata") {
			s.t.Errorf("%d requests, the first %.80s", len(p.all()), p.all()[0])
		}
	})
}

// Messages are deleted once they are handed over, and those that came live too.
func TestMailIsDeleted(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		p := &posts{}
		s.m.listens(p.web(pathMail))
		notice := "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsoimnotification; charset=UTF-8\r\n\r\nMail-Data: <MD><M><T>11</T><S>6</S><RT>2026-01-02T03:04:05Z</RT><E>bob@lab.example</E><I>ID7</I><N>=?utf-8?B?Qm9i?=</N></M></MD>\r\n"
		p.mu.Lock()
		p.answers = []string{`<e><GetMessageResult>From: =?utf-8?B?Qm9i?= &lt;bob@lab.example&gt;
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: base64

aGVsbG8g4piD</GetMessageResult></e>`, "<e/>"}
		p.mu.Unlock()
		s.m.say(fmt.Sprintf("MSG Hotmail Hotmail %d\r\n%s", len(notice), notice))
		s.sees(`message bob@lab.example "hello ☃" stored seq 1`)
		s.nothing(time.Second)
		if len(p.all()) != 1 {
			s.t.Errorf("%d requests before it was handed over", len(p.all()))
		}
		s.does("handed-over 1")
		s.nothing(time.Second)
		if len(p.all()) != 2 || !strings.Contains(p.all()[1], "DeleteMessages") || !strings.Contains(p.all()[1], "<messageId>ID7</messageId>") {
			s.t.Errorf("requests %q", p.all())
		}
	})
}

// Without web services, and in the old dialects, there is no store, and nobody claims that there were.
func TestNoStore(t *testing.T) {
	tell(t, func(s *story) { s.set["web"] = transports.Value{} }, func(s *story) {
		s.until("contacts")
		s.rest(tellTime + time.Second)
		s.does(`send sleeper@lab.example "anybody?"`)
		if got, _ := s.until("done 1"); got != "done 1 error unavailable" {
			s.t.Errorf("%s", got)
		}
	})
	for _, d := range dialects() {
		if d.powers(false).Has(transports.CanOffline) || d.powers(true).Has(transports.CanOffline) != d.offline {
			t.Errorf("%s: powers", d.name)
		}
	}
}

// A list of ten thousand is read in one go in every dialect.
func TestTenThousandContacts(t *testing.T) {
	const many = 10_000
	for _, d := range dialects() {
		tell(t, func(s *story) {
			s.set["dialects"] = transports.Value{List: []string{d.name}}
			s.lab = lab.Options{}
		}, func(s *story) {
			s.until("contacts")
			s.Stop()
			s.Wait()
			if err := s.p.server.MSN().Acquaint(self, 1, many); err != nil {
				s.t.Fatal(err)
			}
			again := s.signsOn(self)
			words, _ := again.until("contacts")
			if n := strings.Count(words, `in "Contacts"`); n != many {
				s.t.Errorf("%s: %d contacts", d.name, n)
			}
			there := 0
			for _, w := range again.rest(time.Minute) {
				if strings.HasPrefix(w, "presence contact") {
					there++
				}
			}
			if there != many/4 {
				s.t.Errorf("%s: %d are there", d.name, there)
			}
			again.leaves()
		})
	}
}

// The nexus is asked once in an hour, and again when the page that it named is out of order.
func TestNexusIsAskedOnce(t *testing.T) {
	tell(t, nil, func(s *story) {
		s.until("contacts")
		asked, broken := 0, false
		s.m.listens(func(w http.ResponseWriter, r *http.Request) bool {
			s.m.mu.Lock()
			defer s.m.mu.Unlock()
			switch {
			case r.URL.Path == "/rdr/pprdr.asp":
				asked++
			case r.URL.Path == "/login2.srf" && broken:
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			return false
		})
		network := New()
		signOn := func(ended string) {
			g := &story{t: s.t, p: s.p, m: s.m, Actor: transporttest.Perform(transporttest.Role{
				Network: network, Account: alice(), Settings: s.set, Dial: s.p.Dial, Patience: time.Minute,
			})}
			g.until(ended)
			g.leaves()
		}
		counts := func(want int) {
			s.m.mu.Lock()
			defer s.m.mu.Unlock()
			if asked != want {
				s.t.Errorf("asked %d times, not %d", asked, want)
			}
		}
		signOn("contacts")
		signOn("contacts")
		counts(1)
		s.m.mu.Lock()
		broken = true
		s.m.mu.Unlock()
		signOn("ended transient")
		signOn("ended transient")
		counts(2)
		s.m.mu.Lock()
		broken = false
		s.m.mu.Unlock()
		signOn("contacts")
		counts(3)
		time.Sleep(2 * pageTime)
		signOn("contacts")
		counts(4)
	})
}

// Operators are told what nobody has seen: of the store only where there is one.
func TestUnproven(t *testing.T) {
	with, without := settings(), settings()
	without["web"] = transports.Value{}
	n := New().(transports.Candid)
	if a, b := n.Unproven(with), n.Unproven(without); len(a) != 2 || len(b) != 1 || a[0] != b[0] {
		t.Errorf("%q, %q", a, b)
	}
}
