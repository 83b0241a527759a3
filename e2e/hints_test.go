package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"imgate/e2e"
	"imgate/lab"
	"imgate/lab/xmppd"
)

// TestHintsAreEnough gives each server what "imgate hints" prints, with nothing done by hand but putting the secret
// in, and runs the binary with it.
func TestHintsAreEnough(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		st := &stage{t: t, dir: t.TempDir(), binary: binary(t), users: map[string]*user{}, log: &lockedBuffer{}}
		st.login = func(ctx context.Context, jid, password, address string) (client, error) {
			return e2e.LoginPlain(ctx, jid, password, address)
		}
		var err error
		if st.lab, err = lab.Start(context.Background(), lab.Options{Ports: lab.AnyPorts}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(st.lab.Close)
		port := freePort(t)
		st.configure(t, port)
		hints, err := exec.Command(st.binary, "hints", kind.String(), "--config", st.config()).CombinedOutput()
		if err != nil || strings.Contains(string(hints), secret) {
			t.Fatalf("%v: %s", err, hints)
		}
		pasted := regexp.MustCompile(`PUT HERE[^"<]*`).ReplaceAllString(string(hints), secret)
		st.server = startServer(t, xmppd.Config{Kind: kind, Users: map[string]string{"juliet": "capulet"}, Component: port, Pasted: pasted})
		st.startGateway()
		t.Cleanup(func() {
			for _, u := range st.users {
				u.stop()
			}
			if err := st.endGateway(false); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Logf("pasted:\n%s\nthe gateway said:\n%s", pasted, st.log)
			}
		})
		juliet := person(t, st, "juliet")
		juliet.register("alicewonder")
		if kind == xmppd.Prosody {
			juliet.has(inWonderland("both AIM"))
			if n := juliet.clicks(); n != 0 {
				t.Errorf("the user was asked %d times", n)
			}
		}
		juliet.chats("the hints are enough")
		granted := strings.Contains(st.log.String(), "roster_get=true roster_set=true message=true")
		if granted != (kind != xmppd.Jabberd2) {
			t.Errorf("privileges: %v", granted)
		}
		juliet.unregisters()
		if kind == xmppd.Prosody {
			juliet.has(map[string]string{})
		}
	})
}

// inWonderland is the roster of alicewonder of the lab, as the lab's list has it.
func inWonderland(gateway string) map[string]string {
	items := map[string]string{serviceDomain: gateway}
	for id, name := range map[string]string{"awaybot": "Away Bot", "echobot": "Echo Bot", "sleeper": "Sleeper", "typist": "Typist"} {
		items[id+"@"+serviceDomain] = "both " + name + " Lab"
	}
	return items
}

func freePort(t *testing.T) int {
	t.Helper()
	port, claim, err := xmppd.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(claim.Release)
	return port
}

// configure writes a configuration whose secret is in a file.
func (s *stage) configure(t *testing.T, port int) {
	t.Helper()
	key, secretFile := filepath.Join(s.dir, "seal.key"), filepath.Join(s.dir, "component.secret")
	if out, err := exec.Command(s.binary, "key", "new", key).CombinedOutput(); err != nil {
		t.Fatalf("key new: %v: %s", err, out)
	}
	if err := os.WriteFile(secretFile, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := written(setup{
		dir: s.dir, server: fmt.Sprintf("127.0.0.1:%d", port), secret: "file:" + secretFile, key: key, c2s: "127.0.0.1:5222", service: "aim", lab: s.lab,
	})
	if err := os.WriteFile(s.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
