package oscar

import (
	"maps"
	"slices"

	"imgate/transports/oscar/wire"
)

// figures are the rate classes of today's server, as seen in SNAC 01/07.
var figures = [...]wire.RateClass{
	{ID: 1, Window: 80, Clear: 2500, Alert: 2000, Limit: 1500, Disconnect: 800, Level: 6000, Max: 6000},
	{ID: 2, Window: 80, Clear: 3000, Alert: 2000, Limit: 1500, Disconnect: 1000, Level: 6000, Max: 6000},
	{ID: 3, Window: 20, Clear: 5100, Alert: 5000, Limit: 4000, Disconnect: 3000, Level: 6000, Max: 6000},
	{ID: 4, Window: 20, Clear: 5500, Alert: 5300, Limit: 4200, Disconnect: 3000, Level: 8000, Max: 8000},
	{ID: 5, Window: 10, Clear: 5500, Alert: 5300, Limit: 4200, Disconnect: 3000, Level: 8000, Max: 8000},
}

// classes are the SNACs that are not of class 1.
var classes = map[wire.Kind]uint16{
	wire.BuddyAdd:                        2,
	wire.BuddyRemove:                     2,
	wire.PrivacyPermitAdd:                2,
	wire.PrivacyPermitRemove:             2,
	wire.PrivacyDenyAdd:                  2,
	wire.PrivacyDenyRemove:               2,
	wire.KindOf(wire.FamilyRoom, 0x05):   2,
	wire.ICBMSend:                        3,
	wire.InfoQuery:                       3,
	wire.KindOf(wire.FamilyLocate, 0x09): 4,
	wire.KindOf(wire.FamilyLocate, 0x0B): 4,
}

// rated are the SNACs that SNAC 01/07 tells of, by family and the types from one to another.
var rated = [...]struct{ family, from, to uint16 }{
	{0x01, 0x01, 0x23},
	{0x02, 0x01, 0x08}, {0x02, 0x09, 0x15},
	{0x03, 0x01, 0x0C}, {0x03, 0x0F, 0x10},
	{0x04, 0x01, 0x14},
	{0x05, 0x01, 0x03}, {0x06, 0x01, 0x03}, {0x07, 0x01, 0x09}, {0x08, 0x01, 0x02}, {0x09, 0x01, 0x0B},
	{0x0A, 0x01, 0x03}, {0x0B, 0x01, 0x04}, {0x0C, 0x01, 0x03}, {0x0D, 0x01, 0x09}, {0x0E, 0x01, 0x09},
	{0x0F, 0x01, 0x04}, {0x10, 0x01, 0x02}, {0x10, 0x04, 0x04}, {0x10, 0x06, 0x06},
	{0x13, 0x01, 0x28},
	{0x15, 0x01, 0x03},
	{0x17, 0x01, 0x02}, {0x17, 0x04, 0x04}, {0x17, 0x06, 0x06}, {0x17, 0x08, 0x08}, {0x17, 0x0A, 0x0A}, {0x17, 0x0C, 0x0C},
	{0x18, 0x01, 0x02}, {0x18, 0x04, 0x04}, {0x18, 0x06, 0x08}, {0x18, 0x0A, 0x0A}, {0x18, 0x0D, 0x12}, {0x18, 0x15, 0x17},
}

// classOf is the rate class of a SNAC.
func classOf(k wire.Kind) uint16 {
	if c, ok := classes[k]; ok {
		return c
	}
	return 1
}

// rateGroups is the second half of SNAC 01/07.
func rateGroups() []wire.RateGroup {
	groups := make([]wire.RateGroup, len(figures))
	for i := range groups {
		groups[i].Class = uint16(i + 1)
	}
	kinds := maps.Clone(classes)
	for _, r := range rated {
		for t := r.from; t <= r.to; t++ {
			kinds[wire.KindOf(r.family, t)] = classOf(wire.KindOf(r.family, t))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		g := &groups[kinds[k]-1]
		g.Kinds = append(g.Kinds, k)
	}
	return groups
}

// unlimited takes the teeth out of a class: no level is below 0.
func unlimited(c wire.RateClass) wire.RateClass {
	c.Clear, c.Alert, c.Limit, c.Disconnect = 0, 0, 0, 0
	return c
}
