package xmlrpc

import (
	"context"
	"fmt"
	"strings"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmpp"
)

func getRoster(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	return d.roster(ctx, a, func(i xmpp.RosterItem) []wire.Member { return nil })
}

func getRosterWithPresence(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	user, err := d.user(a)
	if err != nil {
		return wire.Value{}, err
	}
	seen, err := d.seenBy(ctx, user)
	if err != nil {
		return wire.Value{}, err
	}
	return d.roster(ctx, a, func(i xmpp.RosterItem) []wire.Member { return d.presenceOf(ctx, i, seen) })
}

// roster makes the array; more are further members of each entry.
func (d *Door) roster(ctx context.Context, a arguments, more func(xmpp.RosterItem) []wire.Member) (wire.Value, error) {
	user, err := d.user(a)
	if err != nil {
		return wire.Value{}, err
	}
	items, err := d.opt.Gateway.Roster(ctx, user)
	if unreadable(err) && !d.opt.Strict {
		items, err = d.opt.Gateway.Contacts(ctx, user)
	}
	if err != nil {
		return wire.Value{}, err
	}
	out := wire.List()
	for _, i := range items {
		rest := more(i)
		for _, group := range d.groups(i) {
			out.Items = append(out.Items, wire.Record(append([]wire.Member{
				{Name: "jid", Value: wire.Text(i.JID.String())}, {Name: "group", Value: wire.Text(group)}, {Name: "nick", Value: wire.Text(i.Name)},
				{Name: "subscription", Value: wire.Text(string(i.Subscription))}, {Name: "pending", Value: wire.Text(pending(i))},
			}, rest...)...))
		}
	}
	return out, nil
}

// groups are those of which each makes an entry; one without a name where there is none.
func (d *Door) groups(i xmpp.RosterItem) []string {
	switch {
	case len(i.Groups) == 0:
		return []string{""}
	case d.opt.JoinGroups:
		return []string{strings.Join(i.Groups, ";")}
	}
	return i.Groups
}

// pending is which answer is waited for. That a contact waits for the user's a roster does not tell.
func pending(i xmpp.RosterItem) string {
	if i.Asked {
		return "out"
	}
	return "none"
}

func addRosterItem(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	user, item, err := d.item(a)
	if err != nil {
		return done(err)
	}
	item.Name = a["nick"]
	if g := a["group"]; g != "" {
		item.Groups = []string{g}
	}
	switch s := xmpp.SubscriptionState(a["subs"]); s {
	case xmpp.NoSubscription, xmpp.ToSubscription, xmpp.FromSubscription, xmpp.BothSubscription:
		item.Subscription = s
	case "":
		item.Subscription = xmpp.NoSubscription
	default:
		return done(fmt.Errorf("subs is none, to, from or both: %w", xmpp.NewError(xmpp.BadRequest, "")))
	}
	return done(d.opt.Gateway.SetRosterItem(ctx, user, item))
}

func deleteRosterItem(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	user, item, err := d.item(a)
	if err != nil {
		return done(err)
	}
	item.Subscription = xmpp.RemoveItem
	return done(d.opt.Gateway.SetRosterItem(ctx, user, item))
}

func (d *Door) item(a arguments) (xmpp.JID, xmpp.RosterItem, error) {
	user, err := d.user(a)
	if err != nil {
		return user, xmpp.RosterItem{}, err
	}
	j, err := xmpp.ParseJID(strings.TrimSpace(a["jid"]))
	if err != nil {
		err = fmt.Errorf("jid: %w: %w", err, xmpp.NewError(xmpp.JIDMalformed, ""))
	}
	return user, xmpp.RosterItem{JID: j.Bare()}, err
}
