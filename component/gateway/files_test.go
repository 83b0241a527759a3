package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A store is the XMPP server's upload service, and the web behind it.
type store struct {
	w      *world
	files  map[string][]byte
	closed bool          // it gives us no slots
	hold   chan struct{} // a file is put there no sooner than this is closed; nil: at once
}

// RoundTrip implements http.RoundTripper.
func (s *store) RoundTrip(r *http.Request) (*http.Response, error) {
	out := &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}
	switch b, ok := s.files[r.URL.Path]; {
	case r.Method == http.MethodPut:
		if s.hold != nil {
			<-s.hold
		}
		s.files[r.URL.Path], _ = io.ReadAll(r.Body)
		out.StatusCode = http.StatusCreated
	case ok:
		out.StatusCode, out.ContentLength, out.Body = http.StatusOK, int64(len(b)), io.NopCloser(bytes.NewReader(b))
	}
	return out, nil
}

// hear answers what the gateway asks of the server.
func (s *store) hear(stanza xmpp.Stanza) {
	q, ok := stanza.(xmpp.IQ)
	if !ok || q.Type != xmpp.GetIQ || q.To.Local != "" {
		return
	}
	var out *xmltree.Element
	switch e := q.Query(); {
	case e.Name.Space == xmpp.ItemsSpace:
		out = xmpp.ItemsElement("", []xmpp.Item{{JID: xmpp.JID{Domain: "upload.example.org"}}})
	case e.Name.Space == xmpp.InfoSpace && q.To.Domain == "upload.example.org":
		out = (&xmpp.Info{Features: []string{xmpp.UploadSpace}}).Element()
	case e.Name.Space == xmpp.InfoSpace:
		out = (&xmpp.Info{}).Element()
	case e.Name.Space == xmpp.UploadSpace && !s.closed:
		link := "https://files.example.org/" + e.Attr("filename")
		out = xmltree.New(xmpp.UploadSpace, "slot").With(xmltree.New(xmpp.UploadSpace, "put").SetAttr("url", link), xmltree.New(xmpp.UploadSpace, "get").SetAttr("url", link))
	}
	answer := xmpp.IQ{Header: xmpp.Header{ID: q.ID, From: q.To, To: q.From}, Type: xmpp.ErrorIQ, Payload: []*xmltree.Element{xmpp.NewError(xmpp.Forbidden, "").Element()}}
	if out != nil {
		answer.Type, answer.Payload = xmpp.ResultIQ, []*xmltree.Element{out}
	}
	s.w.g.Receive(answer, nil)
}

// withStore is a user who is signed on, at a server with an upload service.
func withStore(t *testing.T, most int64, story func(w *world, s *store)) {
	t.Helper()
	dir := t.TempDir()
	play(t, func(w *world) {
		s := &store{w: w, files: map[string][]byte{}}
		w.stop()
		w.files = Files{Most: most, Spool: dir, Client: &http.Client{Transport: s}}
		w.link.also = s.hear
		w.start()
		w.server.Account("hatter", "pw")
		w.online()
		story(w, s)
	})
}

