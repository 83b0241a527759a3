package ymsg

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"imgate/transports/ymsg/wire"
)

const (
	maxFile  = 1 << 20 // bytes, as at Escargot
	maxFiles = 100     // that lie there; of more the oldest goes
	maxHead  = 64 << 10
	fileLife = 24 * time.Hour
)

// A deposit is a file that lies there to be fetched.
type deposit struct {
	token, name string
	data        []byte
}

// ListenWeb begins to serve files over HTTP.
func (s *Server) ListenWeb(address string) (net.Addr, error) {
	return s.ports.ListenHTTP(address, nil, s.Web())
}

// Web is the server that files are handed over at: POST /notifyft takes one, behind a packet that says for whom it is, with the
// cookies of the last list; the recipient, who must be there, is told where it lies.
func (s *Server) Web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notifyft", s.takeFile)
	mux.HandleFunc("GET /storage/{name}", s.giveFile)
	return mux
}

func (s *Server) takeFile(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHead+maxFile))
	if err != nil {
		http.Error(w, "too large", http.StatusInternalServerError) // which is all that Escargot ever says
		return
	}
	p, data, err := wire.ParseUpload(body)
	if err != nil || len(data) > maxFile || p.Fields.String(wire.KeyFileSize) != strconv.Itoa(len(data)) {
		http.Error(w, "not a file", http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := s.bearer(r), s.find(p.Fields.String(wire.KeyTo))
	if from == nil || p.Service != wire.FileTransfer || to == nil || to.looks().hidden || to.ignores(from.id) {
		http.Error(w, "not for anybody who is there", http.StatusInternalServerError)
		return
	}
	name, err := url.PathUnescape(path.Base(p.Fields.String(wire.KeyFile)))
	if err != nil || name == "/" || name == "." {
		name = "file"
	}
	lies := deposit{letters(30), name, data}
	s.files = append(s.files, lies)
	if len(s.files) > maxFiles {
		s.files = s.files[1:]
	}
	if l := to.session.l; l != nil {
		l.say(wire.FileTransfer, wire.BeRightBack, wire.Text(wire.KeyMe, to.name), wire.Text(wire.KeyFrom, from.name), wire.Text(wire.KeyTo, to.name),
			wire.Text(wire.KeyText, p.Fields.String(wire.KeyText)), wire.Text(wire.KeyExpires, strconv.FormatInt(time.Now().Add(fileLife).Unix(), 10)),
			wire.Text(wire.KeyURL, fmt.Sprintf("http://%s/storage/%s?%s", r.Host, url.PathEscape(name), lies.token)))
	}
}

// bearer is whose cookies a request shows; nil: nobody's. mu is held.
func (s *Server) bearer(r *http.Request) *account {
	var shown [2]string
	for _, c := range strings.Split(r.Header.Get("Cookie"), ";") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(c), "="); name {
		case "Y":
			shown[0] = value
		case "T":
			shown[1] = value
		}
	}
	for _, a := range s.accounts {
		if shown[0] != "" && a.cookies == shown {
			return a
		}
	}
	return nil
}

func (s *Server) giveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.token == r.URL.RawQuery && f.name == r.PathValue("name") {
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
			return
		}
	}
	http.NotFound(w, r)
}
