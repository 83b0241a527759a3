package oscar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Questions to ICQ's database (SNAC 15/02 type 7D0). An answer comes in several parts, each with the number of the
// question.

const (
	maxMetas  = 16
	metaTime  = 30 * time.Second
	maxICQHit = 100 // rows of a search
)

// A meta is a question that is open.
type meta struct {
	seq   uint16
	until time.Time
	// take takes one part of the answer; true: it was the last.
	take func(wire.ICQMeta) bool
	fail func(error)
}

// askMeta asks; fail is called when no answer, or no more of it, comes.
func (s *session) askMeta(data []byte, take func(wire.ICQMeta) bool, fail func(error)) {
	if !s.has(wire.FamilyICQ) || len(s.metas) >= maxMetas {
		fail(transports.ErrBusy)
		return
	}
	seq := uint16(s.nextID())
	body := wire.ICQData{UIN: s.uin, Type: wire.ICQMetaAsk, Seq: seq, Data: data}
	if err := s.ask(wire.ICQQuery, body, 0, nil); err != nil {
		fail(err)
		return
	}
	s.metas = append(s.metas, meta{seq, time.Now().Add(metaTime), take, fail})
}

// metaReply hands a part of an answer to its question.
func (s *session) metaReply(d wire.ICQData) {
	m, err := wire.ReadICQMeta(d.Data)
	if err != nil {
		s.log.Warn("answer of ICQ's database cannot be read", "err", err)
		return
	}
	for i := range s.metas {
		q := s.metas[i]
		if q.seq != d.Seq {
			continue
		}
		if q.take(m) {
			s.metas = append(s.metas[:i:i], s.metas[i+1:]...)
		}
		return
	}
}

// expireMetas gives up on answers that are late, and tells when the next will be; zero: none is awaited.
func (s *session) expireMetas(now time.Time) (next time.Time) {
	open := s.metas
	s.metas = nil
	for _, q := range open {
		if !q.until.After(now) {
			q.fail(transports.ErrNoAnswer)
			continue
		}
		s.metas = append(s.metas, q)
		if next.IsZero() || q.until.Before(next) {
			next = q.until
		}
	}
	return next
}

// fetchICQ asks for the details of a number: the short ones first, since servers hang up on a question for the full
// ones of a number that nobody has.
func (s *session) fetchICQ(c transports.FetchProfile) {
	uin := uinOf(c.ID)
	fail := func(err error) { s.done(c.Tag, transports.Written, err) }
	s.askMeta(wire.ICQByUIN(wire.ICQShortInfo, uin), func(m wire.ICQMeta) bool {
		if m.Sub != wire.ICQShortReply || m.Status != wire.ICQMetaOK {
			fail(fmt.Errorf("%s: %w", c.ID, transports.ErrUnknown))
			return true
		}
		s.fetchFull(c, uin, fail)
		return true
	}, fail)
}

func (s *session) fetchFull(c transports.FetchProfile, uin uint32, fail func(error)) {
	var r transports.ProfileResult
	s.askMeta(wire.ICQByUIN(wire.ICQFullInfo, uin), func(m wire.ICQMeta) bool {
		s.gather(c.ID, &r, m)
		if m.Sub != wire.ICQLastReply {
			return false
		}
		s.doneWith(c.Tag, transports.Accepted, r, nil)
		return true
	}, fail)
}

// icqFields are the strings of an ICQBasicReply that a profile has a field for.
var icqFields = []struct {
	place       int
	name, label string
}{
	{wire.ICQNick, "nick", "Nickname"}, {wire.ICQFirst, "first", "First name"}, {wire.ICQLast, "last", "Last name"},
	{wire.ICQEmail, "email", "E-mail"}, {wire.ICQPhone, "phone", "Phone"}, {wire.ICQStreet, "street", "Street"},
	{wire.ICQCity, "city", "City"}, {wire.ICQState, "region", "State or region"}, {wire.ICQZIP, "postcode", "ZIP"},
}

