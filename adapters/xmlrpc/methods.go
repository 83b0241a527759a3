package xmlrpc

import (
	"context"
	"slices"
	"time"

	"imgate/adapters/xmlrpc/wire"
)

const (
	typeInt    = "int"
	typeString = "string"
	typeArray  = "array"
	typeStruct = "struct"
)

// methods are all calls: the seven of mod_rostbeef's page, three that its source had too, and those by which a caller
// can ask what there is (xmlrpc-c's introspection) and save round trips.
func methods() []*method {
	list := []*method{
		{name: "link_contacts", args: args("jid1", "nick1", "jid2", "nick2"), gives: typeInt, coded: true, run: linkContacts,
			help: "Puts each of two contacts into the other's roster, named and without a question: both halves or none. 0, or an XEP-0086 number."},
		{name: "unlink_contacts", args: args("jid1", "jid2"), gives: typeInt, coded: true, run: unlinkContacts,
			help: "Takes each of two contacts out of the other's roster: both halves or none. 0, or an XEP-0086 number."},
		{name: "get_roster", args: args("user", "server"), gives: typeArray, run: getRoster,
			help: "The roster of a user: structs of jid, group, nick, subscription (none, to, from, both), pending (in, out, none); one for each group of a contact."},
		{name: "get_roster_with_presence", args: args("user", "server"), gives: typeArray, run: getRosterWithPresence,
			help: "As get_roster, with resource, show and status of each contact's resource of the highest non-negative priority."},
		{name: "get_presence", args: args("user", "server"), gives: typeStruct, run: getPresence,
			help: "jid with resource, show (available, chat, away, dnd, xa, unavailable) and status of the resource of the highest non-negative priority."},
		{name: "get_resources", args: args("user", "server"), gives: typeArray, run: getResources,
			help: "The names of all resources at which a user is available."},
		{name: "send_stanza", args: args("from", "to", "stanza"), gives: typeInt, coded: true, run: sendStanza,
			help: "Sends a message, presence or iq; its own from and to stand over the arguments. 0, or an XEP-0086 number."},
		{name: "add_rosteritem", args: append(args("user", "server", "jid"), argument{"group", true}, argument{"nick", true}, argument{"subs", true}), gives: typeInt, coded: true, run: addRosterItem,
			help: "Puts one entry into one roster, with a subscription of none, to, from or both. 0, or an XEP-0086 number."},
		{name: "delete_rosteritem", args: args("user", "server", "jid"), gives: typeInt, coded: true, run: deleteRosterItem,
			help: "Takes one entry out of one roster. 0, or an XEP-0086 number."},
		{name: "echothis", gives: typeString, bare: echoThis, help: "Gives back a string, to try the way."},
	}
	return append(list, introspection()...)
}

func echoThis(_ context.Context, _ *Door, params []wire.Value) (wire.Value, error) {
	if len(params) != 1 {
		return wire.Value{}, wrong("echothis takes one string")
	}
	text, ok := params[0].Scalar()
	if !ok {
		return wire.Value{}, wrong("echothis takes one string, not a %s", params[0].Kind)
	}
	return wire.Text("echoed: " + text), nil
}

func introspection() []*method {
	return []*method{
		{name: "system.listMethods", gives: typeArray, bare: listMethods, help: "The names of all calls."},
		{name: "system.methodHelp", gives: typeString, bare: methodHelp, help: "What a call does."},
		{name: "system.methodSignature", gives: typeArray, bare: methodSignature, help: "The type of a call's result and those of its parameters."},
		{name: multicall, gives: typeArray, bare: multiCall, help: "Carries out an array of calls, each a struct of methodName and params, one after the other."},
	}
}

func listMethods(_ context.Context, d *Door, params []wire.Value) (wire.Value, error) {
	if len(params) > 0 {
		return wire.Value{}, wrong("system.listMethods takes nothing")
	}
	var names []string
	for name := range d.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	out := wire.List()
	for _, n := range names {
		out.Items = append(out.Items, wire.Text(n))
	}
	return out, nil
}

// named finds the method that a call of the introspection asks about.
func (d *Door) named(params []wire.Value) (*method, error) {
	if len(params) != 1 || params[0].Kind != wire.String {
		return nil, wrong("the name of a call is wanted")
	}
	m := d.methods[params[0].Text]
	if m == nil {
		return nil, wrong("Unknown call: %.128s", params[0].Text)
	}
	return m, nil
}

func methodHelp(_ context.Context, d *Door, params []wire.Value) (wire.Value, error) {
	m, err := d.named(params)
	if err != nil {
		return wire.Value{}, err
	}
	help := m.help
	if m.bare == nil {
		help = m.name + m.members() + ": " + help
	}
	return wire.Text(help), nil
}

func methodSignature(_ context.Context, d *Door, params []wire.Value) (wire.Value, error) {
	m, err := d.named(params)
	if err != nil {
		return wire.Value{}, err
	}
	signature := wire.List(wire.Text(m.gives))
	switch {
	case m.bare == nil:
		signature.Items = append(signature.Items, wire.Text(typeStruct))
	case m.name == multicall:
		signature.Items = append(signature.Items, wire.Text(typeArray))
	case m.name != "system.listMethods":
		signature.Items = append(signature.Items, wire.Text(typeString))
	}
	return wire.List(signature), nil
}

const (
	multicall = "system.multicall"
	maxCalls  = 100 // in one system.multicall
	allTime   = 10 * CallTime
)

// time is how long a method may take.
func (m *method) time() time.Duration {
	if m.name == multicall {
		return allTime
	}
	return CallTime
}

// multiCall gives for each call an array of its result alone, or the struct of its fault.
func multiCall(ctx context.Context, d *Door, params []wire.Value) (wire.Value, error) {
	if len(params) != 1 || params[0].Kind != wire.Array || len(params[0].Items) > maxCalls {
		return wire.Value{}, wrong("system.multicall takes one array of at most %d calls", maxCalls)
	}
	out := wire.List()
	for _, item := range params[0].Items {
		v, fault := d.one(ctx, item)
		if fault != nil {
			out.Items = append(out.Items, fault.Value())
			continue
		}
		out.Items = append(out.Items, wire.List(v))
	}
	return out, nil
}

// one carries out one call of several.
func (d *Door) one(ctx context.Context, item wire.Value) (wire.Value, *wire.Fault) {
	name, hasName := item.Get("methodName")
	params, _ := item.Get("params")
	switch {
	case !hasName || params.Kind != wire.Array:
		return wire.Value{}, &wire.Fault{Code: faultCall, Text: "each call is a struct of methodName and params"}
	case name.Text == multicall:
		return wire.Value{}, &wire.Fault{Code: faultCall, Text: "system.multicall can't call itself"}
	}
	call, _ := d.credentials(wire.Call{Method: name.Text, Params: params.Items})
	return d.call(ctx, call)
}
