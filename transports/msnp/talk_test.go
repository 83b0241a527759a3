package msnp_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/msnp"
	"imgate/transports/transporttest"
)

// password is that of every account in the talks.
const password = "rabbit1"

type dialer = func(ctx context.Context, address string) (net.Conn, error)

// TestTalks replays every talk in testdata against the transport: what it says on the wire and over HTTP, and what it
// tells its user, must be what it was when a real server listened.
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

func replay(t *testing.T, file string) {
	talk := transporttest.ReadTalk(t, file)
	var actor *transporttest.Actor
	ready := make(chan struct{}) // closed when actor is there
	player := transporttest.Play(t, talk, transporttest.Options{
		Value:  func(name string, _ map[string][]byte) []byte { return secrets(name, file) },
		Do:     func(words string) error { <-ready; return actor.Do(words) },
		See:    func(words string) error { <-ready; return actor.See(words) },
		Settle: synctest.Wait,
	})
	part := role(nameIn(talk), file, serverIn(talk), player.Dial)
	part.Env = transporttest.NewEnv(t, part.Account.Password)
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
	part.Env.Finish(5 * time.Second)
}

// secrets are the captures that have no value in a talk.
func secrets(name, file string) []byte {
	if name != "password" {
		return nil
	}
	return []byte(passwordIn(file))
}

// passwordIn is the password that a talk's user gives.
func passwordIn(file string) string {
	if strings.Contains(file, "wrong-password") {
		return "carrot1"
	}
	return password
}

// dialectIn is the dialect of a talk: its file's name ends in the number, or it is 12.
func dialectIn(file string) string {
	n := name(file)
	for _, d := range []string{"8", "9", "10", "11"} {
		if strings.HasSuffix(n, "-"+d) {
			return "MSNP" + d
		}
	}
	return "MSNP12"
}

// nameIn is the name that a talk's user gives: USR 3 TWN I NAME.
func nameIn(talk *transporttest.Talk) string {
	for _, s := range talk.Steps {
		words := strings.Fields(said(s))
		if s.Who == transporttest.Client && len(words) == 5 && words[0] == "USR" && words[3] == "I" {
			return words[4]
		}
	}
	return ""
}

// serverIn is the host of the server: that of the first connection over HTTP, since the first of all is not told.
func serverIn(talk *transporttest.Talk) string {
	for _, s := range talk.Steps {
		if s.Act == transporttest.Connect && len(s.Parts) == 1 {
			host, _, _ := strings.Cut(string(s.Parts[0].Bytes), ":")
			return host
		}
	}
	return "server.example"
}

func said(s transporttest.Step) string {
	var b strings.Builder
	for _, p := range s.Parts {
		b.Write(p.Bytes)
	}
	return b.String()
}

// role is a session of somebody, with a server that has its web services at port 8081.
func role(name, file, host string, dial dialer) transporttest.Role {
	web := "http://" + host + ":8081"
	return transporttest.Role{
		Network: msnp.New(),
		Account: transports.Account{
			Name: transports.LegacyID(name), Typed: name, Password: transports.NewSecret(passwordIn(file)),
			Presence: transports.SetPresence{Show: transports.Online},
		},
		Settings: transports.Settings{
			"server": {Text: host}, "dialects": {List: []string{dialectIn(file)}}, "login_url": {Text: web + "/login"}, "web": {Text: web},
		},
		Dial: dial,
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
