package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"imgate/adapters/control"
	"imgate/registry"
)

// backupCommand copies the registry.
type backupCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	Out    string `arg:"" type:"path" help:"Where to; it must not be there yet. A running gateway writes it, so that it must be allowed to."`
}

// Help is the example of --help.
func (backupCommand) Help() string {
	return "Example: imgate backup --config /etc/imgate/imgate.toml /var/backups/imgate-2026-05-01.db\n\n" +
		"The copy opens with the sealing key of today: keep the key file too, elsewhere."
}

// Run makes the copy, while the gateway runs or not.
func (b backupCommand) Run(out *output) error {
	p, err := placeOf(b.Config)
	if err != nil {
		return err
	}
	ctx, stop := interrupted()
	defer stop()
	lines, _, err := p.ask(ctx, control.Request{Verb: "backup", Path: b.Out})
	var size int64
	for _, l := range lines {
		size += l.Bytes
	}
	if errors.Is(err, control.ErrNotRunning) {
		err = p.read(func(r *registry.Registry) error {
			size, err = r.BackupFile(ctx, b.Out)
			return err
		})
	}
	if err != nil {
		return err
	}
	out.printf("%s: %d bytes. It opens with the sealing key of today; keep a copy of the key file elsewhere.\n", b.Out, size)
	return nil
}

// recoverCommand puts a copy back.
type recoverCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	In     string `arg:"" type:"path" help:"The copy that imgate backup has made."`
}

// Help is the example of --help.
func (recoverCommand) Help() string {
	return "Example: imgate recover --config /etc/imgate/imgate.toml /var/backups/imgate-2026-05-01.db\n\n" +
		"The gateway must be stopped, and its registry (imgate.db in data_dir) moved aside. Every record is tried first."
}

// Run looks the copy through and puts it in place.
func (r recoverCommand) Run(out *output) error {
	p, err := placeOf(r.Config)
	if err != nil {
		return err
	}
	sealer, err := p.c.Seal.sealer()
	if err != nil {
		return usage(err)
	}
	if err := prepareDir(p.c.DataDir); err != nil {
		return err
	}
	ctx, stop := interrupted()
	defer stop()
	n, err := registry.Recover(ctx, r.In, p.registry(), registry.Options{Sealer: sealer, AllowPlain: p.c.Seal.AllowPlain})
	if err != nil {
		return err
	}
	out.printf("%s holds %d registration(s) again. Start the gateway.\n", p.registry(), n)
	return nil
}

// keyRotateCommand puts a new sealing key into use.
type keyRotateCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	JSON   bool   `name:"json" help:"For programs."`
}

// Help is the example of --help.
func (keyRotateCommand) Help() string {
	return "Example: imgate key rotate --config /etc/imgate/imgate.toml\n\n" +
		"Makes a new key, seals everything anew while the gateway goes on, and takes keys that nothing uses any more out of\n" +
		"the key file. Keep a copy of the file from before for as long as you keep backups from before."
}

// Run rotates, in the running gateway or in the file.
func (k keyRotateCommand) Run(out *output) error {
	p, err := placeOf(k.Config)
	if err != nil {
		return err
	}
	if p.c.Seal.KeyFile == "" {
		return usage(errKeyFile)
	}
	ctx, stop := interrupted()
	defer stop()
	var done registry.Rotation
	lines, _, err := p.ask(ctx, control.Request{Verb: "rotate"})
	for _, l := range lines {
		if l.Rotation != nil {
			done = *l.Rotation
		}
	}
	if errors.Is(err, control.ErrNotRunning) {
		done, err = p.rotate(ctx)
	}
	if err != nil {
		return err
	}
	if k.JSON {
		return writeJSON(out.out, done)
	}
	out.printf("Key %s seals from now on; %d registration(s) were sealed anew.\n", done.Key, done.Resealed)
	if done.Unreadable > 0 {
		out.printf("%d registration(s) could not be read and are as they were; keys kept for them: %v\n", done.Unreadable, done.Kept)
	}
	out.printf("Keep a copy of %s, apart from the registry. Older backups open only with the key file of their time.\n", p.c.Seal.KeyFile)
	return nil
}

// rotate does it while no gateway runs.
func (p place) rotate(ctx context.Context) (registry.Rotation, error) {
	sealer, err := p.c.Seal.sealer()
	if err != nil {
		return registry.Rotation{}, usage(err)
	}
	r, err := registry.Open(p.registry(), registry.Options{Sealer: sealer, AllowPlain: p.c.Seal.AllowPlain})
	if errors.Is(err, registry.ErrLocked) {
		err = p.errSilent()
	}
	if err != nil {
		return registry.Rotation{}, err
	}
	keeper := registry.NewKeeper(r, slog.New(slog.DiscardHandler))
	keeping, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { keeper.Run(keeping) })
	done, err := keeper.Rotate(ctx, p.c.Seal.KeyFile)
	stop()
	wg.Wait()
	return done, errors.Join(err, r.Close())
}
