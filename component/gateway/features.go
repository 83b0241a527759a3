package gateway

import (
	"slices"
	"strings"
	"sync"

	"imgate/transports"
	"imgate/xmpp"
)

// capsNode names the software in entity capabilities (XEP-0115 §4).
const capsNode = "https://imgate.example/caps"

// A powerFeature is what a contact offers where the session has the power.
type powerFeature struct {
	power    transports.Power
	features []string
}

// contactFeatures are the features of contacts, by power; 0 is what every network has.
var contactFeatures = []powerFeature{
	{0, []string{xmpp.InfoSpace, xmpp.PingSpace, xmpp.VersionSpace, xmpp.LastSpace, xmpp.ReceiptsSpace, xmpp.OOBSpace, xmpp.IQOOBSpace, xmpp.CorrectSpace}},
	{transports.CanType, []string{xmpp.ChatStatesSpace, xmpp.EventSpace}},
	{transports.CanStyle, []string{xmpp.XHTMLIMSpace}},
	{transports.CanAttention, []string{xmpp.AttentionSpace}},
	{transports.CanProfile, []string{xmpp.VCardSpace}},
	{transports.CanAvatar, []string{xmpp.VCardSpace, xmpp.VCardUpdateSpace}},
}

// gatewayFeatures are those of the gateway itself.
var gatewayFeatures = []powerFeature{
	{0, []string{
		xmpp.InfoSpace, xmpp.ItemsSpace, xmpp.RegisterSpace, xmpp.GatewaySpace, xmpp.CommandsSpace, xmpp.PingSpace,
		xmpp.VersionSpace, xmpp.DataSpace, xmpp.LastSpace, xmpp.TimeSpace, xmpp.TimeOldSpace, xmpp.AgentSpace, xmpp.AgentsSpace,
		xmpp.BrowseSpace, xmpp.CapsSpace, xmpp.VCardSpace,
	}},
	{transports.CanSearch, []string{xmpp.SearchSpace}},
	{transports.CanBlock, []string{blockSpace}},
	{transports.CanRooms, []string{xmpp.MUCSpace, xmpp.ConferenceSpace}},
	{transports.CanSetAvatar, []string{xmpp.AvatarMetaSpace + "+notify"}},
	{transports.CanInvisible, []string{xmpp.InvisibleSpace}},
	{transports.CanTune, []string{xmpp.TuneSpace + "+notify"}},
	{0, []string{xmpp.ValidateSpace}},
}

func featuresOf(table []powerFeature, powers transports.Powers) []string {
	var list []string
	for _, f := range table {
		if powers.Has(f.power) {
			for _, feature := range f.features {
				if !slices.Contains(list, feature) {
					list = append(list, feature)
				}
			}
		}
	}
	return list
}

// A kind is who is asked for capabilities.
type kind struct {
	contact bool
	powers  transports.Powers
}

// kinds are those that were told in presence, by hash: whoever asks gives the hash. There are as many as there are
// different sets of powers. The mutex stands between the loops of all accounts.
type kinds struct {
	mu   sync.Mutex
	vers map[kind]string
	back map[string]kind
}

// capsOf is what presence says of a kind.
func (s *Service) capsOf(k kind) xmpp.Caps {
	s.kinds.mu.Lock()
	defer s.kinds.mu.Unlock()
	ver, ok := s.kinds.vers[k]
	if !ok {
		if s.kinds.vers == nil {
			s.kinds.vers, s.kinds.back = map[kind]string{}, map[string]kind{}
		}
		ver = s.infoOf(k).Ver()
		s.kinds.vers[k], s.kinds.back[ver] = ver, k
	}
	return xmpp.Caps{Node: capsNode, Ver: ver}
}

// kindOf is what a node of disco#info stands for; false for one that was never told.
func (s *Service) kindOf(node string) (kind, bool) {
	ver, ok := strings.CutPrefix(node, capsNode+"#")
	if !ok {
		return kind{}, false
	}
	s.kinds.mu.Lock()
	defer s.kinds.mu.Unlock()
	k, ok := s.kinds.back[ver]
	return k, ok
}

// infoOf is disco#info of a kind.
func (s *Service) infoOf(k kind) *xmpp.Info {
	if k.contact {
		return &xmpp.Info{
			Identities: []xmpp.Identity{{Category: "client", Type: "pc"}}, Features: featuresOf(contactFeatures, k.powers),
		}
	}
	info := &xmpp.Info{
		Identities: []xmpp.Identity{{Category: "gateway", Type: s.about.Type, Name: s.title()}},
		Features:   featuresOf(gatewayFeatures, k.powers),
		Forms: []*xmpp.Form{{Type: xmpp.ResultForm, Fields: []xmpp.Field{
			xmpp.HiddenKind(xmpp.SoftwareSpace), {Var: "software", Values: []string{"imgate"}},
			{Var: "software_version", Values: []string{s.version}},
		}}},
	}
	if k.powers.Has(transports.CanRooms) {
		info.Identities = append(info.Identities, xmpp.Identity{Category: "conference", Type: "text", Name: s.title()})
	}
	if len(s.admins) > 0 {
		info.Forms = append(info.Forms, &xmpp.Form{Type: xmpp.ResultForm, Fields: []xmpp.Field{
			xmpp.HiddenKind(xmpp.ServerInfoSpace), {Var: "admin-addresses", Type: "list-multi", Values: s.admins},
		}})
	}
	return info
}

// adminAddresses gives addresses as the URIs of XEP-0157.
func adminAddresses(admins []xmpp.JID) []string {
	var list []string
	for _, j := range admins {
		list = append(list, "xmpp:"+j.String())
	}
	return list
}
