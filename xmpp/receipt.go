package xmpp

import "imgate/xmltree"

// WantsReceipt reports whether the sender asks for a receipt (XEP-0184 §5.1).
func (m Message) WantsReceipt() bool {
	return m.ID != "" && m.Type != ErrorMessage && m.Child(ReceiptsSpace, "request") != nil
}

// ReceiptRequest makes the element that asks for a receipt.
func ReceiptRequest() *xmltree.Element { return xmltree.New(ReceiptsSpace, "request") }

// ReceiptFor is the id of the message that m is the receipt of; empty if it is none.
func (m Message) ReceiptFor() string { return m.Child(ReceiptsSpace, "received").Attr("id") }

// Receipt makes the receipt for m (XEP-0184 §5.4), of m's type, to be kept for offline users (XEP-0334 store).
func (m Message) Receipt() Message {
	return Message{
		Header: Header{ID: "r:" + m.ID, From: m.To, To: m.From},
		Type:   m.Type,
		Payload: []*xmltree.Element{
			xmltree.New(ReceiptsSpace, "received").SetAttr("id", m.ID),
			xmltree.New(HintsSpace, "store"),
		},
	}
}
