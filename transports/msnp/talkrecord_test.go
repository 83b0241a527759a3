//go:build record

package msnp_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"imgate/transports/transporttest"
)

// scripts are played with a server that has just begun and whose accounts have nobody on their lists.
var scripts = []transporttest.Script{
	{Name: "sign-on", User: alice, Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "sign-on-11", User: alice, Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "sign-on-10", User: alice, Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "sign-on-9", User: alice, Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "sign-on-8", User: alice, Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "wrong-password", User: alice, Lines: []string{"until ended"}},
	{Name: "unknown-name", User: "nobody@lab.example", Lines: []string{"until ended"}},
	{Name: "messages", User: alice, Lines: messageLines},
	{Name: "messages-11", User: alice, Lines: messageLines},
	{Name: "messages-10", User: alice, Lines: messageLines},
	{Name: "messages-9", User: alice, Lines: messageLines},
	{Name: "messages-8", User: alice, Lines: messageLines},
	{Name: "long-text", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s",
		`do send ` + bob + ` "` + strings.Repeat("a Gruß ☃ ", 250) + `"`, "until done 1", bob + " until message", bob + " until message", "quiet 1s",
		bob + " off",
	}},
	{Name: "contacts", User: alice, Lines: contactLines},
	{Name: "contacts-10", User: alice, Lines: contactLines},
	{Name: "contacts-9", User: alice, Lines: contactLines},
	{Name: "contacts-8", User: alice, Lines: contactLines},
	{Name: "kept-list", User: alice, Lines: keptLines},
	{Name: "kept-list-8", User: alice, Lines: keptLines},
	{Name: "unknown-contact", User: alice, Lines: []string{"until contacts", "quiet 1s", `do add nobody@lab.example "" "Friends"`, "until done 1", "quiet 1s"}},
	{Name: "presence", User: alice, Lines: presenceLines},
	{Name: "presence-8", User: alice, Lines: presenceLines},
	{Name: "own-presence", User: alice, Lines: ownPresenceLines},
	{Name: "own-presence-9", User: alice, Lines: ownPresenceLines},
	{Name: "personal", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s", `do add ` + bob + ` "" "Friends"`, "until done 1", "quiet 1s",
		bob + ` do presence away "gone fishing & <☃>"`, "until presence", "quiet 1s",
		bob + ` do tune "Jefferson Airplane" "White Rabbit"`, "until presence", "quiet 1s",
		`do tune "The Beatles" "Cry Baby Cry"`, "until done 2", "quiet 1s", bob + " off",
	}},
	{Name: "nick", User: alice, Lines: nickLines},
	{Name: "nick-9", User: alice, Lines: nickLines},
	{Name: "requests", User: alice, Lines: requestLines},
	{Name: "requests-8", User: alice, Lines: requestLines},
	{Name: "asked-while-out", User: alice, Lines: []string{
		bob + " on", bob + " do add " + alice + ` "" "Friends"`, bob + " until done 1", bob + " quiet 3s", "on", "until auth-request",
		"do answer " + bob + " yes", "until done 1", "quiet 1s", bob + " off",
	}},
	{Name: "blocking", User: alice, Lines: blockingLines},
	{Name: "blocking-8", User: alice, Lines: blockingLines},
	{Name: "privacy", User: alice, Lines: []string{
		"until contacts", "quiet 1s", "do privacy contacts", "until done 1", "do privacy all", "until done 2", "quiet 1s",
	}},
	{Name: "typing", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s", `do add ` + bob + ` "" "Friends"`, "until done 1", "quiet 1s", bob + " do presence away", "until presence", "quiet 1s",
		"do typing " + bob + " active", bob + " until typing", "do typing " + bob + " stopped", "quiet 1s",
		bob + " do typing " + alice + " active", "until typing", bob + " do send " + alice + ` "there"`, "until message",
		"quiet 1s", bob + " off",
	}},
	{Name: "nudge", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s", "do attention " + bob, "until done 1", bob + " until attention",
		bob + " do attention " + alice, "until attention", "quiet 1s", bob + " off",
	}},
	{Name: "invisible", User: alice, Lines: []string{
		bob + " on", bob + " do add " + alice + ` "" "Friends"`, bob + " until done 1", bob + " quiet 3s", "on", "until auth-request", "quiet 1s",
		"do answer " + bob + " yes", "until done 1", "do send " + bob + ` "before"`, "until done 2", bob + " until message",
		"do invisible", "until done 3", bob + " until presence " + alice + " offline",
		"do send " + bob + ` "on an open board"`, "until done 4", "do send " + carol + ` "on a new one"`, "until done 5",
		"do presence online", "until done 6", "quiet 1s", bob + " off",
	}},
	{Name: "to-one-who-is-off", User: alice, Lines: []string{
		"until contacts", "quiet 1s", "do send " + carol + ` "for later"`, "until done 1", "quiet 1s",
	}},
	{Name: "to-one-who-is-off-10", User: alice, Lines: []string{
		"until contacts", "quiet 1s", "do send " + carol + ` "for later"`, "until done 1", "quiet 1s",
	}},
	{Name: "stored-for-others", User: alice, Lines: []string{
		alice + " on", alice + " do add " + carol + ` "" "Friends"`, alice + " until done 1", alice + " quiet 3s", alice + " off",
		"on", "until contacts", "quiet 11s",
		"do send " + carol + ` "one for later"`, "until done 1", "do send " + carol + ` "zwei, später ☃"`, "until done 2", "quiet 1s",
	}},
	{Name: "offline-messages", User: alice, Lines: []string{
		bob + " on", bob + " do send " + alice + ` "one for later"`, bob + " until done 1",
		bob + " do send " + alice + ` "zwei, später ☃"`, bob + " until done 2", bob + " off",
		"on", "until contacts", "until message", "until message", "do handed-over 2", "quiet 1s",
	}},
	{Name: "room", User: alice, Lines: []string{
		bob + " on", carol + " on", "until contacts", "quiet 1s",
		"do join tea", "until done 1", "do invite tea " + bob, "until done 2", "until occupant", bob + " quiet 500ms",
		"do invite tea " + carol, "until done 3", "until occupant", bob + " until invited",
		`do say tea "more tea ☃"`, "until done 4", carol + " quiet 500ms", "do leave tea", "until room-left", "quiet 1s", bob + " off", carol + " off",
	}},
	{Name: "invited", User: alice, Lines: []string{
		bob + " on", carol + " on", "until contacts", "quiet 1s",
		bob + " do join tea", bob + " until done 1", bob + " do invite tea " + alice, bob + " until done 2", bob + " until occupant",
		bob + " do invite tea " + carol, bob + " until done 3", "until invited",
		bob + ` do say tea "have some wine"`, "until message", "quiet 1s",
		carol + " off", "quiet 1s", bob + " off",
	}},
	{Name: "picture", User: alice, Lines: pictureLines},
	{Name: "picture-9", User: alice, Lines: pictureLines},
	{Name: "picture-shown", User: alice, Lines: []string{
		bob + " on", bob + " do add " + alice + ` "" "Friends"`, bob + " until done 1", bob + " quiet 3s", "on", "until auth-request", "quiet 1s",
		"do answer " + bob + " yes", "until done 1", bob + " until presence " + alice,
		"do picture on", "until done 2", "do presence away", "until done 3", bob + " until presence " + alice, "quiet 500ms",
		bob + " do fetch-picture " + alice + " " + pixelHash, bob + " until done 2", "quiet 1s", bob + " off",
	}},
	{Name: "file", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s",
		"do send-file " + bob + ` "Gruß.txt" "` + strings.Repeat("tarts, ", 500) + `"`, bob + " until file-offer", bob + " do take-file 1",
		"until done 1", bob + " until file 1", "quiet 1s", bob + " off",
	}},
	{Name: "file-taken", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s",
		bob + " do send-file " + alice + ` "tarts.txt" "` + strings.Repeat("tarts, ", 500) + `"`, "until file-offer", "do take-file 1",
		"until file 1", "quiet 1s", bob + " off",
	}},
	{Name: "file-refused", User: alice, Lines: []string{
		bob + " on", "until contacts", "quiet 1s",
		bob + " do send-file " + alice + ` "tarts.txt" "tarts"`, "until file-offer", "do refuse-file 1", "until done 1", bob + " until done 1", "quiet 1s", bob + " off",
	}},
	{Name: "other-location", User: alice, Lines: []string{"until contacts", "quiet 1s", alice + " on", "until ended", alice + " off"}},
	{Name: "server-restart", User: alice, Lines: []string{"until contacts", "quiet 1s", "operator stop", "until ended", "operator fresh"}},
}

