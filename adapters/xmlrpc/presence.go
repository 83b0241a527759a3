package xmlrpc

import (
	"cmp"
	"context"
	"slices"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmpp"
)

const unavailable = "unavailable"

func getPresence(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	user, list, err := d.presences(ctx, a)
	if err != nil {
		return wire.Value{}, err
	}
	if d.opt.PresenceArray {
		out := wire.List()
		for _, p := range list {
			out.Items = append(out.Items, wire.Record(append([]wire.Member{{Name: "jid", Value: wire.Text(p.From.String())}}, resource(p)...)...))
		}
		return out, nil
	}
	best, ok := chief(list)
	if !ok {
		best.From = user
	}
	return wire.Record(
		wire.Member{Name: "jid", Value: wire.Text(best.From.String())},
		wire.Member{Name: "show", Value: wire.Text(show(best, ok))}, wire.Member{Name: "status", Value: wire.Text(best.Status())},
	), nil
}

func getResources(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	_, list, err := d.presences(ctx, a)
	out := wire.List()
	for _, p := range list {
		out.Items = append(out.Items, wire.Text(p.From.Resource))
	}
	return out, err
}

// presences are a user's. Of one of whom nothing is known the server is asked whether it has such a user.
func (d *Door) presences(ctx context.Context, a arguments) (xmpp.JID, []xmpp.Presence, error) {
	user, err := d.user(a)
	if err != nil {
		return user, nil, err
	}
	list, err := d.opt.Gateway.Presences(ctx, user)
	if err != nil || len(list) > 0 || d.opt.Gateway.Ours(user.Domain) {
		return user, list, err
	}
	if _, err := d.opt.Gateway.Roster(ctx, user); err != nil {
		if code, _ := codeOf(err); code == 404 {
			return user, nil, err
		}
	}
	return user, nil, nil
}

// chief is the resource with the highest priority that is not negative; of several the one that is most available.
func chief(list []xmpp.Presence) (xmpp.Presence, bool) {
	var best xmpp.Presence
	found := false
	for _, p := range list {
		if p.Priority() < 0 || found && cmp.Or(cmp.Compare(p.Priority(), best.Priority()), cmp.Compare(rank(p), rank(best))) <= 0 {
			continue
		}
		best, found = p, true
	}
	return best, found
}

func rank(p xmpp.Presence) int {
	return slices.Index([]string{"xa", "away", "dnd", "", "chat"}, p.Show())
}

// show is one of the six words of mod_rostbeef.
func show(p xmpp.Presence, available bool) string {
	switch {
	case !available:
		return unavailable
	case p.Show() == "":
		return "available"
	}
	return p.Show()
}

// resource are the members by which one resource is told.
func resource(p xmpp.Presence) []wire.Member {
	return []wire.Member{
		{Name: "resource", Value: wire.Text(p.From.Resource)}, {Name: "show", Value: wire.Text(show(p, true))},
		{Name: "status", Value: wire.Text(p.Status())}, {Name: "priority", Value: wire.Number(p.Priority())},
	}
}

// seenBy are the presences of the contacts that the gateway sees for an address.
func (d *Door) seenBy(ctx context.Context, user xmpp.JID) (map[xmpp.JID][]xmpp.Presence, error) {
	list, err := d.opt.Gateway.ContactPresences(ctx, user)
	if err != nil {
		if code, _ := codeOf(err); code != 404 {
			return nil, err
		}
	}
	seen := map[xmpp.JID][]xmpp.Presence{}
	for _, p := range list {
		seen[p.From.Bare()] = append(seen[p.From.Bare()], p)
	}
	return seen, nil
}

// presenceOf are the members of a roster's entry that tell where the contact is, where the roster's owner may know.
func (d *Door) presenceOf(ctx context.Context, i xmpp.RosterItem, seen map[xmpp.JID][]xmpp.Presence) []wire.Member {
	list := seen[i.JID]
	if !d.opt.Gateway.Ours(i.JID.Domain) {
		list, _ = d.opt.Gateway.Presences(ctx, i.JID) // who can't be asked is not seen
	}
	if !i.To() {
		list = nil
	}
	if d.opt.PresenceArray {
		out := wire.List()
		for _, p := range list {
			out.Items = append(out.Items, wire.Record(resource(p)...))
		}
		return []wire.Member{{Name: "presence", Value: out}}
	}
	best, ok := chief(list)
	return []wire.Member{
		{Name: "resource", Value: wire.Text(best.From.Resource)}, {Name: "show", Value: wire.Text(show(best, ok))}, {Name: "status", Value: wire.Text(best.Status())},
	}
}
