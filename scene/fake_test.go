package scene

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/component/gateway"
	"imgate/component/gateway/album"
	"imgate/lab/world"
	"imgate/registry"
	"imgate/state"
)

// TestScenes plays every scene under fake time: the real gateway, registry and transport, the lab's server at
// the other end of pipes, and an XMPP server of a few lines.
func TestScenes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scene")
	slow, _ := filepath.Glob("testdata/slow/*.scene")
	files = append(files, slow...)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	for _, file := range files {
		s, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range s.Variants() {
			t.Run(s.String(), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "imgate.db")
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t, path, s)
					defer f.close()
					if err := Play(s, f); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// A fake is a stage under fake time.
type fake struct {
	t      *testing.T
	path   string
	sealer *registry.Sealer
	legacy legacy
	xmpp   *fakeServer
	gw     *gateway.Gateway
	stop   func()
}

func newFake(t *testing.T, path string, s *Scene) *fake {
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := registry.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, path: path, sealer: sealer, legacy: legacies[s.Service]()}
	if err := f.legacy.set(s.Terms.With); err != nil {
		t.Fatal(err)
	}
	f.xmpp = &fakeServer{domain: s.Service + ".example.org", terms: s.Terms, users: map[string]*fakeUser{}, files: map[string][]byte{}}
	f.start()
	return f
}

func (f *fake) close() {
	f.stop()
	f.legacy.close()
}

func (f *fake) start() {
	log := slog.New(slog.NewTextHandler(f.t.Output(), nil))
	reg, err := registry.Open(f.path, registry.Options{Sealer: f.sealer})
	if err != nil {
		f.t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	photos, err := album.Open(f.path + ".avatars")
	if err != nil {
		f.t.Fatal(err)
	}
	f.gw, err = gateway.New(gateway.Options{
		Services: []gateway.Service{{
			Name: f.legacy.name, Domain: f.xmpp.domain, Network: f.legacy.network, Users: []string{"example.org"}, Link: f.xmpp,
			Routes: []gateway.Route{f.legacy.route}, Settings: f.legacy.settings,
		}},
		Registry: reg, Keeper: keeper, Log: log, Version: "scene", Avatars: photos,
		Schedule: state.Defaults(func() float64 { return 0.5 }), Files: f.xmpp.room(filepath.Dir(f.path)),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.xmpp.up(f.gw)
	ctx, cancel := context.WithCancel(context.Background())
	keep, closeKeeper := context.WithCancel(context.Background())
	var kept, ran sync.WaitGroup
	kept.Go(func() { keeper.Run(keep) })
	ran.Go(func() { f.gw.Run(ctx) })
	f.gw.LinkUp(f.xmpp.domain)
	f.xmpp.announces()
	f.stop = func() {
		cancel()
		ran.Wait()
		closeKeeper()
		kept.Wait()
		if err := reg.Close(); err != nil {
			f.t.Error(err)
		}
	}
}

// User implements Stage.
func (f *fake) User(name string) (User, error) { return f.xmpp.user(name), nil }

// Domain implements Stage.
func (f *fake) Domain(service string) string {
	if service == f.legacy.name {
		return f.xmpp.domain
	}
	return ""
}

// Network implements Stage.
func (f *fake) Network(service string) world.Network {
	if service == f.legacy.name {
		return f.legacy.world
	}
	return nil
}

// Restart implements Stage. What a kill loses is the business of the registry's tests; here it is a stop.
func (f *fake) Restart(what string, _ bool) error {
	if what == "gateway" {
		f.stop()
		f.start()
		return nil
	}
	f.xmpp.down(f.gw)
	time.Sleep(5 * time.Second)
	f.xmpp.up(f.gw)
	f.gw.LinkUp(f.xmpp.domain)
	f.xmpp.announces()
	return nil
}

// Uploads implements Stage.
func (f *fake) Uploads() string { return uploadDomain }

// Web implements Stage.
func (f *fake) Web() *http.Client { return &http.Client{Transport: f.xmpp} }

// Pass implements Stage.
func (f *fake) Pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Until implements Stage: nothing that happens by itself needs more than a few seconds of fake time.
func (f *fake) Until(condition func() bool) bool {
	for range 30 {
		synctest.Wait()
		if condition() {
			return true
		}
		time.Sleep(time.Second)
	}
	return false
}
