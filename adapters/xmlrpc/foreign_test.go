package xmlrpc

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// TestForeignClients lets libraries that nobody here wrote make every call, over TCP: as it goes well, for nobody,
// with a malformed address, and where it is not allowed.
func TestForeignClients(t *testing.T) {
	for _, c := range []struct {
		name, needs string // needs is a command that succeeds where the library is there
		run         []string
	}{
		{"xmlrpc.client", "/usr/bin/python3 -c 'import xmlrpc.client'", []string{"/usr/bin/python3", "python_client.py"}},
		{"XMLRPC::Lite", "/usr/bin/perl -MXMLRPC::Lite -e 1", []string{"/usr/bin/perl", "lite_client.pl"}},
		{"Frontier::Client", "/usr/bin/perl -MFrontier::Client -e 1", []string{"/usr/bin/perl", "frontier_client.pl"}},
		{"npm xmlrpc", `node -e 'require("xmlrpc")'`, []string{"node", "node_client.js"}},
	} {
		t.Run(c.name, func(t *testing.T) { foreign(t, c.needs, c.run) })
	}
}

func foreign(t *testing.T, needs string, run []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	look := exec.CommandContext(ctx, "sh", "-c", needs)
	look.Dir = filepath.Join("testdata", "clients")
	if out, err := look.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v\n%s", needs, err, out)
		}
		t.Skipf("%s: %v; make deps installs it", needs, err)
	}
	h := storyHouse(t)
	server := httptest.NewServer(h.door)
	defer server.Close()
	client := exec.CommandContext(ctx, run[0], append(run[1:], server.URL+"/RPC2")...)
	client.Dir = look.Dir
	client.Env = append(os.Environ(), "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	out, err := client.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "done") {
		t.Errorf("%v\n%s\n%s", err, out, h.log)
	}
	for _, secret := range []string{"s3cret", "wrong-pw"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if len(h.fake.sent) != 1 || !strings.Contains(written(h.fake.sent[0]), "1 &lt; 2 &amp; ") {
		t.Errorf("sent: %v", h.fake.sent)
	}
}

// storyHouse has what the story of the clients tells of.
func storyHouse(t *testing.T) *house {
	h := newHouse(t, func(o *Options) { o.User, o.Password, o.Strict = "web", transports.NewSecret("s3cret&ö"), true })
	h.fake.presence["ann@aim.example.org"] = []xmpp.Presence{presenceAt("ann@aim.example.org/imgate", "away", "grüß Gott", "")}
	h.fake.presence["bob@example.org"] = []xmpp.Presence{presenceAt("bob@example.org/desk", "dnd", "не беспокоить", "1"), presenceAt("bob@example.org/tv", "", "", "-1")}
	for _, what := range []string{"read", "set"} {
		h.fake.deny[what+" shy@example.org"] = xmpp.NewError(xmpp.FeatureNotImplemented, "")
	}
	h.fake.deny["send shy@example.org"] = xmpp.NewError(xmpp.Forbidden, "")
	return h
}
