package e2e_test

import (
	"context"
	"path/filepath"
	"testing"

	"imgate/e2e"
	"imgate/scene"
)

// TestScenesWithSlixmpp plays every scene with Prosody, the real binary and slixmpp.
func TestScenesWithSlixmpp(t *testing.T) {
	driver := startDriver(t)
	login := func(ctx context.Context, jid, password, address string) (client, error) {
		c, err := driver.Login(ctx, jid, password, address)
		return slix{c}, err
	}
	playAll(t, login)
}

func playAll(t *testing.T, login func(ctx context.Context, jid, password, address string) (client, error)) {
	files, err := filepath.Glob("../scene/testdata/*.scene")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	path := binary(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := scene.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			st := newStage(t, path)
			st.login = login
			if err := scene.Play(s, st); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestScenesWithPlainClient plays every scene with Prosody, the real binary and the smallest client.
func TestScenesWithPlainClient(t *testing.T) {
	playAll(t, func(ctx context.Context, jid, password, address string) (client, error) {
		return e2e.LoginPlain(ctx, jid, password, address)
	})
}
