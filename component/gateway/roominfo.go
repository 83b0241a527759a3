package gateway

import (
	"maps"
	"slices"
	"strconv"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What rooms answer to questions.

// roomHandlers are the questions that a room answers.
func roomHandlers() map[handlerKey]handler {
	return map[handlerKey]handler{
		{xmpp.GetIQ, xmpp.InfoSpace, "query", toRoom}:     atAccount((*account).onRoomInfo),
		{xmpp.GetIQ, xmpp.ItemsSpace, "query", toRoom}:    atAccount((*account).onRoomItems),
		{xmpp.GetIQ, xmpp.PingSpace, "ping", toRoom}:      atAccount((*account).onRoomPing),
		{xmpp.GetIQ, xmpp.BrowseSpace, "query", toRoom}:   (*desk).browseRoom,
		{xmpp.GetIQ, xmpp.BrowseSpace, "item", toRoom}:    (*desk).browseRoom,
		{xmpp.GetIQ, xmpp.VersionSpace, "query", toRoom}:  (*desk).version,
		{xmpp.GetIQ, xmpp.MUCOwnerSpace, "query", toRoom}: forbidden,
		{xmpp.SetIQ, xmpp.MUCOwnerSpace, "query", toRoom}: (*desk).ownRoom,
		{xmpp.GetIQ, xmpp.MUCAdminSpace, "query", toRoom}: forbidden,
		{xmpp.SetIQ, xmpp.MUCAdminSpace, "query", toRoom}: forbidden,
	}
}

// forbidden answers what only owners and moderators may, of whom the networks know none.
func forbidden(d *desk, svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	d.fail(svc, q, xmpp.Forbidden, speech.Of("The rooms of %s have no owners.", svc.title()))
}

// ownRoom takes the empty form by which a client wants a room with the usual settings (XEP-0045 §10.1.2).
func (d *desk) ownRoom(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	if f := xmpp.ParseForm(e.Child(xmpp.DataSpace, "x")); f != nil && (f.Type == xmpp.CancelForm || f.Type == xmpp.SubmitForm && len(f.Fields) == 0) {
		d.send(svc, q.Result())
		return
	}
	forbidden(d, svc, q, e)
}

func (d *desk) browseRoom(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	e := xmltree.New(xmpp.BrowseSpace, "conference").SetAttr("type", "public").SetAttr("jid", q.To.Bare().String()).
		SetAttr("name", xmpp.UnescapeLocal(q.To.Local[1:]))
	d.send(svc, q.Result(e))
}

// onRoomInfo describes a room (XEP-0045 §6.4); who is in it only to those who are too.
func (a *account) onRoomInfo(q xmpp.IQ) {
	if q.Query().Attr("node") != "" {
		a.fail(q, xmpp.ItemNotFound, "")
		return
	}
	id := a.roomID(q.To)
	info := &xmpp.Info{
		Identities: []xmpp.Identity{{Category: "conference", Type: "text", Name: string(id)}},
		Features: []string{
			xmpp.InfoSpace, xmpp.ItemsSpace, xmpp.MUCSpace, xmpp.PingSpace, "muc_nonanonymous", "muc_open", "muc_public",
			"muc_temporary", "muc_unmoderated", "muc_unsecured",
		},
	}
	r := a.rooms[id]
	switch {
	case r != nil && r.joined:
		info.Forms = []*xmpp.Form{roomForm(transports.RoomInfo{Topic: r.topic, Size: len(r.people), Name: string(id)})}
	case !a.signedOn() || !a.session.powers.Has(transports.CanRooms):
		a.fail(q, xmpp.ItemNotFound, "You are not signed on to a network with rooms.")
		return
	}
	a.send(q.Result(info.Element()))
}

// roomForm is muc#roominfo (XEP-0045 §15.5.4).
func roomForm(i transports.RoomInfo) *xmpp.Form {
	f := &xmpp.Form{Type: xmpp.ResultForm, Fields: []xmpp.Field{
		xmpp.HiddenKind(xmpp.MUCSpace + "#roominfo"),
		{Var: "muc#roominfo_description", Values: []string{i.Name}}, {Var: "muc#roominfo_subject", Values: []string{i.Topic}},
	}}
	if i.Size >= 0 {
		f.Fields = append(f.Fields, xmpp.Field{Var: "muc#roominfo_occupants", Values: []string{strconv.Itoa(i.Size)}})
	}
	return f
}

// onRoomItems lists who is in a room, to those who are too.
func (a *account) onRoomItems(q xmpp.IQ) {
	var items []xmpp.Item
	if r := a.roomAt(q.To); r != nil && r.joined && q.To.Resource == "" {
		for _, nick := range slices.Sorted(maps.Keys(r.people)) {
			items = append(items, xmpp.Item{JID: r.seat(nick, r.people[nick]), Name: nick})
		}
	}
	a.send(q.Result(xmpp.ItemsElement("", items)))
}

// onRoomPing tells a client whether it is still in (XEP-0410).
func (a *account) onRoomPing(q xmpp.IQ) {
	r := a.roomAt(q.To)
	switch {
	case q.To.Resource == "":
		a.send(q.Result())
	case r == nil || !r.joined || !r.has(q.From.Resource):
		a.fail(q, xmpp.NotAcceptable, "You are not in this room.")
	case q.To.Resource == r.seat(r.nick, a.reg.Name).Resource:
		a.send(q.Result())
	default:
		if _, ok := r.sitting(q.To.Resource); !ok {
			a.fail(q, xmpp.ItemNotFound, "Nobody of this name is in the room.")
			return
		}
		a.fail(q, xmpp.ServiceUnavailable, "")
	}
}

// onRooms lists the public rooms of the network.
func (a *account) onRooms(q xmpp.IQ) {
	if !a.signedOn() || !a.session.powers.Has(transports.CanRooms) {
		a.send(q.Result(xmpp.ItemsElement("", nil)))
		return
	}
	a.ask(q, transports.CanRooms, func(tag transports.Tag) transports.Command { return transports.ListRooms{Tag: tag} },
		func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
			r, _ := d.Result.(transports.RoomsResult)
			var items []xmpp.Item
			for _, i := range r.Rooms[:min(len(r.Rooms), maxNames)] {
				if j, ok := a.roomJID(i.Room); ok {
					items = append(items, xmpp.Item{JID: j, Name: orName(i.Name, string(i.Room))})
				}
			}
			return []*xmltree.Element{xmpp.ItemsElement("", items)}, nil
		})
}
