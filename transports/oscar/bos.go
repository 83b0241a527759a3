package oscar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// enter brings the cookie to BOS and hears which families it serves (SNAC 01/03).
func (s *session) enter(ctx context.Context, server string, cookie []byte) error {
	hello := wire.Hello{Version: 1, TLVs: wire.TLVs{wire.Bytes(wire.TagCookie, cookie)}}
	if err := s.connect(ctx, server, hello); err != nil {
		return err
	}
	return s.exchange(ctx, nil, false, func(f wire.Frame) (bool, error) {
		if f.Channel != wire.Data {
			return false, s.unexpected(f)
		}
		snac, err := wire.ReadSNAC(f.Data)
		if err != nil || snac.Kind != wire.HostFamilies {
			return false, err
		}
		s.families, err = wire.Decode[wire.Words](snac.Body)
		return true, err
	})
}

// agree settles versions and rates (SNAC 01/17, 01/06, 01/08).
func (s *session) agree(ctx context.Context) error {
	var versions wire.Versions
	for _, f := range s.offered() {
		versions = append(versions, wire.Version{Family: f.Family, Version: f.Version})
	}
	if _, err := s.query(ctx, wire.ClientVersions, versions, wire.HostVersions); err != nil {
		return err
	}
	reply, err := s.query(ctx, wire.RateQuery, nil, wire.RateReply)
	if err != nil {
		return err
	}
	rates, err := wire.Decode[wire.Rates](reply.Body)
	if err != nil {
		return err
	}
	s.lanes = newLanes(rates, time.Now())
	s.powers = s.dialect.powersBy(rates)
	if s.takesFiles() {
		s.powers |= transports.CanReceiveFiles
	}
	var classes wire.Words
	for _, c := range rates.Classes {
		classes = append(classes, c.ID)
	}
	return s.askAll(ctx, []question{{kind: wire.RateAck, body: classes}})
}

// A further power needs a service besides BOS. The kind is a SNAC by which the server's rate classes tell that it has
// the service: they are told to everybody at sign-on, while a list of services is not.
type further struct {
	kind   wire.Kind
	powers transports.Powers
}

// everybodys are those of all dialects.
var everybodys = []further{
	{wire.IconQuery, transports.CanAvatar},
	{wire.IconUpload, transports.CanSetAvatar},
	{wire.NavRoomCreate, transports.CanRooms},
}

// powersBy are the powers of a session with a server of such rate classes.
func (d *dialect) powersBy(rates wire.Rates) transports.Powers {
	powers := d.powers
	for _, f := range d.further {
		if !slices.ContainsFunc(rates.Groups, func(g wire.RateGroup) bool { return slices.Contains(g.Kinds, f.kind) }) {
			powers &^= f.powers
		}
	}
	return powers
}

// offered are the families that both sides have.
func (s *session) offered() wire.ReadyFamilies {
	var l wire.ReadyFamilies
	for _, f := range s.dialect.families {
		if s.has(f.Family) {
			l = append(l, f)
		}
	}
	return l
}

func (s *session) has(family uint16) bool {
	for _, f := range s.families {
		if f == family {
			return true
		}
	}
	return false
}

// learn asks for ourselves, the rights and the contact list (SNAC 01/0E, xx/02, 13/04).
func (s *session) learn(ctx context.Context) error {
	kinds := func(k ...wire.Kind) []wire.Kind { return k }
	var wanted []question
	for _, q := range []question{
		{kind: wire.SelfQuery, replies: kinds(wire.SelfReply), take: s.takeSelf},
		{kind: wire.LocateRightsQuery, replies: kinds(wire.LocateRightsReply), take: s.takeLocateRights},
		{kind: wire.BuddyRightsQuery, replies: kinds(wire.BuddyRightsReply)},
		{kind: wire.ICBMParamQuery, replies: kinds(wire.ICBMParamReply)},
		{kind: wire.PrivacyRightsQuery, replies: kinds(wire.PrivacyRightsReply)},
		{kind: wire.FeedbagRightsQuery, replies: kinds(wire.FeedbagRightsReply)},
		{kind: wire.FeedbagQuery, replies: kinds(wire.FeedbagReply), must: true, take: s.takeList},
	} {
		if s.has(q.kind.Family()) {
			wanted = append(wanted, q)
		}
	}
	if len(wanted) == 0 {
		return failure(transports.Broken, "the server offers no service", fmt.Errorf("families %v", s.families))
	}
	return s.askAll(ctx, wanted)
}

func (s *session) takeSelf(snac wire.SNAC) (bool, error) {
	users, err := wire.Decode[wire.Users](snac.Body)
	if err != nil {
		return true, err
	}
	if len(users) > 0 && fold(users[0].Name) == fold(s.display) {
		s.display = users[0].Name
	}
	return true, nil
}

func (s *session) takeLocateRights(snac wire.SNAC) (bool, error) {
	const tagMaxInfo = 0x01
	tlvs, err := wire.Decode[wire.TLVs](snac.Body)
	if err != nil {
		return true, err
	}
	if n, ok := tlvs.Number(tagMaxInfo); ok && n > 0 {
		s.maxAway = int(min(n, 4096))
	}
	return true, nil
}

// begin turns the list on, sets what we can and how we are, and is ready (SNAC 13/07, 04/02, 02/04, 01/1E,
// 01/11, 01/02). Presence flows from here on.
func (s *session) begin(ctx context.Context, presence transports.SetPresence) error {
	var caps []byte
	for _, c := range s.dialect.caps {
		caps = append(caps, c[:]...)
	}
	if s.takesFiles() {
		caps = append(caps, wire.CapFile[:]...)
	}
	steps := []question{
		{kind: wire.FeedbagUse},
		{kind: wire.ICBMSetParams, body: wire.ICBMParams{
			Flags: wire.ICBMAllowed | wire.ICBMMissing | wire.ICBMEvents, MaxLength: maxText, MaxSender: 999, MaxReceiver: 999}},
		{kind: wire.SetInfo, body: wire.TLVs{wire.Bytes(wire.InfoCaps, caps)}},
	}
	for _, p := range s.presenceSteps(presence, time.Now()) {
		steps = append(steps, question{kind: p.kind, body: p.body})
	}
	steps = append(steps, question{kind: wire.ClientReady, body: s.offered()})
	var wanted []question
	for _, q := range steps {
		if s.has(q.kind.Family()) {
			wanted = append(wanted, q)
		}
	}
	return s.askAll(ctx, wanted)
}

// announce puts SignedOn and the list before whatever else has come up, and asks for what was sent to us in
// our absence.
func (s *session) announce() {
	if !s.has(wire.FamilyFeedbag) {
		s.powers &^= transports.CanEditContacts | transports.CanGroup | transports.CanBlock | transports.CanPrivacy | transports.CanSetAvatar
	}
	first := []transports.Event{
		transports.SignedOn{Name: s.display, Powers: s.powers},
		transports.ContactList{Contacts: s.list.contacts(s.dialect.canonical)},
	}
	if blocked := s.list.denied(s.dialect.canonical); len(blocked) > 0 {
		first = append(first, transports.Blocked{List: blocked})
	}
	s.events, s.announced = append(first, s.events...), true
	s.askStored()
}
