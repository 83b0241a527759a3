package oscar

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// icqTags are the TLVs for the fields of a profile and of a search.
var icqTags = []struct {
	tag         uint16
	name, label string
	searched    bool
}{
	{wire.ICQTagNick, "nick", "Nickname", true}, {wire.ICQTagFirst, "first", "First name", true}, {wire.ICQTagLast, "last", "Last name", true},
	{wire.ICQTagCity, "city", "City", true}, {wire.ICQTagState, "region", "State or region", true}, {wire.ICQTagCompany, "organization", "Company", true},
	{wire.ICQTagPosition, "title", "Position", true}, {wire.ICQTagStreet, "street", "Street", false}, {wire.ICQTagPhone, "phone", "Phone", false},
	{wire.ICQTagHomepage, "homepage", "Homepage", false}, {wire.ICQTagAbout, "about", "About", false},
}

// setICQ writes one's own details into ICQ's database. What is not among the fields stays as it is.
func (s *session) setICQ(c transports.SetProfile) {
	var tlvs wire.TLVs
	for _, f := range c.Fields {
		value := strings.TrimSpace(f.Value)
		for _, t := range icqTags {
			if t.name == f.Var {
				tlvs = append(tlvs, wire.Bytes(t.tag, wire.ICQString(s.databaseText(value))))
			}
		}
		switch f.Var {
		case "email":
			tlvs = append(tlvs, wire.Bytes(wire.ICQTagEmail, append(wire.ICQString(s.databaseText(value)), 0)))
		case "gender":
			if code, known := map[string]uint8{"": 0, "female": 1, "male": 2}[value]; known {
				tlvs = append(tlvs, wire.Uint8(wire.ICQTagGender, code))
			}
		case "birthday":
			if day, err := time.Parse(time.DateOnly, value); err == nil && day.Year() > 1800 && day.Before(time.Now()) {
				tlvs = append(tlvs, wire.Bytes(wire.ICQTagBirthday, le16s(uint16(day.Year()), uint16(day.Month()), uint16(day.Day()))))
			}
		}
	}
	data, err := wire.ICQByTLVs(wire.ICQSetInfo, tlvs)
	if err != nil {
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	s.askMeta(data, func(m wire.ICQMeta) bool {
		var err error
		if m.Sub != wire.ICQSetReply || m.Status != wire.ICQMetaOK {
			err = fmt.Errorf("%w: the details were not taken", transports.ErrInvalid)
		}
		s.done(c.Tag, transports.Accepted, err)
		return true
	}, func(err error) { s.done(c.Tag, transports.Written, err) })
}

func le16s(list ...uint16) []byte {
	var b []byte
	for _, v := range list {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// databaseText is text as ICQ's clients write it into the database, which keeps bytes: in the charset of the service if
// that has all its characters, else in UTF-8, which readers tell apart.
func (s *session) databaseText(text string) []byte {
	if b, ok := s.charset.Encode(text); ok {
		return b
	}
	return []byte(text)
}

// searchPages looks into the white pages by all that is filled in.
func (s *session) searchPages(values map[string]string) ([]byte, error) {
	var tlvs wire.TLVs
	for _, t := range icqTags {
		if values[t.name] != "" && t.searched {
			tlvs = append(tlvs, wire.Bytes(t.tag, wire.ICQString(s.databaseText(values[t.name]))))
		}
	}
	if values["keyword"] != "" {
		tlvs = append(tlvs, wire.Bytes(wire.ICQTagKeyword, wire.ICQString(s.databaseText(values["keyword"]))))
	}
	if len(tlvs) == 0 {
		return nil, transports.ErrInvalid
	}
	return wire.ICQByTLVs(wire.ICQSearchPages, tlvs)
}

// icqForm is what ICQ's search takes.
func icqForm() transports.FormResult {
	form := transports.FormResult{
		Instructions: "Fill in the number, or the e-mail address, or what else you know.",
		Fields:       []transports.Field{{Var: "uin", Label: "ICQ number"}, {Var: "email", Label: "E-mail"}},
	}
	for _, t := range icqTags {
		if t.searched {
			form.Fields = append(form.Fields, transports.Field{Var: t.name, Label: t.label})
		}
	}
	form.Fields = append(form.Fields, transports.Field{Var: "keyword", Label: "Any other word"})
	return form
}
