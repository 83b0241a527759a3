package msnp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/msnp"
	"imgate/transports"
	"imgate/transports/msnp/wire"
	"imgate/transports/transporttest"
)

// A story is one session with the lab, in a bubble of fake time, told in the words of talks.
type story struct {
	t    *testing.T
	p    *labPeer
	m    *middleman
	set  transports.Settings
	acct transports.Account
	lab  lab.Options

	untapped bool         // there is no middleman: garbage passes
	first    func(*story) // happens before the sign-on

	*transporttest.Actor
	env *transporttest.Env
}

// tell runs a story; before may change what is around it.
func tell(t *testing.T, before, then func(*story)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &story{t: t, set: settings(), acct: alice(), m: &middleman{}}
		if before != nil {
			before(s)
		}
		s.p = newPeer(s.lab)
		if s.p.middle = s.m; s.untapped {
			s.p.middle = nil
		}
		if s.first != nil {
			s.first(s)
		}
		s.env = transporttest.NewEnv(t, labPassword)
		s.Actor = transporttest.Perform(transporttest.Role{
			Network: New(), Account: s.acct, Settings: s.set, Dial: s.p.Dial, Env: s.env, Patience: 10 * time.Minute,
		})
		defer func() {
			s.Stop()
			for _, words := range s.Wait() {
				t.Logf("not asked for: %s", words)
			}
			s.env.Finish(5 * time.Second)
			s.p.Close()
		}()
		then(s)
	})
}

// online runs a story that begins after sign-on in a dialect, when all that is told then was told.
func online(t *testing.T, dialect string, then func(*story)) {
	t.Helper()
	tell(t, func(s *story) { s.set["dialects"] = transports.Value{List: []string{dialect}} }, func(s *story) {
		s.until("contacts")
		s.rest(time.Second)
		then(s)
	})
}

func (s *story) does(words string) {
	s.t.Helper()
	if err := s.Do(words); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for words that begin so, and gives them whole and what came before.
func (s *story) until(words string) (got string, before []string) {
	s.t.Helper()
	for {
		got, ok := s.Next(10 * time.Minute)
		if !ok {
			s.t.Fatalf("%s was not seen, but %q", words, before)
		}
		if strings.HasPrefix(got, words) {
			return got, before
		}
		before = append(before, got)
	}
}

// rest lets time pass, and gives what was seen.
func (s *story) rest(d time.Duration) (seen []string) {
	for end := time.Now().Add(d); ; {
		words, ok := s.Next(time.Until(end))
		if !ok {
			return seen
		}
		seen = append(seen, words)
	}
}

// sees wants just these words.
func (s *story) sees(words ...string) {
	s.t.Helper()
	for _, w := range words {
		if err := s.See(w); err != nil {
			s.t.Fatal(err)
		}
	}
}

// nothing wants no words for so long.
func (s *story) nothing(d time.Duration) {
	s.t.Helper()
	if seen := s.rest(d); len(seen) > 0 {
		s.t.Fatalf("seen %q, and nothing was to be seen", seen)
	}
}

// A script of answers: what is said to a command of that name, the first to the first. What is left over passes.
type script map[string][]string

// plays lets the middleman answer by a script; "#" stands for the command's TrID, and "pass" lets it pass.
func (s *story) plays(board bool, answers script) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	before := s.m.says
	s.m.says = func(onBoard bool, c wire.Command) (string, bool) {
		left := answers[c.Name]
		if onBoard != board || len(left) == 0 {
			if before != nil {
				return before(onBoard, c)
			}
			return "", false
		}
		answers[c.Name] = left[1:]
		if left[0] == "pass" {
			return "", false
		}
		return strings.ReplaceAll(left[0], "#", c.Arg(0)), true
	}
}

