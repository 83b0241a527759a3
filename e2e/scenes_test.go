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
	playAll(t, site{kind: xmppd.Prosody}, func(ctx context.Context, jid, password, address string) (client, error) {
		c, err := driver.Login(ctx, jid, password, address)
		return slix{c}, err
	})
}

// TestScenesWithEveryServer plays every scene with each server, with privileges and without, the real binary and the
// smallest client.
func TestScenesWithEveryServer(t *testing.T) {
	everySite(t, func(t *testing.T, s site) { playAll(t, s, nil) })
}

// playAll plays the scenes; login nil is that of the smallest client.
func playAll(t *testing.T, where site, login loginFunc) {
	files, err := filepath.Glob("../scene/testdata/*.scene")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := scene.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			st := newStageOf(t, where, s.Service)
			if login != nil {
				st.login = login
			}
			if err := scene.Play(s, st); err != nil {
				t.Error(err)
			}
		})
	}
}
