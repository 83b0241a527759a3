package oscar

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// A network is AIM or ICQ as the control API sees it.
type network struct {
	s    *Server
	name string
}

// AIM is the screen names of the server, for the control API.
func (s *Server) AIM() world.Network { return network{s, aim} }

// ICQ is the UINs of the server, for the control API. Restarting one network restarts both.
func (s *Server) ICQ() world.Network { return network{s, icq} }

// Accounts implements world.Network.
func (n network) Accounts() []world.Account {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	out := []world.Account{}
	for _, a := range n.s.accounts {
		if a.network != n.name {
			continue
		}
		row := world.Account{Network: n.name, Name: a.name, Bot: a.bot != nil}
		for _, x := range a.sessions {
			if row.Sessions++; !row.SignedOn {
				row.SignedOn, row.Since, row.From = true, x.since, x.from
			}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b world.Account) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Add implements world.Network.
func (n network) Add(name, password string, count int) (first, last string, err error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	names := []string{name}
	if count > 1 {
		if names, err = n.series(name, count); err != nil {
			return "", "", err
		}
	}
	for _, name := range names {
		id := canonical(name)
		if networkOf(id) != n.name || !legal(id) {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrName)
		}
		if n.s.accounts[id] != nil {
			return "", "", fmt.Errorf("%q: %w", name, world.ErrExists)
		}
	}
	for _, name := range names {
		n.s.create(name, password)
	}
	return names[0], names[len(names)-1], nil
}

func (n network) series(name string, count int) ([]string, error) {
	names := make([]string, count)
	if n.name == aim {
		for i := range names {
			names[i] = name + strconv.Itoa(i+1)
		}
		return names, nil
	}
	first, err := strconv.ParseUint(name, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, world.ErrName)
	}
	for i := range names {
		names[i] = strconv.FormatUint(first+uint64(i), 10)
	}
	return names, nil
}

// account finds an account of this network. mu is held.
func (n network) account(name string) (*account, error) {
	a := n.s.accounts[canonical(name)]
	if a == nil || a.network != n.name {
		return nil, fmt.Errorf("%q: %w", name, world.ErrUnknown)
	}
	return a, nil
}

// Fault implements world.Network.
func (n network) Fault(name string, f world.Fault, times int) error {
	if !world.Known(f) {
		return fmt.Errorf("%q: %w", f, world.ErrFault)
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	key := everybody(n.name)
	var a *account
	if name != "" {
		var err error
		if a, err = n.account(name); err != nil {
			return err
		}
		key = a.id
	}
	times = max(times, 1)
	if strike := strikes[f]; strike != nil {
		struck := n.s.clients(a, n.name)
		for _, x := range struck {
			strike(x)
		}
		if len(struck) > 0 {
			times--
		}
	}
	n.s.faults.Arm(key, f, times)
	return nil
}

// Say implements world.Network. AIM's text is HTML, so what is said there is escaped.
func (n network) Say(from, to, text string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, err := n.account(from)
	if err != nil {
		return err
	}
	b := n.s.accounts[canonical(to)]
	if b == nil {
		return fmt.Errorf("%q: %w", to, world.ErrUnknown)
	}
	if n.name == aim {
		text = html.EscapeString(text)
	}
	tlv, err := wire.MessageOf(encodeText(text))
	if err != nil {
		return err
	}
	n.s.said++
	n.s.send(a, b, wire.Outgoing{Cookie: cookie(n.s.said), Channel: wire.ChannelText, To: b.name, TLVs: wire.TLVs{tlv}})
	return nil
}

// encodeText takes ASCII where it will do.
func encodeText(text string) wire.Text {
	if strings.IndexFunc(text, func(r rune) bool { return r > 0x7E }) < 0 {
		return wire.Text{Charset: wire.CharsetASCII, Data: []byte(text)}
	}
	return wire.Text{Charset: wire.CharsetUnicode, Data: words16(utf16.Encode([]rune(text))...)}
}

// looks are the shows as OSCAR has them.
var looks = map[string]struct {
	status uint32
	away   bool
}{
	"online": {},
	"chat":   {status: wire.StatusChat},
	"away":   {status: wire.StatusAway, away: true},
	"xa":     {status: wire.StatusAway | wire.StatusNA, away: true},
	"dnd":    {status: wire.StatusAway | wire.StatusDND | wire.StatusOccupied, away: true},
}

// Present implements world.Network.
func (n network) Present(name, show, status string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, err := n.account(name)
	if err != nil {
		return err
	}
	look, ok := looks[show]
	switch {
	case show == "offline":
		n.s.hide(a)
		return nil
	case !ok:
		return fmt.Errorf("%q: %w", show, world.ErrShow)
	case len(a.sessions) == 0:
		n.s.puppet(a)
	}
	x := a.sessions[len(a.sessions)-1]
	x.awayText, x.status = nil, 0
	if a.network == icq {
		x.status = look.status
	}
	if look.away {
		x.awayText = []byte(status)
		if status == "" {
			x.awayText = []byte("Away")
		}
	}
	n.s.announce(a)
	return nil
}

// hide takes a's puppets away, and makes its clients invisible. mu is held.
func (s *Server) hide(a *account) {
	for _, x := range slices.Clone(a.sessions) {
		if x.l == nil {
			s.part(x)
			continue
		}
		x.status |= wire.StatusInvisible
	}
	s.announce(a)
}

// Restart implements world.Network.
func (n network) Restart(down time.Duration) error { return n.s.restart(down) }
