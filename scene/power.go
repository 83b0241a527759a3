package scene

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// powerVerbs are the steps of users that not every network has the powers for.
func powerVerbs() []verb {
	return []verb{
		{"* shows * *", func(p *player, a []string) error { return p.present(a[0], a[1], a[2]) }},
		{"* has been idle for *", (*player).idles},
		{"* sees * idle", (*player).seesIdle},
		{"* asks * with *", (*player).asks},
		{"* receives request from * *", (*player).receivesRequest},
		{"* receives notice * …", (*player).receivesNotice},
		{"* sets * to * on *", (*player).sets},
		{"* describes herself as * *", (*player).describes},
		{"* describes himself as * *", (*player).describes},
		{"* has a picture", (*player).hasPicture},
		{"* receives a picture of *", (*player).receivesPicture},
		{"* reads * of *", (*player).reads},
		{"* searches * for * * and finds *", (*player).searches},
		{"* writes * messages to *", (*player).writesMany},
		{"* receives * messages from * in order", (*player).receivesMany},
	}
}

func (p *player) idles(a []string) error {
	d, err := time.ParseDuration(a[1])
	if err != nil {
		return err
	}
	since := time.Now().Add(-d).UTC().Format(time.RFC3339)
	return p.send(a[0], stanza("presence", "", "").With(xmltree.New(xmpp.IdleSpace, "idle").SetAttr("since", since)))
}

func (p *player) seesIdle(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && e.Child(xmpp.IdleSpace, "idle") != nil
	})
}

func (p *player) asks(a []string) error {
	return p.send(a[0], stanza("presence", p.address(a[1]), "subscribe").With(xmpp.Leaf("status", a[2])))
}

func (p *player) receivesRequest(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && e.Attr("type") == "subscribe" && e.ChildText(xmpp.ClientSpace, "status") == a[2]
	})
}

// receivesNotice waits for a headline of a gateway in which all of the texts are.
func (p *player) receivesNotice(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		body := e.ChildText(xmpp.ClientSpace, "body")
		for _, text := range a[1:] {
			if !strings.Contains(body, text) {
				return false
			}
		}
		return e.Attr("type") == "headline"
	})
}

// sets makes a change in the settings of a gateway.
func (p *player) sets(a []string) error { return p.fills(a[0], "settings", a[3], a[1], a[2]) }

// fills runs a command that has a form, with one field of it filled in.
func (p *player) fills(name, node, service, field, value string) error {
	answer, err := p.request(name, "set", p.address(service), command(node))
	if err != nil {
		return err
	}
	form := xmltree.New(xmpp.DataSpace, "x").SetAttr("type", "submit").With(
		xmltree.New(xmpp.DataSpace, "field").SetAttr("var", field).With(xmltree.Leaf(xmpp.DataSpace, "value", value)))
	session := answer.Child(xmpp.CommandsSpace, "command").Attr("sessionid")
	answer, err = p.request(name, "set", p.address(service), command(node).SetAttr("sessionid", session).With(form))
	if err == nil && answer.Child(xmpp.CommandsSpace, "command").Attr("status") != "completed" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

// card sets the user's own vCard.
func (p *player) card(name string, fields ...*xmltree.Element) error {
	answer, err := p.request(name, "set", "", xmltree.New(xmpp.VCardSpace, "vCard").With(fields...))
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) describes(a []string) error {
	name := xmltree.New(xmpp.VCardSpace, "N").With(xmltree.Leaf(xmpp.VCardSpace, "GIVEN", a[1]))
	return p.card(a[0], name, xmltree.Leaf(xmpp.VCardSpace, "NICKNAME", a[1]), xmltree.Leaf(xmpp.VCardSpace, "DESC", a[2]))
}

// pixel is the smallest picture there is, a GIF.
const pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

func (p *player) hasPicture(a []string) error {
	photo := xmltree.New(xmpp.VCardSpace, "PHOTO").With(xmltree.Leaf(xmpp.VCardSpace, "TYPE", "image/gif"), xmltree.Leaf(xmpp.VCardSpace, "BINVAL", pixel))
	if err := p.card(a[0], photo); err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		return err
	}
	sum := sha1.Sum(data)
	update := xmltree.New(xmpp.VCardUpdateSpace, "x").With(xmltree.Leaf(xmpp.VCardUpdateSpace, "photo", hex.EncodeToString(sum[:])))
	return p.send(a[0], stanza("presence", "", "").With(update))
}

// receivesPicture waits for a presence with the hash of a picture, and looks at the picture.
func (p *player) receivesPicture(a []string) error {
	hash := ""
	err := p.receive(a[0], func(e *xmltree.Element) bool {
		hash = e.Child(xmpp.VCardUpdateSpace, "x").ChildText(xmpp.VCardUpdateSpace, "photo")
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && hash != ""
	})
	if err != nil {
		return err
	}
	answer, err := p.request(a[0], "get", p.address(a[1]), xmltree.New(xmpp.VCardSpace, "vCard"))
	if err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(answer.Child(xmpp.VCardSpace, "vCard").Child(xmpp.VCardSpace, "PHOTO").ChildText(xmpp.VCardSpace, "BINVAL"))
	if sum := sha1.Sum(data); err != nil || hex.EncodeToString(sum[:]) != hash {
		return fmt.Errorf("it is another one: %s", answer)
	}
	return nil
}

// reads looks for a text in somebody's vCard until it is there.
func (p *player) reads(a []string) error {
	var last *xmltree.Element
	ok := p.stage.Until(func() bool {
		answer, err := p.request(a[0], "get", p.address(a[2]), xmltree.New(xmpp.VCardSpace, "vCard"))
		last = answer
		return err == nil && strings.Contains(answer.String(), ">"+a[1])
	})
	if !ok {
		return fmt.Errorf("it says %s", last)
	}
	return nil
}

func (p *player) searches(a []string) error {
	query := xmltree.New(xmpp.SearchSpace, "query").With(xmltree.New(xmpp.DataSpace, "x").SetAttr("type", "submit").With(
		xmltree.New(xmpp.DataSpace, "field").SetAttr("var", a[2]).With(xmltree.Leaf(xmpp.DataSpace, "value", a[3]))))
	answer, err := p.request(a[0], "set", p.address(a[1]), query)
	if err == nil && !strings.Contains(answer.String(), ">"+p.address(a[4])+"<") {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) writesMany(a []string) error {
	n, err := strconv.Atoi(a[1])
	for range n {
		if err == nil {
			p.many++
			err = p.writes([]string{a[0], fmt.Sprintf("message %d", p.many), a[2]})
			p.stage.Pass(10 * time.Millisecond) // nobody types faster, and a program that does is told so
		}
	}
	return err
}

// receivesMany waits for as many messages as writesMany sends, each after the one before.
func (p *player) receivesMany(a []string) error {
	n, err := strconv.Atoi(a[1])
	if err != nil {
		return err
	}
	u, err := p.stage.User(a[0])
	if err != nil {
		return err
	}
	last := ""
	whole := p.stage.Until(func() bool {
		next := 1
		for _, e := range u.Inbox() {
			body := e.ChildText(xmpp.ClientSpace, "body")
			if from(e, p.address(a[2])) && strings.HasPrefix(body, "message ") && e.Attr("type") == "chat" {
				if last = body; body != fmt.Sprintf("message %d", next) {
					return true
				}
				next++
			}
		}
		return next > n
	})
	if !whole || last != fmt.Sprintf("message %d", n) {
		return fmt.Errorf("the last in order was %q", last)
	}
	return nil
}
