package gateway

import (
	"iter"
	"sync"

	"imgate/registry"
)

// A table finds the account of a user on a service. The reader of every link looks into it for each stanza, so
// reading takes no lock.
type table struct {
	m         sync.Map // registry.Key → *account
	displaced sync.Map // *account: at work still, while another has taken its place
}

func (t *table) get(key registry.Key) *account {
	v, ok := t.m.Load(key)
	if !ok {
		return nil
	}
	a, _ := v.(*account)
	return a
}

func (t *table) put(a *account) {
	v, _ := t.m.Swap(a.key, a)
	old, there := v.(*account)
	if !there || old == a {
		return
	}
	t.displaced.Store(old, nil)
	select {
	case <-old.gone:
		t.forget(old) // it has gone meanwhile
	default:
	}
}

// forget takes out an account that is gone, of those that are displaced.
func (t *table) forget(a *account) { t.displaced.Delete(a) }

// drop takes a out, unless another has taken its place.
func (t *table) drop(a *account) { t.m.CompareAndDelete(a.key, a) }

func (t *table) all() iter.Seq[*account] {
	return func(yield func(*account) bool) {
		t.m.Range(func(_, v any) bool {
			a, ok := v.(*account)
			return !ok || yield(a)
		})
	}
}

// everybody are the accounts of the table and those that are displaced.
func (t *table) everybody() iter.Seq[*account] {
	return func(yield func(*account) bool) {
		for a := range t.all() {
			if !yield(a) {
				return
			}
		}
		t.displaced.Range(func(k, _ any) bool {
			a, ok := k.(*account)
			return !ok || yield(a)
		})
	}
}

// Views gives what may be known of every account, in no order.
func (g *Gateway) Views() []View {
	var list []View
	for a := range g.accounts.all() {
		list = append(list, *a.view.Load())
	}
	return list
}
