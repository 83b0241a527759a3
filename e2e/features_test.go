package e2e_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/lab/xmppd"
)

var update = flag.Bool("update", false, "write the tables of the documents anew")

// yes is the outcome of a row that went as it should. Anything else says what a server does instead.
const yes = "yes"

// brief is how long a row waits for what a server may never do.
const brief = 10 * time.Second

// A row is a story that is the same with every server. What it gives is a cell of the table.
type row struct {
	name string
	play func(g *guest) string
}

// rows are all stories, in the order of the table.
func rows() []row {
	var all []row
	for _, list := range [][]row{discoveryRows(), messageRows(), presenceRows(), rosterRows(), pictureRows(), roomRows(), commandRows()} {
		all = append(all, list...)
	}
	return all
}

// A site is an XMPP server as somebody has set it up.
type site struct {
	kind       xmppd.Kind
	privileges bool // it lets the gateway act for its users (XEP-0356)
}

// sites are all of them, in the order of the table: jabberd2 has no privileges to give.
func sites() []site {
	return []site{{xmppd.Prosody, false}, {xmppd.Prosody, true}, {xmppd.Ejabberd, false}, {xmppd.Ejabberd, true}, {xmppd.Jabberd2, false}}
}

// String is the head of its column.
func (s site) String() string {
	name := strings.Replace(s.kind.String(), "prosody", "Prosody", 1)
	if s.privileges {
		name += " with privileges"
	}
	return name
}

// everySite runs a test with each site, beside other tests: most of it is waiting.
func everySite(t *testing.T, test func(*testing.T, site)) {
	t.Parallel()
	for _, s := range sites() {
		t.Run(strings.ReplaceAll(s.String(), " ", "_"), func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// outcomes are the cells of the table, by row.
type outcomes map[string]map[site]string

// TestFeaturesOnEveryServer plays each row with each server, by IPv4 and by IPv6, with privileges and without, and
// compares what it sees with the tables of the documents; with -update it writes them.
func TestFeaturesOnEveryServer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := outcomes{}
	t.Cleanup(func() { compareTables(t, seen) }) // when all have been played
	for _, six := range []bool{false, true} {
		t.Run(map[bool]string{false: "ipv4", true: "ipv6"}[six], func(t *testing.T) {
			everySite(t, func(t *testing.T, s site) {
				for name, outcome := range playRows(t, xmppd.Config{Kind: s.kind, Privileges: s.privileges, Six: six}) {
					mu.Lock()
					if seen[name] == nil {
						seen[name] = map[site]string{}
					}
					if before, twice := seen[name][s]; twice && before != outcome {
						t.Errorf("%s: %q by one address family, %q by the other", name, before, outcome)
					}
					seen[name][s] = outcome
					mu.Unlock()
				}
			})
		})
	}
}

// compareTables compares what was seen with the tables of the documents, if all of it was.
func compareTables(t *testing.T, seen outcomes) {
	t.Helper()
	if t.Failed() || t.Skipped() || len(seen) == 0 {
		return
	}
	openfire := readSeen(t, openfireSeen)
	compareTable(t, "../docs/features.md", featureTable(seen, openfire, false))
	compareTable(t, "../docs/operating.md", featureTable(seen, openfire, true))
}

// playRows plays all rows in one house, each with a guest of its own.
func playRows(t *testing.T, c xmppd.Config) map[string]string {
	return newHouse(t, c, guestNames()...).playRows(t)
}

// guestNames are the users whom the rows need.
func guestNames() (names []string) {
	for i := range rows() {
		names = append(names, fmt.Sprintf("r%02d", i))
	}
	return names
}

func (h *house) playRows(t *testing.T) map[string]string {
	list, names := rows(), guestNames()
	got, guests := map[string]string{}, make([]*guest, len(list))
	for i := range list {
		guests[i] = h.hosts(t, names[i], "http://jabber.org/protocol/tune+notify", "urn:xmpp:avatar:metadata+notify")
	}
	for i, r := range list {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			guests[i].settled(t)
			got[r.name] = r.play(guests[i])
		})
	}
	if n := h.ups.Load(); n != 1 {
		t.Errorf("the link came up %d times", n)
	}
	return got
}

// featureTable is the table of what was seen; differing: only the rows in which servers differ. Openfire is no
// package of Debian: its column is what was seen when somebody had one.
func featureTable(seen outcomes, openfire map[string]string, differing bool) string {
	var b strings.Builder
	head, rule := "| |", "| --- |"
	for _, s := range sites() {
		head += " " + s.String() + " |"
		rule += " --- |"
	}
	b.WriteString(head + " Openfire, once |\n" + rule + " --- |\n")
	for _, r := range rows() {
		line, same := "| "+r.name+" |", openfire[r.name] == yes
		for _, s := range sites() {
			line += " " + seen[r.name][s] + " |"
			same = same && seen[r.name][s] == yes
		}
		if differing && same {
			continue
		}
		b.WriteString(line + " " + cmp.Or(openfire[r.name], "not played") + " |\n")
	}
	return b.String()
}

// openfireSeen is what TestFeaturesOnAnotherServer saw with an Openfire: row, tabulator, outcome.
const openfireSeen = "testdata/openfire.seen"

// readSeen reads such a file; a line that begins with "#" says where it is from.
func readSeen(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, outcome, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			got[name] = outcome
		}
	}
	return got
}

// compareTable compares the part of a document between the two marks.
func compareTable(t *testing.T, path, table string) {
	t.Helper()
	const end = "<!-- end of the table -->\n"
	begin := "<!-- table of " + t.Name() + " -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no place for the table", path)
	case old == table:
	case *update:
		if err := os.WriteFile(path, []byte(head+begin+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s says otherwise (write it anew with -update); seen:\n%s", path, table)
	}
}