func TestFilesOfContactsComeAsLinks(t *testing.T) {
	withStore(t, 1000, func(w *world, s *store) {
		offer := func(data string) string {
			id, err := w.server.Offer("echobot", "aliceliddell", "../the cat.png", []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			w.after(time.Second)
			return id
		}
		offer("grin")
		w.hears(`from="echobot@aim.example.org/imgate" & <url>https://files.example.org/the%20cat.png</url> & <body>https://files.example.org/the%20cat.png</body>`)
		if got := string(s.files["/the cat.png"]); got != "grin" {
			t.Errorf("the store has %q", got)
		}
		if id := offer(strings.Repeat("x", 1001)); w.server.Offered(id) {
			t.Error("a file that is too large is still on offer")
		}
		w.hears(`from="echobot@aim.example.org/imgate" & did not pass: files of more than 1000 B`)
		w.settings("strangers", "drop")
		if _, err := w.server.Offer("hatter", "aliceliddell", "hat.png", []byte("x")); err != nil {
			t.Fatal(err)
		}
		w.link.take()
		w.after(time.Second)
		w.never("hat.png")
		s.closed = true
		w.stop()
		w.start()
		w.available(laptop, "")
		w.after(time.Second)
		offer("grin")
		w.hears(`did not pass: your XMPP server has no place`)
	})
}

func TestAFileWhoseSessionEnds(t *testing.T) {
	withStore(t, 1000, func(w *world, s *store) {
		w.inside(func(a *account) {
			a.files = map[fileKey]incoming{{offer: "x"}: {from: xmpp.JID{Local: "echobot", Domain: domain}, name: "cat.png", size: 5}}
		})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		w.after(time.Second)
		w.hears(`did not pass: the connection to the network ended`)
	})
}

// TestAFileOfAnEarlierSession comes to its end beside one that the next session gives the same number.
func TestAFileOfAnEarlierSession(t *testing.T) {
	withStore(t, 1000, func(w *world, s *store) {
		s.hold = make(chan struct{})
		offered := func(name string) incoming {
			return incoming{from: xmpp.JID{Local: "echobot", Domain: domain}, name: name, size: 4}
		}
		w.inside(func(a *account) {
			a.files = map[fileKey]incoming{{a.session.number, "1"}: offered("cat.png")}
			a.onFileData(transports.FileData{Offer: "1", Open: func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("grin")), nil
			}})
		})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		w.after(time.Minute)
		w.inside(func(a *account) { a.files[fileKey{a.session.number, "1"}] = offered("dog.png") })
		w.link.take()
		close(s.hold)
		w.after(time.Second)
		w.hears(`from="echobot@aim.example.org/imgate" & <body>https://files.example.org/cat.png</body>`)
		w.inside(func(a *account) {
			if f, ok := a.files[fileKey{a.session.number, "1"}]; len(a.files) != 1 || !ok || f.name != "dog.png" {
				t.Errorf("on offer: %+v", a.files)
			}
		})
	})
}

func TestLinksOfTheUsersServerGoAsFiles(t *testing.T) {
	withStore(t, 1000, func(w *world, s *store) {
		s.files["/tea.png"], s.files["/big.png"] = []byte("tea"), make([]byte, 1001)
		send := func(id, to, link string) {
			w.says(`<message from='%s' to='%s' type='chat' id='%s'><body>%s</body><x xmlns='jabber:x:oob'><url>%s</url></x><request xmlns='urn:xmpp:receipts'/></message>`,
				laptop, to, id, link, link)
			w.after(time.Second)
		}
		w.server.SetShow("echobot", transports.Online, "")
		send("f1", echobot, "https://files.example.org/tea.png")
		if got := w.server.Files("echobot"); len(got) != 1 || got[0].Name != "tea.png" || string(got[0].Data) != "tea" {
			t.Errorf("the contact has %v", got)
		}
		w.hears(`<received xmlns="urn:xmpp:receipts" id="f1"/>`)
		send("f2", echobot, "https://files.example.org/big.png")
		w.hears(`id="f2" & <not-acceptable & 1000 B`)
		send("f3", echobot, "https://evil.example/x.png")
		if got := w.heard().Body.String(); got != "https://evil.example/x.png" {
			t.Errorf("the contact heard %q", got)
		}
		send("f4", echobot, "https://files.example.org/none.png")
		if got := w.heard().Body.String(); got != "https://files.example.org/none.png" {
			t.Errorf("the contact heard %q", got)
		}
		send("f5", "hatter@aim.example.org", "https://files.example.org/tea.png") // who is not there
		if got := w.server.Heard("hatter"); len(got) != 1 || got[0].Body.String() != "https://files.example.org/tea.png" {
			t.Errorf("the Hatter heard %v", got)
		}
	})
}
