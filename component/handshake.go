package component

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"runtime"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// connect dials and shakes hands (XEP-0114 §3) within Config.ConnectTimeout. The error is a *LinkError.
func (c *Config) connect(ctx context.Context) (net.Conn, *xmltree.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	conn, err := c.Dial(ctx, "tcp", c.Address)
	if err != nil {
		return nil, nil, &LinkError{Reason: DialFailed, Err: err}
	}
	acknowledge := acknowledge(conn)
	if c.TLS != nil {
		conn = tls.Client(conn, c.TLS)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	alive := &watched{Conn: conn, deadAfter: c.DeadAfter, acknowledge: acknowledge}
	reader := xmltree.NewReader(alive, c.Limits)
	err = c.handshake(conn, reader)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, nil, lost(err)
	}
	alive.on = true
	if err := conn.SetDeadline(time.Time{}); err != nil {
		conn.Close()
		return nil, nil, lost(err)
	}
	return conn, reader, nil
}

// handshake opens the stream and proves the secret. A server that refuses the domain says so before it has
// read the proof, so that a write that fails counts only when there is nothing to read either.
func (c *Config) handshake(conn net.Conn, reader *xmltree.Reader) error {
	if _, err := conn.Write(streamHeader(nil, c.Domain)); err != nil {
		return err
	}
	start, err := reader.Open()
	if err != nil {
		return err
	}
	if !start.Is(xmpp.StreamSpace, "stream") {
		return &LinkError{Reason: Lost, Err: errors.New("the server does not speak XMPP on this port")}
	}
	proof := sha1.Sum([]byte(start.Attr("id") + c.Secret))
	_, failed := conn.Write([]byte("<handshake>" + hex.EncodeToString(proof[:]) + "</handshake>"))
	answer, err := reader.Next()
	switch {
	case err == nil && answer.Name.Local == "handshake" && answer.Attr("type") != "error": // Prosody may give it back
		return failed
	case err == nil && answer.Is(xmpp.StreamSpace, "error"):
		return streamError(answer)
	case err == nil:
		return &LinkError{Reason: StreamError, Condition: "unexpected " + answer.Name.Local}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return &LinkError{Reason: Lost, Err: errors.New("the server ended the stream without a word after the handshake")}
	}
	return err
}

// streamHeader appends the header of XEP-0114 §3, whose namespaces have fixed prefixes.
func streamHeader(dst []byte, domain xmpp.JID) []byte {
	dst = append(dst, "<?xml version='1.0'?><stream:stream xmlns='"+xmpp.ComponentSpace+"' xmlns:stream='"+xmpp.StreamSpace+"'"...)
	to := xmltree.New("", "x").SetAttr("to", domain.Domain).AppendOpen(nil, "")
	return append(dst, to[len("<x"):]...)
}

// A watched connection is dead when no byte came for a while. Pings see to it that bytes come.
type watched struct {
	net.Conn
	deadAfter   time.Duration
	on          bool   // set after the handshake, before the reader's goroutine is there
	acknowledge func() // tells the server's kernel that all was read, if not nil
	read        bool   // something that was not acknowledged yet
}

// Read implements io.Reader. What an earlier Read gave has been handed over by now, and whoever received it goes first:
// most often there is nothing more to read, and finding that out would keep a lone message waiting.
func (w *watched) Read(p []byte) (int, error) {
	if w.read {
		runtime.Gosched()
		if w.acknowledge != nil {
			w.acknowledge()
		}
	}
	if w.on {
		if err := w.SetReadDeadline(time.Now().Add(w.deadAfter)); err != nil {
			return 0, err
		}
	}
	n, err := w.Conn.Read(p)
	w.read = n > 0
	return n, err
}
