package oscar_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// notInLab are the talks that the lab's server does not play byte for byte, and why.
var notInLab = map[string]string{
	"privacy":       "the real server lets strangers through though the rule is for contacts only; the lab keeps the rule",
	"warned":        "with the warning comes a level (SNAC 01/0A), which depends on the pace",
	"many-messages": "the real server tells of levels (SNAC 01/0A) whenever a second was idle, as if a message came just then",
}

// TestLabTalks plays the client of every talk against the lab's server, which must say what the real one said.
func TestLabTalks(t *testing.T) {
	files, err := filepath.Glob("testdata/*.talk")
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(notInLab)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".talk")
		if _, out := notInLab[name]; out {
			delete(left, name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playInLab(t, file) })
		})
	}
	if len(left) > 0 {
		t.Errorf("no talks, and yet left out: %v", left)
	}
}

// addressIn is where the server of a talk sent its client.
func addressIn(talk *transporttest.Talk) string {
	for _, step := range talk.Steps {
		if step.Act == transporttest.Connect && len(step.Parts) == 1 {
			return string(step.Parts[0].Bytes)
		}
	}
	return "127.0.0.1:5190"
}

// noteIn is what the server of a talk says of stored messages, in its own words.
func noteIn(talk *transporttest.Talk) string {
	for _, step := range talk.Steps {
		var whole []byte
		for _, p := range step.Parts {
			whole = append(whole, p.Bytes...)
		}
		q, ok := snacOf(whole)
		if !ok || step.Who != transporttest.Server || q.Kind != wire.ICBMReceive {
			continue
		}
		m, err := wire.Decode[wire.Incoming](q.Body)
		value, _ := m.TLVs.Get(wire.MessageText)
		if texts, terr := wire.TextsOf(value); err == nil && terr == nil && len(texts) == 1 && m.From.Name == "OOS System Msg" {
			return string(texts[0].Data)
		}
	}
	return ""
}

func playInLab(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	address := addressIn(talk)
	s := lab.New(lab.Options{Bare: true, Rates: true, Logins: true, Advertise: address, Note: noteIn(talk)})
	defer s.Close()
	for _, name := range []string{"alicewonder", "bobwonder", "carolwonder", "davewonder", "erinwonder", "frankwonder", "sleeper"} {
		if _, _, err := s.AIM().Add(name, password, 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.ICQ().Add("100003", password, 4); err != nil {
		t.Fatal(err)
	}
	dial := labDialer(s)
	rough := newRoughs(address, dial)
	defer rough.leave()
	o := transporttest.NewOthers(func(name string) transporttest.Role { return roleIn(file, name, address, dial) })
	o.Also = rough.lines()
	defer o.Stop()
	err := transporttest.PlayClient(t.Context(), talk, rough.toMachines(dial), transporttest.Options{
		Value:     loginHash(passwordIn(file)),
		Settle:    synctest.Wait,
		Meanwhile: func(words string) error { synctest.Wait(); return inLab(s, o, words) },
	})
	if err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

// inLab carries out a Meanwhile line.
func inLab(s *lab.Server, o *transporttest.Others, words string) error {
	switch words {
	case "operator restart":
		return s.AIM().Restart(time.Second)
	case "operator kick alicewonder":
		return s.AIM().Fault("alicewonder", world.Kicked, 1)
	case "operator suspend alicewonder":
		return s.AIM().Fault("alicewonder", world.Suspended, 1)
	case "operator restore alicewonder":
		return nil
	case "operator exhaust":
		return exhaustLab(s)
	}
	return o.Play(words)
}

// exhaustLab says hello to the lab until it has had enough.
func exhaustLab(s *lab.Server) error {
	for range tooMany {
		conn, err := labDialer(s)(context.Background(), "")
		if err != nil {
			return err
		}
		refused, err := sayHello(conn)
		conn.Close()
		if refused || err != nil {
			return err
		}
	}
	return fmt.Errorf("%d sign-ons are not too many", tooMany)
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
