package soap

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"imgate/adapters/soap/wire"
)

// Paths of the door.
const (
	SOAPPath = "/service/soap"
	WSDLPath = "/service/wsdl/imgate.wsdl"
)

// How long a client may take to send a request once its header is there, and to take an answer once that is ready. In
// between it waits as long as it has asked for.
const (
	bodyTime   = 30 * time.Second
	answerTime = 30 * time.Second
)

// LongestAnswer is how long a request may take altogether; a server's write time-out must be longer.
const LongestAnswer = longestWait + bodyTime + answerTime + proofTime + longestDelay

// ServeHTTP answers at SOAPPath, everything below it, and WSDLPath.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wsdl := r.URL.Path == WSDLPath
	soap := r.URL.Path == SOAPPath || strings.HasPrefix(r.URL.Path, SOAPPath+"/")
	_, asked := r.URL.Query()["wsdl"]
	if !asked {
		_, asked = r.URL.Query()["WSDL"]
	}
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case !wsdl && !soap:
		http.NotFound(w, r)
	case reading && (wsdl || asked):
		d.wsdl(w, r)
	case wsdl || r.Method != http.MethodPost:
		w.Header().Set("Allow", pickAllowed(wsdl))
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	default:
		d.post(w, r)
	}
}

func pickAllowed(wsdl bool) string {
	if wsdl {
		return "GET, HEAD"
	}
	return "POST"
}

// post answers one request.
func (d *Door) post(w http.ResponseWriter, r *http.Request) {
	// A recorder has no deadlines; a connection that can't take one ends by itself.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
	var tooLong *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLong) {
		return // the client is gone, or too slow
	}
	_ = rc.SetReadDeadline(time.Time{}) // from here on it tells when the client is gone
	e, cookie, err := d.answer(r, body, tooLong != nil)
	if err != nil {
		return
	}
	h := w.Header()
	h.Set("Content-Type", e.Form.ContentType())
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if cookie != nil {
		http.SetCookie(w, cookie)
	}
	_ = rc.SetWriteDeadline(time.Now().Add(answerTime))
	if e.Body.Local == "Fault" {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = w.Write(e.Append(nil)) // a client that is gone hears nothing
}
