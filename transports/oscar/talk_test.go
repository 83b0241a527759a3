package oscar_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/oscar"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// password is that of every account in the talks.
const password = "rabbit1"

// TestTalks replays every talk in testdata against the transport: what it says on the wire, and what it tells
// its user, must be what it was when a real server listened.
func TestTalks(t *testing.T) {
	files, err := filepath.Glob("testdata/*.talk")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".talk"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { replay(t, file) })
		})
	}
}

func replay(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	var actor *transporttest.Actor
	ready := make(chan struct{}) // closed when actor is there
	player := transporttest.Play(t, talk, transporttest.Options{
		Value:  loginHash(passwordIn(file)),
		Do:     func(words string) error { <-ready; return actor.Do(words) },
		See:    func(words string) error { <-ready; return actor.See(words) },
		Settle: synctest.Wait,
	})
	env := transporttest.NewEnv(t, transports.NewSecret(passwordIn(file)))
	part := roleIn(file, nameIn(talk), "login.example", player.Dial)
	part.Env = env
	actor = transporttest.Perform(part)
	close(ready)
	if err := player.Finish(); err != nil {
		actor.Stop()
		for _, words := range actor.Wait() {
			t.Logf("then seen: %s", words)
		}
		return // Play's own clean-up tells the error
	}
	actor.Stop()
	for _, words := range actor.Wait() {
		t.Errorf("not in the talk: %s", words)
	}
	env.Finish(5 * time.Second)
}

// passwordIn is the password that a talk's user gives.
func passwordIn(file string) string {
	if strings.Contains(file, "wrong-password") {
		return "carrot"
	}
	return password
}

// settingsIn are those of a talk's user.
func settingsIn(name, server string) transports.Settings {
	return transports.Settings{
		"server": {Text: server}, "login": {Text: map[bool]string{true: "flap"}[strings.Contains(name, "flap")]},
		"several_clients": {On: strings.Contains(name, "several")}, "files": {On: strings.Contains(name, "file-taken")},
	}
}

// nameIn is the name that a talk's user gives, from the first SNAC 17/06 in it or from its sign-on frame.
func nameIn(talk *transporttest.Talk) string {
	for _, s := range talk.Steps {
		if s.Act != transporttest.Say || s.Who != transporttest.Client {
			continue
		}
		var whole []byte
		for _, p := range s.Parts {
			whole = append(whole, p.Bytes...)
		}
		if len(whole) > flapHeader && wire.Channel(whole[1]) == wire.SignOn {
			hello, err := wire.Decode[wire.Hello](whole[flapHeader:])
			if name := hello.TLVs.String(wire.TagName); err == nil && name != "" {
				return name
			}
		}
		if q, ok := snacOf(whole); ok && q.Kind == wire.KeyRequest {
			tlvs, err := wire.Decode[wire.TLVs](q.Body)
			if err == nil {
				return tlvs.String(wire.TagName)
			}
		}
	}
	return ""
}

// networkOf is the network of a talk's user.
func networkOf(name string) transports.Network {
	if strings.Trim(name, "0123456789") == "" {
		return oscar.ICQ()
	}
	return oscar.AIM()
}

// role is a session of AIM, or of ICQ for a number.
func role(name, password, server string, dial dialer) transporttest.Role {
	return transporttest.Role{
		Network: networkOf(name),
		Account: transports.Account{
			Name: transports.LegacyID(name), Typed: name, Password: transports.NewSecret(password),
			Presence: transports.SetPresence{Show: transports.Online},
		},
		Settings: transports.Settings{"server": {Text: server}},
		Dial:     dial,
	}
}

// loginHash computes what talks capture as <hash>, from the server's <key>, and as <roasted>.
func loginHash(password string) func(string, map[string][]byte) []byte {
	return func(name string, bound map[string][]byte) []byte {
		if name == "roasted" {
			return wire.Roast([]byte(password))
		}
		if name != "hash" || bound["key"] == nil {
			return nil
		}
		return wire.LoginHash(bound["key"], password, true)
	}
}

// TestOrigins refuses talks of which nobody says where they are from, or that hold a password.
func TestOrigins(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.talk")
	for _, file := range files {
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
