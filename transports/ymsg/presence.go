package ymsg

import (
	"time"
	"unicode/utf8"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// shown is what others were last told of the user.
type shown struct{ look look }

// A look is how others see somebody. The zero look is available, as everybody is who signs on.
type look struct {
	status wire.Status
	text   string
	flag   string // of a text: "1" busy, "2" idle, "0" neither
}

// maxAwayText is in bytes, as Yahoo's clients had it.
const maxAwayText = 255

// awayStatuses are the statuses of shows that have no text.
var awayStatuses = map[transports.Show]wire.Status{
	transports.Away: wire.SteppedOut,
	transports.XA:   wire.NotInOffice,
	transports.DND:  wire.Busy,
}

// lookOf gives the look of a presence. A text has a status of its own, which tells of the show only whether one is busy.
func lookOf(p transports.SetPresence) look {
	away := awayStatuses[p.Show]
	switch {
	case p.Invisible:
		return look{status: wire.Invisible}
	case p.Status != "":
		flag := "0"
		if !p.IdleSince.IsZero() {
			flag = "2"
		}
		if away != wire.Available {
			flag = "1"
		}
		return look{status: wire.Custom, text: shortened(p.Status, maxAwayText), flag: flag}
	case !p.IdleSince.IsZero() && away == wire.Available:
		return look{status: wire.IdleStatus}
	}
	return look{status: away}
}

// shortened cuts valid UTF-8 to at most limit bytes.
func shortened(s string, limit int) string {
	s = richtext.Plain(s).String()
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// hidden reports whether the user is invisible.
func (s *session) hidden() bool { return s.shown.look.status == wire.Invisible }

// service is what tells a look: 04 for who is available, 03 for others.
func (l look) service() wire.Service {
	if l.status == wire.Available {
		return wire.IsBack
	}
	return wire.IsAway
}

func (l look) fields(me string) wire.Fields {
	f := wire.Fields{wire.Text(wire.KeyMe, me), wire.Number(wire.KeyStatus, int(l.status))}
	if l.status == wire.Custom {
		f = append(f, wire.Text(wire.KeyAwayText, l.text), wire.Text(wire.KeyAwayFlag, l.flag), wire.Text(wire.KeyUTF8, "1"))
	}
	return f
}

// A meaning is what a status says of somebody: a show, and words for it.
type meaning struct {
	show transports.Show
	text string
}

var meanings = map[wire.Status]meaning{
	wire.Available:   {show: transports.Online},
	wire.BeRightBack: {transports.Away, "Be right back"},
	wire.Busy:        {transports.DND, "Busy"},
	wire.NotAtHome:   {transports.XA, "Not at home"},
	wire.NotAtDesk:   {transports.Away, "Not at my desk"},
	wire.NotInOffice: {transports.XA, "Not in the office"},
	wire.OnPhone:     {transports.DND, "On the phone"},
	wire.OnVacation:  {transports.XA, "On vacation"},
	wire.OutToLunch:  {transports.Away, "Out to lunch"},
	wire.SteppedOut:  {transports.Away, "Stepped out"},
	wire.Invisible:   {show: transports.Offline},
	wire.IdleStatus:  {show: transports.Away},
	wire.Offline:     {show: transports.Offline},
	wire.Failed:      {show: transports.Offline},
}

// presences takes how contacts are (01, 02, 03, 04, 0A): a record for each.
func (s *session) presences(p wire.Packet) {
	for _, r := range p.Fields.Records(wire.KeyContact) {
		id, ok := s.id(r.String(wire.KeyContact))
		if !ok {
			continue
		}
		e := s.presenceOf(r, time.Now())
		e.From = id
		if p.Service == wire.LogOff {
			e = transports.Presence{From: id}
		}
		if e.Show == transports.Offline {
			s.typists.forget(s, id)
		}
		if s.edits.awaits(id) && !s.list.has(id) {
			s.edits.fresh = []transports.Presence{e}
			continue
		}
		s.tell(s.pictures.dress(e, r))
	}
}

// presenceOf reads a record. Key 13 says whether somebody is there at all.
func (s *session) presenceOf(r wire.Fields, now time.Time) transports.Presence {
	code, _ := r.Number(wire.KeyStatus)
	known, ok := meanings[wire.Status(uint32(code))]
	if !ok {
		known = meaning{show: transports.Away}
	}
	e := transports.Presence{Show: known.show, Status: known.text}
	if wire.Status(uint32(code)) == wire.Custom {
		e.Show, e.Status = transports.Online, richtext.FromYahoo(s.text(r, wire.KeyAwayText)).String()
		if flag := r.String(wire.KeyAwayFlag); flag == "1" || flag == "2" {
			e.Show = transports.Away
		}
	}
	if code == int64(wire.IdleStatus) || r.String(wire.KeyAwayFlag) == "2" {
		e.IdleSince = now
	}
	if n, ok := r.Number(wire.KeyIdleSeconds); ok && n > 0 && n < 365*24*3600 {
		e.IdleSince = now.Add(-time.Duration(n) * time.Second)
	}
	if there := r.String(wire.KeyFlag); there == "0" || e.Show == transports.Offline {
		return transports.Presence{}
	}
	return e
}
