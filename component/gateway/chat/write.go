package chat

import (
	"time"

	"imgate/richtext"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A Told is what a message of a network says to a user.
type Told struct {
	Body   richtext.Text
	Thread string    // of the conversation, as the user's client named it; empty: none
	Live   bool      // the sender is there now (XEP-0085 active)
	Sent   time.Time // zero: now
	By     xmpp.JID  // who has kept it, where Sent is not zero
}

// Payload is the payload of the stanza: body, styled body, thread, chat state, delay.
func (t Told) Payload() []*xmltree.Element {
	list := make([]*xmltree.Element, 0, 5)
	list = append(list, xmpp.Leaf("body", t.Body.String()))
	if !t.Body.IsPlain() {
		if html := styled(t.Body); html != nil {
			list = append(list, html)
		}
	}
	if t.Thread != "" {
		list = append(list, xmpp.Leaf("thread", t.Thread))
	}
	if t.Live {
		list = append(list, xmpp.Active.Element())
	}
	if !t.Sent.IsZero() {
		list = append(list, xmpp.Delay(t.By, t.Sent)...)
	}
	return list
}

// styled is the html element of XEP-0071; nil where the text is too large for one.
func styled(t richtext.Text) *xmltree.Element {
	body, err := xmltree.Parse("<body xmlns='"+xmpp.XHTMLSpace+"'>"+t.XHTML()+"</body>", xmltree.Limits{})
	if err != nil {
		return nil
	}
	return xmltree.New(xmpp.XHTMLIMSpace, "html").With(body)
}
