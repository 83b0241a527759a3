package e2e_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"imgate/lab/xmppd"
	"imgate/scene"
)

type loginFunc = func(ctx context.Context, jid, password, address string) (client, error)

// TestScenesWithSlixmpp plays every scene with Prosody, the real binary and slixmpp.
func TestScenesWithSlixmpp(t *testing.T) {
	t.Parallel() // with the other scenes: most of it is waiting
	driver := startDriver(t)
	playAll(t, site{kind: xmppd.Prosody}, func(ctx context.Context, jid, password, address string) (client, error) {
		c, err := driver.Login(ctx, jid, password, address)
		if err == nil { // who has not asked for the roster hears of no refusal (RFC 6121 §3.2.3)
			_, err = c.Do(ctx, "roster", nil)
		}
		return slix{c}, err
	})
}

// TestScenesWithEveryServer plays every scene with each server, with privileges and without, the real binary and the
// smallest client.
func TestScenesWithEveryServer(t *testing.T) {
	everySite(t, func(t *testing.T, s site) { playAll(t, s, nil) })
}

// playAll plays the scenes; login nil is that of the smallest client. Of a scene with several variants each server plays
// another one, so that all are played by some.
func playAll(t *testing.T, where site, login loginFunc) {
	files, err := filepath.Glob("../scene/testdata/*.scene")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	turn := slices.Index(sites(), where)
	if login != nil {
		turn = len(sites())
	}
	g := &grounds{t: t, open: map[fittings]ground{}}
	for _, file := range files {
		s, err := scene.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all := s.Variants()
		s = all[turn%len(all)]
		at := where
		at.privileges = at.privileges || login != nil && s.Terms.Need("privileges")
		if what := lacking(at, login != nil, s.Terms); what != "" {
			t.Logf("%s is not for here: %s", s, what)
			continue
		}
		g.all = append(g.all, showing{s, at})
	}
	for i, s := range g.all {
		t.Run(s.String(), func(t *testing.T) {
			st := newStageFor(t, g.of(t, i), s.Service, s.Terms)
			if login != nil {
				st.login = login
			}
			if err := scene.Play(s.Scene, st); err != nil {
				t.Error(err)
			}
		})
	}
}

// lacking says what a scene needs that a server, or a client of others, has not got; empty: nothing (docs/features.md).
func lacking(where site, other bool, terms scene.Terms) string {
	jabberd2 := where.kind == xmppd.Jabberd2
	switch {
	case terms.Need("uploads") && jabberd2:
		return "there are no uploads"
	case terms.Need("blocking") && jabberd2:
		return "it answers in the gateway's place who is blocked"
	case terms.Need("tunes") && (jabberd2 || other):
		return "nobody tells what is listened to"
	case terms.Need("privileges") && where != (site{xmppd.Prosody, true}):
		return "rosters cannot be set"
	}
	return ""
}
