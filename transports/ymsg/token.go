package ymsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	loginURLKey = "login_url"
	// maxReply is how much of what the sign-on service says is read.
	maxReply = 64 << 10
	// blockedStatus is the HTTP status of a server that has had enough of an address.
	blockedStatus = 999
)

// A question is the challenge of the pager server. Its kind is 0 for one that is answered by the password itself, 1 and 2 for
// one that is answered by what the sign-on service gives for it.
type question struct {
	kind int64
	seed string
}

// tokenFailures says what the numbers of the sign-on service mean, by public descriptions. One that is not here is the
// service's own trouble.
var tokenFailures = map[int]transports.Failure{
	1212: {Kind: transports.BadCredentials, Text: "the password is wrong"},
	1213: {Kind: transports.Suspended, Text: "the account is locked: too many sign-ons with a wrong password"},
	1214: {Kind: transports.Suspended, Text: "the account is locked"},
	1235: {Kind: transports.BadCredentials, Text: "the network knows no such Yahoo ID"},
	1236: {Kind: transports.Throttled, After: longPause, Text: "too many sign-ons"},
}

// tokenAnswer proves the password to the sign-on service, and gives the fields that prove that to the pager server.
func (s *session) tokenAnswer(ctx context.Context, acct *transports.Account, seed string) (wire.Fields, error) {
	token, err := s.ask(ctx, "pwtoken_get", url.Values{
		"src": {"ymsgr"}, "ts": {""}, "login": {s.me}, "passwd": {acct.Password.Reveal()}, "chal": {seed},
	})
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	login, err := s.ask(ctx, "pwtoken_login", url.Values{"src": {"ymsgr"}, "ts": {""}, "token": {token.Values["ymsgr"]}})
	if err != nil {
		return nil, fmt.Errorf("sign on with the token: %w", err)
	}
	v := login.Values
	if v["crumb"] == "" || v["Y"] == "" || v["T"] == "" {
		return nil, wire.ErrReply
	}
	for _, name := range []string{cookieY, cookieT} {
		value, _, _ := strings.Cut(v[name], ";")
		s.remember(name, value)
	}
	return wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyUser, s.me), wire.Text(wire.KeyCookieY, v["Y"]), wire.Text(wire.KeyCookieT, v["T"]),
		wire.Text(wire.KeyCrumb, wire.CrumbAnswer(v["crumb"], seed)), wire.Text(wire.KeyClientID, s.dialect.clientID),
		wire.Text(wire.KeyIdentity, s.me), wire.Text(wire.KeyIdentity, "1"), wire.Text(wire.KeyCountry, "us"), wire.Text(wire.KeyVersion, s.dialect.client),
	}, nil
}

// ask asks the sign-on service. No error has the address in it: the password is there.
func (s *session) ask(ctx context.Context, what string, q url.Values) (wire.Reply, error) {
	base := s.env.Settings.Text(loginURLKey)
	if base == "" || s.env.HTTP == nil {
		return wire.Reply{}, throttled(longPause, "the service has no login_url, which this version of the protocol needs", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/"+what+"?"+q.Encode(), nil)
	if err != nil {
		return wire.Reply{}, throttled(longPause, "the service's login_url is none", nil)
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return wire.Reply{}, withoutURL(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	switch {
	case err != nil:
		return wire.Reply{}, withoutURL(err)
	case resp.StatusCode == blockedStatus:
		return wire.Reply{}, throttled(longPause, "the sign-on service does not answer us for now", nil)
	case resp.StatusCode != http.StatusOK:
		return wire.Reply{}, failure(transports.Transient, "the sign-on service is out of order", fmt.Errorf("HTTP status %d", resp.StatusCode))
	}
	reply, err := wire.ParseReply(body)
	if err == nil && reply.Code != 0 {
		err = tokenFailure(reply.Code)
	}
	return reply, err
}

// withoutURL takes the address out of an error of an HTTP client, and one that a server has sent us on to: it may hold what
// was in the first.
func withoutURL(err error) error {
	u := new(url.Error)
	switch {
	case !errors.As(err, &u):
		return err
	case strings.Contains(u.Err.Error(), "Location header"):
		return errLocation
	}
	return u.Err
}

var errLocation = errors.New("sent on to what is no address")

func tokenFailure(code int) *transports.Failure {
	f, known := tokenFailures[code]
	if !known {
		f = transports.Failure{Kind: transports.Transient, Text: "the sign-on service is out of order"}
	}
	f.Err = fmt.Errorf("result %d", code)
	return &f
}
