package client

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/xdg-go/scram"

	"imgate/xmltree"
)

// A binding is what ties the proof of a password to the TLS connection on which it is given (RFC 5056): whoever sits
// in between with a certificate of his own can't pass the proof on.
//
// A server that lists its bindings (XEP-0440) gets one of those. One that does not gets what the RFCs have for such a
// server: tls-unique up to TLS 1.2 (RFC 5802 §6.1), tls-exporter from 1.3 on (RFC 9266 §3). That is a guess.
// ejabberd before 23.10 offers bound mechanisms under TLS 1.3 and then takes nothing but tls-unique, which TLS 1.3
// does not have: it refuses the guess before it has asked for any proof, and not a user in the world could sign in.
// So a guess that is refused right away, with no challenge, is followed by a mechanism without a binding, on the same
// stream. That is weaker: somebody in between who has a certificate that we believe could do the same. Therefore
// it is never done where the server lists its bindings, nor after a challenge, nor when there was no offer at all (then we
// say that we could bind, and the real server refuses if its offer was taken away), and the log has it.
type binding struct {
	chosen  scram.ChannelBinding
	guessed bool
}

func (b binding) any() bool { return b.chosen.Type != "" }

// A proof is how a stream was authenticated.
type proof struct {
	mechanism string
	binding   string // its type; empty: none
	refused   string // the binding that the server refused before; empty: none
}

// LogValue implements slog.LogValuer.
func (p proof) LogValue() slog.Value {
	all := []slog.Attr{slog.String("mechanism", p.mechanism)}
	if p.binding != "" {
		all = append(all, slog.String("binding", p.binding))
	}
	if p.refused != "" {
		all = append(all, slog.String("refused_binding", p.refused))
	}
	return slog.GroupValue(all...)
}

// bindings chooses the binding for this connection; the zero binding where there is none in common.
func (s *stream) bindings(features *xmltree.Element) binding {
	if s.secure == nil {
		return binding{}
	}
	listed := listedBindings(features)
	exporter, errExporter := scram.NewTLSExporterBinding(s.secure)
	unique := len(s.secure.TLSUnique) > 0 // TLS 1.2
	can := func(t scram.ChannelBindingType) bool { return slices.Contains(listed, string(t)) }
	switch {
	case len(listed) == 0 && unique:
		return binding{scram.NewTLSUniqueBinding(s.secure.TLSUnique), true}
	case len(listed) == 0 && errExporter == nil:
		return binding{exporter, true}
	case errExporter == nil && can(scram.ChannelBindingTLSExporter):
		return binding{exporter, false}
	case can(scram.ChannelBindingTLSServerEndpoint):
		if end, err := scram.NewTLSServerEndpointBinding(s.secure); err == nil {
			return binding{end, false}
		}
	}
	if unique && can(scram.ChannelBindingTLSUnique) {
		return binding{scram.NewTLSUniqueBinding(s.secure.TLSUnique), false}
	}
	return binding{}
}

// listedBindings are those that the server says it knows (XEP-0440).
func listedBindings(features *xmltree.Element) []string {
	var listed []string
	for b := range features.Child(cbSpace, "sasl-channel-binding").ChildrenNamed(cbSpace, "channel-binding") {
		listed = append(listed, b.Attr("type"))
	}
	return listed
}

// A gs2Flag is what a proof that is not bound says of binding (RFC 5802 §6).
type gs2Flag bool

const (
	noBinding gs2Flag = false // "n"
	couldBind gs2Flag = true  // "y": we could, and the server seems not to; if it did offer that, it refuses now
)

// flag is couldBind under TLS where the server offers no bound mechanism at all. Where it does and we have no binding in
// common, "y" would be refused.
func (s *stream) flag(offered []string) gs2Flag {
	if s.secure == nil || slices.ContainsFunc(offered, func(m string) bool { return strings.HasSuffix(m, "-PLUS") }) {
		return noBinding
	}
	return couldBind
}
