package gateway

import (
	"fmt"
	"time"

	"imgate/richtext"
	"imgate/state"
)

// The sentences that users read.

func textWhySubscribe(network string) string {
	return "This gateway carries " + network + " to you and needs to know when you are available."
}

func textContacts(network string, n int) string {
	return fmt.Sprintf("Your %s contacts (%d), to be added to your roster.", network, n)
}

func textWhyManage(network string) string {
	return "To keep your " + network + " contacts in your roster as they are there."
}

// textList is what is to be said of the table of contacts.
func textList(network string, known, pushes bool) string {
	switch {
	case !known:
		return "You are not signed on to " + network + ": this is what was known last."
	case !pushes:
		return "By your settings no contacts are put into your roster. Complete this to put them there now."
	}
	return "Complete this to put all of them that you have not taken off into your roster now."
}

func textPutting(n int) string {
	switch n {
	case 0:
		return "Everybody on the list is in your roster, but for those whom you have taken off."
	case 1:
		return "One contact is being put into your roster."
	}
	return fmt.Sprintf("%d contacts are being put into your roster.", n)
}

// states are the sentences of those states that have one for each reason.
var states = map[state.State]map[state.Reason]string{
	state.Disabled: {
		state.OtherLocation: "Signed off: your account signed on to %s from another location. Send “reconnect” to sign on here again.",
		state.Suspended:     "%s has suspended the account.",
		state.Refused:       "%s refuses the account.",
		state.Broken:        "Signed off: the gateway does not understand what %s sends. Send “reconnect” to try again.",
		state.Admin:         "Disabled by an administrator of this gateway to %s.",
	},
	state.IntentionallyOffline: {
		state.Presence:  "Off: signs on to %s when you are available.",
		state.SignedOff: "Signed off from %s, as you asked. Send “reconnect” to sign on.",
		state.Manual:    "Off: signs on to %s when you send “reconnect”.",
	},
}

// textState says where a registration stands and what can be done.
func textState(network string, s state.Snapshot, wait time.Duration, waiting bool) string {
	switch s.State {
	case state.Start:
		return "Waiting to see whether you are available."
	case state.TryingToConnect:
		if !waiting {
			return fmt.Sprintf("Signing on to %s.", network)
		}
		return join(fmt.Sprintf("Signing on to %s again in %s.", network, spoken(wait)), s.Text)
	case state.Online:
		return fmt.Sprintf("Signed on to %s.", network)
	case state.BadAuth:
		return fmt.Sprintf("%s refused the name or the password. Register again with the right ones.", network)
	case state.Shutdown:
		return "The gateway is stopping, or the registration was removed."
	case state.Disabled, state.IntentionallyOffline:
		if format, ok := states[s.State][s.Reason]; ok {
			return join(fmt.Sprintf(format, network), extra(s))
		}
	}
	return string(s.State)
}

// extra is the network's own sentence, where it adds something.
func extra(s state.Snapshot) string {
	switch s.Reason {
	case state.Suspended, state.Refused, state.Broken, state.Admin:
		return s.Text
	}
	return ""
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + " (" + b + ")"
}

// spoken is a duration as people say it.
func spoken(d time.Duration) string {
	switch {
	case d < time.Second:
		return "a moment"
	case d < 90*time.Second:
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
}

func textOtherLocation(network, name string) string {
	return fmt.Sprintf("Your %s account %s signed on from another location, so it was signed off here. "+
		"Send “reconnect” to me to sign on here again.", network, name)
}

// textStranger tells what somebody wrote who is on no list.
func textStranger(name, address string, body richtext.Text) richtext.Text {
	return richtext.Plain(name + " (" + address + "), who is not on your list, writes:\n" + body.String())
}

const textRejoin = "The connection to the network ended, and is there again."

// textInvited is an invitation for clients that do not know what one is.
func textInvited(from, room, reason string) string {
	return join(from+" invites you into the room "+room, reason)
}

func textAgent(network string) string { return "The gateway to " + network + "." }

func textVisible(network string) string {
	return network + " can't hide you: your contacts there see you."
}

const textNudged = "nudges you"

func textBack(network string) string { return "Signed on to " + network + " again." }

func textTakenBack(network string) string {
	return network + " refused the new password; the one before it is in use again."
}

func textNotSignedOn(network string, s state.Snapshot) string {
	return "You are not signed on to " + network + ". " + textState(network, s, 0, false)
}

func textHelp(network, domain string, passwords bool) string {
	text := fmt.Sprintf("I am the gateway to %s. Words that I know: status, reconnect, sign off, unregister, help. "+
		"To register, use your client's service discovery on %s", network, domain)
	if passwords {
		text += ", or send: register NAME PASSWORD"
	}
	return text + "."
}