func repeat(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// Facts §1.8: how a sign-on ends.
func TestSignOnEndings(t *testing.T) {
	status := func(code int, header, value string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/login2.srf" {
				return false
			}
			if header != "" {
				w.Header()[header] = []string{value}
			}
			w.WriteHeader(code)
			return true
		}
	}
	for _, tt := range []struct {
		name  string
		says  script
		web   func(http.ResponseWriter, *http.Request) bool
		ended string
	}{
		{"wrong password", nil, status(401, "Www-Authenticate", "Passport1.4 da-status=failed,cbtxt=x"), "ended bad_credentials"},
		{"401 of a proxy", nil, status(401, "Www-Authenticate", "Basic realm=x"), "ended transient"},
		{"401 without a word", nil, status(401, "", ""), "ended transient"},
		{"login service broken", nil, status(500, "", ""), "ended transient"},
		{"200 without a ticket", nil, status(200, "Authentication-Info", "Passport1.4 da-status=success"), "ended transient"},
		{"nexus without an address", nil, func(w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path == "/rdr/pprdr.asp"
		}, "ended transient"},
		{"ticket refused twice", script{"USR": {"pass", "911 #\r\n", "pass", "911 #\r\n"}}, nil, "ended transient"},
		{"ticket refused twice, in other words", script{"USR": {"pass", "928 #\r\n", "pass", "917 #\r\n"}}, nil, "ended transient"},
		{"ticket stale once", script{"USR": {"pass", "911 #\r\n"}}, nil, "signed-on"},
		{"bad ticket once", script{"USR": {"pass", "928 #\r\n"}}, nil, "signed-on"},
		{"authentication failed once", script{"USR": {"pass", "917 #\r\n"}}, nil, "signed-on"},
		{"refused before a ticket was asked for", script{"USR": {"911 #\r\n"}}, nil, "ended transient"},
		{"no such address", script{"USR": {"205 #\r\n"}}, nil, "ended bad_credentials"},
		{"maintenance", script{"USR": {"pass", "500 #\r\n"}}, nil, "ended transient"},
		{"server busy", script{"USR": {"600 #\r\n"}}, nil, "ended transient"},
		{"server down", script{"USR": {"601 #\r\n"}}, nil, "ended transient"},
		{"queue full", script{"USR": {"pass", "910 #\r\n"}}, nil, "ended transient"},
		{"not expected", script{"USR": {"715 #\r\n"}}, nil, "ended transient"},
		{"unverified", script{"USR": {"pass", "924 #\r\n"}}, nil, "ended refused"},
		{"child", script{"USR": {"pass", "923 #\r\n"}}, nil, "ended refused"},
		{"suspended", script{"USR": {"pass", "927 #\r\n"}}, nil, "ended suspended"},
		{"not on this server", script{"USR": {"pass", "931 #\r\n"}}, nil, "ended transient"},
		{"too fast", script{"USR": {"pass", "800 #\r\n"}}, nil, "ended throttled after 5m0s"},
		{"no dialect", script{"VER": repeat("VER # 0\r\n", 5)}, nil, "ended throttled after 1h0m0s"},
		{"no words", script{"VER": {"HTTP/1.1 400 Bad Request\r\n\r\n"}}, nil, "ended broken"},
		{"no answer", script{"VER": {""}}, nil, "ended transient"},
		{"another server", script{"USR": {"XFR # NS msn.example:1863 0 msn.example:1863\r\n"}}, nil, "signed-on"},
		{"from one to the next", script{"USR": repeat("XFR # NS msn.example:1863 0 msn.example:1863\r\n", 9)}, nil, "ended transient"},
		{"hidden away", script{"USR": {"XFR # NS nowhere.example:1863 0 x\r\n"}}, nil, "ended transient"},
		{"signed on elsewhere meanwhile", script{"CHG": {"OUT OTH\r\n"}}, nil, "ended replaced"},
		{"a list that never comes", script{"SYN": {"SYN # 0 0 5 5\r\n"}}, nil, "ended transient"},
		{"a list whose count lies", script{"SYN": {"SYN # 0 0 -5 99999999999999999999\r\n"}}, nil, "signed-on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tell(t, func(s *story) {
				s.plays(false, tt.says)
				s.m.listens(tt.web)
			}, func(s *story) {
				for {
					got, ok := s.Next(time.Hour)
					if !ok {
						t.Fatalf("not %s", tt.ended)
					}
					if strings.HasPrefix(got, "progress") {
						continue
					}
					if got != tt.ended && !(tt.ended == "signed-on" && strings.HasPrefix(got, tt.ended)) {
						t.Errorf("%s, not %s", got, tt.ended)
					}
					return
				}
			})
		})
	}
}

// A dialect that the server refuses falls to the next of the list, and what only the better one has is no power.
func TestDialectsFall(t *testing.T) {
	for refused, want := range map[int]string{0: "MSNP12", 1: "MSNP11", 2: "MSNP10", 3: "MSNP9", 4: "MSNP8"} {
		tell(t, func(s *story) { s.plays(false, script{"VER": repeat("VER # 0\r\n", refused)}) }, func(s *story) {
			_, before := s.until("signed-on")
			if last := fmt.Sprintf("%q", before); strings.Count(last, "notification server") != refused+1 || !strings.Contains(last, want) {
				t.Errorf("after %d refusals: %s", refused, last)
			}
		})
	}
}

