package lab

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPassport: over HTTP the nexus names a page over HTTP, over TLS one over TLS, whose certificate the CA in the
// folder answers for; and the page gives a ticket for the right password alone.
func TestPassport(t *testing.T) {
	dir := t.TempDir()
	l := start(t, Options{Ports: AnyPorts, Dir: dir})
	pem, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", pem)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	get := func(url, credentials string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", credentials)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer
	}
	for service, scheme := range map[string]string{Web: "http://", WebTLS: "https://"} {
		base := scheme + l.Address(service)
		_, page, _ := strings.Cut(get(base+"/rdr/pprdr.asp", "").Header.Get("PassportURLs"), "DALogin=")
		if page != base+"/login2.srf" {
			t.Errorf("%s: the nexus names %q", service, page)
		}
		for password, want := range map[string]int{"rabbit1": http.StatusOK, "rabbit2": http.StatusUnauthorized} {
			r := get(page, "Passport1.4 OrgVerb=GET,sign-in=alice%40lab.example,pwd="+password+",ct=1")
			if ticket := strings.Contains(r.Header.Get("Authentication-Info"), "from-PP='t="); r.StatusCode != want || ticket != (want == http.StatusOK) {
				t.Errorf("%s, %s: %d %v", service, password, r.StatusCode, r.Header)
			}
		}
	}
}
