package gateway

import (
	"imgate/component/gateway/chat"
	"imgate/transports"
)

// maxTalks bounds the conversations of one account that are remembered.
const maxTalks = 256

// A talk is what is remembered of the conversation with a contact. It is in memory only: after a restart a thread
// begins anew.
type talk struct {
	thread  string      // as the user's client named it
	events  chat.Events // of the user's last message
	warned  bool        // the user was told that encryption does not work here
	writing bool        // the user was told, as an old client understands it, that the contact writes
}

// talk is the conversation with id; a new one if there is none. Of too many, any other is forgotten.
func (a *account) talk(id transports.LegacyID) *talk {
	if t := a.talks[id]; t != nil {
		return t
	}
	if a.talks == nil {
		a.talks = map[transports.LegacyID]*talk{}
	}
	if len(a.talks) >= maxTalks {
		for other := range a.talks {
			delete(a.talks, other)
			break
		}
	}
	t := &talk{}
	a.talks[id] = t
	return t
}

// hears notes what the user's message says about the conversation.
func (t *talk) hears(s chat.Said) {
	if s.Thread != "" {
		t.thread = s.Thread
	}
	t.events, t.writing = s.Events, false
}
