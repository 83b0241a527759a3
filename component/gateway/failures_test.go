package gateway

import (
	"fmt"
	"testing"
	"time"

	"imgate/xmpp"
)

func someone(n int, domain string) xmpp.JID {
	return xmpp.JID{Local: fmt.Sprintf("user%d", n), Domain: domain}
}

func TestFailuresAreCountedForUserDomainAndService(t *testing.T) {
	f, now := newFailures(5), noon()
	for n := range 19 {
		for range 5 {
			f.count(someone(n, "example.org"), "aim", now)
		}
	}
	fresh := someone(1000, "example.org")
	if !f.tooMany(someone(3, "example.org"), "aim", now) || f.tooMany(fresh, "aim", now) {
		t.Error("a user's failures are not the user's own")
	}
	for range 5 {
		f.count(someone(19, "example.org"), "aim", now)
	}
	if !f.tooMany(fresh, "aim", now) {
		t.Error("the domain is not held to account")
	}
	other := someone(1, "example.net")
	if f.tooMany(other, "aim", now) {
		t.Error("another domain is")
	}
	for d := range 4 {
		for n := range 100 {
			f.count(someone(n, fmt.Sprintf("d%d.example", d)), "aim", now)
		}
	}
	if !f.tooMany(other, "aim", now) || f.tooMany(other, "msn", now) {
		t.Error("the service is not held to account, or another is")
	}
	if f.tooMany(other, "aim", now.Add(61*time.Minute)) {
		t.Error("an hour is not enough")
	}
}

func TestFailuresAreForgottenWhenThereAreTooMany(t *testing.T) {
	f, now := newFailures(5), noon()
	for n := range 3 * failureMemory {
		f.count(someone(n, "example.org"), "aim", now)
	}
	if len(f.seen) > failureMemory+3 {
		t.Errorf("%d are remembered", len(f.seen))
	}
}
