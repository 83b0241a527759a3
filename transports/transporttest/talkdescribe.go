package transporttest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
)

// Describe says an event in words, as the See lines of talks do.
func Describe(ev transports.Event) string {
	switch ev := ev.(type) {
	case transports.Progress:
		return "progress " + strconv.Quote(ev.Step)
	case transports.SignedOn:
		return "signed-on " + strconv.Quote(ev.Name)
	case transports.Keep:
		return "keep " + ev.Name
	case transports.ContactList:
		return describeList(ev.Contacts)
	case transports.Contacted:
		return "contacted " + describeContact(ev.Contact)
	case transports.ContactGone:
		return "contact-gone " + string(ev.ID)
	case transports.Presence:
		return describePresence(ev)
	case transports.Message:
		return describeMessage(ev)
	case transports.TypingFrom:
		return fmt.Sprintf("typing %s %s", ev.From, typings[ev.State])
	case transports.Done:
		return describeDone(ev)
	}
	return describeRare(ev)
}

func describeRare(ev transports.Event) string {
	switch ev := ev.(type) {
	case transports.OwnMessage:
		return fmt.Sprintf("own-message %s %q", ev.To, ev.Body.String())
	case transports.Attention:
		return "attention " + string(ev.From)
	case transports.AuthRequest:
		return fmt.Sprintf("auth-request %s %q", ev.From, ev.Reason)
	case transports.AuthAnswer:
		return fmt.Sprintf("auth-answer %s %t %q", ev.From, ev.Granted, ev.Reason)
	case transports.AddedYou:
		return "added-you " + string(ev.From)
	case transports.Blocked:
		return fmt.Sprintf("blocked %v", ev.List)
	case transports.Notice:
		return fmt.Sprintf("notice %q", ev.Text)
	case transports.FileOffer:
		return fmt.Sprintf("file-offer %s %s %q of %d bytes", ev.Offer, ev.From, ev.Name, ev.Size)
	case transports.FileData:
		return "file-data " + ev.Offer
	case transports.Learned:
		return fmt.Sprintf("learned %s %s", ev.ID, ev.Charset)
	}
	if words := describeRoom(ev); words != "" {
		return words
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", ev), "transports.")
}

func describeList(contacts []transports.Contact) string {
	words := make([]string, 0, len(contacts)+1)
	for _, c := range contacts {
		words = append(words, describeContact(c))
	}
	return strings.TrimSpace("contacts " + strings.Join(words, ", "))
}

func describeContact(c transports.Contact) string {
	var b strings.Builder
	b.WriteString(string(c.ID))
	if c.Name != "" {
		fmt.Fprintf(&b, " %q", c.Name)
	}
	for _, g := range c.Groups {
		fmt.Fprintf(&b, " in %q", g)
	}
	if c.Pending {
		b.WriteString(" pending")
	}
	return b.String()
}

func describePresence(p transports.Presence) string {
	var b strings.Builder
	fmt.Fprintf(&b, "presence %s %s", p.From, p.Show)
	if p.Status != "" {
		fmt.Fprintf(&b, " %q", p.Status)
	}
	if !p.IdleSince.IsZero() {
		fmt.Fprintf(&b, " idle %s", time.Since(p.IdleSince).Round(time.Minute))
	}
	if p.Tune != nil {
		fmt.Fprintf(&b, " tune %q %q", p.Tune.Artist, p.Tune.Title)
	}
	if p.Avatar != "" {
		b.WriteString(" avatar " + p.Avatar)
	}
	return b.String()
}

func describeMessage(m transports.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "message %s %q", m.From, m.Body.String())
	if m.Stored {
		b.WriteString(" stored")
	}
	if m.Auto {
		b.WriteString(" auto")
	}
	if m.Seq != 0 {
		fmt.Fprintf(&b, " seq %d", m.Seq)
	}
	return b.String()
}

var proofs = [...]string{transports.Written: "written", transports.Accepted: "accepted", transports.Delivered: "delivered"}

// refusals are the errors of Done by the word that stands for them.
var refusals = []struct {
	err  error
	word string
}{
	{transports.ErrUnsupported, "unsupported"},
	{transports.ErrBusy, "busy"},
	{transports.ErrUnknown, "unknown"},
	{transports.ErrUnavailable, "unavailable"},
	{transports.ErrDenied, "denied"},
	{transports.ErrTooLong, "too-long"},
	{transports.ErrInvalid, "invalid"},
	{transports.ErrNoAnswer, "no-answer"},
	{transports.ErrDisconnected, "disconnected"},
}

func describeDone(d transports.Done) string {
	tag := strconv.FormatUint(uint64(d.Tag), 10)
	if d.Err == nil {
		return "done " + tag + " " + proofs[d.Proof] + describeResult(d.Result)
	}
	for _, r := range refusals {
		if errors.Is(d.Err, r.err) {
			return "done " + tag + " error " + r.word
		}
	}
	return "done " + tag + " error " + strconv.Quote(d.Err.Error())
}
