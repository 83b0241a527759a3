// Package upload puts files where the users of an XMPP server get them: at its HTTP upload service (XEP-0363). It
// also fetches what users have put there, and from nowhere else.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Errors of uploads and fetches.
var (
	ErrNone    = errors.New("the XMPP server has no place to put files, or none for us")
	ErrTooBig  = errors.New("the file is too large")
	ErrForeign = errors.New("the address is not one of the upload service")
	ErrFailed  = errors.New("the file could not be moved")
)

// Bounds of a service's own words.
const (
	maxItems   = 20   // of the server that are asked what they are
	maxHeader  = 2048 // bytes of a header that a slot wants
	maxName    = 200  // bytes of a file name
	headTime   = 20 * time.Second
	redirected = "the upload service sent us elsewhere"
)

// An Asker asks an address of the XMPP server and gives the result, or an error.
type Asker func(ctx context.Context, to xmpp.JID, kind xmpp.IQType, payload *xmltree.Element) (xmpp.IQ, error)

// A Place is an upload service that takes files from us.
type Place struct {
	JID     xmpp.JID
	Most    int64    // bytes of a file; 0: it does not say
	origins []string // scheme, host and port of its addresses
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// A slot is where one file may be put, and where it lies then.
type slot struct {
	put, get *url.URL
	headers  http.Header
}

func (p *Place) slot(ctx context.Context, ask Asker, name string, size int64, kind string) (slot, error) {
	q, err := ask(ctx, p.JID, xmpp.GetIQ, xmltree.New(xmpp.UploadSpace, "request").
		SetAttr("filename", name).SetAttr("size", strconv.FormatInt(size, 10)).SetAttr("content-type", kind))
	if err != nil {
		return slot{}, err
	}
	return parseSlot(q.Query())
}

// parseSlot reads a slot (XEP-0363 §5). Only the three headers that it allows are taken.
func parseSlot(e *xmltree.Element) (slot, error) {
	var s slot
	var err error
	put := e.Child(xmpp.UploadSpace, "put")
	if s.put, err = address(put.Attr("url")); err != nil {
		return slot{}, err
	}
	if s.get, err = address(e.Child(xmpp.UploadSpace, "get").Attr("url")); err != nil {
		return slot{}, err
	}
	s.headers = http.Header{}
	for h := range put.ChildrenNamed(xmpp.UploadSpace, "header") {
		name, value := http.CanonicalHeaderKey(h.Attr("name")), h.Text()
		if len(value) > maxHeader || strings.ContainsAny(value, "\r\n\x00") {
			continue
		}
		switch name {
		case "Authorization", "Cookie", "Expires":
			s.headers.Add(name, value)
		}
	}
	return s, nil
}

func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%w: the service gave no address", ErrFailed)
	}
	return u, nil
}

// Put puts a file of that many bytes there and gives its address. The error wraps ErrTooBig, ErrFailed or what the
// service said.
func (p *Place) Put(ctx context.Context, ask Asker, client *http.Client, name string, size int64, body io.Reader) (string, error) {
	if p.Most > 0 && size > p.Most {
		return "", ErrTooBig
	}
	name = FileName(name)
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	s, err := p.slot(ctx, ask, name, size, kind)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.put.String(), io.NopCloser(io.LimitReader(body, size)))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFailed, err)
	}
	r.Header = s.headers
	r.Header.Set("Content-Type", kind)
	r.ContentLength = size
	answer, err := client.Do(r)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFailed, withoutURL(err))
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusCreated && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		return "", fmt.Errorf("%w: status %d", ErrFailed, answer.StatusCode)
	}
	return s.get.String(), nil
}

// withoutURL leaves out the address, which may hold what lets one in.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Client makes a client for uploads and fetches: it follows no redirect, keeps no cookie, knows no proxy, and
// gives up on a server that says nothing.
func Client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{ResponseHeaderTimeout: headTime, TLSHandshakeTimeout: headTime, MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New(redirected) },
	}
}

// Has reports whether an address is one of this service's, so that a file of a user lies there.
func (p *Place) Has(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.User == nil && slices.Contains(p.origins, origin(u))
}

// A File is one that lies at the service, open to be read.
type File struct {
	Name string
	Size int64 // bytes; -1: not known
	Body io.ReadCloser
}

// Get opens a file that lies at the service. It is cut off with an error behind most bytes. The error wraps
// ErrForeign, ErrTooBig or ErrFailed.
func (p *Place) Get(ctx context.Context, client *http.Client, link string, most int64) (File, error) {
	if !p.Has(link) {
		return File{}, ErrForeign
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return File{}, ErrForeign
	}
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := client.Do(r)
	if err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFailed, withoutURL(err))
	}
	switch {
	case answer.StatusCode != http.StatusOK:
		err = fmt.Errorf("%w: status %d", ErrFailed, answer.StatusCode)
	case answer.ContentLength > most:
		err = ErrTooBig
	}
	if err != nil {
		_ = answer.Body.Close()
		return File{}, err
	}
	return File{FileName(path.Base(r.URL.Path)), answer.ContentLength, &cut{answer.Body, most}}, nil
}

// cut ends with an error behind so many bytes.
type cut struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (c *cut) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooBig
	}
	return n, err
}

// FileName is a name that is safe as one part of a path, and not empty.
func FileName(name string) string {
	name = strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), "_")
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || strings.ContainsRune(`/:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext
	}
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	return name
}

// Spool reads all of a file of unknown length into a temporary file in dir, at most so many bytes; the caller
// removes it by Close. The error wraps ErrTooBig, or is the reader's or the system's.
func Spool(dir string, r io.Reader, most int64) (*Spooled, error) {
	f, err := os.CreateTemp(dir, "transfer-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil { // it lives on until it is closed, and no crash leaves it behind
		return nil, errors.Join(err, f.Close())
	}
	n, err := io.Copy(f, io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = ErrTooBig
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Spooled{f, n}, nil
}

// A Spooled is a file that was read whole.
type Spooled struct {
	*os.File
	Size int64
}
