package oscar

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"imgate/transports/oscar/wire"
)

// dirTags are the values of an entry, in the order of the real server's answers (SNAC 02/0C).
var dirTags = [...]uint16{
	wire.DirFirst, wire.DirLast, wire.DirMiddle, wire.DirMaiden, wire.DirCountry, wire.DirState, wire.DirCity,
	wire.DirNick, wire.DirZIP, wire.DirStreet,
}

// rowTags are those of a row of a search, before the name (SNAC 0F/03).
var rowTags = [...]uint16{wire.DirFirst, wire.DirLast, wire.DirState, wire.DirCity, wire.DirCountry}

// dirSet takes SNAC 02/09: one's own entry, as a whole.
func (x *session) dirSet(q wire.SNAC) error {
	t, err := wire.Decode[wire.TLVs](q.Body)
	if err != nil {
		return err
	}
	x.a.entry = map[uint16][]byte{}
	for _, tag := range dirTags {
		if v, ok := t.Get(tag); ok {
			x.a.entry[tag] = bytes.Clone(v)
		}
	}
	x.reply(q, wire.DirSetReply, wire.Words{1})
	return nil
}

// dirQuery answers SNAC 02/0B; of nobody with an empty entry.
func (x *session) dirQuery(q wire.SNAC) error {
	w, err := wire.Decode[wire.DirWanted](q.Body)
	if err != nil {
		return err
	}
	answer := wire.DirEntry{Status: 1}
	if a := x.s.accounts[canonical(w.Name)]; a != nil {
		for _, tag := range dirTags {
			answer.TLVs = append(answer.TLVs, wire.Bytes(tag, a.entry[tag]))
		}
	}
	x.reply(q, wire.DirReply, answer)
	return nil
}

// dirSearch answers SNAC 0F/02. Nobody here has an e-mail address or an interest.
func (x *session) dirSearch(q wire.SNAC) error {
	t, err := wire.Decode[wire.TLVs](q.Body)
	if err != nil {
		return err
	}
	answer := wire.DirResults{Status: wire.DirOK}
	switch {
	case t.Has(wire.DirEmail) || t.Has(wire.DirInterest):
	case !t.Has(wire.DirFirst) && !t.Has(wire.DirLast):
		answer.Status = 4
	default:
		for _, id := range slices.Sorted(maps.Keys(x.s.accounts)) {
			if a := x.s.accounts[id]; a.matches(t) {
				answer.Rows = append(answer.Rows, a.row())
			}
		}
	}
	x.reply(q, wire.DirFound, answer)
	return nil
}

// matches reports whether all that is asked for is in the account's entry.
func (a *account) matches(t wire.TLVs) bool {
	for _, tag := range dirTags {
		if want := t.String(tag); want != "" && !strings.EqualFold(want, string(a.entry[tag])) {
			return false
		}
	}
	return true
}

func (a *account) row() wire.TLVs {
	var row wire.TLVs
	for _, tag := range rowTags {
		row = append(row, wire.Bytes(tag, a.entry[tag]))
	}
	return append(row, wire.String(wire.DirName, a.name))
}
