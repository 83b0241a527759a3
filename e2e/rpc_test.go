package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"imgate/adapters/xmlrpc"
	"imgate/lab/xmppd"
	"imgate/transports"
)

// A program is one that calls by XML-RPC, with Python's own client.
type program struct {
	t    *testing.T
	in   *inside
	say  io.Writer
	hear *bufio.Scanner
}

// newProgram puts a door before a gateway, and a program before that.
func newProgram(t *testing.T, in *inside, o xmlrpc.Options) *program {
	t.Helper()
	o.Gateway, o.Log = in.gateway, slog.New(slog.NewTextHandler(in.log, nil))
	door := httptest.NewServer(xmlrpc.New(o))
	t.Cleanup(door.Close)
	cmd := exec.Command("/usr/bin/python3", "driver/rpc.py", door.URL+"/RPC2")
	cmd.Env = append(os.Environ(), "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	cmd.Stderr = t.Output()
	say, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = say.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &program{t, in, say, bufio.NewScanner(out)}
}

type rpcAnswer struct {
	Value any    `json:"value"`
	Fault int    `json:"fault"`
	Text  string `json:"text"`
}

// calls makes a call of one struct, of names and values in turn.
func (p *program) calls(method string, pairs ...string) rpcAnswer {
	p.t.Helper()
	args := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal([]any{method, args})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.say.Write(append(b, '\n')); err != nil {
		p.t.Fatal(err)
	}
	if !p.hear.Scan() {
		p.t.Fatalf("%s: the program has ended: %v", method, p.hear.Err())
	}
	var a rpcAnswer
	if err := json.Unmarshal(p.hear.Bytes(), &a); err != nil {
		p.t.Fatal(err)
	}
	return a
}

// gives is the answer in short: a number, "fault N", or what show makes of it.
func (p *program) gives(show func(v any) string, method string, pairs ...string) string {
	p.t.Helper()
	a := p.calls(method, pairs...)
	switch {
	case a.Fault != 0:
		return fmt.Sprintf("fault %d", a.Fault)
	case show != nil:
		return show(a.Value)
	}
	return fmt.Sprint(a.Value)
}

// entry shows what a roster has of an address: the members named.
func entry(jid string, members ...string) func(any) string {
	return func(v any) string {
		list, _ := v.([]any)
		for _, e := range list {
			e, _ := e.(map[string]any)
			if e["jid"] != jid {
				continue
			}
			var words []string
			for _, m := range members {
				words = append(words, fmt.Sprint(e[m]))
			}
			return strings.Join(words, ", ")
		}
		return entries(v)
	}
}

func entries(v any) string {
	list, _ := v.([]any)
	return fmt.Sprintf("%d entries", len(list))
}

func presence(v any) string {
	p, _ := v.(map[string]any)
	return fmt.Sprintf("%v, %v, %v", p["jid"], p["show"], p["status"])
}

func bound(v any) string {
	list, _ := v.([]any)
	var names []string
	for _, n := range list {
		names = append(names, fmt.Sprint(n))
	}
	slices.Sort(names)
	return "[" + strings.Join(names, " ") + "]"
}

// A rpcRow is a call, and how its answer is told.
type rpcRow struct {
	name string
	play func(p *program, juliet, romeo *being) string
}

const newbot = "newbot@aim.localhost"

// rpcRows are in order: each finds what those before it have left. Juliet is registered and has echobot on her list,
// romeo is not.
func rpcRows() []rpcRow {
	call := func(method string, pairs ...string) func(*program, *being, *being) string {
		return func(p *program, _, _ *being) string { return p.gives(nil, method, pairs...) }
	}
	show := func(how func(any) string, method string, pairs ...string) func(*program, *being, *being) string {
		return func(p *program, _, _ *being) string { return p.gives(how, method, pairs...) }
	}
	user := func(name string) []string { return []string{"user", name, "server", "localhost"} }
	pair := func(one, two string) []string {
		return []string{"jid1", one, "nick1", "One", "jid2", two, "nick2", "Two"}
	}
	send := func(from, to, stanza string) []string { return []string{"from", from, "to", to, "stanza", stanza} }
	return []rpcRow{
		{"`get_roster` of a registered user: a legacy contact", show(entry(echo, "subscription", "pending"), "get_roster", user("juliet")...)},
		{"`get_roster` of one who is not registered", show(entries, "get_roster", user("romeo")...)},
		{"`get_roster` of nobody", show(entries, "get_roster", user("nobody")...)},
		{"`get_roster` of a malformed address", call("get_roster", user("a b")...)},
		{"`get_roster` of another domain's user", call("get_roster", "user", "juliet", "server", "example.net")},
		{"`get_roster` of a legacy account", show(entry(echo, "nick", "subscription"), "get_roster", "user", "alicewonder", "server", "aim.localhost")},
		{"`get_roster_with_presence`: a legacy contact", show(entry(echo, "show", "status"), "get_roster_with_presence", user("juliet")...)},
		{"`get_roster_with_presence` of nobody", show(entries, "get_roster_with_presence", user("nobody")...)},
		{"`get_presence` of a registered user", show(presence, "get_presence", user("juliet")...)},
		{"`get_presence` of one who is there and not registered", show(presence, "get_presence", user("romeo")...)},
		{"`get_presence` of nobody", show(presence, "get_presence", user("nobody")...)},
		{"`get_presence` of a legacy contact", show(presence, "get_presence", "user", "echobot", "server", "aim.localhost")},
		{"`get_resources` of a registered user", show(bound, "get_resources", user("juliet")...)},
		{"`link_contacts`: a user and a legacy contact", func(p *program, juliet, _ *being) string {
			got := p.gives(nil, "link_contacts", pair("juliet@localhost", newbot)...)
			_, listed := p.in.listed("newbot")
			return got + "; " + both(juliet.roster()[newbot], listed)
		}},
		{"`unlink_contacts`: a user and a legacy contact", func(p *program, juliet, _ *being) string {
			got := p.gives(nil, "unlink_contacts", "jid1", "juliet@localhost", "jid2", newbot)
			_, listed := p.in.listed("newbot")
			return got + "; " + both(juliet.roster()[newbot], listed)
		}},
		{"`link_contacts`: a legacy contact that the network does not know", call("link_contacts", pair("juliet@localhost", "nobody@aim.localhost")...)},
		{"`link_contacts`: one who is not registered", call("link_contacts", pair("romeo@localhost", newbot)...)},
		{"`link_contacts`: two users", func(p *program, juliet, romeo *being) string {
			got := p.gives(nil, "link_contacts", pair("juliet@localhost", "romeo@localhost")...)
			return got + "; " + orNothing(juliet.roster()["romeo@localhost"]) + ", " + orNothing(romeo.roster()["juliet@localhost"])
		}},
		{"`unlink_contacts`: two users", func(p *program, juliet, romeo *being) string {
			got := p.gives(nil, "unlink_contacts", "jid1", "juliet@localhost", "jid2", "romeo@localhost")
			return got + "; " + orNothing(juliet.roster()["romeo@localhost"]) + ", " + orNothing(romeo.roster()["juliet@localhost"])
		}},
		{"`link_contacts`: a user and nobody", func(p *program, juliet, _ *being) string {
			got := p.gives(nil, "link_contacts", pair("juliet@localhost", "nobody@localhost")...)
			return got + "; " + orNothing(juliet.roster()["nobody@localhost"])
		}},
		{"`link_contacts`: malformed", call("link_contacts", pair("juliet@localhost", "@")...)},
		{"`add_rosteritem`", func(p *program, juliet, _ *being) string {
			got := p.gives(nil, "add_rosteritem", append(user("juliet"), "jid", "someone@localhost", "group", "G", "nick", "N", "subs", "to")...)
			return got + "; " + orNothing(juliet.roster()["someone@localhost"])
		}},
		{"`delete_rosteritem`", call("delete_rosteritem", append(user("juliet"), "jid", "someone@localhost")...)},
		{"`send_stanza` from a legacy contact", func(p *program, juliet, _ *being) string {
			got := p.gives(nil, "send_stanza", send(echo, "juliet@localhost", "<message type='chat'><body>by a program</body></message>")...)
			juliet.hears(`from="echobot@aim.localhost" & by a program`)
			return got
		}},
		{"`send_stanza` as a user: a message", func(p *program, juliet, romeo *being) string {
			got := p.gives(nil, "send_stanza", send("juliet@localhost", "romeo@localhost", "<message type='chat'><body>in her name</body></message>")...)
			if got == "0" {
				romeo.hears(`from="juliet@localhost & in her name`)
			}
			return got
		}},
		{"`send_stanza` as a user: presence, iq", func(p *program, _, _ *being) string {
			return p.gives(nil, "send_stanza", send("juliet@localhost", "romeo@localhost", "<presence/>")...) + ", " +
				p.gives(nil, "send_stanza", send("juliet@localhost", "romeo@localhost", "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")...)
		}},
		{"`send_stanza` from elsewhere", call("send_stanza", send("juliet@example.net", "romeo@localhost", "<message/>")...)},
		{"`link_contacts` with `link_by_subscription`: a user and a legacy contact", func(p *program, juliet, _ *being) string {
			p = newProgram(p.t, p.in, xmlrpc.Options{LinkBySubscription: true})
			got := p.gives(nil, "link_contacts", pair("juliet@localhost", newbot)...)
			if _, listed := p.in.listed("newbot"); !listed {
				return got + "; not listed"
			}
			if !p.in.Until(func() bool { return strings.HasPrefix(juliet.roster()[newbot], "both") }) {
				return got + "; " + orNothing(juliet.roster()[newbot])
			}
			if juliet.clicks() > 0 {
				return got + "; both, after a click"
			}
			return got + "; both"
		}},
		{"`send_stanza`: no stanza", call("send_stanza", send(echo, "romeo@localhost", "<message>")...)},
	}
}

// both tells whether a contact is in the roster and on the network's list.
func both(roster string, listed bool) string {
	word := "not listed"
	if listed {
		word = "listed"
	}
	return orNothing(roster) + ", " + word
}

func orNothing(s string) string {
	if s == "" {
		return "no entry"
	}
	return s
}

// TestXMLRPCOnEveryServer makes each call with a program in Python, on servers that let the gateway at rosters and on
// such that do not, and compares what it sees with the table of docs/xmlrpc.md; with -update it writes that.
func TestXMLRPCOnEveryServer(t *testing.T) {
	t.Parallel()
	columns := []struct {
		name       string
		kind       xmppd.Kind
		privileges bool
	}{
		{"Prosody, privileged", xmppd.Prosody, true}, {"Prosody", xmppd.Prosody, false},
		{"ejabberd, privileged", xmppd.Ejabberd, true}, {"ejabberd", xmppd.Ejabberd, false}, {"jabberd2", xmppd.Jabberd2, false},
	}
	var mu sync.Mutex
	seen := map[string]map[string]string{} // by row and column
	t.Run("servers", func(t *testing.T) {
		for _, c := range columns {
			t.Run(strings.ReplaceAll(c.name, ", ", "_"), func(t *testing.T) {
				t.Parallel()
				in := newInside(t, c.kind, c.privileges)
				in.network.Echo("echobot")
				in.network.Echo("newbot")
				in.network.Account("alicewonder", "rabbit1", transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}})
				juliet, romeo := person(t, in.stage, "juliet"), person(t, in.stage, "romeo")
				juliet.register("alicewonder")
				juliet.hears(`<presence & from="echobot@aim.localhost/imgate"`)
				p := newProgram(t, in, xmlrpc.Options{})
				in.Until(func() bool { // the handshake of subscriptions takes its time; what never comes, the table shows
					return p.gives(entry(echo, "subscription"), "get_roster", "user", "juliet", "server", "localhost") == "both" &&
						p.gives(entry(echo, "show"), "get_roster_with_presence", "user", "juliet", "server", "localhost") == "available"
				})
				for _, r := range rpcRows() {
					got := r.play(p, juliet, romeo)
					mu.Lock()
					if seen[r.name] == nil {
						seen[r.name] = map[string]string{}
					}
					seen[r.name][c.name] = got
					mu.Unlock()
				}
			})
		}
	})
	if t.Failed() || t.Skipped() || len(seen) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range columns {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(columns)) + "\n")
	for _, r := range rpcRows() {
		b.WriteString("| " + r.name + " |")
		for _, c := range columns {
			b.WriteString(" " + seen[r.name][c.name] + " |")
		}
		b.WriteString("\n")
	}
	compareTable(t, "../docs/xmlrpc.md", b.String())
}
