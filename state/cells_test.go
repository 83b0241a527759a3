package state

import (
	"os"
	"strings"
	"testing"
)

// Every cell of the design's tables has its section: a state that gains an input without a trace fails here.
func TestEveryCellHasATrace(t *testing.T) {
	text, err := os.ReadFile("testdata/cells.trace")
	if err != nil {
		t.Fatal(err)
	}
	rows := []string{
		"start", "trying, running", "trying, waiting", "online", "bad_auth", "disabled(other_location)",
		"disabled(broken)", "disabled(admin)", "intentionally_offline(presence)",
		"intentionally_offline(signed_off)", "intentionally_offline(manual)", "shutdown",
	}
	inputs := []string{
		"wanted", "unwanted", "signed-on", "ended transient", "ended bad_credentials", "ended replaced", "due",
		"deferred 600s", "reconnect", "credentials", "sign-off", "disable", "enable", "link-lost", "link-back",
		"removed", "stop",
	}
	for _, row := range rows {
		for _, in := range inputs {
			section := "\n== " + row + " × " + in + "\n"
			_, after, ok := strings.Cut(string(text), section)
			body, _, _ := strings.Cut(after, "\n==")
			if !ok || !strings.Contains(body, " -> ") {
				t.Errorf("no trace for %s × %s", row, in)
			}
		}
	}
}
