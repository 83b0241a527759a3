// Package news is what happens to registrations, as values, and the board on which the gateway pins them for whoever
// watches: the doors, which the gateway does not know.
package news

import (
	"imgate/registry"
	"imgate/state"
)

// A News is one thing that has happened to a registration. The set is closed.
//
//sumtype:decl
type News interface{ isNews() }

// The news.
type (
	// Stands is a change of state, or a retry that was scheduled or moved. What the gateway says of the registration
	// when asked is at least as new.
	Stands struct {
		registry.Key
		Name  string // of the legacy account, as its owner typed it
		State state.Snapshot
	}
	// OtherLocation says that the account has signed on elsewhere; the Stands that follows from it comes next.
	OtherLocation struct {
		registry.Key
		Name string
	}
	// Refused says that new credentials of a registration were refused, and that those before are back; where the
	// registration stands then comes next.
	Refused struct {
		registry.Key
		Name string // of the legacy account
		Text string // a sentence for the user, without secrets
	}
	// LookAgain says that more has happened than the watch could hold, which is lost: ask where the registrations
	// stand.
	LookAgain struct{}
)

func (Stands) isNews()        {}
func (OtherLocation) isNews() {}
func (Refused) isNews()       {}
func (LookAgain) isNews()     {}
