package msnp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// The places of the services below the setting "web".
const (
	pathStore = "/OimWS/oim.asmx"
	pathMail  = "/rsi/rsi.asmx"
)

// A service asks the web services. It is a value: requests run apart from the session.
type service struct {
	http *http.Client
	base string
}

func (s *session) service() service {
	return service{http: s.env.HTTP, base: strings.TrimRight(s.env.Settings.Text("web"), "/")}
}

// storesMail reports whether offline messages can be had.
func (s *session) storesMail() bool {
	v := s.service()
	return s.dialect.offline && v.http != nil && v.base != ""
}

// ask posts an envelope and reads the answer. A fault is no error.
func (v service) ask(ctx context.Context, path, action, envelope string) (wire.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, webTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+path, strings.NewReader(envelope))
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%w: %w", transports.ErrNoAnswer, withoutURL(err))
	}
	q.Header.Set("Content-Type", "text/xml; charset=utf-8")
	q.Header.Set("SOAPAction", `"`+action+`"`)
	r, err := v.http.Do(q)
	if err != nil {
		var f *transports.Failure
		if errors.As(err, &f) {
			return wire.Reply{}, fmt.Errorf("%w: %s", transports.ErrNoAnswer, f.Text)
		}
		return wire.Reply{}, fmt.Errorf("%w: %w", transports.ErrNoAnswer, withoutURL(err))
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebBody))
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%w: %w", transports.ErrNoAnswer, withoutURL(err))
	}
	reply, err := wire.ParseReply(body)
	switch {
	case err != nil:
		return wire.Reply{}, fmt.Errorf("%w: %w (%w)", transports.ErrNoAnswer, err, statusOf(r.StatusCode))
	case r.StatusCode != http.StatusOK && reply.Fault == "":
		return wire.Reply{}, fmt.Errorf("%w: %w", transports.ErrNoAnswer, statusOf(r.StatusCode))
	}
	return reply, nil
}
