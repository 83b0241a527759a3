package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/news"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

var alice = xmpp.JID{Local: "alice", Domain: "example.org"}

// heard puts news into words.
func heard(w *news.Watch) string {
	var words []string
	for _, n := range w.Take() {
		switch n := n.(type) {
		case news.Stands:
			word := string(n.State.State)
			if wait, ok := n.State.UntilNext(time.Now()); ok {
				word += fmt.Sprintf("+%v", wait)
			}
			words = append(words, word)
		case news.OtherLocation:
			words = append(words, "other_location:"+n.Name)
		case news.Refused:
			words = append(words, "refused")
		case news.LookAgain:
			words = append(words, "look")
		}
	}
	return strings.Join(words, " ")
}

func TestADoorRegistersWithoutWaiting(t *testing.T) {
	play(t, func(w *world) {
		ctx, watch := context.Background(), w.g.Watch(alice)
		defer watch.Close()
		begin := time.Now()
		if err := w.g.Register(ctx, alice, "aim", "Alice Liddell", transports.NewSecret("wrong")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("waited %v", took)
		}
		w.after(time.Second)
		if got := heard(watch); got != "trying_to_connect bad_auth" {
			t.Error(got)
		}
		s, ok, err := w.g.Registration(alice, "aim")
		if err != nil || !ok || s.State.State != state.BadAuth || s.Typed != "Alice Liddell" {
			t.Errorf("%+v %v %v", s, ok, err)
		}
		w.after(2 * time.Hour)
		w.expectState(state.BadAuth, "")
		w.stop()
		w.start()
		w.expectState(state.BadAuth, "")
		watch = w.g.Watch(alice)
		if err := w.g.Register(ctx, alice, "aim", "Alice Liddell", transports.NewSecret("pw")); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		if got := heard(watch); got != "intentionally_offline" { // nobody is there, and it is no first registration
			t.Error(got)
		}
		w.befriends()
		w.after(time.Second)
		w.expectState(state.Online, "")
		watch.Close()
	})
}

func TestADoorHearsEverythingInOrder(t *testing.T) {
	play(t, func(w *world) {
		ctx, watch := context.Background(), w.g.Watch(alice)
		defer watch.Close()
		w.online()
		if got := heard(watch); got != "trying_to_connect online" {
			t.Error(got)
		}
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
		w.after(0)
		if got := heard(watch); got != "other_location:Alice Liddell disabled" {
			t.Error(got)
		}
		if err := w.g.Reconnect(ctx, alice, "aim"); err != nil {
			t.Error(err)
		}
		w.after(time.Second)
		if got := heard(watch); got != "trying_to_connect online" {
			t.Error(got)
		}
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		for i, want := range []string{"trying_to_connect+15s", "trying_to_connect trying_to_connect+30s", "trying_to_connect trying_to_connect+1m0s"} {
			w.after(time.Duration(i) * 15 * time.Second)
			if got := heard(watch); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		w.server.Refuse(nil)
		w.after(2 * time.Minute)
		if got := heard(watch); got != "trying_to_connect online" {
			t.Error(got)
		}
		if err := w.g.Register(ctx, alice, "aim", "Alice Liddell", transports.NewSecret("wrong")); err != nil {
			t.Error(err)
		}
		w.after(time.Minute)
		if got := heard(watch); !strings.Contains(got, "refused trying_to_connect") || !strings.HasSuffix(got, "online") {
			t.Error(got)
		}
		if err := w.g.Unregister(ctx, alice, "aim"); err != nil {
			t.Error(err)
		}
		w.after(time.Second)
		if got := heard(watch); got != "shutdown" {
			t.Error(got)
		}
		if _, ok, err := w.g.Registration(alice, "aim"); ok || err != nil {
			t.Errorf("still there: %v", err)
		}
	})
}

func TestWhatADoorIsRefused(t *testing.T) {
	play(t, func(w *world) {
		ctx, pw := context.Background(), transports.NewSecret("pw")
		var e *xmpp.Error
		if err := w.g.Register(ctx, alice, "aim", "a!b", pw); !errors.As(err, &e) || e.Condition != xmpp.NotAcceptable {
			t.Error(err)
		}
		mallory := xmpp.JID{Local: "m", Domain: "elsewhere.org"}
		if err := w.g.Register(ctx, mallory, "aim", "alice", pw); !errors.As(err, &e) || e.Condition != xmpp.NotAllowed {
			t.Error(err)
		}
		if err := w.g.Register(ctx, alice, "icq", "alice", pw); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		for _, verb := range []func(context.Context, xmpp.JID, string) error{w.g.Unregister, w.g.Reconnect} {
			if err := verb(ctx, alice, "aim"); !errors.Is(err, registry.ErrNotRegistered) {
				t.Error(err)
			}
		}
		for i := range 5 {
			_ = w.g.Register(ctx, alice, "aim", "Alice Liddell", transports.NewSecret("wrong"))
			w.after(time.Second)
			if i == 0 {
				w.befriends() // another password is tried once the user is there
			}
		}
		begin := time.Now()
		if err := w.g.Register(ctx, alice, "aim", "Alice Liddell", pw); !errors.As(err, &e) || e.Condition != xmpp.ResourceConstraint || time.Since(begin) < slowAnswer {
			t.Error(err, time.Since(begin))
		}
		w.stop()
		if err := w.g.Reconnect(ctx, alice, "aim"); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		synctest.Wait()
	})
}
