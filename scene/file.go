package scene

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"imgate/xmltree"
	"imgate/xmpp"
)

// fileVerbs are the steps of files: a client puts one at its server and sends the address (XEP-0363, XEP-0066).
func fileVerbs() []verb {
	return []verb{
		{"* sends * the file * of *", (*player).sendsFile},
		{"* sends * the file * of * bytes", func(p *player, a []string) error {
			n, err := strconv.Atoi(a[3])
			if err != nil {
				return err
			}
			return p.sendsFile([]string{a[0], a[1], a[2], strings.Repeat("x", n)})
		}},
		{"* receives from * the file * of *", (*player).receivesFile},
	}
}

func (p *player) sendsFile(a []string) error {
	link, err := p.uploads(a[0], a[2], a[3])
	if err != nil {
		return err
	}
	id := p.newID()
	p.sent[a[0]] = id
	return p.send(a[0], stanza("message", p.address(a[1]), "chat").SetAttr("id", id).With(xmpp.Leaf("body", link),
		xmltree.New(xmpp.OOBSpace, "x").With(xmltree.Leaf(xmpp.OOBSpace, "url", link)), xmpp.ReceiptRequest()))
}

// uploads puts a file at the user's server.
func (p *player) uploads(name, file, data string) (link string, err error) {
	answer, err := p.request(name, "get", p.stage.Uploads(), xmltree.New(xmpp.UploadSpace, "request").
		SetAttr("filename", file).SetAttr("size", strconv.Itoa(len(data))))
	if err != nil {
		return "", err
	}
	slot := answer.Child(xmpp.UploadSpace, "slot")
	r, err := http.NewRequest(http.MethodPut, slot.Child(xmpp.UploadSpace, "put").Attr("url"), strings.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("%w in %s", err, answer)
	}
	for h := range slot.Child(xmpp.UploadSpace, "put").ChildrenNamed(xmpp.UploadSpace, "header") {
		r.Header.Set(h.Attr("name"), h.Text())
	}
	put, err := p.stage.Web().Do(r)
	if err != nil {
		return "", err
	}
	if err := put.Body.Close(); err != nil || put.StatusCode != http.StatusCreated && put.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server took it with %s, %w", put.Status, err)
	}
	return slot.Child(xmpp.UploadSpace, "get").Attr("url"), nil
}

// receivesFile waits for an address, and looks at what lies there.
func (p *player) receivesFile(a []string) error {
	link := ""
	err := p.receive(a[0], func(e *xmltree.Element) bool {
		link = e.Child(xmpp.OOBSpace, "x").ChildText(xmpp.OOBSpace, "url")
		return e.Name.Local == "message" && from(e, p.address(a[1])) && link != "" && e.ChildText(xmpp.ClientSpace, "body") == link
	})
	if err != nil {
		return err
	}
	got, err := p.stage.Web().Get(link)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	_ = got.Body.Close()
	if err == nil && (string(data) != a[3] || path.Base(got.Request.URL.Path) != a[2]) {
		err = errors.New("that is another file")
	}
	if err != nil {
		return fmt.Errorf("at %s lies %q: %w", link, data, err)
	}
	return nil
}
