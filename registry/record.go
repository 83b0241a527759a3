// Package registry keeps what must survive a restart, in one bbolt file: registrations with their sealed
// secrets, the reconnect machine's snapshots, and what was done to each user's roster.
package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"imgate/state"
	"imgate/transports"
)

// A Key names a registration: a user's bare JID, and the name of the service in the configuration. Both are
// canonical and neither holds a NUL.
type Key struct{ User, Service string }

// String is for logs.
func (k Key) String() string { return k.User + " on " + k.Service }

// bytes orders registrations by service, then user.
func (k Key) bytes() []byte { return []byte(k.Service + "\x00" + k.User) }

func parseKey(b []byte) (Key, error) {
	service, user, ok := strings.Cut(string(b), "\x00")
	if !ok {
		return Key{}, fmt.Errorf("registration key %.100q has no separator", b)
	}
	return Key{User: user, Service: service}, nil
}

// A Registration is the lasting bond of a user to a legacy account.
type Registration struct {
	Key
	Name     transports.LegacyID          // canonical
	Typed    string                       // as the user typed it
	Password transports.Secret            // in use, or on trial
	Old      transports.Secret            // what worked before Password, while that is on trial; else empty
	Kept     map[string]transports.Secret // what the network asked to keep
	Created  time.Time
	Removed  time.Time // zero, or when it was unregistered and can still be undone
	Subs     Subscription
	Settings map[string]string // the user's own settings, by the names of the settings form
}

// Subscription is how far the presence handshake between gateway and user has come (XEP-0100 §4.1).
type Subscription struct {
	To   bool // the user is subscribed to the gateway's presence
	From bool // the gateway is subscribed to the user's presence
}

// Clone is a copy that shares nothing.
func (r Registration) Clone() Registration {
	r.Kept = maps.Clone(r.Kept)
	r.Settings = maps.Clone(r.Settings)
	return r
}

// Replace puts new credentials in; what worked before stays beside them as Old until it is proven or taken
// back. fresh drops it, with the kept values.
func (r *Registration) Replace(name transports.LegacyID, typed string, password transports.Secret, fresh bool) {
	switch {
	case fresh:
		r.Old, r.Kept = transports.Secret{}, nil
	case r.Old.Empty():
		r.Old = r.Password
	}
	r.Name, r.Typed, r.Password = name, typed, password
}

// A Memory is what the gateway remembers of one contact in the user's roster.
type Memory struct {
	ID     transports.LegacyID
	Name   string   // as last put into the roster
	Groups []string // likewise
	Asked  bool     // the user was asked, once and never again
	To     bool     // the user is subscribed to the contact
	From   bool     // the contact is subscribed to the user
	Gone   bool     // the user took it off the roster
	Add    bool     // the user added it, and the network has not been told yet
	Remove bool     // the user removed it, likewise

	// What both sides had when they were last brought together, where Put; Name and Groups are the roster's.
	Put        bool     `json:",omitempty"`
	ListName   string   `json:",omitempty"` // on the legacy list
	ListGroups []string `json:",omitempty"` // likewise

	Charset string `json:",omitempty"` // what it writes in where it does not say so; empty: nothing was learned
}

// A Stored is a registration as it was found at start.
type Stored struct {
	Registration
	State state.Snapshot
}

// A record is how a registration lies in the file. Secrets are sealed bytes.
type record struct {
	Name     string            `json:"name"`
	Typed    string            `json:"typed,omitempty"`
	Password []byte            `json:"password,omitempty"`
	Old      []byte            `json:"old,omitempty"`
	Kept     map[string][]byte `json:"kept,omitempty"`
	Created  time.Time         `json:"created"`
	Removed  time.Time         `json:"removed,omitzero"`
	SubTo    bool              `json:"sub_to,omitempty"`
	SubFrom  bool              `json:"sub_from,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
}

// A snapshot is how a machine's snapshot lies in the file.
type snapshot struct {
	State       state.State  `json:"state"`
	Reason      state.Reason `json:"reason,omitempty"`
	Text        string       `json:"text,omitempty"`
	Since       time.Time    `json:"since"`
	Attempt     int          `json:"attempt,omitempty"`
	NextAttempt time.Time    `json:"next,omitzero"`
	NotBefore   time.Time    `json:"not_before,omitzero"`
	LastOnline  time.Time    `json:"last_online,omitzero"`
	FailKind    string       `json:"fail_kind,omitempty"`
	FailText    string       `json:"fail_text,omitempty"`
	FailAt      time.Time    `json:"fail_at,omitzero"`
	Policy      state.Policy `json:"policy,omitempty"`
	BrokenInRow int          `json:"broken,omitempty"`
	Version     string       `json:"version,omitempty"`
	Trial       *state.Trial `json:"trial,omitempty"`
}

func encodeSnapshot(s state.Snapshot) ([]byte, error) {
	out := snapshot{
		State: s.State, Reason: s.Reason, Text: s.Text, Since: s.Since, Attempt: s.Attempt,
		NextAttempt: s.NextAttempt, NotBefore: s.NotBefore, LastOnline: s.LastOnline, Policy: s.Policy,
		BrokenInRow: s.BrokenInRow, Version: s.Version, Trial: s.Trial,
	}
	if !s.LastFailure.At.IsZero() {
		out.FailKind, out.FailText, out.FailAt = s.LastFailure.Kind.String(), s.LastFailure.Text, s.LastFailure.At
	}
	return json.Marshal(out)
}

func decodeSnapshot(b []byte) (state.Snapshot, error) {
	if b == nil {
		return state.Snapshot{State: state.Start}, nil
	}
	var in snapshot
	if err := json.Unmarshal(b, &in); err != nil {
		return state.Snapshot{}, fmt.Errorf("read snapshot: %w", err)
	}
	s := state.Snapshot{
		State: in.State, Reason: in.Reason, Text: in.Text, Since: in.Since, Attempt: max(0, in.Attempt),
		NextAttempt: in.NextAttempt, NotBefore: in.NotBefore, LastOnline: in.LastOnline, Policy: in.Policy,
		BrokenInRow: in.BrokenInRow, Version: in.Version, Trial: in.Trial,
	}
	s.LastFailure = state.Fault{Kind: kindNamed(in.FailKind), Text: in.FailText, At: in.FailAt}
	return s, nil
}

func kindNamed(name string) transports.Kind {
	for k := transports.Broken; k <= transports.Suspended; k++ {
		if k.String() == name {
			return k
		}
	}
	return transports.Broken
}
