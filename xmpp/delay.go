package xmpp

import (
	"time"

	"imgate/xmltree"
)

const (
	stampLayout    = "2006-01-02T15:04:05Z" // XEP-0082 §3.2, in UTC
	stampOldLayout = "20060102T15:04:05"    // XEP-0091 §2, in UTC
)

// Delay makes the elements that tell when a stanza was first sent: XEP-0203 and, for old clients, XEP-0091. from
// is who held it back; it may be zero.
func Delay(from JID, sent time.Time) []*xmltree.Element {
	stamped := xmltree.New(DelaySpace, "delay").SetAttr("stamp", sent.UTC().Format(stampLayout))
	old := xmltree.New(DelayOldSpace, "x").SetAttr("stamp", sent.UTC().Format(stampOldLayout))
	if !from.IsZero() {
		stamped.SetAttr("from", from.String())
		old.SetAttr("from", from.String())
	}
	return []*xmltree.Element{stamped, old}
}

// SentAt tells when a stanza with this payload was first sent, by either element; false if it does not say.
func SentAt(payload []*xmltree.Element) (time.Time, bool) {
	if e := find(payload, DelaySpace, "delay"); e != nil {
		if t, err := time.Parse(time.RFC3339, e.Attr("stamp")); err == nil {
			return t.UTC(), true
		}
	}
	if e := find(payload, DelayOldSpace, "x"); e != nil {
		if t, err := time.Parse(stampOldLayout, e.Attr("stamp")); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
