package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"imgate/lab/xmppd"
)

// TestCheckConnects tries the component handshake and the legacy host, with the gateway and without.
func TestCheckConnects(t *testing.T) {
	st := newStage(t, xmppd.Prosody)
	check := func() (string, error) {
		out, err := exec.Command(st.binary, "check", "--config", st.config(), "--connect").CombinedOutput()
		return string(out), err
	}
	if out, err := check(); err != nil || !strings.Contains(out, "not tried: a gateway is running") || strings.Count(out, ": ok, ") != 1 {
		t.Errorf("while the gateway runs: %v\n%s", err, out)
	}
	if err := st.endGateway(false); err != nil {
		t.Fatal(err)
	}
	if out, err := check(); err != nil || strings.Count(out, ": ok, ") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
	st.lab.Close()
	if err := st.server.Stop(); err != nil {
		t.Error(err)
	}
	if out, err := check(); err == nil || strings.Count(out, "refused") != 2 {
		t.Errorf("with nobody there: %v\n%s", err, out)
	}
}

// TestHangUpReloads changes log.level while the gateway runs; a wrong file changes nothing.
func TestHangUpReloads(t *testing.T) {
	st := newStage(t, xmppd.Prosody)
	good, err := os.ReadFile(st.config())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, says string }{
		{strings.Replace(string(good), `level = "info"`, `level = "loud"`, 1), "nothing was changed"},
		{strings.Replace(string(good), `level = "info"`, `level = "debug"`, 1), "log.level was applied"},
	} {
		if err := os.WriteFile(st.config(), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := st.gw.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if !st.Until(func() bool { return strings.Contains(st.log.String(), c.says) }) {
			t.Errorf("never said %q", c.says)
		}
	}
}
