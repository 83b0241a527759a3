package gateway

import (
	"context"
	"errors"
	"testing"
	"time"

	"imgate/registry"
	"imgate/state"
)

var aliceOnAim = registry.Key{User: "alice@example.org", Service: "aim"}

func TestAnAdministratorDisablesAndEnables(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		ctx := context.Background()
		if _, err := w.g.Wish(ctx, aliceOnAim, state.Disable{Text: "for a while"}); err != nil {
			t.Fatal(err)
		}
		w.expectState(state.Disabled, state.Admin)
		w.after(time.Hour)
		w.says(`<message type='chat' from='%s' to='%s'><body>reconnect</body></message>`, laptop, domain)
		w.expectState(state.Disabled, state.Admin)
		if _, err := w.g.Wish(ctx, aliceOnAim, state.Enable{}); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		w.expectState(state.Online, "")
		s, story, err := w.g.Explain(aliceOnAim)
		if err != nil || s.State.State != state.Online || s.Contacts != 1 || len(story) < 4 {
			t.Errorf("%+v\n%+v\n%v", s, story, err)
		}
		n := 0
		for s, err := range w.g.Standings() {
			if n++; err != nil || s.Key != aliceOnAim || s.State.State != state.Online {
				t.Errorf("%+v %v", s, err)
			}
		}
		if n != 1 {
			t.Errorf("%d registrations are listed", n)
		}
	})
}

func TestAnAdministratorRemovesAndRestores(t *testing.T) {
	play(t, func(w *world) {
		w.stop()
		w.undo = time.Hour
		w.start()
		w.online()
		ctx := context.Background()
		if _, err := w.g.Restore(ctx, aliceOnAim); !errors.Is(err, registry.ErrNotRemoved) {
			t.Errorf("restored what is there: %v", err)
		}
		if _, err := w.g.Remove(ctx, aliceOnAim); err != nil {
			t.Fatal(err)
		}
		// At once: the session before is still going.
		if _, err := w.g.Restore(ctx, aliceOnAim); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		w.hears(`type="unsubscribed" & from="aim.example.org"`, `type="subscribe" & from="aim.example.org"`)
		w.befriends()
		w.after(time.Second)
		w.expectState(state.Online, "")
		if _, _, on := w.server.Online("aliceliddell"); !on {
			t.Error("not signed on after the restoration")
		}
		if _, err := w.g.Remove(ctx, aliceOnAim); err != nil {
			t.Fatal(err)
		}
		w.after(time.Minute)
		if s, err := w.g.Standing(aliceOnAim); err != nil || s.Removed.IsZero() {
			t.Errorf("removed: %+v %v", s, err)
		}
		if _, err := w.g.Remove(ctx, aliceOnAim); err == nil {
			t.Error("removed twice")
		}
		if _, err := w.g.Wish(ctx, aliceOnAim, state.Reconnect{}); !errors.Is(err, ErrNotKnown) {
			t.Errorf("a wish to one who was removed: %v", err)
		}
	})
}

func TestVerbsSayWhoIsNotThere(t *testing.T) {
	play(t, func(w *world) {
		ctx := context.Background()
		nobody, nowhere := registry.Key{User: "eve@example.org", Service: "aim"}, registry.Key{User: "eve@example.org", Service: "icq"}
		if _, err := w.g.Wish(ctx, nobody, state.Enable{}); !errors.Is(err, ErrNotKnown) {
			t.Error(err)
		}
		if _, err := w.g.Wish(ctx, nowhere, state.Enable{}); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		if _, err := w.g.Restore(ctx, nobody); !errors.Is(err, registry.ErrNotRegistered) {
			t.Error(err)
		}
		if _, err := w.g.Restore(ctx, nowhere); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		if _, _, err := w.g.Explain(nobody); !errors.Is(err, ErrNotKnown) {
			t.Error(err)
		}
		w.online()
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := newAdminAsker().wait(ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
