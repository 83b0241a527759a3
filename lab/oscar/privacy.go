package oscar

import "imgate/transports/oscar/wire"

// Modes of a privacy item.
const (
	privacyAll       = 1
	privacyNone      = 2
	privacyPermitted = 3
	privacyDenied    = 4
	privacyList      = 5
)

// rules are what an account's list says about others, by their id.
type rules struct {
	mode                      uint32
	denied, permitted, listed map[string]bool
}

// rules reads the list once after each change of it.
func (a *account) rules() *rules {
	if a.read != nil {
		return a.read
	}
	r := &rules{mode: privacyDenied} // with no mode, the deny list counts
	sets := map[uint16]*map[string]bool{wire.DenyItem: &r.denied, wire.PermitItem: &r.permitted, wire.BuddyItem: &r.listed}
	for _, item := range a.list {
		if m, ok := item.TLVs.Number(wire.ItemPrivacy); ok && item.Class == wire.PrivacyItem {
			r.mode = m
		}
		if set := sets[item.Class]; set != nil {
			if *set == nil {
				*set = map[string]bool{}
			}
			(*set)[canonical(item.Name)] = true
		}
	}
	a.read = r
	return r
}

// denies reports whether a's list keeps id from seeing and reaching it.
func (a *account) denies(id string) bool {
	if id == a.id || len(a.list) == 0 {
		return false
	}
	r := a.rules()
	switch r.mode {
	case privacyNone:
		return true
	case privacyPermitted:
		return !r.permitted[id]
	case privacyDenied:
		return r.denied[id]
	case privacyList:
		return !r.listed[id]
	}
	return false
}

// sight is who of a's watchers sees a, and whom of its list a sees, before a change of its list.
type sight struct {
	seen map[*account]bool
	sees map[string]bool
}

// look notes what a change of a's privacy could change. mu is held.
func (s *Server) look(a *account) sight {
	l := sight{map[*account]bool{}, map[string]bool{}}
	for w := range s.watchers[a.id] {
		l.seen[w] = w.sees(a)
	}
	for _, item := range a.list {
		if b := s.accounts[canonical(item.Name)]; b != nil && watches(item) {
			l.sees[b.id] = a.sees(b)
		}
	}
	return l
}

// compare tells everybody what a change of a's privacy has changed. mu is held.
func (s *Server) compare(a *account, before sight) {
	for w, saw := range before.seen {
		s.shift(w, a, saw, w.sees(a))
	}
	for id, saw := range before.sees {
		b := s.accounts[id]
		s.shift(a, b, saw, a.sees(b))
	}
}

// shift tells w that b came or went for it.
func (s *Server) shift(w, b *account, saw, sees bool) {
	switch {
	case saw && !sees:
		w.tell(wire.BuddyDeparted, b.departed())
	case !saw && sees:
		w.tell(wire.BuddyArrived, b.user(s.now()))
	}
}
