package gateway

import (
	"fmt"
	"time"

	"imgate/component/gateway/speech"
	"imgate/richtext"
	"imgate/state"
)

// The sentences that users read, where they are more than a constant at its place.

const (
	textNudged  speech.Text = "nudges you"
	textRejoin  speech.Text = "The connection to the network ended, and is there again."
	textNoPlace speech.Text = "your XMPP server has no place for files, or none for this gateway"
)

// encryptedText is chat.ErrEncrypted for the user.
const encryptedText speech.Text = "Encrypted messages can't pass this gateway: the other side could not read them. " +
	"Please switch encryption off for this contact."

func textWhySubscribe(network string) speech.Text {
	return speech.Of("This gateway carries %s to you and needs to know when you are available.", network)
}

func textContacts(network string, n int) speech.Text {
	return speech.Of("Your %s contacts (%d), to be added to your roster.", network, n)
}

func textWhyManage(network string) speech.Text {
	return speech.Of("To keep your %s contacts in your roster as they are there.", network)
}

// textList is what is to be said of the table of contacts.
func textList(network string, known, pushes bool) speech.Text {
	switch {
	case !known:
		return speech.Of("You are not signed on to %s: this is what was known last.", network)
	case !pushes:
		return "By your settings no contacts are put into your roster. Complete this to put them there now."
	}
	return "Complete this to put all of them that you have not taken off into your roster now."
}

func textPutting(n int) speech.Text {
	switch n {
	case 0:
		return "Everybody on the list is in your roster, but for those whom you have taken off."
	case 1:
		return "One contact is being put into your roster."
	}
	return speech.Of("%d contacts are being put into your roster.", n)
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
func textState(network string, s state.Snapshot, wait time.Duration, waiting bool) speech.Text {
	switch s.State {
	case state.Start:
		return "Waiting to see whether you are available."
	case state.TryingToConnect:
		if !waiting {
			return speech.Of("Signing on to %s.", network)
		}
		return join(speech.Of("Signing on to %s again in %s.", network, spoken(wait)), s.Text)
	case state.Online:
		return speech.Of("Signed on to %s.", network)
	case state.BadAuth:
		return speech.Of("%s refused the name or the password. Register again with the right ones.", network)
	case state.Shutdown:
		return "The gateway is stopping, or the registration was removed."
	case state.Disabled, state.IntentionallyOffline:
		if format, ok := states[s.State][s.Reason]; ok {
			return join(speech.Of(format, network), extra(s))
		}
	}
	return speech.Text(s.State)
}

// extra is the network's own sentence, where it adds something.
func extra(s state.Snapshot) string {
	switch s.Reason {
	case state.Suspended, state.Refused, state.Broken, state.Admin:
		return s.Text
	}
	return ""
}

// join adds what somebody else said, in their own words.
func join(a speech.Text, b string) speech.Text {
	if b == "" {
		return a
	}
	return speech.Of("%s (%s)", a, b)
}

// spoken is a duration as people say it.
func spoken(d time.Duration) speech.Text {
	switch {
	case d < time.Second:
		return "a moment"
	case d < 90*time.Second:
		return speech.Of("%d s", int(d.Round(time.Second)/time.Second))
	}
	return speech.Of("%d min", int(d.Round(time.Minute)/time.Minute))
}

func textOtherLocation(network, name string) speech.Text {
	return speech.Of("Your %s account %s signed on from another location, so it was signed off here. "+
		"Send “reconnect” to me to sign on here again.", network, name)
}

// textStranger tells what somebody wrote who is on no list.
func textStranger(name, address string, body richtext.Text, in speech.Language) richtext.Text {
	return richtext.Plain(speech.Of("%s (%s), who is not on your list, writes:", name, address).In(in) + "\n" + body.String())
}

// textAddedYou tells of somebody who is on no list of the user's.
func textAddedYou(name, address string) speech.Text {
	return speech.Of("%s (%s) has put you on a contact list.", name, address)
}

// textInvited is an invitation for clients that do not know what one is.
func textInvited(from, room, reason string) speech.Text {
	return join(speech.Of("%s invites you into the room %s", from, room), reason)
}

func textFileTooBig(most int64) speech.Text {
	return speech.Of("files of more than %s do not pass", byteCount(most))
}

func textFileRefused(name string, size int64, why speech.Text) speech.Text {
	if size >= 0 {
		name += " (" + byteCount(size) + ")"
	}
	return speech.Of("[The file %s was offered to you and did not pass: %s.]", name, why)
}

// byteCount is a number of bytes as people of any language read it.
func byteCount(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

func textAgent(network string) speech.Text { return speech.Of("The gateway to %s.", network) }

func textVisible(network string) speech.Text {
	return speech.Of("%s can't hide you: your contacts there see you.", network)
}

func textBack(network string) speech.Text { return speech.Of("Signed on to %s again.", network) }

func textTakenBack(network string) speech.Text {
	return speech.Of("%s refused the new password; the one before it is in use again.", network)
}

func textNotSignedOn(network string, s state.Snapshot) speech.Text {
	return speech.Of("You are not signed on to %s. %s", network, textState(network, s, 0, false))
}

// textHelp names the chat words, which are the same in every language.
func textHelp(network, domain string, passwords bool) speech.Text {
	if passwords {
		return speech.Of("I am the gateway to %s. Words that I know: status, reconnect, sign off, unregister, help. "+
			"To register, use your client's service discovery on %s, or send: register NAME PASSWORD.", network, domain)
	}
	return speech.Of("I am the gateway to %s. Words that I know: status, reconnect, sign off, unregister, help. "+
		"To register, use your client's service discovery on %s.", network, domain)
}
