package xmpp

import (
	"slices"
	"testing"
)

// The two examples of XEP-0115 §5.2 and §5.3.
func TestVer(t *testing.T) {
	features := []string{CapsSpace, InfoSpace, ItemsSpace, MUCSpace}
	exodus := &Info{Identities: []Identity{{"client", "pc", "Exodus 0.9.1", ""}}, Features: features}
	if got := exodus.Ver(); got != "QgayPKawpkPSDYmwT/WM94uAlu0=" {
		t.Error(got)
	}
	psi := &Info{
		Identities: []Identity{{"client", "pc", "Psi 0.11", "en"}, {"client", "pc", "Ψ 0.11", "el"}},
		Features:   features,
		Forms: []*Form{{Type: ResultForm, Fields: []Field{
			HiddenKind("urn:xmpp:dataforms:softwareinfo"),
			{Var: "ip_version", Values: []string{"ipv4", "ipv6"}}, {Var: "os", Values: []string{"Mac"}},
			{Var: "os_version", Values: []string{"10.5.1"}}, {Var: "software", Values: []string{"Psi"}},
			{Var: "software_version", Values: []string{"0.11"}},
		}}},
	}
	if got := psi.Ver(); got != "q07IKJEyjvHSyhy//CH0CxmKi8w=" {
		t.Error(got)
	}
	slices.Reverse(psi.Identities)
	slices.Reverse(psi.Features)
	slices.Reverse(psi.Forms[0].Fields)
	psi.Forms = append(psi.Forms, &Form{Type: ResultForm, Fields: []Field{{Var: "x", Values: []string{"y"}}}})
	if got := psi.Ver(); got != "q07IKJEyjvHSyhy//CH0CxmKi8w=" {
		t.Errorf("in another order: %s", got)
	}
	p := Presence{}
	if _, ok := p.Caps(); ok {
		t.Error("caps of nothing")
	}
	p.Payload = append(p.Payload, Caps{"http://x.example/", "abc="}.Element())
	if c, ok := p.Caps(); !ok || c != (Caps{"http://x.example/", "abc="}) {
		t.Error(c, ok)
	}
}
