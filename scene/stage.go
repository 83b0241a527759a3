package scene

import (
	"time"

	"imgate/lab/world"
	"imgate/xmltree"
)

// A Stage is where a scene is played.
type Stage interface {
	// User gives the user of that name, logged in when first asked for.
	User(name string) (User, error)
	// Domain is the domain of a service; empty when there is none of that name.
	Domain(service string) string
	// Network is the legacy network of a service.
	Network(service string) world.Network
	// Restart restarts the "xmpp" server or the "gateway"; hard kills it instead of stopping it.
	Restart(what string, hard bool) error
	// Pass lets time go by, where it is ours to say.
	Pass(d time.Duration)
	// Until waits for a condition, within the stage's patience; false when it did not come true.
	Until(condition func() bool) bool
}

// A User is an XMPP client with its account. It answers requests for subscriptions with yes.
type User interface {
	// Send sends a stanza without from.
	Send(stanza *xmltree.Element) error
	// Inbox is all that was received so far, oldest first.
	Inbox() []*xmltree.Element
}
