package xmlrpc

import (
	"fmt"
	"strings"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmpp"
)

// An argument is a member of a call's struct. All are strings; numbers are taken too, since some languages make one of
// every text that looks like it.
type argument struct {
	name     string
	optional bool
}

// args are arguments that must be there.
func args(names ...string) []argument {
	var list []argument
	for _, n := range names {
		list = append(list, argument{name: n})
	}
	return list
}

type arguments map[string]string

// A wrongArgument names what is missing or has a wrong type.
type wrongArgument struct{ text string }

func (w *wrongArgument) Error() string { return w.text }

func wrong(format string, a ...any) error { return &wrongArgument{fmt.Sprintf(format, a...)} }

// arguments reads the struct of a call; members that it does not know it passes over.
func (m *method) arguments(params []wire.Value) (arguments, error) {
	if len(params) != 1 || params[0].Kind != wire.Struct {
		return nil, wrong("%s takes one struct: %s", m.name, m.members())
	}
	out := arguments{}
	for _, a := range m.args {
		v, ok := params[0].Get(a.name)
		switch text, scalar := v.Scalar(); {
		case !ok && a.optional:
		case !ok:
			return nil, wrong("%s: the argument %s is missing", m.name, a.name)
		case !scalar:
			return nil, wrong("%s: the argument %s is a string, not a %s", m.name, a.name, v.Kind)
		default:
			out[a.name] = text
		}
	}
	return out, nil
}

// members names the arguments, as for people.
func (m *method) members() string {
	var names []string
	for _, a := range m.args {
		if a.optional {
			a.name += "?"
		}
		names = append(names, a.name)
	}
	return "{" + strings.Join(names, ", ") + "}"
}

// address reads a bare address with a local part from an argument.
func (a arguments) address(name string) (xmpp.JID, error) {
	j, err := xmpp.ParseJID(strings.TrimSpace(a[name]))
	if err == nil && j.Local == "" {
		err = fmt.Errorf("%q has no user", a[name])
	}
	if err != nil {
		return xmpp.JID{}, fmt.Errorf("%s: %w: %w", name, err, xmpp.NewError(xmpp.JIDMalformed, ""))
	}
	return j.Bare(), nil
}

// user reads the address of user and server. Of a legacy account user may be the name as the network writes it, or
// as addresses have it.
func (d *Door) user(a arguments) (xmpp.JID, error) {
	user, server := strings.TrimSpace(a["user"]), strings.TrimSpace(a["server"])
	j, err := xmpp.NewJID(user, server, "")
	if host, hostErr := xmpp.NewJID("", server, ""); err != nil && hostErr == nil && d.opt.Gateway.Ours(host.Domain) {
		j, err = xmpp.NewJID(xmpp.EscapeHash(xmpp.EscapeLocal(user)), server, "")
	}
	if err == nil && j.Local == "" {
		err = fmt.Errorf("the user is empty")
	}
	if err != nil {
		return xmpp.JID{}, fmt.Errorf("user and server: %w: %w", err, xmpp.NewError(xmpp.JIDMalformed, ""))
	}
	return j, d.known(j)
}

// known refuses users of domains that have nothing to do with this gateway.
func (d *Door) known(j xmpp.JID) error {
	if d.opt.Gateway.Ours(j.Domain) || d.opt.Gateway.ServesDomain(j.Domain) {
		return nil
	}
	return fmt.Errorf("%s is neither a domain of this gateway nor one whose users it serves: %w", j.Domain, xmpp.NewError(xmpp.NotAllowed, ""))
}
