package registry

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/transports"
)

const (
	killPath = "IMGATE_KILL_TEST_PATH"
	killKey  = "IMGATE_KILL_TEST_KEY"
)

// TestKilledWriter is not a test of its own: it is the child that TestNothingAcknowledgedIsLost kills. It
// registers users for ever, from several submitters, and prints each only when the keeper has said it is
// stored.
func TestKilledWriter(t *testing.T) {
	path := os.Getenv(killPath)
	if path == "" {
		return
	}
	sealer, err := ParseKeys(os.Getenv(killKey))
	must(t, err)
	r, err := Open(path, Options{Sealer: sealer})
	must(t, err)
	k := NewKeeper(r, quiet())
	go k.Run(context.Background())
	run := time.Now().UnixNano()
	acked := make(chan string)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				reg := alice()
				reg.User = fmt.Sprintf("u%d-%d-%d@example.org", run, w, i)
				reg.Password = transports.NewSecret(reg.User)
				if err := k.Do(context.Background(), Put{Registration: reg}); err != nil {
					panic(err)
				}
				acked <- reg.User
			}
		}()
	}
	for user := range acked {
		fmt.Fprintln(os.Stdout, "stored "+user)
	}
}

func TestNothingAcknowledgedIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imgate.db")
	key, err := NewKey()
	must(t, err)
	sealer, err := ParseKeys(key)
	must(t, err)
	var acked []string
	for range 50 {
		acked = append(acked, killOne(t, path, key)...)
	}
	r := open(t, path, Options{Sealer: sealer})
	for _, user := range acked {
		got, ok, err := r.Get(Key{user, "aim"})
		if err != nil || !ok || got.Password.Reveal() != user {
			t.Fatalf("%s was acknowledged and is lost: %v %v", user, ok, err)
		}
	}
	if len(acked) < 50 {
		t.Errorf("only %d registrations in 50 runs: the test proves nothing", len(acked))
	}
	t.Logf("%d registrations acknowledged before 50 kills, all there", len(acked))
}

// killOne runs the child, kills it after some of its lines, and gives the users it had acknowledged.
func killOne(t *testing.T, path, key string) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	cmd.Env = append(os.Environ(), killPath+"="+path, killKey+"="+key)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var users []string
	scan := bufio.NewScanner(out)
	after := 1 + rand.IntN(40)
	for scan.Scan() {
		user, ok := strings.CutPrefix(scan.Text(), "stored ")
		if !ok {
			t.Errorf("the child says %q", scan.Text())
			continue
		}
		users = append(users, user)
		if len(users) == after {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return users
}
