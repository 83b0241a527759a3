package soap

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"imgate/adapters"
	"imgate/adapters/soap/wire"
	"imgate/transports"
	"imgate/xmpp"
)

const (
	proofTime   = 30 * time.Second
	maxPassword = 1024 // bytes
	cookieName  = "ZM_AUTH_TOKEN"
)

// authenticate gives a token for a password, or says how long a token still lives.
func (d *Door) authenticate(r *request) (*wire.Element, error) {
	if t, ok := r.body.Lookup("authToken"); ok && r.body.Child("account") == nil {
		return d.renew(r, t)
	}
	user, err := d.account(r.body)
	if err != nil {
		return nil, err
	}
	password := exact(r.body, "password")
	switch {
	case password == "" && r.body.Child("preauth") != nil:
		return nil, refuse(authFailed, "preauth is not offered here")
	case password == "":
		return nil, refuse(invalidRequest, "the password is missing")
	case len(password) > maxPassword:
		return nil, refuse(authFailed, "wrong user name or password")
	case user.IsZero(): // nobody can be called so
		return nil, refuse(authFailed, "wrong user name or password")
	}
	secret := transports.NewSecret(strings.Clone(password))
	if err := d.prove(r, user, secret); err != nil {
		return nil, err
	}
	if err := r.header.own(user); err != nil {
		return nil, err
	}
	now := time.Now()
	p, token := d.admit(user, secret, now.Add(d.opt.TokenLife))
	id, err := d.minter.read(token, now)
	if err != nil {
		return nil, err
	}
	d.join(r, p, id, now)
	return d.welcome(r, token, now), nil
}

// renew tells of a token that is good.
func (d *Door) renew(r *request, token string) (*wire.Element, error) {
	now := time.Now()
	p, id, err := d.proven(token, now)
	switch {
	case errors.Is(err, errExpired):
		return nil, refuse(authExpired, "the token has expired; authenticate again")
	case err != nil:
		return nil, refuse(authRequired, "no valid token; authenticate first")
	}
	if err := r.header.own(p.jid); err != nil {
		return nil, err
	}
	d.join(r, p, id, now)
	return d.welcome(r, token, now), nil
}

// welcome is the answer to who has proven who they are.
func (d *Door) welcome(r *request, token string, now time.Time) *wire.Element {
	left := max(0, r.expires.Sub(now))
	out := wire.New(accountSpace, "AuthResponse").SetChild("lifetime", wire.Number(left.Milliseconds())).
		With(wire.Item(accountSpace, "authToken").AddText(token))
	if r.session != nil {
		out.With(wire.Leaf(accountSpace, "session", r.session.id).Set("id", r.session.id))
	}
	if crossSite(r.http) {
		return out
	}
	r.cookie = &http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: int(left / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: d.secure(r.http),
	}
	return out
}

// account is whom a request names; the zero address for a name that nobody can have.
func (d *Door) account(e *wire.Element) (xmpp.JID, error) {
	a := e.Child("account")
	name, by := strings.TrimSpace(a.Text()), a.Get("by")
	if a == nil {
		name = e.Get("account")
	}
	switch {
	case name == "":
		return xmpp.JID{}, refuse(invalidRequest, "the account is missing")
	case by != "" && by != "name" && by != "id":
		return xmpp.JID{}, refuse(invalidRequest, "an account is named by name or id")
	}
	if !strings.Contains(name, "@") {
		domain := orText(e.Get("virtualHost"), d.opt.DefaultDomain)
		if domain == "" {
			return xmpp.JID{}, refuse(invalidRequest, "the account has no domain, and there is no default one")
		}
		name += "@" + domain
	}
	j, err := xmpp.ParseJID(name)
	if err != nil || !j.IsBare() || j.Local == "" {
		return xmpp.JID{}, nil //nolint:nilerr // such a user does not exist
	}
	return j, nil
}

// prove asks the XMPP server. Whoever has failed often waits before, and again for each who asks at the same time.
func (d *Door) prove(r *request, user xmpp.JID, password transports.Secret) error {
	turn, ok := d.throttle.enter(time.Now(), user, r.client)
	if !ok {
		return refuse(unavailable, "too many failed log-ins; try again later")
	}
	defer turn.leave()
	if err := turn.wait(r.http.Context(), d.stopping); err != nil {
		return refuse(unavailable, "too many failed log-ins; try again later")
	}
	select {
	case d.proving <- struct{}{}:
		defer func() { <-d.proving }()
	default:
		return refuse(unavailable, "too many log-ins at once; try again later")
	}
	ctx, cancel := context.WithTimeout(r.http.Context(), proofTime)
	defer cancel()
	err := d.opt.Prover.Prove(ctx, user, password)
	switch {
	case err == nil:
		turn.succeeded()
	case errors.Is(err, adapters.ErrWrongPassword), errors.Is(err, adapters.ErrInactive):
		turn.failed(time.Now())
		d.opt.Log.Info("a log-in failed", "user", user.String(), "client", r.client.String(), "err", err)
	default:
		err = errors.Join(adapters.ErrUnreachable, err)
	}
	return err
}

// endSession ends the session that the header names; with logoff, its token too.
func (d *Door) endSession(r *request) (*wire.Element, error) {
	logoff, err := truth(r.body, "logoff", false)
	if err != nil {
		return nil, err
	}
	if s := r.session; s != nil {
		r.person.mu.Lock()
		r.person.end(s)
		r.person.mu.Unlock()
	}
	if logoff {
		d.leave(r.person, r.token)
		r.cookie = &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: d.secure(r.http)}
	}
	return wire.New(accountSpace, "EndSessionResponse"), nil
}

// info is a courtesy to generic clients.
func (d *Door) info(r *request) (*wire.Element, error) {
	user := r.user()
	return wire.New(accountSpace, "GetInfoResponse").
		SetChild("version", wire.Text("imgate/"+d.opt.Version)).SetChild("id", wire.Text(user)).SetChild("name", wire.Text(user)).
		SetChild("lifetime", wire.Number(max(0, time.Until(r.expires)).Milliseconds())), nil
}
