package xmpp

import "imgate/xmltree"

// An Identity is what an entity is (XEP-0030 §3.1): gateway/aim "AIM".
type Identity struct{ Category, Type, Name, Lang string }

// An Info is the answer to disco#info (XEP-0030 §3), with the forms of XEP-0128.
type Info struct {
	Node       string // empty for the entity itself
	Identities []Identity
	Features   []string // namespaces
	Forms      []*Form
}

// Element makes the query element.
func (i *Info) Element() *xmltree.Element {
	q := discoQuery(InfoSpace, i.Node)
	for _, id := range i.Identities {
		e := xmltree.New(InfoSpace, "identity").SetAttr("category", id.Category).SetAttr("type", id.Type)
		if id.Name != "" {
			e.SetAttr("name", id.Name)
		}
		if id.Lang != "" {
			e.SetAttrNS(xmltree.XMLSpace, "lang", id.Lang)
		}
		q.With(e)
	}
	for _, f := range i.Features {
		q.With(xmltree.New(InfoSpace, "feature").SetAttr("var", f))
	}
	for _, f := range i.Forms {
		q.With(f.Element())
	}
	return q
}

// ParseInfo reads a query element of disco#info; nil for nil and for any other element.
func ParseInfo(q *xmltree.Element) *Info {
	if !q.Is(InfoSpace, "query") {
		return nil
	}
	info := &Info{Node: q.Attr("node")}
	for e := range q.ChildrenNamed(InfoSpace, "identity") {
		info.Identities = append(info.Identities,
			Identity{e.Attr("category"), e.Attr("type"), e.Attr("name"), e.AttrNS(xmltree.XMLSpace, "lang")})
	}
	for e := range q.ChildrenNamed(InfoSpace, "feature") {
		info.Features = append(info.Features, e.Attr("var"))
	}
	for e := range q.ChildrenNamed(DataSpace, "x") {
		info.Forms = append(info.Forms, ParseForm(e))
	}
	return info
}

// An Item is one line of disco#items (XEP-0030 §4). Node and Name may be empty.
type Item struct {
	JID        JID
	Node, Name string
}

// ItemsElement makes the query element of disco#items.
func ItemsElement(node string, items []Item) *xmltree.Element {
	q := discoQuery(ItemsSpace, node)
	for _, i := range items {
		e := xmltree.New(ItemsSpace, "item").SetAttr("jid", i.JID.String())
		if i.Node != "" {
			e.SetAttr("node", i.Node)
		}
		if i.Name != "" {
			e.SetAttr("name", i.Name)
		}
		q.With(e)
	}
	return q
}

// ParseItems reads a query element of disco#items; items with a malformed address are left out.
func ParseItems(q *xmltree.Element) []Item {
	var list []Item
	for e := range q.ChildrenNamed(ItemsSpace, "item") {
		if j, err := ParseJID(e.Attr("jid")); err == nil {
			list = append(list, Item{j, e.Attr("node"), e.Attr("name")})
		}
	}
	return list
}

func discoQuery(space, node string) *xmltree.Element {
	q := xmltree.New(space, "query")
	if node != "" {
		q.SetAttr("node", node)
	}
	return q
}
