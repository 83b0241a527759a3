package loopback

import (
	"slices"
	"sync"
	"time"

	"imgate/transports"
)

// Everything is every power that there is.
const Everything = transports.CanIdle<<1 - 1

// A Server is a legacy network in memory. Its methods may be called from any goroutine. The mutex is the
// server's own, as another process would have one; no session holds it while it waits.
type Server struct {
	powers transports.Powers // of a session, unless Grant said otherwise

	mu       sync.Mutex
	accounts map[transports.LegacyID]*account
	rooms    map[transports.LegacyID]*room
	offers   map[string]*offer
	offered  int
	refusal  *transports.Failure
	seen     []transports.LegacyID
}

// An account is what the server keeps of one name. The server's mutex guards it.
type account struct {
	id       transports.LegacyID
	password string
	line     *line // nil: not signed on
	granted  *transports.Powers
	ticket   transports.Secret // shown at the last sign-on
	echo     bool

	presence transports.SetPresence
	nick     string
	profile  []transports.Field
	avatar   transports.Image

	contacts  []transports.Contact
	guarded   bool // wants to be asked before it is seen
	asking    []transports.AuthRequest
	answers   []transports.AuthAnswer
	mode      transports.Privacy
	blocked   []transports.LegacyID
	permitted []transports.LegacyID

	stored     []transports.Message
	heard      []transports.Message
	handedOver transports.Seq
	felt       []transports.Event
	files      []File
}

// An Option changes how a Server is.
type Option func(*Server)

// Powers makes p the powers of each session, instead of Everything.
func Powers(p transports.Powers) Option { return func(s *Server) { s.powers = p } }

// NewServer makes a server without accounts.
func NewServer(options ...Option) *Server {
	s := &Server{
		powers:   Everything,
		accounts: map[transports.LegacyID]*account{},
		rooms:    map[transports.LegacyID]*room{},
		offers:   map[string]*offer{},
	}
	for _, o := range options {
		o(s)
	}
	return s
}

// with runs f on the account of id, if there is one.
func (s *Server) with(id transports.LegacyID, f func(*account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil {
		f(a)
	}
}

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

// Grant makes p the powers of the sessions of id that begin from now on.
func (s *Server) Grant(id transports.LegacyID, p transports.Powers) {
	s.with(id, func(a *account) { a.granted = &p })
}

// Echo makes an account that is always there and answers each message with its own text.
func (s *Server) Echo(id transports.LegacyID) {
	s.Account(id, "")
	s.with(id, func(a *account) { a.echo, a.presence.Show = true, transports.Online })
}

// Refuse makes sign-ons end with f until it is called with nil.
func (s *Server) Refuse(f *transports.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = f
}

// End ends the session of id with f; false when there is none.
func (s *Server) End(id transports.LegacyID, f *transports.Failure) bool {
	return s.tell(id, ended{failure: f})
}

// Tell gives an event to the session of id, whatever it is.
func (s *Server) Tell(id transports.LegacyID, ev transports.Event) { s.tell(id, ev) }

func (s *Server) tell(id transports.LegacyID, ev transports.Event) (told bool) {
	s.with(id, func(a *account) {
		if told = a.line != nil; told {
			a.line.put(ev)
		}
	})
	return told
}

// Announce gives every session a sentence from the operators.
func (s *Server) Announce(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.line != nil {
			a.line.put(transports.Notice{Text: text})
		}
	}
}

// PanicAt makes the session of id panic in a goroutine of its own, for tests of whoever runs it.
func (s *Server) PanicAt(id transports.LegacyID) { s.Tell(id, panics{}) }

// Stall makes the session of id take and give nothing until it is told to end.
func (s *Server) Stall(id transports.LegacyID) { s.Tell(id, stalls{}) }

// SignOns are the accounts that have tried to sign on, in order.
func (s *Server) SignOns() []transports.LegacyID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// Felt is what came to an account without session, other than messages and files: typing, attention, requests and
// answers of authorisation, invitations.
func (s *Server) Felt(id transports.LegacyID) (felt []transports.Event) {
	s.with(id, func(a *account) { felt = slices.Clone(a.felt) })
	return felt
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

// feel tells an account, by its session if it has one with that power.
func (a *account) feel(power transports.Power, ev transports.Event) {
	if a.line != nil {
		a.line.putIf(power, ev)
		return
	}
	if len(a.felt) < maxFelt {
		a.felt = append(a.felt, ev)
	}
}

// maxFelt bounds what is noted of an account without session.
const maxFelt = 1000

// now is the time as networks tell it.
func now() time.Time { return time.Now().UTC() }
