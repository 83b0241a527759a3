package msnp

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/transports/msnp/wire"
)

// kind is the network's name.
const kind = "msn"

// everybody is the key of faults that wait for anybody.
const everybody = "*"

// The lists, as bits.
const (
	onForward = 1 << iota
	onAllow
	onBlock
	onReverse
	onPending
)

var listBits = map[string]int{"FL": onForward, "AL": onAllow, "BL": onBlock, "RL": onReverse, "PL": onPending}

// An account is a passport.
type account struct {
	id       string // canonical
	nick     string
	password string
	guid     string
	privacy  string // AL or BL
	list     []*entry
	groups   []group
	session  *session // of a client; nil: there is none
	since    time.Time
	bot      *bot // nil for people
	puppet   bool // shown by the control API, without a client
	look     look
	mails    []mail
	files    [][]byte // that came whole to one without a client
	suspends bool
}

// A look is how an account shows itself.
type look struct {
	state    string // empty: offline
	personal []byte // the payload of UUX
	object   string // escaped
	caps     string
	picture  []byte
}

// An entry is somebody on the lists of an account.
type entry struct {
	who    *account
	name   string
	lists  int
	groups []string
}

// A group has an id for each kind of dialect.
type group struct{ id, guid, name string }

// canonical is the spelling under which an account is kept.
func canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// legal reports whether id can be an account.
func legal(id string) bool {
	local, domain, found := strings.Cut(id, "@")
	return found && local != "" && domain != "" && len(id) <= 129 && !strings.ContainsAny(id, " \r\n\t%<>&\"")
}

// create makes an account. mu is held; name is legal and new.
func (s *Server) create(name, password string) *account {
	n := len(s.order) + 1
	a := &account{
		id: canonical(name), nick: name, password: password, privacy: "AL",
		guid: fmt.Sprintf("00000000-0000-0000-0002-%012x", n),
	}
	s.accounts[a.id] = a
	s.order = append(s.order, a)
	return a
}

// entry is somebody on a's lists; nil: they are on none.
func (a *account) entry(who *account) *entry {
	for _, e := range a.list {
		if e.who == who {
			return e
		}
	}
	return nil
}

// lists are the bits of somebody.
func (a *account) lists(who *account) int {
	if e := a.entry(who); e != nil {
		return e.lists
	}
	return 0
}

// put puts somebody on lists.
func (a *account) put(who *account, lists int) *entry {
	e := a.entry(who)
	if e == nil {
		e = &entry{who: who, name: who.nick}
		a.list = append(a.list, e)
	}
	e.lists |= lists
	return e
}

// take takes somebody off lists.
func (a *account) take(who *account, lists int) {
	e := a.entry(who)
	if e == nil {
		return
	}
	if e.lists &^= lists; lists&onForward != 0 {
		e.groups = nil
	}
	if e.lists == 0 {
		a.list = slices.DeleteFunc(a.list, func(o *entry) bool { return o == e })
	}
}

// lets reports whether a lets somebody see it and write to it.
func (a *account) lets(who *account) bool {
	bits := a.lists(who)
	if a.privacy == "BL" {
		return bits&onAllow != 0
	}
	return bits&onBlock == 0
}

// there reports whether anybody can be told that a is there.
func (a *account) there() bool {
	return a.look.state != "" && a.look.state != "HDN" && a.look.state != "FLN"
}

// sees reports whether a may know that b is there.
func (a *account) sees(b *account) bool { return b.there() && b.lets(a) }

// reachable reports whether a may call b to a switchboard.
func (a *account) reachable(b *account) bool {
	return b != nil && b.there() && b.lets(a)
}

// group finds a group by either id.
func (a *account) group(id string) *group {
	for i := range a.groups {
		if a.groups[i].id == id || a.groups[i].guid == id {
			return &a.groups[i]
		}
	}
	return nil
}

// personal is the payload of UBX.
func (a *account) personal() []byte {
	if len(a.look.personal) > 0 {
		return a.look.personal
	}
	return []byte("<Data><PSM></PSM><CurrentMedia></CurrentMedia></Data>")
}

// object is the picture as presence tells it.
func (a *account) object() string {
	if a.look.object == "" {
		return wire.Escape("<msnobj/>")
	}
	return a.look.object
}
