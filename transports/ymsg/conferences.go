package ymsg

import (
	"maps"
	"slices"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// Bounds of conferences.
const (
	maxConferences = 100 // that we are in, or are invited to
	maxMembers     = 200 // of one
)

// A conference is a conversation of many: a room that begins with an invitation and ends with its last member.
type conference struct {
	number  int // later ones have higher
	id      transports.LegacyID
	name    string                         // as the server spells it
	joined  bool                           // false: we are invited
	called  bool                           // the server knows of it
	host    string                         // who invited us; empty: it is ours
	members map[transports.LegacyID]string // of whom we know that they are in, or were called, as the server spells them
	here    map[transports.LegacyID]bool   // of these, who is in
}

// conferences are those that we are in, or are invited to.
type conferences struct {
	all   map[transports.LegacyID]*conference
	count int // of those that ever were
}

func (c *conferences) get(id transports.LegacyID) *conference { return c.all[id] }

// named is the conference that the server calls so; nil if there is none.
func (c *conferences) named(name string) *conference {
	for _, r := range c.all {
		if r.name == name {
			return r
		}
	}
	return nil
}

// begin makes a conference; nil when we are in too many. Invitations are bounded too, and there need be no answer to one:
// the oldest gives way.
func (c *conferences) begin(id transports.LegacyID, name string) *conference {
	if len(c.all) >= maxConferences && !c.forgetInvitation() {
		return nil
	}
	if c.all == nil {
		c.all = map[transports.LegacyID]*conference{}
	}
	c.count++
	r := &conference{number: c.count, id: id, name: name, members: map[transports.LegacyID]string{}, here: map[transports.LegacyID]bool{}}
	c.all[id] = r
	return r
}

// forgetInvitation forgets the oldest; false: there is none.
func (c *conferences) forgetInvitation() bool {
	var oldest *conference
	for _, r := range c.all {
		if !r.joined && (oldest == nil || r.number < oldest.number) {
			oldest = r
		}
	}
	if oldest == nil {
		return false
	}
	delete(c.all, oldest.id)
	return true
}

// add notes a member; false when there are too many.
func (r *conference) add(id transports.LegacyID, name string, here bool) bool {
	if !r.holds(id) {
		return false
	}
	r.members[id] = name
	if here {
		r.here[id] = true
	}
	return true
}

// holds reports whether somebody is a member, or there is room for them.
func (r *conference) holds(id transports.LegacyID) bool {
	_, known := r.members[id]
	return known || len(r.members) < maxMembers
}

// everybody are the fields that name the other members, as the server wants them said with everything.
func (r *conference) everybody(k wire.Key) wire.Fields {
	var f wire.Fields
	for _, id := range slices.Sorted(maps.Keys(r.members)) {
		f = append(f, wire.Text(k, r.members[id]))
	}
	return f
}
