package oscar

import (
	"fmt"
	"html"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// AIM's directory: one's own entry, others', and the search. A profile is a page of HTML beside it, which the server
// keeps no longer than the session.

const (
	maxDirHit   = 100 // rows of a search
	maxDirValue = 255 // bytes of one value
)

// dirFields are the values of an entry that a profile has a field for.
var dirFields = []struct {
	tag         uint16
	name, label string
}{
	{wire.DirFirst, "first", "First name"}, {wire.DirMiddle, "middle", "Middle name"}, {wire.DirLast, "last", "Last name"},
	{wire.DirNick, "nick", "Nickname"}, {wire.DirStreet, "street", "Street"}, {wire.DirCity, "city", "City"},
	{wire.DirState, "region", "State or region"}, {wire.DirZIP, "postcode", "ZIP"}, {wire.DirCountry, "country", "Country"},
}

// setProfile writes one's own page (SNAC 02/04) and one's entry in the directory (02/09), which the server confirms.
func (s *session) setProfile(c transports.SetProfile) {
	if s.dialect.storedByICQ {
		s.setICQ(c)
		return
	}
	entry := wire.TLVs{}
	var about []string
	for _, f := range c.Fields {
		value := strings.TrimSpace(f.Value)
		if value == "" {
			continue
		}
		place := -1
		for i, d := range dirFields {
			if d.name == f.Var {
				place = i
			}
		}
		switch {
		case place >= 0:
			entry = append(entry, wire.String(dirFields[place].tag, cut(value, maxDirValue)))
		case f.Var == "about":
			about = append(about, value)
		case f.Var == "homepage":
			about = append(about, value)
		}
	}
	page := profileMarkup(strings.Join(about, "\n"), s.maxAway)
	err := s.ask(wire.SetInfo, wire.TLVs{wire.String(wire.InfoProfileType, awayType), wire.String(wire.InfoProfile, page)}, 0, nil)
	if err == nil {
		err = s.ask(wire.DirSet, entry, wire.DirSetReply, func(s *session, _ wire.SNAC, err error) {
			s.done(c.Tag, transports.Accepted, err)
		})
	}
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// profileMarkup is a page of at most limit bytes; links in it can be followed.
func profileMarkup(text string, limit int) string {
	if text == "" {
		return ""
	}
	for {
		if markup := richtext.Plain(text).AIM(); len(markup) <= limit {
			return markup
		}
		text = cut(text, len(text)*3/4)
	}
}

// cut is the longest beginning of text of at most so many bytes that ends between characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && text[limit]&0xC0 == 0x80 {
		limit--
	}
	return text[:limit]
}

// fetchEntry asks for somebody's entry in the directory and puts it beside the page (SNAC 02/0B). Who has no entry has
// a profile all the same.
func (s *session) fetchEntry(c transports.FetchProfile, r transports.ProfileResult, failed error) {
	finish := func(s *session, answer wire.SNAC, err error) {
		if entry, bad := wire.Decode[wire.DirEntry](answer.Body); err == nil && bad == nil {
			r.Fields = append(r.Fields, s.entryFields(entry.TLVs)...)
		}
		if failed != nil && len(r.Fields) > 0 {
			failed = nil // somebody who is not there, but is known
		}
		s.doneWith(c.Tag, transports.Accepted, r, failed)
	}
	if err := s.ask(wire.DirQuery, wire.DirWanted{Name: string(c.ID)}, wire.DirReply, finish); err != nil {
		finish(s, wire.SNAC{}, err)
	}
}

func (s *session) entryFields(entry wire.TLVs) []transports.Field {
	var list []transports.Field
	for _, d := range dirFields {
		value, _ := entry.Get(d.tag)
		if text := s.plainText(value); text != "" {
			list = append(list, transports.Field{Var: d.name, Label: d.label, Value: text})
		}
	}
	return list
}

// plainText reads a value of the directory: today's servers escape some of them.
func (s *session) plainText(value []byte) string {
	return strings.TrimSpace(html.UnescapeString(s.text(value)))
}

// searchDirectory asks by the first of e-mail address, interest and names that is filled in (SNAC 0F/02).
func (s *session) searchDirectory(c transports.Search) {
	values := map[string]string{}
	for _, f := range c.Fields {
		values[f.Var] = cut(strings.TrimSpace(f.Value), maxDirValue)
	}
	query := wire.TLVs{wire.String(wire.DirCharset, "us-ascii")}
	switch {
	case values["email"] != "":
		query = append(query, wire.Uint16(wire.DirKind, 1), wire.String(wire.DirEmail, values["email"]))
	case values["interest"] != "":
		query = append(query, wire.Uint16(wire.DirKind, 1), wire.String(wire.DirInterest, values["interest"]))
	case values["first"] != "" || values["last"] != "":
		query = append(query, wire.Uint16(wire.DirKind, 0))
		for _, d := range dirFields {
			if values[d.name] != "" {
				query = append(query, wire.String(d.tag, values[d.name]))
			}
		}
	default:
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: nothing to look for", transports.ErrInvalid))
		return
	}
	r := request{kind: wire.DirSearch, reply: wire.DirFound, finish: func(s *session, answer wire.SNAC, err error) {
		s.foundInDirectory(c.Tag, answer, err)
	}}
	if err := s.askService(wire.FamilyDir, r, query); err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// directoryForm is what AIM's search takes.
func directoryForm() transports.FormResult {
	form := transports.FormResult{
		Instructions: "Fill in the e-mail address, or an interest, or first and last name and what else you know.",
		Fields:       []transports.Field{{Var: "email", Label: "E-mail"}, {Var: "interest", Label: "Interest"}},
	}
	for _, d := range dirFields {
		form.Fields = append(form.Fields, transports.Field{Var: d.name, Label: d.label})
	}
	return form
}

// foundInDirectory takes SNAC 0F/03.
func (s *session) foundInDirectory(tag transports.Tag, answer wire.SNAC, err error) {
	var found wire.DirResults
	if err == nil {
		found, err = wire.Decode[wire.DirResults](answer.Body)
	}
	if err == nil && found.Status != wire.DirOK {
		err = dirRefusal(found.Status)
	}
	var r transports.SearchResult
	for _, row := range found.Rows {
		id, ok := s.id(row.String(wire.DirName))
		switch {
		case !ok:
		case len(r.Found) >= maxDirHit:
			r.More = true
		default:
			fields := append([]transports.Field{{Var: "name", Label: "Screen name", Value: row.String(wire.DirName)}}, s.entryFields(row)...)
			r.Found = append(r.Found, transports.Found{ID: id, Fields: fields})
		}
	}
	s.doneWith(tag, transports.Accepted, r, err)
}

// dirRefusal says why the directory was not searched.
func dirRefusal(status uint16) error {
	switch status {
	case 1, 2:
		return transports.ErrBusy
	case 3:
		return fmt.Errorf("%w: too many were found, say more", transports.ErrInvalid)
	case 4:
		return fmt.Errorf("%w: first or last name is needed", transports.ErrInvalid)
	}
	return fmt.Errorf("%w: status %d", transports.ErrInvalid, status)
}
