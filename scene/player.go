package scene

import (
	"fmt"
	"slices"
	"strings"

	"imgate/xmltree"
	"imgate/xmpp"
)

// A player plays one scene.
type player struct {
	stage Stage
	seen  map[string]map[int]bool // what of each user's inbox has been received
	sent  map[string]string       // the id of the user's last message
	ids   int
	rooms map[string]string // the addresses of rooms that the scene has named
	many  int               // how many messages were written by number
}

// Play plays a scene on a stage. The error names file, line and step.
func Play(s *Scene, stage Stage) error {
	p := &player{stage: stage, seen: map[string]map[int]bool{}, sent: map[string]string{}, rooms: map[string]string{}}
	for _, step := range s.Steps {
		if err := p.step(step); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", s.File, step.Line, strings.Join(step.Words, " "), err)
		}
	}
	return nil
}

// A verb is one kind of step.
type verb struct {
	pattern string
	do      func(p *player, args []string) error
}

func (p *player) step(s Step) error {
	verbs := slices.Concat(contactVerbs(), userVerbs(), roomVerbs(), personalVerbs(), fileVerbs(), powerVerbs())
	if s.Legacy {
		verbs = legacyVerbs()
	}
	for _, v := range verbs {
		if args, ok := match(v.pattern, s.Words); ok {
			return v.do(p, args)
		}
	}
	return fmt.Errorf("no such step; see README.md")
}

func (p *player) newID() string {
	p.ids++
	return fmt.Sprintf("scene-%d", p.ids)
}

// address resolves "echobot@aim", "bob@lab.example@msn" and "aim".
func (p *player) address(s string) string {
	if room, named := p.rooms[s]; named {
		return room
	}
	local, service := "", s
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		local, service = xmpp.EscapeLocal(s[:at]), s[at+1:]
	}
	domain := p.stage.Domain(service)
	switch {
	case domain == "":
		return s
	case local == "":
		return domain
	}
	return local + "@" + domain
}

// receive waits for a stanza in the user's inbox that was not received before.
func (p *player) receive(name string, fits func(*xmltree.Element) bool) error {
	u, err := p.stage.User(name)
	if err != nil {
		return err
	}
	if p.seen[name] == nil {
		p.seen[name] = map[int]bool{}
	}
	found := func() bool {
		for i, e := range u.Inbox() {
			if !p.seen[name][i] && fits(e) {
				p.seen[name][i] = true
				return true
			}
		}
		return false
	}
	if p.stage.Until(found) {
		return nil
	}
	return fmt.Errorf("never came; %s has received:\n%s", name, dump(u.Inbox(), p.seen[name]))
}

// hasRead counts all that has come so far as received: what is waited for next is new.
func (p *player) hasRead(a []string) error {
	u, err := p.stage.User(a[0])
	if err != nil {
		return err
	}
	if p.seen[a[0]] == nil {
		p.seen[a[0]] = map[int]bool{}
	}
	for i := range u.Inbox() {
		p.seen[a[0]][i] = true
	}
	return nil
}

// dump shows an inbox, with a mark at what was received.
func dump(inbox []*xmltree.Element, seen map[int]bool) string {
	var b strings.Builder
	for i, e := range inbox {
		mark := "  "
		if seen[i] {
			mark = "* "
		}
		b.WriteString(mark + e.String() + "\n")
	}
	return b.String()
}

// service is the address of the gateway that an address is behind.
func (p *player) service(s string) string {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		s = s[at+1:]
	}
	return p.address(s)
}

func (p *player) send(name string, e *xmltree.Element) error {
	u, err := p.stage.User(name)
	if err != nil {
		return err
	}
	return u.Send(e)
}

// request sends an iq and gives the answer.
func (p *player) request(name, kind, to string, payload *xmltree.Element) (*xmltree.Element, error) {
	id := p.newID()
	iq := stanza("iq", to, kind).SetAttr("id", id).With(payload)
	if err := p.send(name, iq); err != nil {
		return nil, err
	}
	var answer *xmltree.Element
	err := p.receive(name, func(e *xmltree.Element) bool {
		answer = e
		return e.Name.Local == "iq" && e.Attr("id") == id && (e.Attr("type") == "result" || e.Attr("type") == "error")
	})
	return answer, err
}

func stanza(local, to, kind string) *xmltree.Element {
	e := xmltree.New(xmpp.ClientSpace, local)
	if to != "" {
		e.SetAttr("to", to)
	}
	if kind != "" {
		e.SetAttr("type", kind)
	}
	return e
}

// condition is the condition of a stanza error; empty for any other stanza.
func condition(e *xmltree.Element) string {
	for c := range e.Child(xmpp.ClientSpace, "error").Elements() {
		if c.Name.Space == xmpp.StanzasSpace && c.Name.Local != "text" {
			return c.Name.Local
		}
	}
	return ""
}

// from reports whether e comes from address, with any resource or none.
func from(e *xmltree.Element, address string) bool { return bare(e.Attr("from")) == address }

// bare is an address without its resource.
func bare(address string) string {
	address, _, _ = strings.Cut(address, "/")
	return address
}
