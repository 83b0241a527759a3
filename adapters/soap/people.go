package soap

import (
	"sync"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// maxTokens is how many tokens a user may have; the one that expires first goes.
const maxTokens = 20

// people are all users who have a token. The mutex is for the many requests that look one up; it is taken before a
// person's, never after.
type people struct {
	mu      sync.Mutex
	byUser  map[xmpp.JID]*person
	byToken map[string]*person
}

// admit gives a proven user a token that lives until then. Another password than before ends what was begun with that.
func (d *Door) admit(user xmpp.JID, password transports.Secret, until time.Time) (*person, string) {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	p := d.people.byUser[user]
	if p == nil {
		p = &person{door: d, jid: user, tokens: map[string]time.Time{}, sessions: map[string]*session{}}
		d.people.byUser[user] = p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.password != password && !p.password.Empty() {
		d.drop(p)
	}
	p.password = password
	for len(p.tokens) >= maxTokens {
		d.revoke(p, first(p.tokens))
	}
	id, token := d.minter.mint(until)
	p.tokens[id] = until
	d.people.byToken[id] = p
	return p, token
}

func first(tokens map[string]time.Time) (id string) {
	for k, until := range tokens {
		if id == "" || until.Before(tokens[id]) {
			id = k
		}
	}
	return id
}

// revoke forgets one token. Both locks are held.
func (d *Door) revoke(p *person, id string) {
	delete(p.tokens, id)
	delete(d.people.byToken, id)
}

// drop forgets all of a person's tokens. Both locks are held.
func (d *Door) drop(p *person) {
	for id := range p.tokens {
		delete(d.people.byToken, id)
	}
	p.out()
}

// holder is whose token it is; nil when it was revoked.
func (d *Door) holder(id string) *person {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	return d.people.byToken[id]
}

// Forget takes all tokens of a user back and ends the sessions: that password no longer holds. Nothing is done where
// the user has proven another one since. It may be called from any goroutine, but not by Presence.Attach and Detach
// themselves.
func (d *Door) Forget(user xmpp.JID, password transports.Secret) {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	p := d.people.byUser[user.Bare()]
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.password != password {
		return
	}
	d.drop(p)
	delete(d.people.byUser, p.jid)
}

// Again says that the user's XMPP session was lost and is back: every session is told to begin anew, by <refresh> and
// where everything stands. What waited to be told is told before that. It may be called as Forget may.
func (d *Door) Again(user xmpp.JID) {
	d.people.mu.Lock()
	p := d.people.byUser[user.Bare()]
	d.people.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pull()
	for _, s := range p.sessions {
		if s.attached {
			p.anew(s)
		}
	}
}

// leave takes one token back; with the last one the user is forgotten.
func (d *Door) leave(p *person, id string) {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	d.revoke(p, id)
	d.forgetIdle(p)
}

// forgetIdle forgets a person without tokens. Both locks are held.
func (d *Door) forgetIdle(p *person) {
	if len(p.tokens) == 0 && d.people.byUser[p.jid] == p {
		p.out()
		delete(d.people.byUser, p.jid)
	}
}

// sweep drops sessions and tokens whose time is over.
func (d *Door) sweep(now time.Time) {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	for _, p := range d.people.byUser {
		p.mu.Lock()
		for _, id := range p.sweep(now) {
			delete(d.people.byToken, id)
		}
		d.forgetIdle(p)
		p.mu.Unlock()
	}
}
