package e2e_test

import (
	"context"
	"path/filepath"
	"testing"

	"imgate/lab/xmppd"
	"imgate/scene"
)

type loginFunc = func(ctx context.Context, jid, password, address string) (client, error)

// TestScenesWithSlixmpp plays every scene with Prosody, the real binary and slixmpp.
func TestScenesWithSlixmpp(t *testing.T) {
	driver := startDriver(t)
	playAll(t, xmppd.Prosody, func(ctx context.Context, jid, password, address string) (client, error) {
		c, err := driver.Login(ctx, jid, password, address)
		if err == nil { // who has not asked for the roster hears of no refusal (RFC 6121 §3.2.3)
			_, err = c.Do(ctx, "roster", nil)
		}
		return slix{c}, err
	})
}

// TestScenesWithEveryServer plays every scene with each server, the real binary and the smallest client.
func TestScenesWithEveryServer(t *testing.T) {
	for _, kind := range xmppd.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel() // most of it is waiting
			playAll(t, kind, nil)
		})
	}
}

// playAll plays the scenes; login nil is that of the smallest client. Of a scene with several variants each server plays
// another one, so that all are played by some.
func playAll(t *testing.T, kind xmppd.Kind, login loginFunc) {
	files, err := filepath.Glob("../scene/testdata/*.scene")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	turn := int(kind)
	if login != nil {
		turn = len(xmppd.Kinds())
	}
	for _, file := range files {
		s, err := scene.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all := s.Variants()
		s = all[turn%len(all)]
		if what := lacking(kind, login != nil, s.Terms); what != "" {
			t.Logf("%s is not for here: %s", s, what)
			continue
		}
		t.Run(s.String(), func(t *testing.T) {
			st := newStageFor(t, kind, s.Service, s.Terms)
			if login != nil {
				st.login = login
			}
			if err := scene.Play(s, st); err != nil {
				t.Error(err)
			}
		})
	}
}

// lacking says what a scene needs that a server, or a client of others, has not got; empty: nothing (docs/features.md).
func lacking(kind xmppd.Kind, other bool, terms scene.Terms) string {
	switch {
	case terms.Need("uploads") && kind == xmppd.Jabberd2:
		return "there are no uploads"
	case terms.Need("blocking") && kind == xmppd.Jabberd2:
		return "it answers in the gateway's place who is blocked"
	case terms.Need("tunes") && (kind == xmppd.Jabberd2 || other):
		return "nobody tells what is listened to"
	case terms.Need("privileges") && kind != xmppd.Prosody:
		return "rosters cannot be set"
	}
	return ""
}
