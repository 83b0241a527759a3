package oscar

import (
	"slices"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// The privacy rules under TLV 0xCA of the privacy item.
const (
	rulePermitAll    = 1
	ruleDenyAll      = 2
	rulePermitListed = 3
	ruleDenyListed   = 4
	rulePermitBuddy  = 5
)

var rules = map[transports.Privacy]uint8{
	transports.AllowAll:      rulePermitAll,
	transports.AllowContacts: rulePermitBuddy,
	transports.AllowListed:   rulePermitListed,
	transports.DenyListed:    ruleDenyListed,
	transports.DenyAll:       ruleDenyAll,
}

// denied gives the addresses on the deny list, sorted.
func (f *feedbag) denied(canonical func(string) (transports.LegacyID, error)) []transports.LegacyID {
	var list []transports.LegacyID
	for _, i := range f.items {
		if i.Class != wire.DenyItem {
			continue
		}
		if id, err := canonical(i.Name); err == nil && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// rule gives the privacy item, or one to insert.
func (f *feedbag) rule() (item wire.Item, known bool) {
	for _, i := range f.items {
		if i.Class == wire.PrivacyItem {
			return i, true
		}
	}
	return wire.Item{Class: wire.PrivacyItem}, false
}

// obey makes rule the privacy rule.
func (p *plan) obey(rule uint8) {
	item, known := p.list.rule()
	if have, ok := item.TLVs.Number(wire.ItemPrivacy); ok && have == uint32(rule) {
		return
	}
	item.TLVs = item.TLVs.With(wire.Uint8(wire.ItemPrivacy, rule))
	if known {
		p.update(item)
		return
	}
	item.ID = p.freeItem()
	p.insert(item)
}

// planBlock puts id on the deny list or takes it off. With a block the rule must not be one that lets everybody
// through.
func planBlock(list feedbag, id transports.LegacyID, on bool) *plan {
	p := newPlan(list)
	var have []wire.Item
	for _, i := range p.list.items {
		if i.Class == wire.DenyItem && transports.LegacyID(fold(i.Name)) == id {
			have = append(have, i)
		}
	}
	if !on {
		for _, i := range have {
			p.remove(i)
		}
		return p
	}
	if len(have) == 0 {
		p.insert(wire.Item{Name: string(id), ID: p.freeItem(), Class: wire.DenyItem})
	}
	item, _ := p.list.rule()
	if rule, ok := item.TLVs.Number(wire.ItemPrivacy); !ok || rule == rulePermitAll {
		p.obey(ruleDenyListed)
	}
	return p
}

func (s *session) block(c transports.Block) {
	s.queueEdit(edit{tag: c.Tag, plan: func(f feedbag) *plan { return planBlock(f, c.ID, c.On) }})
}

func (s *session) setPrivacy(c transports.SetPrivacy) {
	rule, known := rules[c.Mode]
	if !known {
		s.done(c.Tag, transports.Written, transports.ErrInvalid)
		return
	}
	s.queueEdit(edit{tag: c.Tag, plan: func(f feedbag) *plan {
		p := newPlan(f)
		p.obey(rule)
		return p
	}})
}