// Facts §1.8: how a session ends.
func TestSessionEndings(t *testing.T) {
	for say, ended := range map[string]string{
		"OUT OTH\r\n":                         "ended replaced",
		"OUT SSD\r\n":                         "ended transient",
		"OUT\r\n":                             "ended transient",
		"XFR 0 NS other.example:1863 0 x\r\n": "ended transient",
		"540 99\r\n":                          "ended transient",
		"207 99\r\n":                          "ended transient",
		"500 99\r\n":                          "ended transient",
		"927 99\r\n":                          "ended suspended",
		"928 99\r\n":                          "ended transient",
		"911 99\r\n":                          "ended transient",
		"MSG a b 99999999\r\n":                "ended broken", // lengths that lie
		"MSG a b -5\r\n":                      "ended broken",
		"UBX a\r\n":                           "ended broken",
		"\x00\x01\x02\xFF\r\n":                "ended broken",
		strings.Repeat("a", wire.MaxLine+1):   "ended broken",
		"NLN " + strings.Repeat("x ", 10000) + "\r\n": "ended broken",
	} {
		t.Run(fmt.Sprintf("%.20q", say), func(t *testing.T) {
			online(t, "MSNP12", func(s *story) {
				s.m.say(say)
				if got, _ := s.until("ended"); got != ended {
					t.Errorf("%s, not %s", got, ended)
				}
			})
		})
	}
	t.Run("hangs up", func(t *testing.T) {
		online(t, "MSNP12", func(s *story) {
			s.m.hangUp()
			s.until("ended transient")
		})
	})
	t.Run("no QNG", func(t *testing.T) {
		online(t, "MSNP12", func(s *story) {
			s.plays(false, script{"PNG": {"pass", ""}})
			began := time.Now()
			s.until("ended transient")
			if d := time.Since(began); d < 2*pingEvery || d > 2*pingEvery+pongTimeout+time.Second {
				t.Errorf("after %v", d)
			}
		})
	})
}

// What means nothing, or only half of something, harms nothing.
func TestPassedOver(t *testing.T) {
	with := func(line, payload string) string { return fmt.Sprintf("%s %d\r\n%s", line, len(payload), payload) }
	for _, say := range []string{
		"217\r\n", "NLN\r\n", "FLN\r\n", "ILN 5\r\n", "RNG\r\n", "RNG a b c d\r\n", "ADC 0\r\n", "ADC 0 RL\r\n", "REM 0\r\n", "BLP\r\n", "PRP\r\n",
		"LST\r\n", "LSG\r\n", "CHL\r\n", "QNG\r\n", "UBX 0\r\n", "XYZ 1 2 3\r\n", "ADL 5 OK\r\n", "SBS 0 null\r\n", "\r\n\r\n", "800 77\r\n",
		with("MSG Hotmail Hotmail", ""), with("NOT", "abc"), with("GCF 0", "abc"), with("MSG Hotmail Hotmail", "Content-Type: text/x-msmsgsoimnotification\r\n\r\nMail-Data: <"),
		with("UBX echobot@lab.example", `<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]><Data><PSM>&d;</PSM></Data>`),
		with("UBX echobot@lab.example", strings.Repeat("<a>", 10000)), with("UBX echobot@lab.example", "<Data><PSM>never closed"),
		with("UBX echobot@lab.example", "\xFF\xFE<"), with("UBX nobody", "<Data/>"),
	} {
		online(t, "MSNP12", func(s *story) {
			s.m.say(say)
			for _, words := range s.rest(time.Second) {
				s.t.Errorf("%.60q: %s", say, words)
			}
			s.does(`send echobot@lab.example "still there?"`)
			s.until("done 1 accepted")
		})
	}
}

// Commands may come glued or byte by byte.
func TestGluedAndSplit(t *testing.T) {
	const both = "NLN AWY echobot@lab.example Echo%20Bot 0 0\r\nUBX echobot@lab.example 50\r\n<Data><PSM>in bits ☃</PSM><CurrentMedia/></Data>" +
		"NLN BSY typist@lab.example Typist 0 0\r\nFLN awaybot@lab.example\r\n"
	for _, size := range []int{1, 3, 17, len(both)} {
		online(t, "MSNP12", func(s *story) {
			for b := both; b != ""; b = b[min(size, len(b)):] {
				s.m.say(b[:min(size, len(b))])
			}
			s.sees(`presence echobot@lab.example away`, `presence echobot@lab.example away "in bits ☃"`, "presence typist@lab.example dnd",
				"presence awaybot@lab.example offline")
		})
	}
}

// A name that is no UTF-8, or has white space of others' in it, is a name all the same.
func TestNamesOfAllKinds(t *testing.T) {
	for name, want := range map[string]string{
		"\xFF\xFE%FF":     "\uFFFD",
		"a\u3000b\u00A0c": "a\u3000b\u00A0c",
		"%41%20%zz%":      "A %zz%",
		"<&>\"'":          "<&>\"'",
		"tab\there%0D%0A": "tab\there\r\n",
	} {
		online(t, "MSNP12", func(s *story) {
			s.m.say("NLN NLN echobot@lab.example x 0 0\r\nNLN AWY echobot@lab.example " + name + " 0 0\r\n")
			s.until("presence echobot@lab.example away")
			s.does("change echobot@lab.example \"\" \"Lab\"")
			words, _ := s.until("contacted")
			if want := fmt.Sprintf("%q", want); !strings.Contains(words, want) && !strings.Contains(words, "Echo Bot") {
				t.Errorf("%q: %s, not %s", name, words, want)
			}
		})
	}
}
