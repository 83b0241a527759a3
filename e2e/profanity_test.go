package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgate/lab/world"
	"imgate/lab/xmppd"
)

// TestProfanity is a user whose client knows no registration with gateways, only ad-hoc commands: profanity, at a
// terminal that nobody sees. What comes of it is judged by the network and by who is written to.
func TestProfanity(t *testing.T) {
	for _, program := range []string{"profanity", "tmux"} {
		if _, err := exec.LookPath(program); err != nil {
			needed(t, err)
		}
	}
	everyServer(t, profanity)
}

func profanity(t *testing.T, kind xmppd.Kind) {
	st := newStage(t, kind)
	romeo := person(t, st, "romeo")
	romeo.register("bobwonder")
	romeo.chats("are you there")

	p := openProfanity(t, st.server.C2S(), "juliet")
	p.types("/disco items localhost", "Service discovery items for localhost", serviceDomain)
	// Profanity refuses until it has asked what the server's services can.
	if !st.Until(func() bool {
		p.keys("/cmd list " + serviceDomain)
		return within(time.Second, func() bool { return strings.Contains(p.screen(), "Ad hoc commands:") })
	}) {
		t.Fatalf("no commands are listed:\n%s", p.screen())
	}
	p.types("/cmd exec register "+serviceDomain, "AIM account", "[field1] Screen name", "[field2] Password")
	p.types("/field1 alicewonder", "alicewonder")
	p.types("/field2 rabbit1")
	p.types("/form submit")
	if !st.signedOn("alicewonder") {
		t.Fatalf("she is not signed on; profanity shows\n%s", p.screen())
	}
	p.types("/win 1", "Registered with AIM", "authorization request from "+serviceDomain)
	p.types("/sub allow "+serviceDomain, "Accepted subscription for "+serviceDomain)
	p.types("/sub request " + serviceDomain)
	p.types("/msg bobwonder@" + serviceDomain + " O Romeo, Romeo! wherefore art thou Romeo? <&>")
	romeo.hears(`from="alicewonder@aim.localhost/imgate" & wherefore art thou Romeo? &lt;&amp;`)
	romeo.sends("<message to='alicewonder@aim.localhost' type='chat'><body>I take thee at thy word</body></message>")
	p.shows("I take thee at thy word")
}

// signedOn waits until the lab has a session of that account.
func (s *stage) signedOn(name string) bool {
	return s.Until(func() bool {
		return slices.ContainsFunc(s.Network("aim").Accounts(), func(a world.Account) bool { return a.Name == name && a.SignedOn })
	})
}

// A terminal is a program at a terminal that nobody sees.
type terminal struct {
	t      *testing.T
	socket string
}

// openProfanity starts profanity, which logs in at address ("host:port").
func openProfanity(t *testing.T, address, name string) *terminal {
	t.Helper()
	home := t.TempDir()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(home, ".local", "share", "profanity")
	if err := os.MkdirAll(settings, 0o700); err != nil {
		t.Fatal(err)
	}
	account := fmt.Sprintf("[%[1]s@localhost]\nenabled=true\njid=%[1]s@localhost\nserver=%[2]s\nport=%[3]s\ntls.policy=disable\npassword=capulet\nresource=profanity\n",
		name, host, port)
	if err := os.WriteFile(filepath.Join(settings, "accounts"), []byte(account), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &terminal{t: t, socket: filepath.Join(home, "tmux")}
	environment := fmt.Sprintf("HOME=%s XDG_CONFIG_HOME=%[1]s/.config XDG_DATA_HOME=%[1]s/.local/share LANG=C.UTF-8 TERM=screen", home)
	p.tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "200", "env "+environment+" profanity -a "+name+"@localhost")
	t.Cleanup(func() {
		p.keys("/quit")
		if !within(patience, func() bool { return exec.Command("tmux", "-S", p.socket, "has-session").Run() != nil }) {
			t.Error("profanity does not end")
			p.tmux("kill-server")
		}
	})
	p.shows(name + "@localhost/profanity logged in successfully")
	return p
}

func (p *terminal) tmux(args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tmux", append([]string{"-S", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %s: %v: %s", args, err, out)
	}
	return string(out)
}

// screen is what is to be seen now.
func (p *terminal) screen() string {
	p.t.Helper()
	return strings.TrimSpace(p.tmux("capture-pane", "-p"))
}

func (p *terminal) keys(line string) {
	p.t.Helper()
	p.tmux("send-keys", "-l", line)
	p.tmux("send-keys", "Enter")
}

// types types a line, and waits until everything wanted is to be seen.
func (p *terminal) types(line string, wanted ...string) {
	p.t.Helper()
	p.keys(line)
	p.shows(wanted...)
}

func (p *terminal) shows(wanted ...string) {
	p.t.Helper()
	for _, want := range wanted {
		if !within(patience, func() bool { return strings.Contains(p.screen(), want) }) {
			p.t.Fatalf("the screen never shows %q, but\n%s", want, p.screen())
		}
	}
}
