package msnp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// capabilities is what our client can do: the age of one that knows peer-to-peer version 1, and nothing besides.
const capabilities = 0x40000000

// Bounds of what others see.
const (
	maxNick   = 387 // bytes of a name, escaped
	maxStatus = 900 // bytes of a personal message
)

// The nine states.
const (
	stateOnline  = "NLN"
	stateBusy    = "BSY"
	stateIdle    = "IDL"
	stateBack    = "BRB"
	stateAway    = "AWY"
	statePhone   = "PHN"
	stateLunch   = "LUN"
	stateHidden  = "HDN"
	stateOffline = "FLN"
)

// looks says how each state is shown, and in which words if the contact has none.
var looks = map[string]struct {
	show   transports.Show
	status string
}{
	stateOnline: {transports.Online, ""},
	stateBusy:   {transports.DND, ""},
	stateIdle:   {transports.Away, ""},
	stateBack:   {transports.Away, "Be right back"},
	stateAway:   {transports.Away, ""},
	statePhone:  {transports.DND, "On the phone"},
	stateLunch:  {transports.Away, "Out to lunch"},
}

// A shown is how a contact is.
type shown struct {
	state    string // empty: offline
	nick     string // as they call themselves
	since    time.Time
	personal wire.Personal
	object   wire.Object
}

func (p shown) there() bool { return p.state != "" && p.state != stateOffline }

// tellTime is how long after sign-on a server may take to tell who is there: who was not told until then is not.
const tellTime = 10 * time.Second

// isOffline reports whether a contact surely is not there. What others do when they are not on the list is never told.
func (s *session) isOffline(id transports.LegacyID) bool {
	p := s.list.people[id]
	if !p.on(onForward) || p.there() {
		return false
	}
	return p.state == stateOffline || !p.added && time.Since(s.since) > tellTime
}

// presence is the event of it.
func (p shown) presence(id transports.LegacyID) transports.Presence {
	e := transports.Presence{From: id}
	if !p.there() {
		return e
	}
	look, known := looks[p.state]
	if !known {
		look.show = transports.Online
	}
	e.Show, e.Status = look.show, p.personal.Message
	if e.Status == "" {
		e.Status = look.status
	}
	if p.state == stateIdle {
		e.IdleSince = p.since
	}
	if m := p.personal.Media; m != (wire.Media{}) {
		e.Tune = &transports.Tune{Artist: m.Artist, Title: m.Title, Album: m.Album}
	}
	e.Avatar = hashOf(p.object)
	return e
}

// hashOf is the hash of an object's data in hex, as others know pictures; empty: there is none.
func hashOf(o wire.Object) string {
	if o.Type != wire.ObjectPicture {
		return ""
	}
	sum, err := base64.StdEncoding.DecodeString(o.SHA1D)
	if err != nil || len(sum) == 0 || len(sum) > 64 {
		return ""
	}
	return hex.EncodeToString(sum)
}

// heardPresence is ILN trid state address nick caps object, or NLN without trid.
func (s *session) heardPresence(c wire.Command) {
	args := c.Args
	if c.Name == "ILN" && len(args) > 0 {
		args = args[1:]
	}
	if len(args) < 2 {
		return
	}
	id, err := canonical(wire.Unescape(args[1]))
	if err != nil || id == s.self {
		return
	}
	p := s.list.person(id)
	if !p.on(onForward) {
		s.list.forget(p)
		return
	}
	before := p.shown
	p.state = strings.ToUpper(args[0])
	p.object = wire.Object{}
	if len(args) > 4 {
		if o, err := wire.ParseObject(wire.Unescape(args[4])); err == nil {
			p.object = o
		}
	}
	if p.state == stateIdle && before.state != stateIdle {
		p.since = time.Now()
	}
	if len(args) > 2 {
		s.heardNick(p, wire.Unescape(args[2]))
	}
	s.tellPresence(p)
}

// tellPresence tells how a contact is, if that is news: servers repeat themselves.
func (s *session) tellPresence(p *contact) {
	now := p.presence(p.id)
	if before := p.told; before != nil && sameTune(before.Tune, now.Tune) {
		a, b := *before, now
		if a.Tune, b.Tune = nil, nil; a == b {
			return
		}
	}
	p.told = &now
	s.tell(now)
}

func sameTune(a, b *transports.Tune) bool { return a == b || a != nil && b != nil && *a == *b }

