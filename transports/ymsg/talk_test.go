package ymsg_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg"
	"imgate/transports/ymsg/wire"
)

// password is that of every account in the talks.
const password = "rabbit1"

type dialer = func(ctx context.Context, address string) (net.Conn, error)

// TestTalks replays every talk in testdata against the transport: what it says on the wire, and what it tells
// its user, must be what it was when a real server listened.
func TestTalks(t *testing.T) {
	for _, file := range talks(t) {
		t.Run(name(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { replay(t, file) })
		})
	}
}

// name is a talk's, as in scripts.
func name(file string) string { return strings.TrimSuffix(filepath.Base(file), ".talk") }

func talks(t *testing.T) []string {
	files, err := filepath.Glob("testdata/*.talk")
	if err != nil || len(files) == 0 {
		t.Fatalf("no talks: %v", err)
	}
	return files
}

// A user is the one whose talk it is: one session after the other.
type user struct {
	t     *testing.T
	file  string
	name  string
	at    string // the server
	dial  dialer
	actor *transporttest.Actor
	env   *transporttest.Env
	ready chan struct{} // closed when actor is there
}

func (u *user) on(kept map[string]transports.Secret) {
	part := role(u.name, passwordIn(u.file), versionIn(u.file), u.at, u.dial)
	part.Account.Kept = kept
	u.env = transporttest.NewEnv(u.t, part.Account.Password)
	part.Env = u.env
	u.actor = transporttest.Perform(part)
}

func (u *user) do(words string) error {
	<-u.ready
	if words == transporttest.Again {
		kept := u.actor.Kept()
		u.leave()
		u.on(kept)
		return nil
	}
	return u.actor.Do(words)
}

func (u *user) see(words string) error {
	<-u.ready
	return u.actor.See(words)
}

// leave waits for the end of the session, which must have told no more than the talk says.
func (u *user) leave() {
	for _, words := range u.actor.Wait() {
		u.t.Errorf("not in the talk: %s", words)
	}
	u.env.Finish(5 * time.Second)
}

func replay(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	u := &user{t: t, file: file, name: nameIn(talk), at: addressIn(talk), ready: make(chan struct{})}
	player := transporttest.Play(t, talk, transporttest.Options{
		Value: answers(u.name, passwordIn(file)), Do: u.do, See: u.see, Settle: synctest.Wait,
	})
	u.dial = player.Dial
	u.on(nil)
	close(u.ready)
	if err := player.Finish(); err != nil {
		u.actor.Stop()
		for _, words := range u.actor.Wait() {
			t.Logf("then seen: %s", words)
		}
		return // Play's own clean-up tells the error
	}
	u.actor.Stop()
	u.leave()
}

// passwordIn is the password that a talk's user gives.
func passwordIn(file string) string {
	if strings.Contains(file, "wrong-password") {
		return "carrot"
	}
	return password
}

// versionIn is the version that a talk's user speaks: its file's name ends in -9, or it is 10.
func versionIn(file string) int64 {
	if strings.HasSuffix(name(file), "-9") {
		return 9
	}
	return 10
}

// nameIn is the name that a talk's user gives.
func nameIn(talk *transporttest.Talk) string {
	for _, s := range talk.Steps {
		if p, ok := packetIn(s); ok && s.Who == transporttest.Client && p.Service == wire.Auth {
			return p.Fields.String(wire.KeyMe)
		}
	}
	return ""
}

// addressIn is where a talk's user signs on once more, if so.
func addressIn(talk *transporttest.Talk) string {
	for _, s := range talk.Steps {
		if s.Act == transporttest.Connect && len(s.Parts) == 1 {
			return string(s.Parts[0].Bytes)
		}
	}
	return "pager.example"
}

// packetIn reads the packet that a step says.
func packetIn(s transporttest.Step) (wire.Packet, bool) {
	if s.Act != transporttest.Say {
		return wire.Packet{}, false
	}
	var whole []byte
	for _, p := range s.Parts {
		whole = append(whole, p.Bytes...)
	}
	raw, err := wire.NewReader(bytes.NewReader(whole)).Next()
	if err != nil {
		return wire.Packet{}, false
	}
	p, err := raw.Read()
	return p, err == nil
}

// role is a session of somebody.
func role(name, password string, version int64, server string, dial dialer) transporttest.Role {
	return transporttest.Role{
		Network: ymsg.Yahoo(),
		Account: transports.Account{
			Name: transports.LegacyID(name), Typed: name, Password: transports.NewSecret(password),
			Presence: transports.SetPresence{Show: transports.Online},
		},
		Settings: transports.Settings{"server": {Text: server}, "version": {Number: version}},
		Dial:     dial,
	}
}

// answers computes what talks capture as <answer-…> and <crypted-…>, from the server's <challenge-…> of the same number.
func answers(name, password string) func(string, map[string][]byte) []byte {
	return func(capture string, bound map[string][]byte) []byte {
		what, number, _ := strings.Cut(capture, "-")
		seed := bound["challenge-"+number]
		if seed == nil || what != "answer" && what != "crypted" {
			return nil
		}
		plain, crypted, err := wire.Answers(name, password, string(seed))
		switch {
		case err != nil:
			return nil
		case what == "answer":
			return []byte(plain)
		}
		return []byte(crypted)
	}
}

// TestOrigins refuses talks of which nobody says where they are from, or that hold a password.
func TestOrigins(t *testing.T) {
	for _, file := range talks(t) {
		talk := transporttest.ReadTalk(t, file)
		if talk.How != transporttest.ByHand && (talk.Server == "" || talk.Version == "") {
			t.Errorf("%s: of what server and version?", file)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), password) {
			t.Errorf("%s: holds a password", file)
		}
	}
}
