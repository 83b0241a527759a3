package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"imgate/adapters"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Namespaces of stream negotiation.
const (
	tlsSpace  = "urn:ietf:params:xml:ns:xmpp-tls"
	saslSpace = "urn:ietf:params:xml:ns:xmpp-sasl"
	bindSpace = "urn:ietf:params:xml:ns:xmpp-bind"
	cbSpace   = "urn:xmpp:sasl-cb:0" // XEP-0440
)

// A stream is one connection to the server as a client. Its methods are for one goroutine, but for next, which
// is for one other.
type stream struct {
	conn   net.Conn
	secure *tls.ConnectionState // nil: no TLS
	reader *xmltree.Reader
	host   string // the domain of the user
	proof  proof
}

// dial connects and negotiates up to the features that follow TLS.
func (c *Config) dial(ctx context.Context, host string) (*stream, *xmltree.Element, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	s := &stream{conn: conn, host: host}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	features, err := s.negotiate(ctx, c)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, unreachable(err)
	}
	return s, features, nil
}

func (c *Config) connect(ctx context.Context) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, "tcp", c.Address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", c.Address)
}

func unreachable(err error) error {
	if errors.Is(err, adapters.ErrWrongPassword) || errors.Is(err, adapters.ErrInactive) || errors.Is(err, adapters.ErrUnreachable) {
		return err
	}
	return fmt.Errorf("%w: %w", adapters.ErrUnreachable, err)
}

func (s *stream) negotiate(ctx context.Context, c *Config) (*xmltree.Element, error) {
	if c.Security == DirectTLS {
		if err := s.encrypt(ctx, c.TLS); err != nil {
			return nil, err
		}
	}
	features, err := s.open()
	if err != nil || c.Security != StartTLS {
		return features, err
	}
	if features.Child(tlsSpace, "starttls") == nil {
		return nil, errors.New("the XMPP server offers no STARTTLS")
	}
	if err := s.write(xmltree.New(tlsSpace, "starttls")); err != nil {
		return nil, err
	}
	answer, err := s.reader.Next()
	if err != nil {
		return nil, err
	}
	if !answer.Is(tlsSpace, "proceed") {
		return nil, errors.New("the XMPP server refused STARTTLS")
	}
	if err := s.encrypt(ctx, c.TLS); err != nil {
		return nil, err
	}
	return s.open()
}

// encrypt puts TLS on the connection. What was read behind the server's go-ahead, in the clear, is forgotten with
// the reader.
func (s *stream) encrypt(ctx context.Context, config *tls.Config) error {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.ServerName == "" {
		config.ServerName = s.host
	}
	t := tls.Client(s.conn, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS with the XMPP server: %w", err)
	}
	state := t.ConnectionState()
	s.conn, s.secure = t, &state
	return nil
}

// open opens the stream, or opens it again, and gives its features (RFC 6120 §4.3.2).
func (s *stream) open() (*xmltree.Element, error) {
	to := xmltree.New("", "x").SetAttr("to", s.host).AppendOpen(nil, "")
	header := "<?xml version='1.0'?><stream:stream xmlns='" + xmpp.ClientSpace + "' xmlns:stream='" + xmpp.StreamSpace +
		"' version='1.0'" + string(to[len("<x"):])
	if err := s.writeRaw([]byte(header)); err != nil {
		return nil, err
	}
	s.reader = xmltree.NewReader(&watched{s.conn}, xmltree.Limits{})
	start, err := s.reader.Open()
	if err != nil {
		return nil, err
	}
	if !start.Is(xmpp.StreamSpace, "stream") {
		return nil, errors.New("the server does not speak XMPP on this port")
	}
	features, err := s.next()
	if err == nil && !features.Is(xmpp.StreamSpace, "features") {
		err = fmt.Errorf("the XMPP server sent %s in place of its features", features.Name.Local)
	}
	return features, err
}

// next reads one element; a stream error becomes an error.
func (s *stream) next() (*xmltree.Element, error) {
	for {
		e, err := s.reader.Next()
		var long *xmltree.LimitError
		switch {
		case errors.As(err, &long):
			continue // skipped; nothing that is so long is for us
		case err != nil:
			return nil, err
		case e.Is(xmpp.StreamSpace, "error"):
			return nil, streamError(e)
		}
		return e, nil
	}
}

// streamError is why the server ends the stream (RFC 6120 §4.9); its words stay out of what users see.
func streamError(e *xmltree.Element) error {
	for c := range e.Elements() {
		if c.Name.Space == xmpp.StreamsSpace && c.Name.Local != "text" {
			return errors.New("stream error " + c.Name.Local)
		}
	}
	return errors.New("stream error")
}

func (s *stream) write(e *xmltree.Element) error { return s.writeRaw(e.Append(nil, xmpp.ClientSpace)) }

func (s *stream) writeRaw(b []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	return err
}

// A watched connection is dead when no byte came for a while. Pings see to it that bytes come.
type watched struct{ net.Conn }

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	if err := w.SetReadDeadline(time.Now().Add(deadAfter)); err != nil {
		return 0, err
	}
	return w.Conn.Read(p)
}

// tlsVersion is "TLS 1.3", or "none".
func (s *stream) tlsVersion() string {
	if s.secure == nil {
		return "none"
	}
	return tls.VersionName(s.secure.Version)
}
