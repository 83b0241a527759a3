package oscar

import (
	"time"

	"imgate/transports/oscar/wire"
)

func (s *Server) now() time.Time { return time.Now() }

// sees reports whether a may see b now.
func (a *account) sees(b *account) bool {
	return b.visible() && !b.denies(a.id) && !a.denies(b.id)
}

// announce tells those who have a on their list what it is now. mu is held.
func (s *Server) announce(a *account) {
	now := a.visible()
	if !now && !a.shown {
		return
	}
	for w := range s.watchers[a.id] {
		switch {
		case w.sees(a):
			w.tell(wire.BuddyArrived, a.user(s.now()))
		case !now:
			w.tell(wire.BuddyDeparted, a.departed())
		}
	}
	a.shown = now
}

// tell pushes to the sessions of a that are ready.
func (a *account) tell(kind wire.Kind, u wire.User) {
	for _, x := range a.here() {
		x.push(kind, wire.Users{u})
	}
}

// watch counts that a has id on a list; unwatch takes one away.
func (s *Server) watch(id string, a *account) {
	m := s.watchers[id]
	if m == nil {
		m = map[*account]int{}
		s.watchers[id] = m
	}
	m[a]++
}

func (s *Server) unwatch(id string, a *account) {
	m := s.watchers[id]
	if m[a]--; m[a] <= 0 {
		delete(m, a)
	}
	if len(m) == 0 {
		delete(s.watchers, id)
	}
}

// showList tells x of everybody on its lists who is there.
func (x *session) showList() {
	told := map[string]bool{}
	show := func(id string) {
		b := x.s.accounts[id]
		if b != nil && !told[id] && x.a.sees(b) {
			told[id] = true
			x.push(wire.BuddyArrived, wire.Users{b.user(x.s.now())})
		}
	}
	if x.serves {
		for _, item := range x.a.list {
			if watches(item) {
				show(canonical(item.Name))
			}
		}
	}
	for id := range x.buddies {
		show(id)
	}
}

// addBuddies takes SNAC 03/04 and 03/0F: a list that the client keeps. UINs are refused to AIM users.
func (x *session) addBuddies(q wire.SNAC) error {
	names, err := wire.Decode[wire.Names](q.Body)
	if err != nil {
		return err
	}
	if x.buddies == nil {
		x.buddies = map[string]bool{}
	}
	for _, name := range names {
		id := canonical(name)
		if x.a.network == aim && networkOf(id) == icq {
			x.push(wire.BuddyRejected, wire.Names{name})
			continue
		}
		if !x.buddies[id] && len(x.buddies) < maxItems {
			x.buddies[id] = true
			x.s.watch(id, x.a)
		}
		if b := x.s.accounts[id]; b != nil && x.ready && x.a.sees(b) {
			x.push(wire.BuddyArrived, wire.Users{b.user(x.s.now())})
		}
	}
	return nil
}

func (x *session) removeBuddies(q wire.SNAC) error {
	names, err := wire.Decode[wire.Names](q.Body)
	if err != nil {
		return err
	}
	for _, name := range names {
		if id := canonical(name); x.buddies[id] {
			delete(x.buddies, id)
			x.s.unwatch(id, x.a)
		}
	}
	return nil
}
