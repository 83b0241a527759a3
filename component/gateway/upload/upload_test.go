package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"imgate/xmltree"
	"imgate/xmpp"
)

var (
	server  = xmpp.JID{Domain: "example.org"}
	service = xmpp.JID{Domain: "upload.example.org"}
)

// A host is an XMPP server with an upload service behind it.
type host struct {
	t      *testing.T
	web    *httptest.Server
	files  map[string][]byte
	refuse bool // no slots for us
	status int  // of a PUT; 0: 201
	get    string
}

func newHost(t *testing.T) *host {
	h := &host{t: t, files: map[string][]byte{}}
	h.web = httptest.NewServer(h)
	t.Cleanup(h.web.Close)
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/elsewhere":
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	case r.Method == http.MethodPut && h.status != 0:
		w.WriteHeader(h.status)
	case r.Method == http.MethodPut:
		if r.Header.Get("Authorization") != "Basic x" || r.Header.Get("X-Evil") != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		h.files[r.URL.Path], _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
	default:
		b, ok := h.files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}
}

// ask is an Asker.
func (h *host) ask(_ context.Context, to xmpp.JID, _ xmpp.IQType, payload *xmltree.Element) (xmpp.IQ, error) {
	var out *xmltree.Element
	switch {
	case payload.Name.Space == xmpp.ItemsSpace && to == server:
		out = xmpp.ItemsElement("", []xmpp.Item{{JID: xmpp.JID{Domain: "rooms.example.org"}}, {JID: service}})
	case payload.Name.Space == xmpp.InfoSpace && to == service:
		out = (&xmpp.Info{Features: []string{xmpp.UploadSpace}, Forms: []*xmpp.Form{{Type: xmpp.ResultForm, Fields: []xmpp.Field{
			xmpp.HiddenKind(xmpp.UploadSpace), {Var: "max-file-size", Values: []string{"1000"}},
		}}}}).Element()
	case payload.Name.Space == xmpp.InfoSpace:
		out = (&xmpp.Info{}).Element()
	case payload.Name.Space == xmpp.UploadSpace && to == service && !h.refuse:
		put := xmltree.New(xmpp.UploadSpace, "put").SetAttr("url", h.web.URL+"/"+payload.Attr("filename"))
		for name, value := range map[string]string{"Authorization": "Basic x", "X-Evil": "1", "Cookie": "a\r\nX-Evil: 2"} {
			put.With(xmltree.Leaf(xmpp.UploadSpace, "header", value).SetAttr("name", name))
		}
		get := h.get
		if get == "" {
			get = h.web.URL + "/" + payload.Attr("filename")
		}
		out = xmltree.New(xmpp.UploadSpace, "slot").With(put, xmltree.New(xmpp.UploadSpace, "get").SetAttr("url", get))
	default:
		return xmpp.IQ{}, fmt.Errorf("%s: %w", to, xmpp.NewError(xmpp.Forbidden, ""))
	}
	return xmpp.IQ{Payload: []*xmltree.Element{out}}, nil
}

func TestThereAndBack(t *testing.T) {
	h := newHost(t)
	p, err := Find(t.Context(), h.ask, server, xmpp.JID{})
	if err != nil || p.JID != service || p.Most != 1000 {
		t.Fatal(p, err)
	}
	link, err := p.Put(t.Context(), h.ask, Client(), "../a cat?.png", 3, strings.NewReader("cat and more"))
	if err != nil || !strings.HasPrefix(link, h.web.URL) {
		t.Fatal(link, err)
	}
	f, err := p.Get(t.Context(), Client(), link, 100)
	if err != nil || f.Size != 3 || f.Name != "a cat_.png" {
		t.Fatal(f, err)
	}
	b, err := io.ReadAll(f.Body)
	if err != nil || string(b) != "cat" {
		t.Errorf("%q %v", b, err)
	}
	if err := f.Body.Close(); err != nil {
		t.Error(err)
	}
}

