//go:build record

package oscar_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"imgate/transports/transporttest"
)

var scripts = []transporttest.Script{
	{Name: "sign-on", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "contacts", User: "carolwonder", Lines: []string{
		"until contacts", "quiet 1s", "bobwonder on",
		`do add bobwonder "Bob" "Friends"`, "until done 1", "quiet 1s",
		`do add davewonder "" "Friends"`, "until done 2", "quiet 1s",
		`do change bobwonder "Bobby" "Friends"`, "until done 3", "quiet 1s",
		`do change bobwonder "Bobby" "Work"`, "until done 4", "quiet 1s",
		"do remove bobwonder", "until done 5", "quiet 1s",
		"do remove davewonder", "until done 6", "quiet 1s",
		"bobwonder off",
	}},
	{Name: "messages", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do send bobwonder "hello"`, "until done 1",
		`bobwonder do send alicewonder "hello, Alice"`, "until message",
		`do send bobwonder "grüße & <b>no bold</b> ☃"`, "until done 2",
		`bobwonder do send alicewonder "ein Gruß ☃"`, "until message",
		"quiet 1s", "bobwonder off",
	}},
	{Name: "many-messages", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do send bobwonder "one"`, `do send bobwonder "two"`, `do send bobwonder "three"`, `do send bobwonder "four"`,
		`do send bobwonder "five"`, `do send bobwonder "six"`, `do send bobwonder "seven"`, `do send bobwonder "eight"`,
		`do send bobwonder "nine"`, `do send bobwonder "ten"`, `do send bobwonder "eleven"`, `do send bobwonder "twelve"`,
		"until done 12", "quiet 1s", "bobwonder off",
	}},
	{Name: "to-nobody", User: "alicewonder", Lines: []string{
		"until contacts", "quiet 1s", `do send nobodyhere "anybody?"`, "until done 1", "quiet 1s",
	}},
	{Name: "away", User: "erinwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 2s",
		`bobwonder do presence away "gone fishing"`, "until presence", "quiet 3s",
		`bobwonder do presence online`, "until presence", "quiet 1s",
		`do presence away "at lunch ☃"`, "until done 2", "quiet 1s",
		`do presence online`, "until done 3", "quiet 1s",
		"bobwonder off", "until presence",
		"do remove bobwonder", "until done 4", "quiet 1s",
	}},
	{Name: "idle-and-invisible", User: "frankwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 2s",
		"bobwonder do idle 10m", "until presence", "quiet 1s",
		"do invisible", "until done 2", "quiet 1s",
		"do presence online", "until done 3", "quiet 1s",
		"do remove bobwonder", "until done 4", "quiet 1s", "bobwonder off",
	}},
	{Name: "typing", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do typing bobwonder active", "quiet 500ms", "do typing bobwonder stopped", "quiet 500ms",
		"bobwonder do typing alicewonder active", "until typing",
		"bobwonder do typing alicewonder paused", "until typing",
		"bobwonder do typing alicewonder stopped", "until typing",
		"quiet 1s", "bobwonder off",
	}},
	{Name: "blocking", User: "carolwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do block bobwonder on", "until done 1", "quiet 1s",
		`do send bobwonder "are you there?"`, "until done 2", "quiet 1s",
		"do block bobwonder off", "until done 3", "quiet 1s",
		`do send bobwonder "and now?"`, "until done 4", "quiet 1s", "bobwonder off",
	}},
	{Name: "privacy", User: "carolwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add davewonder "Dave" "Friends"`, "until done 1", "do privacy contacts", "until done 2", `bobwonder do send carolwonder "hello?"`, "quiet 2s",
		"do privacy all", "until done 3", `bobwonder do send carolwonder "and now?"`, "until message", "quiet 1s", "bobwonder off",
	}},
	{Name: "profile", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do profile bobwonder", "until done 1", "do profile nobodyhere", "until done 2", "quiet 1s", "bobwonder off",
	}},
	{Name: "offline-messages", User: "davewonder", Lines: []string{
		"bobwonder on", `bobwonder do send davewonder "one for later"`, `bobwonder do send davewonder "zwei, später ☃"`,
		"bobwonder quiet 2s", "bobwonder off",
		"on", "until contacts", "until message", "until message", "quiet 1s",
	}},
	{Name: "stored-for-others", User: "alicewonder", Lines: []string{
		"until contacts", "quiet 1s", `do send sleeper "for later"`, "until done 1", "quiet 1s",
	}},
	{Name: "other-location", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "alicewonder on", "until ended", "alicewonder off"}},
	{Name: "icq-messages", User: "100003", Lines: []string{
		"100004 on", "until contacts", "quiet 1s",
		`do send 100004 "hello"`, "until done 1",
		`100004 do send 100003 "a <b> c & ☃"`, "until message",
		`do send 100004 "<b>grüße</b> & mehr"`, "until done 2",
		`do presence dnd "busy"`, "until done 3", "do presence online", "until done 4",
		"quiet 1s", "100004 off",
	}},
	{Name: "icq-authorisation", User: "100005", Lines: []string{
		"100004 on", "until contacts", "quiet 1s",
		`100004 do add 100005 "Five" "Friends"`, "until auth-request", "do answer 100004 yes", "until done 1", "quiet 2s",
		`do add 100004 "Four" "Friends"`, "until done 2", "quiet 1s", "100004 do answer 100005 yes", "until auth-answer", "quiet 2s",
		"do remove 100004", "until done 3", "quiet 1s", "100004 do remove 100005", "100004 quiet 1s", "100004 off",
	}},
	{Name: "icq-refused", User: "100003", Lines: []string{
		"100004 on", "until contacts", "quiet 1s",
		`do ask 100004 "it is me, Three"`, "until done 1", `100004 do answer 100003 no "who are you?"`, "until auth-answer", "quiet 1s",
		"do remove 100004", "until done 2", "quiet 1s", "100004 off",
	}},
	{Name: "icq-asked-while-away", User: "100003", Lines: []string{
		"100004 on", `100004 do ask 100003 "it is me, Four"`, "100004 quiet 2s", "100004 off",
		"on", "until contacts", "until auth-request", "quiet 1s",
	}},
	{Name: "number-on-a-list", User: "alicewonder", Lines: []string{
		"100004 on", "until contacts", "quiet 1s",
		`do add 100004 "Four" "Friends"`, "until done 1", "quiet 1s", "100004 do answer alicewonder yes", "until auth-answer", "quiet 2s",
		`do send 100004 "hello <b>number</b>"`, "until done 2", `100004 do send alicewonder "hello name"`, "until message",
		"do remove 100004", "until done 3", "quiet 1s", "100004 off",
	}},
	{Name: "icq-offline-messages", User: "100006", Lines: []string{
		"100004 on", `100004 do send 100006 "one for later"`, `100004 do send 100006 "zwei, später ☃"`,
		"100004 quiet 2s", "100004 off",
		"on", "until contacts", "until message", "until message", "do handed-over 2", "quiet 1s",
	}},
	{Name: "own-picture", User: "carolwonder", Lines: []string{
		"until contacts", "quiet 1s", "do picture on", "until done 1", "quiet 1s", "do picture off", "until done 2", "quiet 1s",
	}},
	{Name: "picture", User: "erinwonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 1s",
		"bobwonder do picture on", "until presence", "quiet 2s",
		"do fetch-picture bobwonder " + pixelHash, "until done 2",
		"do fetch-picture bobwonder 00112233445566778899aabbccddeeff", "until done 3", "quiet 1s",
		"bobwonder do picture off", "until presence", "quiet 1s",
		"do remove bobwonder", "until done 4", "quiet 1s", "bobwonder off",
	}},
	{Name: "room", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do join "tea party"`, "until done 1", "quiet 1s",
		`do say "tea party" "no room!"`, "until done 2",
		`bobwonder do join "tea party"`, "until occupant", "quiet 1s",
		`bobwonder do say "tea party" "there is plenty of room"`, "until room-message",
		`do say "tea party" "wine & <cake> ☃"`, "until done 3", "quiet 1s",
		`bobwonder do leave "tea party"`, "until occupant", "quiet 1s",
		`do leave "tea party"`, "until room-left", "quiet 1s", "bobwonder off",
	}},
	{Name: "room-invitation", User: "alicewonder", Lines: []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`bobwonder do join "croquet"`, "bobwonder quiet 2s", `bobwonder do invite "croquet" alicewonder "do you play?"`, "until invited",
		"do join croquet", "until done 1", "quiet 1s",
		"do invite croquet davewonder", "until done 2", "quiet 1s",
		"do leave croquet", "until room-left",
		`bobwonder do invite "croquet" alicewonder "again?"`, "until invited", "do decline croquet",
		"quiet 1s", "bobwonder off",
	}},
	{Name: "public-room", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "do join 5-nowhere", "until done 1", "quiet 1s"}},
	{Name: "directory", User: "frankwonder", Lines: []string{
		"until contacts", "quiet 1s",
		`do set-profile first "Frank" last "Footman" city "Oxford" about "I am the Frog-Footman"`, "until done 1", "quiet 1s",
		"do profile frankwonder", "until done 2",
		`do search first "Frank" last "Footman"`, "until done 3", `do search email "nobody@example.org"`, "until done 4",
		`do set-profile`, "until done 5", "quiet 1s",
	}},
	{Name: "icq-own-details", User: "100003", Lines: []string{
		"until contacts", "quiet 1s",
		`do set-profile nick "Three" city "Köln" email "three@example.org" gender "female" about "a number"`, "until done 1",
		"do profile 100003", "until done 2",
		`do search city "Köln"`, "until done 3", `do search email "three@example.org"`, "until done 4", "do search uin 100003", "until done 5",
		`do search nick "Nobody At All"`, "until done 6", "do profile 999999", "until done 7",
		`do set-profile nick "" city "" email "" about ""`, "until done 8", "quiet 1s",
	}},
	{Name: "icq-room", User: "100003", Lines: []string{
		"until contacts", "quiet 1s", `do join "numbers"`, "until done 1", `do say "numbers" "three"`, "until done 2", "do leave numbers", "until room-left", "quiet 1s",
	}},
	{Name: "warned", User: "alicewonder", Lines: []string{
		"bobwonder rough on", "until contacts", "quiet 1s", `do send bobwonder "tea?"`, "until done 1", "quiet 1s",
		"bobwonder rough warn alicewonder", "until notice", "quiet 2s", "bobwonder rough off",
	}},
	{Name: "old-charsets", User: "alicewonder", Lines: []string{
		"bobwonder rough on", "100004 rough on", "until contacts", "quiet 1s",
		"bobwonder rough write alicewonder latin-1 636166e9", "until message",
		"bobwonder rough write alicewonder ascii 636166c3a9", "until message",
		"bobwonder rough write alicewonder ascii 636166e9", "until message",
		"100004 rough write alicewonder latin-1 636166e9", "until message", "quiet 1s", "bobwonder rough off", "100004 rough off",
	}},
	{Name: "file-offers", User: "alicewonder", Lines: []string{
		"bobwonder rough on", "until contacts", "quiet 1s",
		`bobwonder rough file alicewonder "tarts.txt"`, "until notice", `bobwonder rough file alicewonder "again.txt"`, "quiet 2s",
		"bobwonder rough off", "quiet 1s",
	}},
	{Name: "file-taken", User: "alicewonder", Lines: []string{
		"bobwonder rough on", "until contacts", "quiet 1s",
		`bobwonder rough give alicewonder "Törtchen.txt" "tarts, and more tarts; all on a summer's day"`, "until file-offer",
		"do take-file 1", "until file 1", "bobwonder rough given", "quiet 1s", "bobwonder rough off", "quiet 1s",
	}},
	{Name: "icq-file-taken", User: "100003", Lines: []string{
		"100004 rough on", "until contacts", "quiet 1s",
		`100004 rough give 100003 "four.txt" "4"`, "until file-offer",
		"do take-file 1", "until file 1", "100004 rough given", "quiet 1s", "100004 rough off", "quiet 1s",
	}},
	{Name: "asked-by-a-number", User: "alicewonder", Lines: []string{
		"100004 rough on", "until contacts", "quiet 1s",
		`100004 rough ask alicewonder "it is me, Four"`, "until auth-request", `do answer 100004 yes`, "until done 1", "quiet 2s", "100004 rough off", "quiet 1s",
	}},
	{Name: "flap-sign-on", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "icq-flap-sign-on", User: "100003", Lines: []string{"until contacts", "quiet 1s"}},
	{Name: "flap-wrong-password", User: "alicewonder", Lines: []string{"until ended"}},
	{Name: "flap-unknown-name", User: "nobodyhere", Lines: []string{"until ended"}},
	{Name: "icq-flap-unknown-number", User: "199999", Lines: []string{"until ended"}},
	{Name: "several-clients", User: "alicewonder", Lines: []string{
		"until contacts", "quiet 1s", "alicewonder on", "bobwonder on", "quiet 1s",
		`bobwonder do send alicewonder "to both of you"`, "until message", "quiet 1s",
		`alicewonder do send bobwonder "from the other one"`, "alicewonder quiet 2s", "quiet 1s",
		`alicewonder do add davewonder "Dave" "Friends"`, "until contacted", "quiet 2s",
		"do remove davewonder", "until done 1", "quiet 1s", "bobwonder off", "alicewonder off", "quiet 1s",
	}},
	{Name: "wrong-password", User: "alicewonder", Lines: []string{"until ended"}},
	{Name: "unknown-name", User: "nobodyhere", Lines: []string{"until ended"}},
	{Name: "server-restart", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "operator restart", "until ended"}},
	{Name: "kicked", User: "alicewonder", Lines: []string{"until contacts", "quiet 1s", "operator kick alicewonder", "until ended"}},
	{Name: "suspended", User: "alicewonder", Lines: []string{"operator suspend alicewonder", "on", "until ended", "operator restore alicewonder"}},
	{Name: "too-many-sign-ons", User: "alicewonder", Lines: []string{"operator exhaust", "on", "until ended"}},
}

// pixelHash is how the network calls the picture of "picture on".
const pixelHash = "325472601571f31e1bf00674c368d335"

// TestRecord records the talks anew, from the server that the environment names (testdata/README.md).
func TestRecord(t *testing.T) {
	r, err := transporttest.RecordingFrom(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	r.Record(t, "testdata", scripts, "", func(t *testing.T, s transporttest.Script) transporttest.Studio { return studioOf(t, r, s) }, nil)
}

func studioOf(t *testing.T, r transporttest.Recording, s transporttest.Script) transporttest.Studio {
	rough := newRoughs(r.Server, dialFrom(nil))
	t.Cleanup(rough.leave)
	var from net.IP // where the sessions dial from; nil: any
	return transporttest.Studio{
		Scribe: &scribe{},
		Role:   func(name string) transporttest.Role { return roleIn(s.Name, name, r.Server, dialFrom(from)) },
		Operator: func(words string) (err error) {
			if words == "exhaust" {
				from, err = exhaust(t.Context(), r.Server)
				return err
			}
			return r.Operate(words)
		},
		Also: rough.lines(),
	}
}

// sources counts the local addresses in use, since servers count sign-ons by address.
var sources atomic.Uint32

// source is a loopback address that nobody used before.
func source() net.IP {
	n := sources.Add(1)
	return net.IPv4(127, byte(os.Getpid()>>4), byte(os.Getpid()<<4)|byte(n>>8), byte(n))
}

// dialFrom connects from a loopback address where the server is on this machine; nil for a new one each time.
func dialFrom(from net.IP) dialer {
	return func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		if host, _, err := net.SplitHostPort(address); err == nil && net.ParseIP(host).IsLoopback() {
			if d.LocalAddr = (&net.TCPAddr{IP: from}); from == nil {
				d.LocalAddr = &net.TCPAddr{IP: source()}
			}
		}
		return d.DialContext(ctx, "tcp", address)
	}
}

// exhaust says hello from one address until the server has had enough, and tells which.
func exhaust(ctx context.Context, server string) (net.IP, error) {
	from := source()
	for range tooMany {
		conn, err := dialFrom(from)(ctx, server)
		if err != nil {
			return nil, err
		}
		refused, err := sayHello(conn)
		conn.Close()
		if refused || err != nil {
			return from, err
		}
	}
	return nil, fmt.Errorf("%d sign-ons are not too many", tooMany)
}
