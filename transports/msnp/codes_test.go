package msnp

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgate/transports"
)

// Only a refusal of the sign-on itself is one of the password: the same codes, said to anything else, are not. Nor is a
// ticket asked for that the server did not want.
func TestCodesThatRefuseNoPassword(t *testing.T) {
	for _, tt := range []struct {
		name string
		says script
	}{
		{"911 to VER", script{"VER": {"911 #\r\n"}}},
		{"205 to CVR", script{"CVR": {"205 #\r\n"}}},
		{"911 to SYN", script{"SYN": {"911 #\r\n"}}},
		{"205 to SYN", script{"SYN": {"205 #\r\n"}}},
		{"911 to CHG", script{"CHG": {"911 #\r\n"}}},
		{"205 to CHG", script{"CHG": {"205 #\r\n"}}},
		{"a referral to nowhere", script{"USR": {"XFR # NS\r\n"}}},
		{"a referral instead of the second challenge", script{"USR": {"pass", "911 #\r\n", "XFR # NS msn.example:1863 0 x\r\n", "911 #\r\n"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tell(t, func(s *story) {
				s.set["dialects"] = transports.Value{List: []string{"MSNP12"}}
				s.plays(false, tt.says)
			}, func(s *story) {
				for {
					got, ok := s.Next(2 * answerTimeout)
					if !ok || strings.HasPrefix(got, "signed-on") {
						s.t.Fatalf("goes on with %q", got)
					}
					if strings.HasPrefix(got, "ended") {
						if got != "ended transient" {
							s.t.Error(got)
						}
						return
					}
				}
			})
		})
	}
}

// A ticket that is refused says nothing of the password: the passport has taken it. It is asked for one more in the attempt, and
// no third (decision 012).
func TestARefusedTicketIsNoWrongPassword(t *testing.T) {
	for _, code := range []string{"911", "917", "928"} {
		t.Run(code, func(t *testing.T) {
			var asked atomic.Int32
			tell(t, func(s *story) {
				s.set["dialects"] = transports.Value{List: []string{"MSNP12"}}
				s.m.listens(func(_ http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path == "/login2.srf" {
						asked.Add(1)
					}
					return false
				})
				s.plays(false, script{"USR": {"pass", code + " #\r\n", "pass", code + " #\r\n", "pass", code + " #\r\n"}})
			}, func(s *story) {
				if got, _ := s.until("ended"); got != "ended transient" {
					s.t.Error(got)
				}
				if n := asked.Load(); n != 2 {
					s.t.Errorf("the passport was asked %d times", n)
				}
			})
		})
	}
}

// The answer to a question that was given up is no wish of the server's to sign on again.
func TestALateReferral(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		s.plays(false, script{"XFR": {""}})
		s.does(`send echobot@lab.example "is it lost?"`)
		s.until("done 1")
		s.m.say("XFR 9 SB board.example:1864 CKI 12345\r\n")
		s.nothing(time.Minute)
	})
}
