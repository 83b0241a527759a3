package ymsg_test

import (
	"context"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	lab "imgate/lab/ymsg"
	"imgate/transports/transporttest"
)

// notInLab are the talks that the lab's server does not play byte for byte, and why.
var notInLab = map[string]string{
	"offline-messages": "the real server gives what it kept in no order",
}

// TestLabTalks plays the client of every talk against the lab's server, which must say what the real one said.
func TestLabTalks(t *testing.T) {
	left := maps.Clone(notInLab)
	for _, file := range talks(t) {
		talk := strings.TrimSuffix(name(file), "-9")
		if _, out := notInLab[talk]; out {
			delete(left, talk)
			continue
		}
		t.Run(name(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playInLab(t, file) })
		})
	}
	if len(left) > 0 {
		t.Errorf("no talks, and yet left out: %v", left)
	}
}

func playInLab(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	time.Sleep(time.Until(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))) // a time has one digit more since 2001
	s := lab.New(lab.Options{Bare: true, Hangs: true, Domain: "yahooloopback.log1p.xyz"})
	defer s.Close()
	for _, name := range []string{"alicewonder", "bobwonder", "carolwonder", "davewonder", "erinwonder", "gracewonder"} {
		if _, _, err := s.Yahoo().Add(name, password, 1); err != nil {
			t.Fatal(err)
		}
	}
	dial := labDialer(s)
	others := transporttest.NewOthers(func(name string) transporttest.Role {
		return role(name, password, versionIn(file), "pager.example", dial)
	})
	defer others.Stop()
	err := transporttest.PlayClient(t.Context(), talk, dial, transporttest.Options{
		Value:  answers(nameIn(talk), passwordIn(file)),
		Settle: synctest.Wait,
		Meanwhile: func(words string) error {
			synctest.Wait()
			if words == "operator restart" { // the real one went without a word
				return s.Yahoo().Fault("alicewonder", world.Drop, 1)
			}
			return others.Play(words)
		},
	})
	if err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

// labDialer connects to s without a network.
func labDialer(s *lab.Server) dialer {
	return func(ctx context.Context, _ string) (net.Conn, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		ours, theirs := net.Pipe()
		go s.ServeConn(theirs)
		return ours, nil
	}
}
