package xmpp

import "imgate/xmltree"

// A Privilege is what a server lets an entity do for its users (XEP-0356). The zero value is nothing.
type Privilege struct {
	Space     string // the namespace that it was announced in, which is the one to be spoken
	GetRoster bool   // read rosters (§4.1)
	SetRoster bool   // change them
	Speak     bool   // send messages in the name of users (§5.1, "outgoing")
}

// ParsePrivilege reads an announcement of privileges (XEP-0356 §4.2), of either version; false: m is none. It tells
// all that the server grants: what it does not name is not granted. What else there is in it is passed over, such as
// the iq permissions, which Prosody nests into each other.
func ParsePrivilege(m Message) (Privilege, bool) {
	for _, space := range [...]string{PrivilegeSpace2, PrivilegeSpace1} {
		e := m.Child(space, "privilege")
		if e == nil || m.Type == ErrorMessage || e.Child(ForwardSpace, "forwarded") != nil {
			continue
		}
		p := Privilege{Space: space}
		for perm := range e.ChildrenNamed(space, "perm") {
			p.add(perm.Attr("access"), perm.Attr("type"))
		}
		return p, true
	}
	return Privilege{}, false
}

func (p *Privilege) add(access, kind string) {
	switch access {
	case "roster":
		p.GetRoster = p.GetRoster || kind == "get" || kind == "both"
		p.SetRoster = p.SetRoster || kind == "set" || kind == "both"
	case "message":
		p.Speak = p.Speak || kind == "outgoing"
	}
}

// Element makes the announcement.
func (p Privilege) Element() *xmltree.Element {
	e := xmltree.New(p.Space, "privilege")
	roster := map[[2]bool]string{{true, false}: "get", {false, true}: "set", {true, true}: "both"}[[2]bool{p.GetRoster, p.SetRoster}]
	for _, perm := range [...]struct {
		access, kind string
		on           bool
	}{{"roster", roster, roster != ""}, {"message", "outgoing", p.Speak}} {
		if perm.on {
			e.With(xmltree.New(p.Space, "perm").SetAttr("access", perm.access).SetAttr("type", perm.kind))
		}
	}
	return e
}

// OnBehalf wraps a message of a user, whose from is the bare address, so that the user's server sends it as the
// user's own (XEP-0356 §5.3).
func (p Privilege) OnBehalf(m Message) *xmltree.Element {
	return xmltree.New(p.Space, "privilege").With(xmltree.New(ForwardSpace, "forwarded").With(m.Element()))
}
