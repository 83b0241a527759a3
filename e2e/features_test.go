package e2e_test

import (
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
	for _, list := range [][]row{discoveryRows(), messageRows(), presenceRows(), pictureRows(), roomRows(), commandRows()} {
		all = append(all, list...)
	}
	return all
}

// TestFeaturesOnEveryServer plays each row with each server, by IPv4 and by IPv6, and compares what it sees with the
// tables of the documents; with -update it writes them.
func TestFeaturesOnEveryServer(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]map[xmppd.Kind]string{} // by row
	for _, six := range []bool{false, true} {
		t.Run(map[bool]string{false: "ipv4", true: "ipv6"}[six], func(t *testing.T) {
			everyServer(t, func(t *testing.T, kind xmppd.Kind) {
				for name, outcome := range playRows(t, xmppd.Config{Kind: kind, Six: six}) {
					mu.Lock()
					if seen[name] == nil {
						seen[name] = map[xmppd.Kind]string{}
					}
					if before, twice := seen[name][kind]; twice && before != outcome {
						t.Errorf("%s: %q by one address family, %q by the other", name, before, outcome)
					}
					seen[name][kind] = outcome
					mu.Unlock()
				}
			})
		})
	}
	if t.Failed() || t.Skipped() || len(seen) == 0 {
		return
	}
	compareTable(t, "../docs/features.md", featureTable(seen, false))
	compareTable(t, "../docs/operating.md", featureTable(seen, true))
}

// playRows plays all rows in one house, each with a guest of its own.
func playRows(t *testing.T, c xmppd.Config) map[string]string {
	list := rows()
	var names []string
	for i := range list {
		names = append(names, fmt.Sprintf("r%02d", i))
	}
	h := newHouse(t, c, names...)
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

// featureTable is the table of what was seen; differing: only the rows in which servers differ.
func featureTable(seen map[string]map[xmppd.Kind]string, differing bool) string {
	var b strings.Builder
	b.WriteString("| |")
	rule := "| --- |"
	for _, k := range xmppd.Kinds() {
		fmt.Fprintf(&b, " %s |", strings.Replace(k.String(), "prosody", "Prosody", 1))
		rule += " --- |"
	}
	if differing {
		b.WriteString(" Openfire |")
		rule += " --- |"
	}
	b.WriteString("\n" + rule + "\n")
	for _, r := range rows() {
		line, same := "| "+r.name+" |", true
		for _, k := range xmppd.Kinds() {
			line += " " + seen[r.name][k] + " |"
			same = same && seen[r.name][k] == yes
		}
		if differing {
			line += " not proven |"
		}
		if !differing || !same {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
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
