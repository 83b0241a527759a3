package ymsg_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/ymsg"
	"imgate/transports/transporttest"
)

// TestLabTalks plays the client of every talk against the lab's server, which must say what the real one said.
func TestLabTalks(t *testing.T) {
	for _, file := range talks(t) {
		t.Run(name(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playInLab(t, file) })
		})
	}
}

func playInLab(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	s := lab.New(lab.Options{Bare: true, Hangs: true})
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
			if words == "operator restart" {
				return s.Yahoo().Restart(time.Second)
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
