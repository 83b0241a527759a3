//go:build another

package e2e_test

import (
	"flag"
	"os"
	"testing"
)

var (
	anotherC2S       = flag.String("c2s", "127.0.0.1:5222", "where clients come, without TLS")
	anotherComponent = flag.String("component", "127.0.0.1:5275", "where the component comes")
	anotherSeen      = flag.String("seen", "", "a file to write what was seen into")
	anotherIs        = flag.String("is", "", "what is said there of the server: its name, its version and when it was")
)

// another is a server that somebody else has started.
type another struct{}

func (another) C2S() string       { return *anotherC2S }
func (another) Component() string { return *anotherComponent }

// TestFeaturesOnAnotherServer plays each row with a server that runs already, and logs what it sees, or writes it. The server is
// that of localhost; it lets aim.localhost attach by the secret of these tests, has the users queen, r00, r01 and so
// on with the password capulet, whose rosters are empty, and takes clients without TLS.
func TestFeaturesOnAnotherServer(t *testing.T) {
	got := newHouseAt(t, another{}).playRows(t)
	text := "# " + *anotherIs + "\n"
	for _, r := range rows() {
		text += r.name + "\t" + got[r.name] + "\n"
	}
	t.Log(text)
	if *anotherSeen == "" || t.Failed() {
		return
	}
	if err := os.WriteFile(*anotherSeen, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
