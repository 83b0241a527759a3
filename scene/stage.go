package scene

import (
	"net/http"
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
	// Uploads is the address of the upload service of the users' server; empty: it has none.
	Uploads() string
	// Web gives HTTP as the users' clients have it.
	Web() *http.Client
	// Until waits for a condition, within the stage's patience; false when it did not come true.
	Until(condition func() bool) bool
}

// A User is an XMPP client with its account. It answers requests for subscriptions with yes, until it is told otherwise.
type User interface {
	// Send sends a stanza without from.
	Send(stanza *xmltree.Element) error
	// Inbox is all that was received so far, oldest first.
	Inbox() []*xmltree.Element
	// Refuse makes the client answer requests for subscriptions with no, or with yes again.
	Refuse(on bool)
}
