package oscar_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgate/transports/transporttest"
)

// Where talks are recorded from. Without a server nothing is recorded.
const (
	serverVar   = "IMGATE_TALK_SERVER"   // host:port
	programVar  = "IMGATE_TALK_PROGRAM"  // its name, for line 1
	versionVar  = "IMGATE_TALK_VERSION"  // its version, for line 1
	operatorVar = "IMGATE_TALK_OPERATOR" // a command that does what an operator line says, e.g. "restart"
	onlyVar     = "IMGATE_TALK_ONLY"     // the one talk to record
)

// how is the last field of line 1.
const how = "recorded within the client, by imgate's transport"

type dialer = func(ctx context.Context, address string) (net.Conn, error)

// A script is how a talk is recorded: lines for the user whose session is recorded ("do …", and "until …",
// which records what is seen up to an event that begins so), for others ("bobwonder on", "bobwonder do …",
// "bobwonder off") and for the server's operator ("operator …"). "quiet 2s" records what is seen for so long.
type script struct {
	name  string // of the file
	user  string
	lines []string
}

var scripts = []script{
	{"sign-on", "alicewonder", []string{"until contacts", "quiet 1s"}},
	{"contacts", "carolwonder", []string{
		"until contacts", "quiet 1s", "bobwonder on",
		`do add bobwonder "Bob" "Friends"`, "until done 1", "quiet 1s",
		`do add davewonder "" "Friends"`, "until done 2", "quiet 1s",
		`do change bobwonder "Bobby" "Friends"`, "until done 3", "quiet 1s",
		`do change bobwonder "Bobby" "Work"`, "until done 4", "quiet 1s",
		"do remove bobwonder", "until done 5", "quiet 1s",
		"do remove davewonder", "until done 6", "quiet 1s",
		"bobwonder off",
	}},
	{"messages", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do send bobwonder "hello"`, "until done 1",
		`bobwonder do send alicewonder "hello, Alice"`, "until message",
		`do send bobwonder "grüße & <b>no bold</b> ☃"`, "until done 2",
		`bobwonder do send alicewonder "ein Gruß ☃"`, "until message",
		"quiet 1s", "bobwonder off",
	}},
	{"many-messages", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do send bobwonder "one"`, `do send bobwonder "two"`, `do send bobwonder "three"`, `do send bobwonder "four"`,
		`do send bobwonder "five"`, `do send bobwonder "six"`, `do send bobwonder "seven"`, `do send bobwonder "eight"`,
		`do send bobwonder "nine"`, `do send bobwonder "ten"`, `do send bobwonder "eleven"`, `do send bobwonder "twelve"`,
		"until done 12", "quiet 1s", "bobwonder off",
	}},
	{"to-nobody", "alicewonder", []string{
		"until contacts", "quiet 1s", `do send nobodyhere "anybody?"`, "until done 1", "quiet 1s",
	}},
	{"away", "erinwonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 2s",
		`bobwonder do presence away "gone fishing"`, "until presence", "quiet 3s",
		`bobwonder do presence online`, "until presence", "quiet 1s",
		`do presence away "at lunch ☃"`, "until done 2", "quiet 1s",
		`do presence online`, "until done 3", "quiet 1s",
		"bobwonder off", "until presence",
		"do remove bobwonder", "until done 4", "quiet 1s",
	}},
	{"idle-and-invisible", "frankwonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 2s",
		"bobwonder do idle 10m", "until presence", "quiet 1s",
		"do invisible", "until done 2", "quiet 1s",
		"do presence online", "until done 3", "quiet 1s",
		"do remove bobwonder", "until done 4", "quiet 1s", "bobwonder off",
	}},
	{"typing", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do typing bobwonder active", "quiet 500ms", "do typing bobwonder stopped", "quiet 500ms",
		"bobwonder do typing alicewonder active", "until typing",
		"bobwonder do typing alicewonder paused", "until typing",
		"bobwonder do typing alicewonder stopped", "until typing",
		"quiet 1s", "bobwonder off",
	}},
	{"blocking", "carolwonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do block bobwonder on", "until done 1", "quiet 1s",
		`do send bobwonder "are you there?"`, "until done 2", "quiet 1s",
		"do block bobwonder off", "until done 3", "quiet 1s",
		`do send bobwonder "and now?"`, "until done 4", "quiet 1s", "bobwonder off",
	}},
	{"privacy", "carolwonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add davewonder "Dave" "Friends"`, "until done 1", "do privacy contacts", "until done 2", `bobwonder do send carolwonder "hello?"`, "quiet 2s",
		"do privacy all", "until done 3", `bobwonder do send carolwonder "and now?"`, "until message", "quiet 1s", "bobwonder off",
	}},
	{"profile", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		"do profile bobwonder", "until done 1", "do profile nobodyhere", "until done 2", "quiet 1s", "bobwonder off",
	}},
	{"offline-messages", "davewonder", []string{
		"bobwonder on", `bobwonder do send davewonder "one for later"`, `bobwonder do send davewonder "zwei, später ☃"`,
		"bobwonder quiet 2s", "bobwonder off",
		"on", "until contacts", "until message", "until message", "quiet 1s",
	}},
	{"stored-for-others", "alicewonder", []string{
		"until contacts", "quiet 1s", `do send sleeper "for later"`, "until done 1", "quiet 1s",
	}},
	{"other-location", "alicewonder", []string{"until contacts", "quiet 1s", "alicewonder on", "until ended", "alicewonder off"}},
	{"icq-messages", "100003", []string{
		"100004 on", "until contacts", "quiet 1s",
		`do send 100004 "hello"`, "until done 1",
		`100004 do send 100003 "a <b> c & ☃"`, "until message",
		`do send 100004 "<b>grüße</b> & mehr"`, "until done 2",
		`do presence dnd "busy"`, "until done 3", "do presence online", "until done 4",
		"quiet 1s", "100004 off",
	}},
	{"icq-authorisation", "100005", []string{
		"100004 on", "until contacts", "quiet 1s",
		`100004 do add 100005 "Five" "Friends"`, "until auth-request", "do answer 100004 yes", "until done 1", "quiet 2s",
		`do add 100004 "Four" "Friends"`, "until done 2", "quiet 1s", "100004 do answer 100005 yes", "until auth-answer", "quiet 2s",
		"do remove 100004", "until done 3", "quiet 1s", "100004 do remove 100005", "100004 quiet 1s", "100004 off",
	}},
	{"icq-refused", "100003", []string{
		"100004 on", "until contacts", "quiet 1s",
		`do ask 100004 "it is me, Three"`, "until done 1", `100004 do answer 100003 no "who are you?"`, "until auth-answer", "quiet 1s",
		"do remove 100004", "until done 2", "quiet 1s", "100004 off",
	}},
	{"icq-asked-while-away", "100003", []string{
		"100004 on", `100004 do ask 100003 "it is me, Four"`, "100004 quiet 2s", "100004 off",
		"on", "until contacts", "until auth-request", "quiet 1s",
	}},
	{"number-on-a-list", "alicewonder", []string{
		"100004 on", "until contacts", "quiet 1s",
		`do add 100004 "Four" "Friends"`, "until done 1", "quiet 1s", "100004 do answer alicewonder yes", "until auth-answer", "quiet 2s",
		`do send 100004 "hello <b>number</b>"`, "until done 2", `100004 do send alicewonder "hello name"`, "until message",
		"do remove 100004", "until done 3", "quiet 1s", "100004 off",
	}},
	{"icq-offline-messages", "100006", []string{
		"100004 on", `100004 do send 100006 "one for later"`, `100004 do send 100006 "zwei, später ☃"`,
		"100004 quiet 2s", "100004 off",
		"on", "until contacts", "until message", "until message", "do handed-over 2", "quiet 1s",
	}},
	{"own-picture", "carolwonder", []string{
		"until contacts", "quiet 1s", "do picture on", "until done 1", "quiet 1s", "do picture off", "until done 2", "quiet 1s",
	}},
	{"picture", "erinwonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do add bobwonder "Bob" "Friends"`, "until presence", "quiet 1s",
		"bobwonder do picture on", "until presence", "quiet 2s",
		"do fetch-picture bobwonder " + pixelHash, "until done 2",
		"do fetch-picture bobwonder 00112233445566778899aabbccddeeff", "until done 3", "quiet 1s",
		"bobwonder do picture off", "until presence", "quiet 1s",
		"do remove bobwonder", "until done 4", "quiet 1s", "bobwonder off",
	}},
	{"room", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`do join "tea party"`, "until done 1", "quiet 1s",
		`do say "tea party" "no room!"`, "until done 2",
		`bobwonder do join "tea party"`, "until occupant", "quiet 1s",
		`bobwonder do say "tea party" "there is plenty of room"`, "until room-message",
		`do say "tea party" "wine & <cake> ☃"`, "until done 3", "quiet 1s",
		`bobwonder do leave "tea party"`, "until occupant", "quiet 1s",
		`do leave "tea party"`, "until room-left", "quiet 1s", "bobwonder off",
	}},
	{"room-invitation", "alicewonder", []string{
		"bobwonder on", "until contacts", "quiet 1s",
		`bobwonder do join "croquet"`, "bobwonder quiet 2s", `bobwonder do invite "croquet" alicewonder "do you play?"`, "until invited",
		"do join croquet", "until done 1", "quiet 1s",
		"do invite croquet davewonder", "until done 2", "quiet 1s",
		"do leave croquet", "until room-left",
		`bobwonder do invite "croquet" alicewonder "again?"`, "until invited", "do decline croquet",
		"quiet 1s", "bobwonder off",
	}},
	{"public-room", "alicewonder", []string{"until contacts", "quiet 1s", "do join 5-nowhere", "until done 1", "quiet 1s"}},
	{"directory", "frankwonder", []string{
		"until contacts", "quiet 1s",
		`do set-profile first "Frank" last "Footman" city "Oxford" about "I am the Frog-Footman"`, "until done 1", "quiet 1s",
		"do profile frankwonder", "until done 2",
		`do search first "Frank" last "Footman"`, "until done 3", `do search email "nobody@example.org"`, "until done 4",
		`do set-profile`, "until done 5", "quiet 1s",
	}},
	{"icq-own-details", "100003", []string{
		"until contacts", "quiet 1s",
		`do set-profile nick "Three" city "Köln" email "three@example.org" gender "female" about "a number"`, "until done 1",
		"do profile 100003", "until done 2",
		`do search city "Köln"`, "until done 3", `do search email "three@example.org"`, "until done 4", "do search uin 100003", "until done 5",
		`do search nick "Nobody At All"`, "until done 6", "do profile 999999", "until done 7",
		`do set-profile nick "" city "" email "" about ""`, "until done 8", "quiet 1s",
	}},
	{"icq-room", "100003", []string{
		"until contacts", "quiet 1s", `do join "numbers"`, "until done 1", `do say "numbers" "three"`, "until done 2", "do leave numbers", "until room-left", "quiet 1s",
	}},
	{"warned", "alicewonder", []string{
		"bobwonder rough on", "until contacts", "quiet 1s", `do send bobwonder "tea?"`, "until done 1", "quiet 1s",
		"bobwonder rough warn alicewonder", "until notice", "quiet 2s", "bobwonder rough off",
	}},
	{"old-charsets", "alicewonder", []string{
		"bobwonder rough on", "100004 rough on", "until contacts", "quiet 1s",
		"bobwonder rough write alicewonder latin-1 636166e9", "until message",
		"bobwonder rough write alicewonder ascii 636166c3a9", "until message",
		"bobwonder rough write alicewonder ascii 636166e9", "until message",
		"100004 rough write alicewonder latin-1 636166e9", "until message", "quiet 1s", "bobwonder rough off", "100004 rough off",
	}},
	{"file-offers", "alicewonder", []string{
		"bobwonder rough on", "until contacts", "quiet 1s",
		`bobwonder rough file alicewonder "tarts.txt"`, "until notice", `bobwonder rough file alicewonder "again.txt"`, "quiet 2s",
		"bobwonder rough off", "quiet 1s",
	}},
	{"asked-by-a-number", "alicewonder", []string{
		"100004 rough on", "until contacts", "quiet 1s",
		`100004 rough ask alicewonder "it is me, Four"`, "until auth-request", `do answer 100004 yes`, "until done 1", "quiet 2s", "100004 rough off", "quiet 1s",
	}},
	{"flap-sign-on", "alicewonder", []string{"until contacts", "quiet 1s"}},
	{"icq-flap-sign-on", "100003", []string{"until contacts", "quiet 1s"}},
	{"flap-wrong-password", "alicewonder", []string{"until ended"}},
	{"flap-unknown-name", "nobodyhere", []string{"until ended"}},
	{"icq-flap-unknown-number", "199999", []string{"until ended"}},
	{"several-clients", "alicewonder", []string{
		"until contacts", "quiet 1s", "alicewonder on", "bobwonder on", "quiet 1s",
		`bobwonder do send alicewonder "to both of you"`, "until message", "quiet 1s",
		`alicewonder do send bobwonder "from the other one"`, "alicewonder quiet 2s", "quiet 1s",
		`alicewonder do add davewonder "Dave" "Friends"`, "until contacted", "quiet 2s",
		"do remove davewonder", "until done 1", "quiet 1s", "bobwonder off", "alicewonder off", "quiet 1s",
	}},
	{"wrong-password", "alicewonder", []string{"until ended"}},
	{"unknown-name", "nobodyhere", []string{"until ended"}},
	{"server-restart", "alicewonder", []string{"until contacts", "quiet 1s", "operator restart", "until ended"}},
	{"kicked", "alicewonder", []string{"until contacts", "quiet 1s", "operator kick alicewonder", "until ended"}},
	{"suspended", "alicewonder", []string{"operator suspend alicewonder", "on", "until ended", "operator restore alicewonder"}},
	{"too-many-sign-ons", "alicewonder", []string{"operator exhaust", "on", "until ended"}},
}

