//go:build record

package ymsg_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"imgate/transports/transporttest"
)

// scripts are played with a server that has just begun and whose accounts have nobody on their lists; each leaves them so.
var scripts = []transporttest.Script{
	{Name: "sign-on", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "twice", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "do stop", "until ended", "again", "until contacts", "quiet 1s"}},
	{Name: "twice-without-cookies", User: "alicewonder", Lines: []string{
		"alicewonder on", "alicewonder quiet 1s", "alicewonder off", "on", "until ended",
	}},
	{Name: "contacts", User: "carolwonder", Lines: contactLines},
	{Name: "messages", User: "alicewonder", Lines: messageLines},
	{Name: "presence", User: "erinwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "" "Friends"`, "until done 1", "quiet 1s",
		`bobwonder do presence away "gone fishing ☃"`, "until presence", `bobwonder do presence away`, "until presence",
		`bobwonder do presence dnd`, "until presence", `bobwonder do presence xa`, "until presence",
		"bobwonder do presence online", "until presence", `bobwonder do presence online "at my desk"`, "until presence",
		"bobwonder do invisible", "until presence", "bobwonder do presence online", "until presence",
		`do presence away "at lunch ☃"`, "until done 2", "do presence dnd", "until done 3", "do idle 10m", "until done 4",
		"do invisible", "until done 5", "do presence online", "until done 6", "quiet 1s",
		"bobwonder off", "until presence", "do remove bobwonder", "until done 7", "quiet 1s",
	}},
	{Name: "seen-by-others", User: "erinwonder", Lines: []string{
		"bobwonder on", `bobwonder do add erinwonder "" "Friends"`, "bobwonder until done 1", "on", "until contacts", "quiet 1s",
		`do presence away "at lunch ☃"`, "until done 1", "bobwonder until presence erinwonder away",
		"do idle 10m", "until done 2", "bobwonder until presence erinwonder away",
		"do invisible", "until done 3", "bobwonder until presence erinwonder offline",
		"do presence online", "until done 4", "bobwonder until presence erinwonder online",
		"bobwonder do remove erinwonder", "bobwonder until done 2", "bobwonder off",
	}},
	{Name: "typing", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do typing bobwonder active", "bobwonder until typing", "do typing bobwonder stopped", "bobwonder until typing",
		"bobwonder do typing alicewonder active", "until typing", "bobwonder do typing alicewonder stopped", "until typing",
		"bobwonder do typing alicewonder active", "until typing", "until typing", "quiet 1s", "bobwonder off",
	}},
	{Name: "buzz", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do attention bobwonder", "until done 1", "bobwonder until attention",
		"bobwonder do attention alicewonder", "until attention", "quiet 1s", "bobwonder off",
	}},
	{Name: "requests", User: "alicewonder", Lines: []string{
		"davewonder on", "until contacts", "quiet 1s",
		`davewonder do add alicewonder "" "Friends"`, "until auth-request", `do answer davewonder no "not you"`, "until done 1",
		"davewonder until auth-answer", `do add davewonder "" "Friends"`, "until done 2",
		`davewonder do answer alicewonder no "nor you"`, "until auth-answer", "quiet 1s",
		"do remove davewonder", "until done 3", "davewonder do remove alicewonder", "davewonder quiet 1s", "davewonder off",
	}},
	{Name: "ignoring", User: "carolwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do block bobwonder on", "until done 1", "quiet 1s", `bobwonder do send carolwonder "are you there?"`, "quiet 1s",
		"do block bobwonder off", "until done 2", "quiet 1s", `bobwonder do send carolwonder "and now?"`, "until message",
		"quiet 1s", "bobwonder off",
	}},
	{Name: "offline-messages", User: "davewonder", Lines: []string{
		"bobwonder on", `bobwonder do send davewonder "one for later"`, "bobwonder quiet 2s",
		`bobwonder do send davewonder "zwei, später ☃"`, "bobwonder quiet 2s", `bobwonder do send davewonder "three"`,
		"bobwonder quiet 2s", "bobwonder off",
		"on", "until contacts", "until message", "until message", "until message", "quiet 1s",
	}},
	{Name: "to-nobody", User: "alicewonder", Lines: []string{
		"until contacts", "quiet 1s", `do send nobodyhere "anybody?"`, "until done 1", `do add nobodyhere "" "Friends"`, "until done 2", "quiet 1s",
	}},
	{Name: "conference", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do join alicewonder-tea`, "until done 1", `do invite alicewonder-tea bobwonder "tea?"`, "until done 2",
		"bobwonder until invited", "bobwonder do join alicewonder-tea", `until occupant "alicewonder-tea" bobwonder comes`,
		`do say alicewonder-tea "more tea ☃"`, "until done 3", "bobwonder until room-message",
		`bobwonder do say alicewonder-tea "I have had nothing yet"`, "until room-message",
		"bobwonder do leave alicewonder-tea", "until occupant", "do leave alicewonder-tea", "until room-left", "quiet 1s", "bobwonder off",
	}},
	{Name: "invited", User: "alicewonder", Lines: []string{
		"bobwonder on", "carolwonder on", "until contacts", "quiet 1s",
		"bobwonder do join bobwonder-tea", "bobwonder until done 1", "bobwonder do invite bobwonder-tea carolwonder", "bobwonder until done 2",
		"carolwonder until invited", "carolwonder do join bobwonder-tea", "bobwonder until occupant \"bobwonder-tea\" carolwonder",
		`bobwonder do invite bobwonder-tea alicewonder "a Gruß ☃"`, "until invited",
		"do join bobwonder-tea", "until done 1", `carolwonder do say bobwonder-tea "have some wine"`, "until room-message",
		`do say bobwonder-tea "I don't see any"`, "until done 2", "carolwonder do leave bobwonder-tea", "until occupant", "quiet 1s",
		"do leave bobwonder-tea", "until room-left", "quiet 1s", "bobwonder off", "carolwonder off",
	}},
	{Name: "declined", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"bobwonder do join bobwonder-tea", "bobwonder until done 1", "bobwonder do invite bobwonder-tea alicewonder", "until invited",
		"do decline bobwonder-tea", "bobwonder until notice", "do join alicewonder-den", "until done 1", "do invite alicewonder-den bobwonder", "until done 2",
		"bobwonder until invited", "bobwonder do decline alicewonder-den", "until notice", "quiet 1s", "bobwonder off",
	}},
	{Name: "other-location", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "alicewonder comes", "until ended"}},
	{Name: "wrong-password", User: "alicewonder", Lines: []string{"until ended"}},
	{Name: "unknown-name", User: "nobodyhere", Lines: []string{"until ended"}},
	{Name: "server-restart", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "operator restart", "until ended"}},
	{Name: "long-list", User: "gracewonder", Lines: longListLines()},
}

var contactLines = []string{
	"bobwonder on", "until contacts", "quiet 1s",
	`do add bobwonder "" "Friends"`, "until done 1", "quiet 1s",
	`do add davewonder "" "Friends"`, "until done 2",
	`do add erinwonder ""`, "until done 3",
	`do change bobwonder "" "Work"`, "until done 4",
	`do change bobwonder "" "Work" "Grüße ☃"`, "until done 5",
	`do change bobwonder ""`, "until done 6", "quiet 1s",
	`do add davewonder "" "Friends"`, "until done 7",
	"do remove bobwonder", "until done 8", "do remove davewonder", "until done 9", "do remove erinwonder", "until done 10",
	"quiet 1s", "bobwonder off",
}

var messageLines = []string{
	"bobwonder on", "until contacts", "quiet 1s",
	`do send bobwonder "hello"`, "until done 1", "bobwonder until message",
	`bobwonder do send alicewonder "hello, Alice"`, "until message",
	`do send bobwonder "grüße & <b>no bold</b> ☃"`, "until done 2", "bobwonder until message",
	`bobwonder do send alicewonder "ein Gruß <i>& ☃"`, "until message",
	"quiet 1s", "bobwonder off",
}

// longListLines make a list that the server sends in parts, cut within characters.
func longListLines() []string {
	var groups string
	for i := range 20 {
		groups += fmt.Sprintf(` "Grüße ☃ Nummer %d"`, i)
	}
	return []string{
		"until contacts", "quiet 1s",
		`do add bobwonder ""` + groups, "until done 1", `do add davewonder ""` + groups, "until done 2", `do add erinwonder ""` + groups, "until done 3",
		"quiet 1s", "do stop", "until ended", "again", "until contacts", "quiet 1s",
		"do remove bobwonder", "until done 1", "do remove davewonder", "until done 2", "do remove erinwonder", "until done 3", "quiet 1s",
	}
}

// bothVersions are the scripts of version 10, and the same of version 9.
func bothVersions(list []transporttest.Script) []transporttest.Script {
	both := slices.Clone(list)
	for _, s := range list {
		s.Name += "-9"
		both = append(both, s)
	}
	return both
}

// TestRecord records the talks anew, from the server that the environment names (testdata/README.md).
func TestRecord(t *testing.T) {
	r, err := transporttest.RecordingFrom(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	r.Record(t, "testdata", bothVersions(scripts), "restart", func(_ *testing.T, s transporttest.Script) transporttest.Studio {
		return transporttest.Studio{Scribe: &scribe{}, Role: func(name string) transporttest.Role {
			return role(name, passwordIn(s.Name), versionIn(s.Name), r.Server, transporttest.DialTCP)
		}}
	}, nil)
}
