package xmlrpc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"imgate/adapters/xmlrpc/wire"
)

// bodyTime is how long a caller may take to send a request, answerTime to take the answer.
const (
	bodyTime   = 30 * time.Second
	answerTime = 30 * time.Second
)

// LongestAnswer is how long a request may take altogether; a server's write time-out must be longer.
const LongestAnswer = bodyTime + allTime + answerTime

// ServeHTTP answers a call at any path.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refusal, text := d.unfit(r); refusal != 0 {
		if refusal == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		http.Error(w, text, refusal)
		return
	}
	user, password, basic := r.BasicAuth()
	if d.locked() && basic && !d.proves(user, password) {
		d.turnAway(r.Context())
		send(w, http.StatusUnauthorized, notAuthorized().Document())
		return
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many calls at once", http.StatusServiceUnavailable)
		return
	}
	body, err := d.read(w, r)
	if body == nil && err == nil {
		return // the caller is gone, or too slow
	}
	d.reply(w, r, body, err, basic)
}

// reply answers one request; err says that it was too large.
func (d *Door) reply(w http.ResponseWriter, r *http.Request, body []byte, err error, proven bool) {
	document, got := d.answer(r, body, err, proven)
	switch got {
	case wrongPassword:
		d.turnAway(r.Context())
		send(w, http.StatusUnauthorized, document)
	case noPassword: // clients send it when they are asked
		send(w, http.StatusUnauthorized, document)
	case admitted:
		send(w, http.StatusOK, document)
	}
}

// send sends a document.
func send(w http.ResponseWriter, status int, document []byte) {
	h := w.Header()
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="imgate"`)
	}
	h.Set("Content-Type", "text/xml; charset=utf-8")
	h.Set("Content-Length", fmt.Sprint(len(document)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// A recorder has no deadlines; a connection that can't take one ends by itself.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	w.WriteHeader(status)
	_, _ = w.Write(document) // a caller that is gone hears nothing
}

// notAuthorized is for callers that look into the document only, as some libraries do.
func notAuthorized() *wire.Fault { return &wire.Fault{Code: 401, Text: "not-authorized"} }

// read reads the body; neither it nor an error where there is nobody to answer.
func (d *Door) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
	_ = rc.SetReadDeadline(time.Time{})
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, fmt.Errorf("a call has %d bytes at most", wire.MaxBody)
	case err != nil:
		return nil, nil
	}
	return append([]byte{}, body...), nil
}

// unfit refuses what no XML-RPC client sends, which includes every page in a browser that could reach this machine
// without its user's knowing: it can neither set this content type without being asked first (Fetch §2.2.2), nor have a
// Host of ours if its name was bent to our address.
func (d *Door) unfit(r *http.Request) (status int, text string) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, "XML-RPC is called by POST"
	case err != nil || kind != "text/xml" && kind != "application/xml":
		return http.StatusUnsupportedMediaType, "XML-RPC is text/xml"
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "":
		return http.StatusForbidden, "web pages may not call"
	case !d.locked() && !isHere(r.Host):
		return http.StatusForbidden, "call by the address that xmlrpc.listen has, or set xmlrpc.password"
	}
	return 0, ""
}

// isHere reports whether a Host names this machine by an address, which no other site can have, or as localhost.
func isHere(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost")
}

// proves compares in constant time.
func (d *Door) proves(user, password string) bool {
	said := proofOf(user, password)
	return subtle.ConstantTimeCompare(said[:], d.proof[:]) == 1
}

// turnAway lets a wrong password wait, one at a time, so that nobody tries many.
func (d *Door) turnAway(ctx context.Context) {
	d.opt.Log.Warn("a program without the password of xmlrpc.user was turned away")
	select {
	case d.wrong <- struct{}{}:
		defer func() { <-d.wrong }()
	case <-ctx.Done():
		return
	}
	t := time.NewTimer(refusalTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
