package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgate/lab/world"
	"imgate/lab/xmppd"
)

// administer runs a command of the binary with the stage's configuration, and looks for what it says.
func (s *stage) administer(t *testing.T, says string, args ...string) string {
	t.Helper()
	var line []string
	for _, a := range args {
		line = append(line, strings.Replace(a, "@config", s.config(), 1))
	}
	out, err := exec.Command(s.binary, line...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), says) {
		t.Errorf("imgate %s: %v, want %q in\n%s", strings.Join(args, " "), err, says, out)
	}
	if strings.Contains(string(out), world.Password) {
		t.Errorf("imgate %s prints a password", strings.Join(args, " "))
	}
	return string(out)
}

// TestAdministrationWhileUsersChat does everything an administrator can do to one user, while the other chats;
// then the gateway is restarted with the new key, and once more from the backup.
func TestAdministrationWhileUsersChat(t *testing.T) {
	st := newStage(t, xmppd.Prosody)
	juliet, romeo := person(t, st, "juliet"), person(t, st, "romeo")
	juliet.register("alicewonder")
	romeo.register("bobwonder")
	on := func(verb string) []string {
		return []string{"registrations", verb, "--config", "@config", "juliet@localhost", "aim"}
	}
	stands := func(what string) {
		t.Helper()
		if !st.Until(func() bool {
			return strings.Contains(st.administer(t, "juliet@localhost", append(on("show"), "--json")...), what)
		}) {
			t.Errorf("juliet's registration never has %s", what)
		}
	}
	saved := filepath.Join(st.dir, "saved.db")

	stands(`"state":"online"`)
	st.administer(t, "romeo@localhost", "registrations", "list", "--config", "@config")
	st.administer(t, "disabled (admin)", append(on("disable"), "--text", "closed for a while")...)
	romeo.chats("while juliet is disabled")
	st.administer(t, "closed for a while", on("explain")...)
	st.administer(t, "", on("enable")...)
	stands(`"state":"online"`)
	juliet.chats("enabled again")
	st.administer(t, "bytes", "backup", "--config", "@config", saved)
	st.administer(t, "removed", on("remove")...)
	juliet.hears(`from="aim.localhost" & type="unsubscribed"`)
	romeo.chats("while juliet is removed")
	st.administer(t, "Restored", on("restore")...)
	stands(`"state":"online"`)
	old, err := os.ReadFile(filepath.Join(st.dir, "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	st.administer(t, "2 registration(s) were sealed anew", "key", "rotate", "--config", "@config")
	romeo.chats("after the rotation")
	st.administer(t, "restored", on("explain")...)

	if err := st.Restart("gateway", true); err != nil {
		t.Fatal(err)
	}
	stands(`"state":"online"`)

	// The backup is from before the rotation: it opens with the key file of its time.
	if err := st.endGateway(false); err != nil {
		t.Fatal(err)
	}
	st.administer(t, "juliet@localhost", "registrations", "list", "--config", "@config")
	db := filepath.Join(st.dir, "data", "imgate.db")
	if err := os.Rename(db, db+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(st.dir, "seal.key"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	st.administer(t, "holds 2 registration(s) again", "recover", "--config", "@config", saved)
	st.startGateway()
	stands(`"state":"online"`)
	romeo.chats("after the recovery")
}