const (
	alice = "alice@lab.example"
	bob   = "bob@lab.example"
	carol = "carol@lab.example"
	// pixelHash is that of the picture that actors show.
	pixelHash = "2daeaa8b5f19f0bc209d976c02bd6acb51b00b0a"
)

var messageLines = []string{
	bob + " on", "until contacts", "quiet 1s",
	`do send ` + bob + ` "hello"`, "until done 1", bob + " until message",
	bob + ` do send ` + alice + ` "hello, Alice"`, "until message",
	`do send ` + bob + ` "grüße & <b>no bold</b> ☃\nin two lines"`, "until done 2", bob + " until message",
	bob + ` do send ` + alice + ` "ein Gruß <i>& ☃"`, "until message",
	"quiet 1s", bob + " off", "quiet 1s",
}

var contactLines = []string{
	bob + " on", "until contacts", "quiet 1s",
	`do add ` + bob + ` "Bob" "Friends"`, "until done 1", "quiet 1s",
	`do add ` + carol + ` "" "Friends"`, "until done 2",
	`do change ` + bob + ` "Bobby" "Friends"`, "until done 3",
	`do change ` + bob + ` "Bobby" "Work" "Grüße ☃"`, "until done 4",
	`do change ` + bob + ` "Bobby"`, "until done 5",
	"do remove " + bob, "until done 6", "do remove " + carol, "until done 7", "quiet 1s", bob + " off",
}

