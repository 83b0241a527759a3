package msnp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

const (
	webTimeout = 45 * time.Second
	maxWebBody = 1 << 20
)

// A passport gets tickets. It is used by one goroutine at a time.
type passport struct {
	http     *http.Client
	nexus    string
	login    string // where to sign on; empty until the nexus has said it
	name     string
	password transports.Secret
}

func (s *session) passport() *passport {
	return &passport{
		http: s.env.HTTP, nexus: s.env.Settings.Text("nexus"), login: s.env.Settings.Text("login_url"),
		name: string(s.self), password: s.acct.Password,
	}
}

// ticket signs on over HTTP. challenge is the notification server's, untouched.
func (p *passport) ticket(ctx context.Context, challenge string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, webTimeout)
	defer cancel()
	if p.http == nil || p.login == "" && p.nexus == "" {
		return "", throttled(noDialect, "the operator has configured no address to sign on at (nexus or login_url)", nil)
	}
	if p.login == "" {
		if err := p.findLogin(ctx); err != nil {
			return "", err
		}
	}
	r, err := p.get(ctx, p.login, wire.Credentials(p.name, p.password.Reveal(), challenge))
	if err != nil {
		return "", err
	}
	return ticketOf(r)
}

// findLogin asks the nexus where to sign on.
func (p *passport) findLogin(ctx context.Context) error {
	r, err := p.get(ctx, p.nexus, "")
	if err != nil {
		return err
	}
	if p.login = wire.LoginURL(r.header.Get("PassportURLs")); p.login == "" {
		return failure(transports.Transient, "the passport's nexus names no address to sign on at", statusOf(r.status))
	}
	return nil
}

// A page is what is told of a page that was fetched: only the header counts.
type page struct {
	status int
	header http.Header
}

// get fetches a page.
func (p *passport) get(ctx context.Context, url, credentials string) (page, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return page{}, failure(transports.Transient, "the passport's address cannot be read", withoutURL(err))
	}
	if credentials != "" {
		q.Header.Set("Authorization", credentials)
	}
	r, err := p.http.Do(q)
	if err != nil {
		return page{}, webFailure(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxWebBody)) // lets the connection be used again
	_ = r.Body.Close()
	return page{r.StatusCode, r.Header}, nil
}

// ticketOf judges the answer to a sign-on. Only a refusal in the passport's own words proves that the password is wrong.
func ticketOf(r page) (string, error) {
	if v := wire.ParseVerdict(r.header.Get("Authentication-Info")); r.status == http.StatusOK && v.Ticket != "" {
		return v.Ticket, nil
	}
	if r.status == http.StatusUnauthorized {
		for _, field := range r.header.Values("Www-Authenticate") {
			if wire.ParseVerdict(field).Status == "failed" {
				return "", failure(transports.BadCredentials, "the address or the password is wrong", statusOf(r.status))
			}
		}
	}
	return "", failure(transports.Transient, "the passport service is out of order", statusOf(r.status))
}

func statusOf(status int) error { return fmt.Errorf("HTTP status %d", status) }

// webFailure is the Failure of a request that came to nothing. Its own words hold the address, and a refusal by the dial
// policy is a Failure already.
func webFailure(err error) error {
	var f *transports.Failure
	if errors.As(err, &f) {
		return f
	}
	return failure(transports.Transient, "the passport service cannot be reached", withoutURL(err))
}

// withoutURL takes the address out of an error: the query of one may be a ticket.
func withoutURL(err error) error {
	var u interface{ Unwrap() error }
	if errors.As(err, &u) && u.Unwrap() != nil {
		return u.Unwrap()
	}
	return errors.New("request failed")
}
