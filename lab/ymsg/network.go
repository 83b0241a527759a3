package ymsg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/lab/world"
	"imgate/transports/ymsg/wire"
)

// A network is the server as the control API sees it.
type network struct{ s *Server }

// networkName is how the control API calls it.
const networkName = "yahoo"

// Yahoo is the server for the control API.
func (s *Server) Yahoo() world.Network { return network{s} }

// Accounts implements world.Network.
func (n network) Accounts() []world.Account {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	out := []world.Account{}
	for _, a := range n.s.accounts {
		row := world.Account{Network: networkName, Name: a.name, Bot: a.bot != nil}
		if x := a.session; x != nil {
			row.SignedOn, row.Since, row.From, row.Sessions = true, x.since, x.from, 1
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b world.Account) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Add implements world.Network.
func (n network) Add(name, password string, count int) (first, last string, err error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	names := series(name, count)
	for _, name := range names {
		id := canonical(name)
		if !legal(id) {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrName)
		}
		if n.s.accounts[id] != nil {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrExists)
		}
	}
	for _, name := range names {
		n.s.create(name, password)
	}
	return names[0], names[len(names)-1], nil
}

// series are the names that Add makes.
func series(name string, count int) []string {
	if count <= 1 {
		return []string{name}
	}
	names := make([]string, count)
	for i := range names {
		names[i] = name + strconv.Itoa(i+1)
	}
	return names
}

// account finds an account. mu is held.
func (n network) account(name string) (*account, error) {
	a := n.s.find(name)
	if a == nil {
		return nil, fmt.Errorf("%q: %w", name, world.ErrUnknown)
	}
	return a, nil
}

// friendGroup is the group of those whom Acquaint makes known.
const friendGroup = "Friends"

// Acquaint implements world.Network. The contacts are friend1 and so on.
func (n network) Acquaint(name string, count, contacts int) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	var owners []*account
	for _, name := range series(name, count) {
		a, err := n.account(name)
		if err != nil {
			return err
		}
		owners = append(owners, a)
	}
	for i := range min(contacts, world.MaxContacts) {
		name := "friend" + strconv.Itoa(i+1)
		b := n.s.accounts[name]
		if b == nil {
			b = n.s.create(name, world.Password)
			if i%4 == 0 {
				n.s.puppet(b)
			}
		}
		for _, a := range owners {
			if !a.has(b.id) {
				a.put(b, friendGroup)
			}
		}
	}
	return nil
}

// Fault implements world.Network.
func (n network) Fault(name string, f world.Fault, times int) error {
	if !world.Known(f) {
		return fmt.Errorf("%q: %w", f, world.ErrFault)
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	key := everybody
	var a *account
	if name != "" {
		var err error
		if a, err = n.account(name); err != nil {
			return err
		}
		key = a.id
	}
	times = max(times, 1)
	if strike := strikes[f]; strike != nil {
		struck := n.s.clients(a)
		for _, x := range struck {
			strike(x)
		}
		if len(struck) > 0 {
			times--
		}
	}
	n.s.faults.Arm(key, f, times)
	return nil
}

// Say implements world.Network.
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
	n.s.send(a, b, saying(a, b, text))
	return nil
}

// shows are the shows as the network has them; a text has no more than busy or not.
var shows = map[string]wire.Status{
	"online": wire.Available, "chat": wire.Available, "away": wire.SteppedOut, "xa": wire.NotInOffice, "dnd": wire.Busy,
}

// Present implements world.Network.
func (n network) Present(name, show, status string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, err := n.account(name)
	if err != nil {
		return err
	}
	code, ok := shows[show]
	x := a.session
	switch {
	case show == "offline":
		if x == nil {
			return nil
		}
		if x.l == nil {
			n.s.part(x)
			return nil
		}
		n.s.become(x, gone)
		return nil
	case !ok:
		return fmt.Errorf("%q: %w", show, world.ErrShow)
	}
	before := a.looks()
	if x == nil {
		x = n.s.puppet(a)
	}
	x.look = look{status: code, text: status, busy: status != "" && code != wire.Available}
	n.s.announce(x, before)
	return nil
}

// Restart implements world.Network.
func (n network) Restart(down time.Duration) error { return n.s.restart(down) }