// TestASilentService holds up nobody who looks for a place.
func TestASilentService(t *testing.T) {
	h := newHost(t)
	silent := func(ctx context.Context, to xmpp.JID, kind xmpp.IQType, payload *xmltree.Element) (xmpp.IQ, error) {
		if to.Domain == "rooms.example.org" {
			<-ctx.Done() // until nobody wants to know any more
			return xmpp.IQ{}, ctx.Err()
		}
		return h.ask(ctx, to, kind, payload)
	}
	if p, err := Find(t.Context(), silent, server, xmpp.JID{}); err != nil || p.JID != service {
		t.Error(p, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	h := newHost(t)
	p, err := Find(t.Context(), h.ask, server, service)
	if err != nil {
		t.Fatal(err)
	}
	put := func() error {
		_, err := p.Put(t.Context(), h.ask, Client(), "x", 3, strings.NewReader("abc"))
		return err
	}
	if _, err := p.Put(t.Context(), h.ask, Client(), "x", 1001, nil); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
	h.status = http.StatusInsufficientStorage
	if err := put(); !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), h.web.URL) {
		t.Error(err)
	}
	h.status, h.files["/big"] = 0, bytes.Repeat([]byte("x"), 200)
	for link, want := range map[string]error{
		h.web.URL + "/none": ErrFailed, h.web.URL + "/big": ErrTooBig, h.web.URL + "/elsewhere": ErrFailed, "http://127.0.0.1:1/x": ErrForeign,
		"file:///etc/passwd": ErrForeign, strings.Replace(h.web.URL, "http://", "http://user:pw@", 1) + "/big": ErrForeign, ":": ErrForeign,
		h.web.URL + ".evil.example/big": ErrForeign,
	} {
		if f, err := p.Get(t.Context(), Client(), link, 100); !errors.Is(err, want) {
			t.Errorf("%s: %v %v", link, f, err)
		}
	}
	h.refuse = true
	if err := put(); err == nil {
		t.Error("put without a slot")
	}
	if _, err := Find(t.Context(), h.ask, server, xmpp.JID{}); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Find(t.Context(), h.ask, xmpp.JID{Domain: "other.example"}, xmpp.JID{}); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s, err := Spool(dir, strings.NewReader("abc"), 3)
	if err != nil || s.Size != 3 {
		t.Fatal(s, err)
	}
	b, err := io.ReadAll(s)
	if err != nil || string(b) != "abc" || s.Close() != nil {
		t.Errorf("%q %v", b, err)
	}
	if _, err := Spool(dir, strings.NewReader("abcd"), 3); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
	if _, err := Spool(dir, io.MultiReader(strings.NewReader("a"), iotestErr{}), 3); err == nil {
		t.Error("half a file")
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Whatever somebody calls a file: the name is one part of a path.
func FuzzFileName(f *testing.F) {
	for _, s := range []string{"a.png", "../../etc/passwd", `C:\x\y.txt`, "", "..", strings.Repeat("é", 300) + ".jpeg", "a\x00\n/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := FileName(s)
		if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\x00\n") || len(got) > maxName {
			t.Errorf("%q is called %q", s, got)
		}
	})
}

func FuzzSlot(f *testing.F) {
	f.Add("<put url='https://x.example/a'><header name='Cookie'>a</header></put><get url='https://x.example/a'/>")
	f.Add("<put url='ftp://x'/><get/>")
	f.Fuzz(func(t *testing.T, inner string) {
		e, err := xmltree.Parse("<slot xmlns='urn:xmpp:http:upload:0'>"+inner+"</slot>", xmltree.Limits{})
		if err != nil {
			return
		}
		s, err := parseSlot(e)
		if err != nil {
			return
		}
		if s.put.Host == "" || s.get.Host == "" {
			t.Error("an address without a host")
		}
		for name, values := range s.headers {
			if name != "Authorization" && name != "Cookie" && name != "Expires" || strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("%s: %q", name, values)
			}
		}
	})
}
