package oscar

import (
	"fmt"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const maxEdits = 100 // commands that wait for those before them

// An edit is a command that changes the list. One is at work at a time, so that each is planned against the
// list that those before have left.
type edit struct {
	tag  transports.Tag
	plan func(feedbag) *plan // nil: there is nothing to change
	then func(error)         // takes the end in the place of a Done; nil: there is a Done

	// whom to ask for authorisation if the server says that it is needed (SNAC 13/18); empty: nobody
	ask    transports.LegacyID
	reason string
	again  func(feedbag) *plan
}

// A running edit counts the answers to its changes.
type running struct {
	edit
	before  view
	left    int
	failure error
	auth    bool
}

// results says what the codes of SNAC 13/0E mean.
var results = map[uint16]error{
	wire.FeedbagOK:       nil,
	wire.FeedbagMissing:  transports.ErrUnknown,
	wire.FeedbagExists:   nil,
	wire.FeedbagInvalid:  transports.ErrInvalid,
	wire.FeedbagFull:     transports.ErrBusy,
	wire.FeedbagICQToAIM: transports.ErrInvalid,
}

func (s *session) addContact(c transports.AddContact) {
	plan := func(pending bool) func(feedbag) *plan {
		return func(f feedbag) *plan { return planAdd(f, c.ID, c.Name, c.Groups, pending) }
	}
	s.queueEdit(edit{tag: c.Tag, plan: plan(false), ask: c.ID, reason: c.Reason, again: plan(true)})
}

func (s *session) changeContact(c transports.ChangeContact) {
	s.queueEdit(edit{tag: c.Tag, plan: func(f feedbag) *plan { return planChange(f, c.ID, c.Name, c.Groups) }})
}

func (s *session) removeContact(c transports.RemoveContact) {
	s.queueEdit(edit{tag: c.Tag, plan: func(f feedbag) *plan { return planRemove(f, c.ID) }})
}

func (s *session) queueEdit(e edit) {
	switch {
	case !s.has(wire.FamilyFeedbag):
		s.edited(e, transports.ErrUnsupported)
	case len(s.edits) >= maxEdits:
		s.edited(e, transports.ErrBusy)
	default:
		s.edits = append(s.edits, e)
	}
}

// edited tells the end of an edit.
func (s *session) edited(e edit, err error) {
	if e.then != nil {
		e.then(err)
		return
	}
	s.done(e.tag, transports.Accepted, err)
}

// startEdit begins the next edit if none is at work.
func (s *session) startEdit() {
	for !s.editing && len(s.edits) > 0 {
		e := s.edits[0]
		if s.edits = s.edits[1:]; len(s.edits) == 0 {
			s.edits = nil
		}
		s.runEdit(e)
	}
}

// runEdit asks for all changes of e, between SNAC 13/11 and 13/12.
func (s *session) runEdit(e edit) {
	p := e.plan(s.list)
	switch {
	case p == nil:
		s.edited(e, transports.ErrUnknown)
		return
	case len(p.changes) == 0:
		s.edited(e, nil)
		return
	}
	r := &running{edit: e, before: s.view(), left: len(p.changes)}
	s.editing = true
	s.askEdit(wire.FeedbagBegin)
	for _, c := range p.changes {
		err := s.ask(c.kind, wire.Items{c.item}, wire.FeedbagStatus, func(s *session, answer wire.SNAC, err error) {
			s.changed(r, c, answer, err)
		})
		if err != nil {
			s.changed(r, c, wire.SNAC{}, err)
		}
	}
	s.askEdit(wire.FeedbagEnd)
}

// askEdit brackets an edit; a list that is not bracketed is changed all the same.
func (s *session) askEdit(kind wire.Kind) {
	if err := s.ask(kind, nil, 0, nil); err != nil {
		s.log.Debug("edit without bracket", "snac", kind, "err", err)
	}
}

// changed takes the answer to one change (SNAC 13/0E), and ends the edit with the last.
func (s *session) changed(r *running, c change, answer wire.SNAC, err error) {
	if err == nil {
		err = r.result(answer)
	}
	switch {
	case err != nil:
		if r.failure == nil {
			r.failure = err
		}
	case c.kind == wire.FeedbagDelete:
		s.list.drop(wire.Items{c.item})
	default:
		s.list.put(wire.Items{c.item})
	}
	if r.left--; r.left > 0 {
		return
	}
	s.editing = false
	s.tellChanges(r.before)
	if r.auth && r.again != nil {
		s.askAuth(r)
		return
	}
	s.edited(r.edit, r.failure)
}

// result reads one result; one that asks for authorisation is noted.
func (r *running) result(answer wire.SNAC) error {
	codes, err := wire.Decode[wire.Words](answer.Body)
	if err != nil || len(codes) == 0 {
		return fmt.Errorf("%w: a result without a code", transports.ErrInvalid)
	}
	if codes[0] == wire.FeedbagNeedsAuth {
		r.auth = true
		return fmt.Errorf("%w: the contact wants to be asked first", transports.ErrDenied)
	}
	err, known := results[codes[0]]
	if !known {
		return fmt.Errorf("%w: result %d", transports.ErrInvalid, codes[0])
	}
	return err
}

// askAuth asks the contact (SNAC 13/18) and adds it again, marked as waiting for the answer.
func (s *session) askAuth(r *running) {
	body := wire.AuthAsk{Name: string(r.ask), Reason: r.reason}
	if err := s.ask(wire.FeedbagAuthAsk, body, 0, nil); err != nil {
		s.done(r.tag, transports.Written, err)
		return
	}
	s.edits = append([]edit{{tag: r.tag, plan: r.again}}, s.edits...)
}
