package xmpp

import "imgate/xmltree"

// A ChatState tells what somebody does in a conversation (XEP-0085). The zero value is none.
type ChatState string

// The chat states.
const (
	NoState   ChatState = ""
	Active    ChatState = "active"
	Composing ChatState = "composing"
	Paused    ChatState = "paused"
	Inactive  ChatState = "inactive"
	GoneState ChatState = "gone"
)

// Element makes the element of the state; nil for none.
func (s ChatState) Element() *xmltree.Element {
	if s == NoState {
		return nil
	}
	return xmltree.New(ChatStatesSpace, string(s))
}

// State is the chat state in a message; NoState if there is none.
func (m Message) State() ChatState {
	for _, e := range m.Payload {
		if e.Name.Space != ChatStatesSpace {
			continue
		}
		switch s := ChatState(e.Name.Local); s {
		case Active, Composing, Paused, Inactive, GoneState:
			return s
		}
	}
	return NoState
}
