package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"imgate/adapters/control"
	"imgate/component"
	"imgate/component/gateway"
	"imgate/registry"
)

// admin is what administrators can do: the verbs of the gateway, and of what is around it.
type admin struct {
	*gateway.Gateway
	server   *server
	services []serviceConfig
	keyFile  string
}

func (s *server) verbs(c *config) admin { return admin{s.gateway, s, c.Services, c.Seal.KeyFile} }

// errKeyFile tells who has nothing to rotate in.
var errKeyFile = errors.New(`seal.key is not a "file:PATH": put the key into a file to rotate it`)

// Backup implements control.Verbs.
func (a admin) Backup(ctx context.Context, path string) (int64, error) {
	return a.server.registry.BackupFile(ctx, path)
}

// Rotate implements control.Verbs.
func (a admin) Rotate(ctx context.Context) (registry.Rotation, error) {
	if a.keyFile == "" {
		return registry.Rotation{}, errKeyFile
	}
	return a.server.keeper.Rotate(ctx, a.keyFile)
}

// Links implements control.Verbs.
func (a admin) Links() []control.Link {
	var list []control.Link
	for _, s := range a.services {
		l := a.server.board.link(s.Domain)
		l.Service = s.Name
		list = append(list, l)
	}
	return list
}

// A linkBoard has the last that each link told. The links tell it from their goroutines, and doors look, hence
// the mutex.
type linkBoard struct {
	mu    sync.Mutex
	links map[string]control.Link
}

func (b *linkBoard) note(domain string, st component.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.links[domain]
	l := control.Link{Domain: domain, Up: st.Up, Since: before.Since, Next: st.Next}
	if st.Err != nil {
		l.Error = st.Err.Error()
	}
	if before.Since.IsZero() || before.Up != st.Up {
		l.Since = time.Now().UTC()
	}
	if b.links == nil {
		b.links = map[string]control.Link{}
	}
	b.links[domain] = l
}

func (b *linkBoard) link(domain string) control.Link {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.links[domain]
	l.Domain = domain
	return l
}
