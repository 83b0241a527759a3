package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
)

// BenchmarkLoad is the start of a gateway with ten thousand registrations stored, all of which were online.
func BenchmarkLoad(b *testing.B) {
	key, err := registry.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := registry.ParseKeys(key)
	if err != nil {
		b.Fatal(err)
	}
	r, err := registry.Open(filepath.Join(b.TempDir(), "imgate.db"), registry.Options{Sealer: sealer})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	log := slog.New(slog.DiscardHandler)
	keeper := registry.NewKeeper(r, log)
	now := time.Now().UTC()
	for i := range 10_000 {
		keeper.Submit(nil, registry.Put{
			Registration: registry.Registration{
				Key: registry.Key{User: fmt.Sprintf("user%d@example.org", i), Service: "tin"}, Created: now,
				Name: transports.LegacyID(fmt.Sprintf("bench%d", i)), Password: transports.NewSecret("rabbit1"),
			},
			State: state.Snapshot{State: state.Online, Since: now, LastOnline: now},
		})
	}
	stored, cancel := context.WithCancel(b.Context())
	cancel()
	keeper.Run(stored)
	b.ReportAllocs()
	for b.Loop() {
		g, err := New(Options{
			Services: []Service{{Name: "tin", Domain: "tin.example.org", Network: loopback.New(loopback.NewServer()), Users: []string{"*"}}},
			Registry: r, Keeper: keeper, Log: log, Schedule: state.Defaults(nil),
		})
		if err != nil {
			b.Fatal(err)
		}
		if g.accounts.get(registry.Key{User: "user9999@example.org", Service: "tin"}) == nil {
			b.Fatal("the last is not there")
		}
	}
}
