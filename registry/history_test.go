package registry

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"imgate/state"
	"imgate/transports"
)

func told(list []Transition) string {
	var b strings.Builder
	for _, t := range list {
		fmt.Fprintf(&b, "%s(%s) %d %s\n", t.State, t.Reason, t.Attempt, t.Text)
	}
	return b.String()
}

// Snapshots that come too fast to be stored each are all in the history.
func TestTheHistoryHasEveryStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		r := open(t, path, Options{Sealer: testSealer(t)})
		k, key := running(t, r), alice().Key
		snap := func(s state.State, reason state.Reason, text string, attempt int, failed string) state.Snapshot {
			out := state.Snapshot{State: s, Reason: reason, Text: text, Since: time.Now(), Attempt: attempt}
			if failed != "" {
				out.LastFailure = state.Fault{Kind: transports.Transient, Text: failed, At: time.Now()}
			}
			return out
		}
		must(t, k.Do(t.Context(), Put{Registration: alice(), State: snap(state.Start, "", "", 0, ""), Forget: true}))
		for _, s := range []state.Snapshot{
			snap(state.TryingToConnect, "", "", 0, ""),
			snap(state.TryingToConnect, "", "", 1, "the server does not answer"),
			snap(state.TryingToConnect, "", "", 1, "the server does not answer"), // a retry moved is no news
			snap(state.TryingToConnect, "", "", 2, "reset"),
			snap(state.Online, "", "", 2, "reset"),
			snap(state.Online, "", "", 0, "reset"), // a schedule reset neither
		} {
			k.Later(SetState{Key: key, State: s})
		}
		must(t, k.Do(t.Context(), SetState{Key: key, State: snap(state.Disabled, state.Admin, "by hand", 0, "")}))
		must(t, k.Do(t.Context(), Remove{Key: key, At: time.Now()}))
		must(t, k.Do(t.Context(), Restore{Key: key, At: time.Now()}))
		got, err := r.History(key)
		must(t, err)
		want := `start() 0 
trying_to_connect() 0 
trying_to_connect() 1 the server does not answer
trying_to_connect() 2 reset
online() 2 
disabled(admin) 0 by hand
shutdown() 0 removed
disabled(admin) 0 restored
`
		if told(got) != want {
			t.Errorf("got\n%swant\n%s", told(got), want)
		}
		must(t, k.Do(t.Context(), Remove{Key: key, Wipe: true}))
		if left, err := r.History(key); err != nil || len(left) != 0 {
			t.Errorf("after the wipe: %v %v", left, err)
		}
	})
}

func TestTheHistoryIsBounded(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k, key := running(t, r), alice().Key
	must(t, k.Do(t.Context(), Put{Registration: alice(), State: state.Snapshot{State: state.Start}}))
	for i := range 70 {
		s := state.Snapshot{State: state.TryingToConnect, Attempt: i + 1, Text: strings.Repeat("ü", 150)}
		must(t, k.Do(t.Context(), SetState{Key: key, State: s}))
	}
	got, err := r.History(key)
	must(t, err)
	if len(got) != historyLength || got[0].Attempt != 21 || got[49].Attempt != 70 {
		t.Errorf("%d, from attempt %d to %d", len(got), got[0].Attempt, got[len(got)-1].Attempt)
	}
	if text := got[0].Text; len(text) > historyText || !utf8.ValidString(text) {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}
