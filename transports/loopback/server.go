package loopback

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

// A Server is a legacy network in memory. Its methods may be called from any goroutine. The mutex is the
// server's own, as another process would have one; no session holds it while it waits.
type Server struct {
	mu       sync.Mutex
	accounts map[transports.LegacyID]*account
	refusal  *transports.Failure
	seen     []transports.LegacyID
}

type account struct {
	id       transports.LegacyID
	password string
	contacts []transports.Contact
	stored   []transports.Message
	line     *line // nil: not signed on
	show     transports.Show
	status   string
	idle     time.Time
	echo     bool
	heard    []transports.Message

	handedOver transports.Seq
}

// A line carries what the server tells one session; the session takes it when it can.
type line struct {
	acct   *account
	mu     sync.Mutex
	queue  []transports.Event
	signal chan struct{}
}

// ended is the last thing on a line.
type ended struct {
	transports.Event
	failure *transports.Failure
}

// panics makes the session panic.
type panics struct{ transports.Event }

// stalls makes the session wait for its end.
type stalls struct{ transports.Event }

func (l *line) put(ev transports.Event) {
	l.mu.Lock()
	l.queue = append(l.queue, ev)
	l.mu.Unlock()
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

func (l *line) take() []transports.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.queue
	l.queue = nil
	return events
}

// NewServer makes a server without accounts.
func NewServer() *Server { return &Server{accounts: map[transports.LegacyID]*account{}} }

// Account makes an account, or changes its password; contacts are its list.
func (s *Server) Account(id transports.LegacyID, password string, contacts ...transports.Contact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		a = &account{id: id}
		s.accounts[id] = a
	}
	a.password = password
	if contacts != nil {
		a.contacts = contacts
	}
}

// Echo makes an account that is always there and answers each message with its own text.
func (s *Server) Echo(id transports.LegacyID) {
	s.Account(id, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[id].echo, s.accounts[id].show = true, transports.Online
}

// Refuse makes sign-ons end with f until it is called with nil.
func (s *Server) Refuse(f *transports.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = f
}

// End ends the session of id with f; false when there is none.
func (s *Server) End(id transports.LegacyID, f *transports.Failure) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil || a.line == nil {
		return false
	}
	a.line.put(ended{failure: f})
	return true
}

// Say sends a message between accounts, as another client of from would.
func (s *Server) Say(from, to transports.LegacyID, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.message(from, to, richtext.Plain(text)) // to an account that is not there: as the network would, silently
}

// Tell gives an event to the session of id, whatever it is.
func (s *Server) Tell(id transports.LegacyID, ev transports.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil && a.line != nil {
		a.line.put(ev)
	}
}

// PanicAt makes the session of id panic in a goroutine of its own, for tests of whoever runs it.
func (s *Server) PanicAt(id transports.LegacyID) { s.Tell(id, panics{}) }

// Stall makes the session of id take and give nothing until it is told to end.
func (s *Server) Stall(id transports.LegacyID) { s.Tell(id, stalls{}) }

// SetShow changes where an account without session stands, as another client would.
func (s *Server) SetShow(id transports.LegacyID, show transports.Show, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil {
		a.show, a.status = show, status
		s.tellWatchers(a)
	}
}

// SignOns are the accounts that have tried to sign on, in order.
func (s *Server) SignOns() []transports.LegacyID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// Online reports whether id is signed on, and with which presence.
func (s *Server) Online(id transports.LegacyID) (transports.Show, string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		return transports.Offline, "", false
	}
	return a.show, a.status, a.line != nil
}

// Sessions is how many are signed on.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.accounts {
		if a.line != nil {
			n++
		}
	}
	return n
}

// Contacts is the list of id.
func (s *Server) Contacts(id transports.LegacyID) []transports.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil {
		return slices.Clone(a.contacts)
	}
	return nil
}

// Heard are the messages that reached id.
func (s *Server) Heard(id transports.LegacyID) []transports.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil {
		return slices.Clone(a.heard)
	}
	return nil
}

// HandedOver is the highest number that id's gateway has said is with the user's server.
func (s *Server) HandedOver(id transports.LegacyID) transports.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil {
		return a.handedOver
	}
	return 0
}

func (s *Server) signOn(acct transports.Account) (*line, *transports.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, acct.Name)
	if s.refusal != nil {
		return nil, s.refusal
	}
	a := s.accounts[acct.Name]
	if a == nil || a.echo || a.password != acct.Password.Reveal() {
		return nil, &transports.Failure{Kind: transports.BadCredentials, Text: "wrong name or password"}
	}
	if a.line != nil {
		a.line.put(ended{failure: &transports.Failure{Kind: transports.Replaced, Text: "signed on from another location"}})
	}
	l := &line{acct: a, signal: make(chan struct{}, 1)}
	a.line = l
	l.put(transports.ContactList{Contacts: slices.Clone(a.contacts)})
	for _, c := range a.contacts {
		if other := s.accounts[c.ID]; other != nil && other.show != transports.Offline {
			l.put(other.presence())
		}
	}
	for _, m := range a.stored {
		l.put(m)
	}
	a.stored = nil
	s.setPresence(a, acct.Presence)
	return l, nil
}

func (s *Server) signOff(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.acct.line != l {
		return
	}
	l.acct.line, l.acct.show, l.acct.status = nil, transports.Offline, ""
	s.tellWatchers(l.acct)
}

func (a *account) presence() transports.Presence {
	return transports.Presence{From: a.id, Show: a.show, Status: a.status, IdleSince: a.idle}
}

// tellWatchers tells everybody who has a on the list.
func (s *Server) tellWatchers(a *account) {
	for _, other := range s.accounts {
		if other.line == nil {
			continue
		}
		if slices.ContainsFunc(other.contacts, func(c transports.Contact) bool { return c.ID == a.id }) {
			other.line.put(a.presence())
		}
	}
}

func (s *Server) setPresence(a *account, p transports.SetPresence) {
	a.show, a.status, a.idle = p.Show, p.Status, p.IdleSince
	if p.Invisible {
		a.show = transports.Offline
	}
	s.tellWatchers(a)
}

// message delivers, echoes or stores.
func (s *Server) message(from, to transports.LegacyID, body richtext.Text) error {
	a := s.accounts[to]
	if a == nil {
		return fmt.Errorf("%s: %w", to, transports.ErrUnknown)
	}
	m := transports.Message{From: from, Body: body}
	a.heard = append(a.heard, m)
	switch {
	case a.echo:
		if back := s.accounts[from]; back != nil && back.line != nil {
			back.line.put(transports.Message{From: to, Body: body})
		}
	case a.line != nil:
		a.line.put(m)
	default:
		m.Sent, m.Stored = time.Now().UTC(), true
		a.stored = append(a.stored, m)
	}
	return nil
}