// pixelHash is how the network calls the picture of "picture on".
const pixelHash = "325472601571f31e1bf00674c368d335"

// TestRecord records the talks anew. It is no test without a server.
func TestRecord(t *testing.T) {
	server := os.Getenv(serverVar)
	if server == "" {
		t.Skip(serverVar + " is not set")
	}
	for _, s := range scripts {
		if only := os.Getenv(onlyVar); only != "" && only != s.name {
			continue
		}
		t.Run(s.name, func(t *testing.T) { record(t, s, server) })
	}
}

func record(t *testing.T, s script, server string) {
	r := &recording{
		t: t, name: s.name, server: server, user: s.user, password: passwordIn(s.name), others: newOthers(s.name, server, dialFrom(nil)),
		recorder: transporttest.NewRecorder(transporttest.Talk{
			Server: os.Getenv(programVar), Version: os.Getenv(versionVar), Date: time.Now().Format(time.DateOnly), How: how,
		}, &scribe{}),
	}
	if !waitsForOn(s.lines) {
		r.on()
	}
	for _, line := range s.lines {
		if err := r.play(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	r.finish()
	var b bytes.Buffer
	if _, err := r.recorder.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", s.name+".talk"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func waitsForOn(lines []string) bool {
	for _, l := range lines {
		if l == "on" {
			return true
		}
	}
	return false
}

// A recording is a script under way.
type recording struct {
	t        *testing.T
	name     string // of the talk
	server   string
	user     string
	password string
	recorder *transporttest.Recorder
	actor    *transporttest.Actor
	ended    bool
	from     net.IP // nil: any
	others   *others
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

func (r *recording) on() {
	part := role(r.user, r.password, r.server, r.recorder.Dial(dialFrom(r.from)))
	part.Settings = settingsIn(r.name, r.server)
	r.actor = transporttest.Perform(part)
}

// patience is how long an "until" waits, and others' steps.
const patience = time.Minute

// play carries out one line.
func (r *recording) play(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "on":
		r.on()
		return nil
	case "do":
		r.recorder.Words(transporttest.Do, rest)
		return r.actor.Do(rest)
	case "until":
		return r.until(rest)
	case "quiet":
		return r.quiet(rest)
	}
	r.recorder.Words(transporttest.Meanwhile, line)
	switch line {
	case "operator exhaust":
		return r.exhaust()
	}
	if word == "operator" {
		return r.operator(rest)
	}
	return r.others.play(line)
}

// until records what is seen, up to an event that begins with words.
func (r *recording) until(words string) error {
	for {
		got, ok := r.actor.Next(patience)
		if !ok {
			return fmt.Errorf("was not seen")
		}
		r.see(got)
		if strings.HasPrefix(got, words) {
			return nil
		}
	}
}

func (r *recording) see(words string) {
	r.recorder.Words(transporttest.See, words)
	if strings.HasPrefix(words, "ended") {
		r.ended = true
	}
}

// quiet records what is seen for so long.
func (r *recording) quiet(duration string) error {
	d, err := time.ParseDuration(duration)
	if err != nil {
		return err
	}
	for end := time.Now().Add(d); ; {
		got, ok := r.actor.Next(time.Until(end))
		if !ok {
			r.recorder.Pause(d)
			return nil
		}
		r.see(got)
	}
}

// operator asks the command in operatorVar to do something.
func (r *recording) operator(words string) error {
	command := os.Getenv(operatorVar)
	if command == "" {
		r.t.Skip(operatorVar + " is not set")
	}
	out, err := exec.Command(command, strings.Fields(words)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// tooMany is more sign-ons than a server lets one address try at once.
const tooMany = 15

// exhaust says hello from one address until the server has had enough, and lets the recorded session dial from
// there.
func (r *recording) exhaust() error {
	r.from = source()
	for range tooMany {
		conn, err := dialFrom(r.from)(r.t.Context(), r.server)
		if err != nil {
			return err
		}
		refused, err := sayHello(conn)
		conn.Close()
		if refused || err != nil {
			return err
		}
	}
	return fmt.Errorf("%d sign-ons are not too many", tooMany)
}

// sayHello reports whether the server refuses a sign-on before it is asked for anything.
func sayHello(conn net.Conn) (refused bool, err error) {
	hello := []byte{0x2A, 1, 0, 0, 0, 4, 0, 0, 0, 1}
	if _, err := conn.Write(hello); err != nil {
		return false, err
	}
	if _, err := io.ReadFull(conn, make([]byte, len(hello))); err != nil {
		return false, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		return false, err
	}
	n, _ := conn.Read(make([]byte, len(hello)))
	return n > 0, nil
}

// finish ends the recorded session as its user would, and the others.
func (r *recording) finish() {
	if !r.ended {
		r.recorder.Words(transporttest.Do, "stop")
		r.actor.Stop()
		if err := r.until("ended"); err != nil {
			r.t.Errorf("the end %v", err)
		}
	}
	r.actor.Wait()
	r.others.stop()
}
