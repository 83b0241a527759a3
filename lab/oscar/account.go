package oscar

import (
	"strings"
	"time"

	"imgate/transports/oscar/wire"
)

// The two networks of one server.
const (
	aim = "aim"
	icq = "icq"
)

// everybody is the key of faults that wait for anybody of a network.
func everybody(network string) string { return "*" + network }

// An account is a screen name or a UIN.
type account struct {
	id       string // canonical
	name     string // as its owner spells it
	password string
	network  string
	refusal  uint16 // login error that it always gets; 0: none
	list     []wire.Item
	changed  time.Time       // of list
	read     *rules          // what list says of others; nil after a change
	offline  []stored        // oldest first
	asks     bool            // who puts it on a list needs its leave
	granted  map[string]bool // who has it
	sessions []*session
	bot      *bot              // nil for people
	shown    bool              // others were told that it is there
	icon     *wire.BART        // its picture; nil: it never had one
	entry    map[uint16][]byte // in the directory, by tag
	details  details           // in ICQ's database
	wroteTo  map[string]bool   // to whom it has written, by id
	warning  warning
}

// canonical is the spelling under which an account is kept: case and spaces do not count.
func canonical(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", ""))
}

// networkOf tells UINs from screen names.
func networkOf(id string) string {
	for _, c := range id {
		if c < '0' || c > '9' {
			return aim
		}
	}
	return icq
}

// legal reports whether id can be an account: a UIN of 5 to 10 digits, or up to 16 letters and digits that
// begin with a letter. AIM's addresses with @ are longer.
func legal(id string) bool {
	if networkOf(id) == icq {
		return len(id) >= 5 && len(id) <= 10
	}
	if len(id) > 97 || len(id) < 3 || id[0] < 'a' || id[0] > 'z' {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("@._-", c) {
			return false
		}
	}
	return true
}

// create makes an account. mu is held; name is legal and new.
func (s *Server) create(name, password string) *account {
	id := canonical(name)
	a := &account{
		id: id, name: name, password: password, network: networkOf(id),
		granted: map[string]bool{}, details: details{},
	}
	if !s.o.Bare {
		a.details = inventions(id)
	}
	a.asks = a.network == icq // as today's server does for new UINs
	s.accounts[id] = a
	return a
}

// here gives the account's sessions that others can see: those that are ready.
func (a *account) here() []*session {
	for i, x := range a.sessions {
		if x.ready {
			continue
		}
		rest := append([]*session(nil), a.sessions[:i]...)
		for _, y := range a.sessions[i:] {
			if y.ready {
				rest = append(rest, y)
			}
		}
		return rest
	}
	return a.sessions
}

// visible reports whether others may see the account at all.
func (a *account) visible() bool {
	for _, x := range a.here() {
		if x.status&wire.StatusInvisible == 0 {
			return true
		}
	}
	return false
}

// away is the session whose away text counts: the account is away when all its sessions are. Nil: it is not.
func (a *account) away() *session {
	var last *session
	for _, x := range a.here() {
		if !x.isAway() {
			return nil
		}
		last = x
	}
	return last
}

// user is the block that tells others of the account, as the real server orders it.
func (a *account) user(now time.Time) wire.User {
	sessions := a.here()
	if len(sessions) == 0 {
		return wire.User{Name: a.name}
	}
	x := sessions[len(sessions)-1]
	return wire.User{Name: a.name, Warning: a.warning.now(now), TLVs: x.userTLVs(now, a.away() != nil, len(x.caps) > 0)}
}

// departed is the block of somebody who is not there.
func (a *account) departed() wire.User {
	return wire.User{Name: a.name, TLVs: wire.TLVs{wire.Uint16(wire.UserClass, 0)}}
}
