package component_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmpp"
)

// TestTheWrongNamespace is a link to a server that takes it for a client's, or to a port of clients.
func TestTheWrongNamespace(t *testing.T) {
	header := func(space string) string {
		return "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1' from='aim.example.org' xmlns='" + space + "'>"
	}
	accept, client := header(xmpp.ComponentSpace), header(xmpp.ClientSpace)
	for _, c := range []struct {
		server string
		says   []string // after the header, and after the handshake
		want   component.Reason
		text   string
	}{
		{"prosody", []string{accept, "<handshake to='aim.example.org' type='error'><error type='modify'>" +
			"<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></handshake>"}, component.StreamError, "unexpected handshake"},
		{"ejabberd", []string{accept + "<stream:error><invalid-namespace xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"},
			component.StreamError, "invalid-namespace"},
		{"jabberd2", []string{client}, component.TimedOut, "timed out"},
		{"ejabberd, too late", []string{accept, "<stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"},
			component.TimedOut, "timed out"},
		{"ejabberd, a balancing that lacks component_number", []string{accept, "</stream:stream>"}, component.Lost, "without a word"},
	} {
		t.Run(c.server, func(t *testing.T) {
			play(t, componenttest.Prosody(), func(config *component.Config) { config.Dial = scripted(c.says) }, func(s *stage) {
				begin := time.Now()
				e, wait := s.down(c.want)
				if took := time.Since(begin); !strings.Contains(e.Error(), c.text) || took > 20*time.Second {
					s.Errorf("%s after %s", e, took)
				}
				s.retried(wait)
			})
		})
	}
}

// scripted makes connections to a server that says these things, one after each thing that it is told.
func scripted(says []string) dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			buf := make([]byte, 4<<10)
			for _, text := range says {
				if _, err := theirs.Read(buf); err != nil {
					return
				}
				if _, err := io.WriteString(theirs, text); err != nil {
					return
				}
			}
			_, _ = io.Copy(io.Discard, theirs)
		}()
		return ours, nil
	}
}
