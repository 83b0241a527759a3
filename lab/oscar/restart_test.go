package oscar

import (
	"testing"
	"time"
)

func TestRestart(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		a, b := signOn(t, s, "alicewonder", 3), signOn(t, s, "bobwonder", 0)
		a.heard()
		b.heard()
		if err := s.AIM().Restart(5 * time.Second); err != nil {
			t.Fatal(err)
		}
		if err := s.ICQ().Restart(5 * time.Second); err == nil {
			t.Error("restarted while down")
		}
		if got := a.kinds(); got != "ch4: end" {
			t.Errorf("with flag 3: %s", got)
		}
		if got := b.kinds(); got != "cut end" {
			t.Errorf("without: %s", got)
		}
		c := connect(t, s)
		if got := c.kinds(); got != "end" {
			t.Errorf("while down: %s", got)
		}
		time.Sleep(6 * time.Second) // fake
		signOn(t, s, "alicewonder", 3)
		for _, a := range s.AIM().Accounts() {
			if a.Name == "alicewonder" && !a.SignedOn || a.Name == "sleeper" && a.SignedOn {
				t.Errorf("%+v", a)
			}
		}
	})
}
