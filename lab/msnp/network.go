package msnp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/lab/world"
	"imgate/transports/msnp/wire"
)

// A network is MSN as the control API sees it.
type network struct{ s *Server }

// MSN is the accounts of the server, for the control API.
func (s *Server) MSN() world.Network { return network{s} }

// Accounts implements world.Network.
func (n network) Accounts() []world.Account {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	out := []world.Account{}
	for _, a := range n.s.order {
		row := world.Account{Network: kind, Name: a.id, Bot: a.bot != nil, SignedOn: a.session != nil || a.there()}
		if row.SignedOn {
			row.Since = a.since
		}
		if a.session != nil {
			row.From, row.Sessions = a.session.from, 1
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b world.Account) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Add implements world.Network. Numbers come before the @.
func (n network) Add(name, password string, count int) (first, last string, err error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	names := series(name, count)
	for _, name := range names {
		if id := canonical(name); !legal(id) {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrName)
		} else if n.s.accounts[id] != nil {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrExists)
		}
	}
	for _, name := range names {
		n.s.create(name, password)
	}
	return names[0], names[len(names)-1], nil
}

func series(name string, count int) []string {
	if count <= 1 {
		return []string{name}
	}
	local, domain, _ := strings.Cut(name, "@")
	names := make([]string, count)
	for i := range names {
		names[i] = local + strconv.Itoa(i+1) + "@" + domain
	}
	return names
}

// Acquaint implements world.Network.
func (n network) Acquaint(name string, count, contacts int) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	known := make([]*account, contacts)
	for i := range known {
		id := fmt.Sprintf("contact%d@lab.example", i+1)
		if known[i] = n.s.accounts[id]; known[i] == nil {
			known[i] = n.s.create(id, world.Password)
		}
		if i%4 == 0 && known[i].session == nil {
			known[i].puppet, known[i].look = true, look{state: "NLN"}
		}
	}
	for _, name := range series(name, count) {
		a := n.s.accounts[canonical(name)]
		if a == nil {
			return fmt.Errorf("%q: %w", name, world.ErrUnknown)
		}
		g := a.newGroup("Contacts")
		for _, who := range known {
			if a.lists(who)&onForward == 0 {
				a.list = append(a.list, &entry{who: who, name: who.nick, lists: onForward | onAllow, groups: []string{g.id}})
			}
		}
	}
	return nil
}

// account finds an account. mu is held.
func (n network) account(name string) (*account, error) {
	a := n.s.accounts[canonical(name)]
	if a == nil {
		return nil, fmt.Errorf("%q: %w", name, world.ErrUnknown)
	}
	return a, nil
}

// Fault implements world.Network.
func (n network) Fault(name string, f world.Fault, times int) error {
	if !world.Known(f) {
		return fmt.Errorf("%q: %w", f, world.ErrFault)
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	key := everybody
	struck := n.s.order
	if name != "" {
		a, err := n.account(name)
		if err != nil {
			return err
		}
		key, struck = a.id, []*account{a}
	}
	times = max(times, 1)
	hit := false
	for _, a := range struck {
		if strike := strikes[f]; strike != nil && a.session != nil {
			strike(a.session)
			hit = true
		}
	}
	if hit {
		times--
	}
	n.s.faults.Arm(key, f, times)
	return nil
}

// Say implements world.Network. Who is not there finds the text among the offline messages.
func (n network) Say(from, to, text string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, err := n.account(from)
	if err != nil {
		return err
	}
	b, err := n.account(to)
	if err != nil {
		return err
	}
	if b.session == nil || !b.session.shown {
		n.s.keep(b, mail{from: a.id, nick: a.nick, text: text, run: guid(1)})
		return nil
	}
	payload := wire.NewMessage(wire.TypeText+"; charset=UTF-8", []byte(text), "X-MMS-IM-Format", wire.IMFormat{}.String()).Append(nil)
	n.s.meet(a, b, func(on *board) { n.s.speak(on, a, payload) })
	return nil
}

// meet brings a, who need have no client, and the client of b to a board, and then calls do. mu is held, in do too.
func (s *Server) meet(a, b *account, do func(*board)) {
	if a == nil || b == nil || b.session == nil {
		return
	}
	on := s.newBoard()
	said := false
	on.seats = []*seat{{a: a, says: func(now *board) {
		if !said {
			said = true
			do(now)
		}
	}}}
	s.ring(on, a, b)
}

// shows are the shows as MSN has them.
var shows = map[string]string{"online": "NLN", "chat": "NLN", "away": "AWY", "xa": "AWY", "dnd": "BSY", "offline": ""}

// Present implements world.Network.
func (n network) Present(name, show, status string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, err := n.account(name)
	if err != nil {
		return err
	}
	state, known := shows[show]
	if !known {
		return fmt.Errorf("%q: %w", show, world.ErrShow)
	}
	if a.session != nil && state == "" {
		state = "HDN"
	}
	a.puppet = a.session == nil && state != ""
	a.look.state, a.look.personal = state, wire.Personal{Message: status}.Payload()
	n.s.announce(a)
	return nil
}

// Restart implements world.Network.
func (n network) Restart(down time.Duration) error { return n.s.restart(down) }

// Types lets somebody without a client type to a client.
func (s *Server) Types(from, to string) {
	s.act(from, to, wire.NewMessage(wire.TypeControl, []byte("\r\n"), "TypingUser", from))
}

// Nudges lets somebody without a client nudge a client.
func (s *Server) Nudges(from, to string) {
	s.act(from, to, wire.NewMessage(wire.TypeDatacast, []byte("ID: 1\r\n\r\n")))
}

func (s *Server) act(from, to string, m wire.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.accounts[canonical(from)], s.accounts[canonical(to)]
	s.meet(a, b, func(on *board) { s.speak(on, a, m.Append(nil)) })
}

// Asks lets somebody without a client put an account on the list, as though for the first time: what they were to each
// other before is undone, and the account's client is told of it, as it would be of a change by another of its clients.
func (s *Server) Asks(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.accounts[canonical(from)], s.accounts[canonical(to)]
	if a == nil || b == nil {
		return
	}
	for _, list := range [...]string{"AL", "BL", "RL"} {
		if x := b.session; x != nil && b.lists(a)&listBits[list] != 0 {
			x.tell("REM", append(append([]string{"0", list}, x.ser()...), a.id)...)
		}
	}
	b.take(a, onReverse|onPending|onAllow|onBlock)
	a.put(b, onForward|onAllow)
	s.listed(a, b)
}