// gather takes one part of a full answer about id.
func (s *session) gather(id transports.LegacyID, r *transports.ProfileResult, m wire.ICQMeta) {
	if m.Status != wire.ICQMetaOK {
		return
	}
	add := func(name, label string, value []byte) {
		if text := strings.TrimSpace(s.textOf(id, value)); text != "" {
			r.Fields = append(r.Fields, transports.Field{Var: name, Label: label, Value: text})
		}
	}
	switch m.Sub {
	case wire.ICQBasicReply:
		basic, err := wire.Decode[wire.ICQBasic](m.Data)
		if err != nil {
			return
		}
		s.livesIn(id, basic.Country)
		for _, f := range icqFields {
			add(f.name, f.label, basic.Texts[f.place])
		}
	case wire.ICQMoreReply:
		more, err := wire.Decode[wire.ICQMore](m.Data)
		if err != nil {
			return
		}
		add("homepage", "Homepage", more.Homepage)
		add("gender", "Gender", []byte(more.Gender))
		if b := more.Birthday; b[0] > 1800 && b[1] >= 1 && b[1] <= 12 && b[2] >= 1 && b[2] <= 31 {
			add("birthday", "Birthday", fmt.Appendf(nil, "%04d-%02d-%02d", b[0], b[1], b[2]))
		}
		if more.Age > 0 && more.Age < 200 {
			add("age", "Age", strconv.AppendUint(nil, uint64(more.Age), 10))
		}
	case wire.ICQNotesReply:
		if list, err := wire.ReadICQStrings(m.Data, 1); err == nil {
			add("about", "About", list[0])
		}
	}
}

// searchForm is what the search takes.
func (s *session) searchForm(c transports.SearchForm) {
	if !s.dialect.storedByICQ {
		s.doneWith(c.Tag, transports.Accepted, directoryForm(), nil)
		return
	}
	s.doneWith(c.Tag, transports.Accepted, icqForm(), nil)
}

// search asks by the number, by the e-mail address, or by all else that is filled in.
func (s *session) search(c transports.Search) {
	if !s.dialect.storedByICQ {
		s.searchDirectory(c)
		return
	}
	values := map[string]string{}
	for _, f := range c.Fields {
		values[f.Var] = strings.TrimSpace(f.Value)
	}
	var data []byte
	var err error
	switch {
	case values["uin"] != "":
		id, bad := canonicalUIN(values["uin"])
		if data = wire.ICQByUIN(wire.ICQSearchUIN, uinOf(id)); bad != nil || uinOf(id) == 0 {
			err = transports.ErrInvalid
		}
	case values["email"] != "":
		data, err = wire.ICQByStrings(wire.ICQSearchEmail, values["email"])
	default:
		data, err = s.searchPages(values)
	}
	if err != nil {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: nothing to look for", transports.ErrInvalid))
		return
	}
	var r transports.SearchResult
	s.askMeta(data, func(m wire.ICQMeta) bool {
		s.hit(&r, m)
		if m.Sub == wire.ICQFoundReply {
			return false
		}
		s.doneWith(c.Tag, transports.Accepted, r, nil)
		return true
	}, func(err error) { s.done(c.Tag, transports.Written, err) })
}

// hit takes one row of a search.
func (s *session) hit(r *transports.SearchResult, m wire.ICQMeta) {
	if m.Status != wire.ICQMetaOK || m.Sub != wire.ICQFoundReply && m.Sub != wire.ICQFoundLast {
		return
	}
	f, err := wire.Decode[wire.ICQFound](m.Data)
	if err != nil {
		s.log.Warn("row of a search cannot be read", "err", err)
		return
	}
	id, ok := s.id(strconv.FormatUint(uint64(f.UIN), 10))
	switch {
	case !ok:
	case len(r.Found) >= maxICQHit:
		r.More = true
	default:
		row := transports.Found{ID: id}
		for _, v := range []struct {
			name, label string
			value       []byte
		}{{"uin", "ICQ number", []byte(id)}, {"nick", "Nickname", f.Nick}, {"first", "First name", f.First}, {"last", "Last name", f.Last}, {"email", "E-mail", f.Email}} {
			row.Fields = append(row.Fields, transports.Field{Var: v.name, Label: v.label, Value: s.textOf(id, v.value)})
		}
		r.Found = append(r.Found, row)
	}
}