// keptLines make a list, and sign on again with it.
var keptLines = []string{
	bob + " on", alice + " on", alice + ` do add ` + bob + ` "Bob" "Friends" "Work"`, alice + " until done 1",
	alice + ` do add ` + carol + ` "Carol ☃"`, alice + " until done 2", alice + " do block dave@lab.example on", alice + " until done 3", alice + " quiet 3s", alice + " off",
	"on", "until contacts", "quiet 1s", bob + " off", "quiet 1s",
}

var presenceLines = []string{
	bob + " on", "until contacts", "quiet 1s", `do add ` + bob + ` "" "Friends"`, "until done 1", "quiet 1s",
	bob + " do presence away", "until presence", bob + " do presence dnd", "until presence", bob + " do idle 10m", "until presence",
	bob + ` do presence away "Be right back"`, "until presence", bob + ` do presence away "Out to lunch"`, "until presence",
	bob + ` do presence dnd "On the phone"`, "until presence", bob + " do invisible", "until presence", bob + " do presence online", "until presence",
	"quiet 1s", bob + " off", "until presence",
}

var ownPresenceLines = []string{
	bob + " on", bob + " do add " + alice + ` "" "Friends"`, bob + " until done 1", bob + " quiet 3s", "on", "until auth-request", "quiet 1s",
	"do answer " + bob + " yes", "until done 1", bob + " until presence " + alice + " online",
	`do presence away "at lunch ☃"`, "until done 2", bob + " until presence " + alice + " away",
	"do presence dnd", "until done 3", bob + " until presence " + alice + " dnd",
	"do idle 10m", "until done 4", bob + " until presence " + alice + " away",
	"do invisible", "until done 5", bob + " until presence " + alice + " offline",
	"do presence online", "until done 6", bob + " until presence " + alice + " online", "quiet 1s", bob + " off",
}

var nickLines = []string{
	bob + " on", "until contacts", "quiet 1s", `do add ` + bob + ` "" "Friends"`, "until done 1", "quiet 1s",
	`do nick "Alice & <Grüße> 100% ☃"`, "until done 2", bob + ` do nick "Bob & <Grüße> 100% ☃"`, "until presence", "quiet 1s", bob + " off",
}

var requestLines = []string{
	bob + " on", "until contacts", "quiet 1s", bob + " do add " + alice + ` "" "Friends"`, "until auth-request",
	"do answer " + bob + " yes", "until done 1", "quiet 1s", carol + " on", carol + " do add " + alice + ` "" "Friends"`, "until auth-request",
	"do answer " + carol + " no", "until done 2", "quiet 1s", carol + " off", bob + " off",
}

var blockingLines = []string{
	bob + " on", bob + " do add " + alice + ` "" "Friends"`, bob + " until done 1", bob + " quiet 3s", "on", "until auth-request", "quiet 1s",
	"do answer " + bob + " yes", "until done 1", bob + " until presence " + alice + " online",
	"do block " + bob + " on", "until done 2", bob + " until presence " + alice + " offline",
	"do block " + bob + " off", "until done 3", bob + " until presence " + alice + " online", "quiet 1s", bob + " off",
}

var pictureLines = []string{
	bob + " on", "until contacts", "quiet 1s", `do add ` + bob + ` "" "Friends"`, "until done 1", "quiet 1s",
	bob + " do picture on", bob + " do presence away", "until presence", "quiet 500ms", "do fetch-picture " + bob + " " + pixelHash, "until done 2", "quiet 1s", bob + " off",
}

// TestRecord records the talks anew, from the server that the environment names (testdata/README.md).
func TestRecord(t *testing.T) {
	r, err := transporttest.RecordingFrom(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	r.Record(t, "testdata", scripts, "fresh", func(_ *testing.T, s transporttest.Script) transporttest.Studio {
		return transporttest.Studio{Scribe: scribe{}, Role: func(name string) transporttest.Role {
			role := role(name, s.Name, r.Server, transporttest.DialTCP)
			role.Patience = patience
			return role
		}}
	}, valueless)
}

// patience is how long an "until" waits, which must be less than the server's own patience with us.
const patience = 15 * time.Second
