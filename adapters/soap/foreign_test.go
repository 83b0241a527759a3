package soap

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestForeignClients lets libraries that nobody here wrote go through items 1 and 9 of the acceptance list, in real
// time and over TCP. Item 16 of the list.
func TestForeignClients(t *testing.T) {
	for _, c := range []struct {
		name, needs string // needs is a command that succeeds where the library is there
		run         []string
	}{
		{"zeep 1.1", "/usr/bin/python3 -c 'import zeep'", []string{"/usr/bin/python3", "zeep_client.py", "11"}},
		{"zeep 1.2", "/usr/bin/python3 -c 'import zeep'", []string{"/usr/bin/python3", "zeep_client.py", "12"}},
		{"SOAP::Lite 1.1", "/usr/bin/perl -MSOAP::Lite -e 1", []string{"/usr/bin/perl", "lite_client.pl", "11"}},
		{"js-zimbra JSON", `node -e 'require("js-zimbra")'`, []string{"node", "zimbra_client.js", "json"}},
		{"npm soap 1.1", `node -e 'require("soap")'`, []string{"node", "soap_client.js", "11"}},
		{"npm soap 1.2", `node -e 'require("soap")'`, []string{"node", "soap_client.js", "12"}},
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
	w, end := newWorld(t, filepath.Join(t.TempDir(), "imgate.db"), nil)
	defer end()
	server := httptest.NewServer(w.door)
	defer server.Close()
	_, expired := newMinter().mint(time.Now().Add(time.Hour)) // of another run
	client := exec.CommandContext(ctx, run[0], append(run[1:], server.URL+SOAPPath)...)
	client.Dir = look.Dir
	client.Env = append(os.Environ(), "EXPIRED="+expired, "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	out, err := client.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "done") {
		t.Errorf("%v\n%s\n%s", err, out, w.logText())
	}
	for _, secret := range []string{"s3cret", "wrong-pw"} {
		if strings.Contains(w.logText(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