// heardNick follows a contact's own name, unless the user gave them another.
func (s *session) heardNick(p *contact, nick string) {
	before := p.nick
	p.nick = nick
	if nick == "" || nick == p.name || p.name != "" && p.name != string(p.id) && p.name != before {
		return
	}
	p.name = nick
	s.tellEntry(p.id)
}

// heardOffline is FLN address.
func (s *session) heardOffline(c wire.Command) {
	id, err := canonical(c.Text(0))
	p := s.list.people[id]
	if err != nil || !p.on(onForward) {
		return
	}
	p.shown = shown{state: stateOffline, nick: p.nick}
	s.tellPresence(p)
	s.typing.stop(s, id)
}

// heardPersonal is UBX address, with the personal message and the media.
func (s *session) heardPersonal(c wire.Command) {
	id, err := canonical(c.Text(0))
	p := s.list.people[id]
	if err != nil || !p.on(onForward) {
		return
	}
	personal, err := wire.ParsePersonal(c.Payload)
	if err != nil {
		s.log.Debug("personal message cannot be read", "err", err)
		return
	}
	if personal == p.personal {
		return
	}
	p.personal = personal
	if p.there() {
		s.tellPresence(p)
	}
}

// A mood is how others see the user.
type mood struct {
	state    string
	personal wire.Personal
	told     wire.Personal // what the server has
	picture  picture
}

// stateOf is the state for a presence. The words of a state, as somebody's status, choose it.
func stateOf(p transports.SetPresence) string {
	if p.Invisible {
		return stateHidden
	}
	for state, look := range looks {
		if look.status != "" && strings.EqualFold(look.status, p.Status) && look.show == p.Show {
			return state
		}
	}
	switch {
	case p.Show == transports.DND:
		return stateBusy
	case !p.IdleSince.IsZero():
		return stateIdle
	case p.Show == transports.Away, p.Show == transports.XA:
		return stateAway
	}
	return stateOnline
}

// feel notes how others are to see the user.
func (s *session) feel(p transports.SetPresence) {
	s.mood.state = stateOf(p)
	s.mood.personal = wire.Personal{Message: cutText(p.Status, maxStatus)}
	if p.Tune != nil {
		s.mood.personal.Media = wire.Media{Artist: p.Tune.Artist, Title: p.Tune.Title, Album: p.Tune.Album}
	}
}

// cutText is the beginning of a text of at most max bytes, of whole characters.
func cutText(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && text[max]&0xC0 == 0x80 {
		max--
	}
	return text[:max]
}

// change is the command CHG for the mood.
func (s *session) change() []string {
	args := []string{s.mood.state, strconv.Itoa(capabilities)}
	if !s.dialect.objects {
		return args
	}
	if o := s.mood.picture.object; !o.IsZero() {
		args = append(args, wire.Escape(o.String()))
	}
	return args
}

// show shows the user for the first time. Until then, nothing of others is told (UUX, CHG).
func (s *session) show(ctx context.Context) error {
	s.feel(s.acct.Presence)
	if s.dialect.psm { // even if there is none: the server may have an old one
		s.mood.told = s.mood.personal
		s.ask(s.ns, "UUX", nil, s.mood.personal.Payload(), nil)
	}
	_, err := s.query(ctx, "CHG", s.change()...)
	return err
}

// sayPersonal tells the personal message, if it is not what the server has.
func (s *session) sayPersonal(finish func(wire.Command, error)) {
	if !s.dialect.psm || s.mood.personal == s.mood.told {
		if finish != nil {
			finish(wire.Command{}, nil)
		}
		return
	}
	s.mood.told = s.mood.personal
	s.ask(s.ns, "UUX", nil, s.mood.personal.Payload(), finish)
}

// setPresence tells others how the user is.
func (s *session) setPresence(c transports.SetPresence) {
	s.feel(c)
	s.sayPersonal(nil)
	s.ask(s.ns, "CHG", s.change(), nil, func(_ wire.Command, err error) {
		s.done(c.Tag, transports.Accepted, err)
	})
}

// setNick changes the user's name (PRP MFN, REA).
func (s *session) setNick(c transports.SetNick) {
	nick := wire.Cut(strings.TrimSpace(c.Nick), maxNick)
	if nick == "" {
		nick = string(s.self)
	}
	command, args := "PRP", []string{"MFN", wire.Escape(nick)}
	if !s.dialect.guids {
		command, args = "REA", []string{string(s.self), wire.Escape(nick)}
	}
	s.ask(s.ns, command, args, nil, func(_ wire.Command, err error) {
		if err == nil {
			s.nick = nick
		}
		s.done(c.Tag, transports.Accepted, err)
	})
}
