package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// How a field may be shown in a trace.
type shown uint8

const (
	nothing  shown = iota // its length
	asNumber              // up to 10 digits
	asName                // who somebody is
)

// traced is what may be shown of fields, by their keys: who, and numbers. What is not here is not shown: texts, the challenge
// and its answers, cookies, the names of groups and conferences, lists.
var traced = map[Key]struct {
	name  string
	shown shown
}{
	KeyUser: {"user", asName}, KeyMe: {"me", asName}, KeyFrom3: {"from", asName}, KeyFrom: {"from", asName}, KeyTo: {"to", asName},
	KeyContact: {"contact", asName}, KeyHost: {"host", asName}, KeyInvitees: {"invited", asName}, KeyInvitee: {"invited", asName},
	KeyMember: {"member", asName}, KeyDecliner: {"refuser", asName}, KeyLeaver: {"leaver", asName}, KeyKind: {"kind", asName},
	KeyVersion:  {"client", asName},
	KeyIdentity: {"identity", asNumber}, KeyCount: {"count", asNumber}, KeyStatus: {"status", asNumber}, KeySession: {"session", asNumber},
	KeyFlag: {"flag", asNumber}, KeyTime: {"time", asNumber}, KeyPager: {"pager", asNumber}, KeyBegin: {"begin", asNumber},
	KeyBegin2: {"begin", asNumber}, KeyAwayFlag: {"away", asNumber}, KeyImvFlag: {"imv", asNumber}, KeyResult: {"result", asNumber},
	KeyUTF8: {"utf-8", asNumber}, KeyIdleSeconds: {"idle", asNumber}, KeyPingMinutes: {"ping", asNumber}, KeyChatMinutes: {"chat ping", asNumber},
	KeyAnswer: {"answer", nothing}, KeyAnswer2: {"answer", nothing}, KeyChallenge: {"challenge", nothing}, KeyCookie: {"cookie", nothing},
	KeyText: {"text", nothing}, KeyAwayText: {"text", nothing}, KeyInviteText: {"text", nothing}, KeyRoom: {"conference", nothing},
	KeyGroup: {"group", nothing}, KeyNewGroup: {"new group", nothing}, KeyGroups: {"groups", nothing}, KeyIgnored: {"ignored", nothing},
	KeyIdentities: {"identities", nothing}, KeyCookieY: {"cookie", nothing}, KeyCookieT: {"cookie", nothing}, KeyCrumb: {"answer", nothing},
	KeyURL: {"address", nothing}, KeyFile: {"file", nothing}, KeyMessageID: {"message", nothing}, KeyTakenID: {"message", nothing},
	KeyFileSize: {"size", asNumber}, KeyPictureSum: {"picture", asNumber}, KeyAvatarKind: {"avatar", asNumber}, KeyPictureIs: {"has", asNumber}, KeyNetwork: {"network", asNumber},
	KeyTransferStep: {"step", asNumber}, KeyRelay: {"relay", asNumber}, KeyRelayHost: {"host", nothing}, KeyRelayToken: {"token", nothing},
	KeyTransfer: {"transfer", nothing}, KeyFiles: {"files", asNumber},
	KeyNest: {"nest", asNumber}, KeyNestIs: {"nest", asNumber}, KeyNestNext: {"nest", asNumber}, KeyNestEnd: {"nest", asNumber},
}

const (
	maxTold   = 2000 // bytes of text
	maxShown  = 97   // bytes of a name that is shown
	maxDigits = 10
)

// Describe says what a whole packet is, and gives it with everything written over by hidden that may not be shown. The
// text is made of what is shown, and of lengths, and of nothing else.
func Describe(packet []byte, hidden byte) (text string, out []byte) {
	out = bytes.Repeat([]byte{hidden}, len(packet))
	if len(packet) < HeaderSize {
		return fmt.Sprintf("%d bytes that are no packet", len(packet)), out
	}
	head, _, err := parseHeader(packet)
	if err != nil {
		return fmt.Sprintf("%d bytes that are no packet", len(packet)), out
	}
	copy(out, packet[:HeaderSize])
	var b strings.Builder
	fmt.Fprintf(&b, "YMSG %d, service %v", head.Version, head.Service)
	if name := head.Service.Name(); name != "" {
		fmt.Fprintf(&b, " %s", name)
	}
	fmt.Fprintf(&b, ", status %d", head.Status)
	if head.Session != 0 {
		fmt.Fprintf(&b, ", session %d", head.Session)
	}
	describeFields(&b, packet[HeaderSize:], out[HeaderSize:])
	return b.String(), out
}

// describeFields shows what may be seen of the fields in a body.
func describeFields(text *strings.Builder, body, out []byte) {
	for at := 0; at < len(body); {
		key, value, n := nextField(body[at:])
		if n == 0 {
			fmt.Fprintf(text, ", %d bytes that are no fields", len(body)-at)
			return
		}
		copy(out[at:], body[at:at+len(key)+len(separator)])
		from := at + len(key) + len(separator)
		if say, show := describeValue(key, value); text.Len() < maxTold {
			text.WriteString(say)
			if show {
				copy(out[from:], value)
			}
		} else if !strings.HasSuffix(text.String(), " ...") {
			text.WriteString(" ...")
		}
		copy(out[from+len(value):], separator)
		at += n
	}
}

// nextField gives a key and a value, and how long they are with what ends them; 0 for what is no field.
func nextField(b []byte) (key, value []byte, n int) {
	key, rest, ok := bytes.Cut(b, []byte(separator))
	if _, err := parseKey(key); err != nil || !ok {
		return nil, nil, 0
	}
	value, _, ok = bytes.Cut(rest, []byte(separator))
	if !ok {
		return nil, nil, 0
	}
	return key, value, len(key) + len(value) + 2*len(separator)
}

// describeValue says what may be said of a value, and whether all of it may be shown.
func describeValue(key, value []byte) (say string, show bool) {
	k, _ := parseKey(key) // nextField has looked
	known := traced[k]
	say = fmt.Sprintf(", %d", k)
	if known.name != "" {
		say += " " + known.name
	}
	switch {
	case known.shown == asNumber && len(value) > 0 && len(value) <= maxDigits && len(bytes.Trim(value, "0123456789")) == 0:
		return say + " " + string(value), true
	case known.shown == asName && len(value) <= maxShown:
		return say + " " + strconv.QuoteToASCII(string(value)), true
	}
	return fmt.Sprintf("%s (%d bytes)", say, len(value)), false
}
