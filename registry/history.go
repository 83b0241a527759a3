package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"imgate/state"
)

const (
	// historyLength is how many transitions of a registration are kept.
	historyLength = 50
	// historyText bounds the text of one, in bytes.
	historyText = 200
)

// A Transition is one step in the life of a registration: a state that was entered, or a further failed attempt
// in it.
type Transition struct {
	At      time.Time    `json:"at"`
	State   state.State  `json:"state"`
	Reason  state.Reason `json:"reason,omitempty"`
	Text    string       `json:"text,omitempty"` // a sentence for people, at most 200 bytes, without secrets
	Attempt int          `json:"attempt,omitempty"`
}

// transitionOf is how a snapshot was come to.
func transitionOf(s state.Snapshot) Transition {
	t := Transition{At: s.Since, State: s.State, Reason: s.Reason, Text: s.Text, Attempt: s.Attempt}
	if s.State == state.TryingToConnect && s.Attempt > 0 {
		if t.Text == "" {
			t.Text = s.LastFailure.Text
		}
		if s.LastFailure.At.After(t.At) {
			t.At = s.LastFailure.At
		}
	}
	return t
}

// follows reports whether t is news after last: not what is the same but for attempts that no longer count.
func (t Transition) follows(last Transition) bool {
	return t.State != last.State || t.Reason != last.Reason || t.Attempt > last.Attempt
}

// note adds what is news to the history of a registration: one line of JSON each, the oldest first.
func note(w *writing, key Key, steps ...Transition) error {
	b, k := w.bucket("history"), key.bytes()
	lines := bytes.SplitAfter(b.Get(k), []byte("\n"))
	lines = lines[:len(lines)-1] // what follows the last line's end
	var last Transition
	if len(lines) > 0 {
		_ = json.Unmarshal(lines[len(lines)-1], &last) // what is damaged is followed by anything
	}
	news := false
	for _, t := range steps {
		if !t.follows(last) {
			continue
		}
		t.At, t.Text = t.At.UTC(), cut(t.Text)
		line, err := json.Marshal(t)
		if err != nil {
			return err
		}
		lines, last, news = append(lines, append(line, '\n')), t, true
	}
	if !news {
		return nil
	}
	return w.put(b, k, bytes.Join(lines[max(0, len(lines)-historyLength):], nil))
}

func cut(s string) string {
	if len(s) <= historyText {
		return s
	}
	return strings.ToValidUTF8(s[:historyText], "")
}

// History reads the last 50 transitions of a registration, the oldest first.
func (r *Registry) History(key Key) ([]Transition, error) {
	var list []Transition
	err := r.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("history"))
		if b == nil {
			return nil // an older file, read only
		}
		for line := range bytes.Lines(b.Get(key.bytes())) {
			var t Transition
			if err := json.Unmarshal(line, &t); err != nil {
				return fmt.Errorf("read the history of %v: %w", key, err)
			}
			list = append(list, t)
		}
		return nil
	})
	return list, err
}

// historyBegins is the migration from schema 1: the history of each registration begins where it stands.
func historyBegins(r *Registry, tx *bbolt.Tx) error {
	w := &writing{tx: tx}
	if _, err := tx.CreateBucketIfNotExists([]byte("history")); err != nil {
		return err
	}
	return w.bucket("states").ForEach(func(k, v []byte) error {
		key, err := parseKey(k)
		if err != nil {
			return nil // All tells it
		}
		s, err := decodeSnapshot(v)
		if err != nil {
			return nil // likewise
		}
		return note(w, key, transitionOf(s))
	})
}
