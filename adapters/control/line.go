package control

import (
	"time"

	"imgate/registry"
)

// A Line is one line of an answer. One of its parts is set; the last line has End, and either Text or Error.
type Line struct {
	Registration *Registration        `json:"registration,omitempty"`
	Transition   *registry.Transition `json:"transition,omitempty"`
	Link         *Link                `json:"link,omitempty"`
	Rotation     *registry.Rotation   `json:"rotation,omitempty"`
	Bytes        int64                `json:"bytes,omitempty"`
	Event        *Event               `json:"event,omitempty"`
	End          bool                 `json:"end,omitempty"`
	Text         string               `json:"text,omitempty"`
	Error        string               `json:"error,omitempty"`
}

// A Registration is a registry.Standing for programs. Times are absent where there is none.
type Registration struct {
	User        string    `json:"user"`
	Service     string    `json:"service"`
	Name        string    `json:"name"`
	Typed       string    `json:"typed,omitempty"`
	State       string    `json:"state"`
	Reason      string    `json:"reason,omitempty"`
	Text        string    `json:"text,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Attempt     int       `json:"attempt,omitempty"`
	NextAttempt time.Time `json:"next_attempt,omitzero"`
	LastOnline  time.Time `json:"last_online,omitzero"`
	Failure     *Failure  `json:"last_failure,omitempty"`
	Policy      string    `json:"policy,omitempty"`
	Contacts    int       `json:"contacts"`
	Created     time.Time `json:"created,omitzero"`
	Removed     time.Time `json:"removed,omitzero"`
	Damage      string    `json:"damage,omitempty"`
}

// A Failure is how the last attempt or session failed.
type Failure struct {
	Kind string    `json:"kind"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}

// A Link is how a service is connected to the XMPP server.
type Link struct {
	Service string    `json:"service"`
	Domain  string    `json:"domain"`
	Up      bool      `json:"up"`
	Since   time.Time `json:"since,omitzero"`
	Error   string    `json:"error,omitempty"` // why it is down
	Next    time.Time `json:"next,omitzero"`   // the next attempt
}

// Describe is s for programs.
func Describe(s registry.Standing) Registration {
	out := Registration{
		User: s.User, Service: s.Service, Name: string(s.Name), Typed: s.Typed, State: string(s.State.State),
		Reason: string(s.State.Reason), Text: s.State.Text, Since: s.State.Since, Attempt: s.State.Attempt,
		NextAttempt: s.State.NextAttempt, LastOnline: s.State.LastOnline, Policy: string(s.State.Policy),
		Contacts: s.Contacts, Created: s.Created, Removed: s.Removed, Damage: s.Damage,
	}
	if f := s.State.LastFailure; !f.At.IsZero() {
		out.Failure = &Failure{Kind: f.Kind.String(), Text: f.Text, At: f.At}
	}
	return out
}
