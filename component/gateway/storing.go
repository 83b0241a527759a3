package gateway

import "imgate/registry"

// flush stores contacts that have changed.
func (a *account) flush() {
	if len(a.changed) == 0 || a.over || a.leaving.Load() {
		return
	}
	list := make([]registry.Memory, 0, len(a.changed))
	for id := range a.changed {
		list = append(list, a.contacts[id].Memory)
	}
	a.changed = nil
	// The account does not rest before it is stored: whoever wakes it reads what was.
	a.store(a.logStore, registry.Remember{Key: a.key, Changed: list})
}

// A storing is a change on its way to the disk, and what the loop does once it is there.
type storing struct {
	done <-chan error
	then func(error)
}

// store submits changes; then runs in the loop, after those submitted before.
func (a *account) store(then func(error), changes ...registry.Change) {
	done := make(chan error, 1)
	a.g.keeper.Submit(done, changes...)
	a.storing = append(a.storing, storing{done, then})
}

// afterStored runs f once everything submitted so far is stored; at once when nothing is on its way.
func (a *account) afterStored(f func(error)) {
	if len(a.storing) == 0 {
		f(nil)
		return
	}
	last := &a.storing[len(a.storing)-1]
	before := last.then
	last.then = func(err error) {
		before(err)
		f(err)
	}
}

// newID numbers what the account sends.
