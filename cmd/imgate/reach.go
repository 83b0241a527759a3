package main

import "net/netip"

// A reach is a range of addresses that a stranger may not send us to.
type reach uint8

const (
	public reach = iota
	loopback
	private    // of an organisation
	shared     // between a provider and its customers
	linkLocal  // clouds keep their secrets there
	laboratory // for documents, benchmarks and laboratories
	special    // nobody's: nothing is ever dialled there
)

// ranges are the registries of special addresses (RFC 6890 and what follows it); what is in none is public. The
// first that holds an address counts.
var ranges = [...]struct {
	prefix netip.Prefix
	reach  reach
}{
	{netip.MustParsePrefix("0.0.0.0/8"), special},
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), shared}, // RFC 6598
	{netip.MustParsePrefix("127.0.0.0/8"), loopback},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.0.0.0/24"), special},
	{netip.MustParsePrefix("192.0.2.0/24"), laboratory},
	{netip.MustParsePrefix("192.88.99.0/24"), special}, // 6to4 relays, given up
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("198.18.0.0/15"), laboratory},
	{netip.MustParsePrefix("198.51.100.0/24"), laboratory},
	{netip.MustParsePrefix("203.0.113.0/24"), laboratory},
	{netip.MustParsePrefix("224.0.0.0/4"), special}, // multicast
	{netip.MustParsePrefix("240.0.0.0/4"), special}, // broadcast too

	{netip.MustParsePrefix("::1/128"), loopback},
	{netip.MustParsePrefix("::/96"), special},            // unspecified, IPv4-compatible
	{netip.MustParsePrefix("64:ff9b:1::/48"), private},   // RFC 8215
	{netip.MustParsePrefix("100::/64"), special},         // discarded
	{netip.MustParsePrefix("2001::/23"), special},        // Teredo and other assignments of the IETF
	{netip.MustParsePrefix("2001:db8::/32"), laboratory}, //
	{netip.MustParsePrefix("3fff::/20"), laboratory},     // RFC 9637
	{netip.MustParsePrefix("5f00::/16"), special},        // segment routing
	{netip.MustParsePrefix("fc00::/7"), private},         // unique local
	{netip.MustParsePrefix("fe80::/10"), linkLocal},      //
	{netip.MustParsePrefix("fec0::/10"), private},        // site local, given up
	{netip.MustParsePrefix("ff00::/8"), special},         // multicast
}

var (
	nat64 = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: an IPv4 address in the last four bytes
	sixTo = netip.MustParsePrefix("2002::/16")    // RFC 3056: one in bytes 2 to 5
)

// reachOf tells the range of an address; of one that stands for an IPv4 address, the range of that.
func reachOf(a netip.Addr) reach {
	if !a.IsValid() {
		return special
	}
	a = a.Unmap().WithZone("")
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return reachOf(netip.AddrFrom4([4]byte(b[12:])))
	case sixTo.Contains(a):
		return reachOf(netip.AddrFrom4([4]byte(b[2:6])))
	}
	for _, r := range ranges {
		if r.prefix.Contains(a) {
			return r.reach
		}
	}
	return public
}
