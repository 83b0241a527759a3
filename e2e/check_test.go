package e2e_test

import (
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	if out, err := check(); err != nil || !strings.Contains(out, "not tried: a gateway is running") || strings.Count(out, ": ok, ") != 2 {
		t.Errorf("while the gateway runs: %v\n%s", err, out)
	}
	if err := st.endGateway(false); err != nil {
		t.Fatal(err)
	}
	if out, err := check(); err != nil || strings.Count(out, ": ok, ") != 3 {
		t.Errorf("%v\n%s", err, out)
	}
	st.lab.Close()
	if err := st.server.Stop(); err != nil {
		t.Error(err)
	}
	if out, err := check(); err == nil || strings.Count(out, "refused") != 3 {
		t.Errorf("with nobody there: %v\n%s", err, out)
	}
}

// TestCheckConnectsOverTLS tries the handshake with ejabberd over TLS, with the right certificate and without.
func TestCheckConnectsOverTLS(t *testing.T) {
	st := newStage(t, xmppd.Prosody)
	if err := st.endGateway(false); err != nil {
		t.Fatal(err)
	}
	server := startServer(t, xmppd.Config{Kind: xmppd.Ejabberd, Components: map[string]string{serviceDomain: secret}, ComponentTLS: true})
	ca := filepath.Join(st.dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(st.config())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lines, says string
		ok          int
	}{
		{fmt.Sprintf("tls = \"on\"\ntls_name = \"localhost\"\ntls_ca = %q\n", ca), ": ok, ", 3}, {"tls = \"on\"\ntls_name = \"localhost\"\n", "certificate", 2},
	} {
		text := strings.Replace(string(plain), fmt.Sprintf("server = %q\n", st.server.Component()), fmt.Sprintf("server = %q\n%s", server.Component(), c.lines), 1)
		if err := os.WriteFile(st.config(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(st.binary, "check", "--config", st.config(), "--connect").CombinedOutput() // its words tell
		if strings.Count(string(out), ": ok, ") != c.ok || !strings.Contains(string(out), c.says) {
			t.Errorf("with %s:\n%s", c.lines, out)
		}
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
