package oscar

import (
	"time"
	"unicode/utf8"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const awayType = `text/aolrtf; charset="utf-8"`

// shown is what others were last told of the user.
type shown struct {
	told   bool
	away   string // the away text in AIM's HTML; empty: not away
	status uint32
	idle   time.Time
}

// hidden reports whether the user is invisible.
func (s *shown) hidden() bool { return s.status&wire.StatusInvisible != 0 }

// A step is one SNAC that tells of the user's presence.
type step struct {
	kind wire.Kind
	body wire.Body
}

// presenceSteps gives what must be sent so that others see p, and notes it as told.
func (s *session) presenceSteps(p transports.SetPresence, now time.Time) []step {
	var steps []step
	next := shown{told: true, status: s.statusOf(p), idle: p.IdleSince}
	if p.Show == transports.Away || p.Show == transports.XA || p.Show == transports.DND {
		next.away = awayMarkup(p.Status, s.maxAway)
	}
	if next.away != s.shown.away {
		tlvs := wire.TLVs{wire.String(wire.InfoAway, next.away)} // an empty text: back again
		if next.away != "" {
			tlvs = append(wire.TLVs{wire.String(wire.InfoAwayType, awayType)}, tlvs...)
		}
		steps = append(steps, step{wire.SetInfo, tlvs})
	}
	if !s.shown.told || next.status != s.shown.status {
		steps = append(steps, step{wire.SetStatus, wire.TLVs{wire.Uint32(wire.UserStatus, next.status)}})
	}
	if !next.idle.Equal(s.shown.idle) {
		var seconds uint32
		if !next.idle.IsZero() {
			seconds = uint32(max(1, min(now.Sub(next.idle), 365*24*time.Hour).Seconds()))
		}
		steps = append(steps, step{wire.SetIdle, wire.Idle{Seconds: seconds}})
	}
	s.shown = next
	return steps
}

// awayMarkup is the away text in HTML of at most limit bytes. Somebody who is away without saying why says
// "Away", since an empty text would mean back.
func awayMarkup(status string, limit int) string {
	if status == "" {
		status = "Away"
	}
	for {
		markup := richtext.Plain(status).AIM()
		if len(markup) <= limit || status == "" {
			return markup
		}
		cut := len(status) - max(1, (len(markup)-limit)/8)
		for cut > 0 && !utf8.RuneStart(status[cut]) {
			cut--
		}
		status = status[:max(0, cut)]
	}
}

// statusOf gives the bits of SNAC 01/1E TLV 6. AIM knows only whether the user is invisible.
func (s *session) statusOf(p transports.SetPresence) uint32 {
	var bits uint32
	if p.Invisible {
		bits |= wire.StatusInvisible
	}
	if s.dialect.showStatus {
		bits |= statusBits[p.Show]
	}
	return bits
}

var statusBits = map[transports.Show]uint32{
	transports.Chat: wire.StatusChat,
	transports.Away: wire.StatusAway,
	transports.XA:   wire.StatusAway | wire.StatusNA,
	transports.DND:  wire.StatusAway | wire.StatusOccupied | wire.StatusDND,
}

// setPresence tells others how the user is. The network confirms nothing; the Done comes when the last of it
// is written.
func (s *session) setPresence(c transports.SetPresence) {
	before := s.shown
	steps := s.presenceSteps(c, time.Now())
	if len(steps) == 0 {
		s.done(c.Tag, transports.Written, nil)
		return
	}
	for i, p := range steps {
		var finish func(*session, wire.SNAC, error)
		if i == len(steps)-1 {
			finish = func(s *session, _ wire.SNAC, err error) { s.done(c.Tag, transports.Written, err) }
		}
		if err := s.ask(p.kind, p.body, 0, finish); err != nil {
			s.shown = before
			s.done(c.Tag, transports.Written, err)
			return
		}
	}
}

// arrivedBuddies takes the presence of contacts; it repeats on every change (SNAC 03/0B).
func (s *session) arrivedBuddies(_ wire.SNAC, users wire.Users) {
	for _, u := range users {
		id, ok := s.id(u.Name)
		if !ok {
			continue
		}
		p := presenceOf(u, time.Now())
		p.From = id
		items := bartsOf(u)
		if s.powers.Has(transports.CanAvatar) {
			p.Avatar = s.pictureOf(id, items)
		}
		if p.Show == transports.Online || p.Show == transports.Chat {
			s.aways.back(id)
			p.Status = s.statusText(items)
		} else {
			p.Status = s.aways.away(id, p)
		}
		s.tell(p)
	}
}

// departedBuddies takes contacts who signed off or became invisible (SNAC 03/0C).
func (s *session) departedBuddies(_ wire.SNAC, users wire.Users) {
	for _, u := range users {
		if id, ok := s.id(u.Name); ok {
			s.aways.back(id)
			s.tell(transports.Presence{From: id, Show: transports.Offline})
		}
	}
}

// presenceOf reads a user block. The status bits say more than the class, where there are any.
func presenceOf(u wire.User, now time.Time) transports.Presence {
	p := transports.Presence{Show: transports.Online}
	class, _ := u.TLVs.Number(wire.UserClass)
	status, _ := u.TLVs.Number(wire.UserStatus)
	switch {
	case status&wire.StatusDND != 0 || status&wire.StatusOccupied != 0:
		p.Show = transports.DND
	case status&wire.StatusNA != 0:
		p.Show = transports.XA
	case status&wire.StatusAway != 0:
		p.Show = transports.Away
	case status&wire.StatusChat != 0:
		p.Show = transports.Chat
	case uint16(class)&wire.ClassAway != 0:
		p.Show = transports.Away
	}
	if minutes, ok := u.TLVs.Number(wire.UserIdle); ok && minutes > 0 && minutes < 0xFFFF {
		p.IdleSince = now.Add(-time.Duration(minutes) * time.Minute)
	}
	return p
}

// bartsOf reads what AIM 5 and later send of pictures and texts.
func bartsOf(u wire.User) wire.BARTs {
	value, _ := u.TLVs.Get(wire.UserIconOrText)
	items, err := wire.Decode[wire.BARTs](value)
	if err != nil {
		return nil
	}
	return items
}

// statusText reads the text that AIM 6 sends for somebody who is available (BART type 2: length16, text; lore).
func (s *session) statusText(items wire.BARTs) string {
	for _, i := range items {
		if i.Type == wire.BARTStatusText {
			text, err := wire.Decode[wire.LoginKey](i.Data)
			if err != nil {
				return ""
			}
			return s.text(text.Key)
		}
	}
	return ""
}
