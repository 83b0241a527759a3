// Package msnp signs accounts on to MSN Messenger's network, over MSNP 8 to 12. Dialects are data (dialect.go): there is
// one code path. A session talks to the notification server for presence and lists, to one switchboard for each
// conversation, and over HTTP to the passport, which lets it in, and to the store of offline messages.
//
// A session has one goroutine beside Run for each connection that it reads and, while something is written, looked up,
// fetched or read from a file, one that does it. All state belongs to Run.
package msnp

import (
	"context"
	"errors"
	"net"
	"strings"

	"imgate/transports"
)

const defaultPort = "1863"

type network struct{}

// New is the network of MSN Messenger.
func New() transports.Network { return network{} }

// Info implements transports.Network.
func (network) Info() transports.Info {
	return transports.Info{
		Type: "msn", Name: "MSN", NameHint: "Passport",
		Powers:      everyPower,
		NamePattern: namePattern,
		Avatars:     transports.AvatarLimits{Types: []string{"image/png", "image/jpeg", "image/gif"}, Bytes: 24 << 10, Side: 96},
		Settings: []transports.Setting{
			{Key: "dialects", Kind: transports.ListSetting, Default: transports.Value{List: dialectNames()}, Choices: dialectNames(),
				Doc: "Dialects to try, the first first."},
			{Key: "nexus", Kind: transports.URLSetting,
				Doc: "Address of the passport's nexus, which names the address to sign on at."},
			{Key: "login_url", Kind: transports.URLSetting,
				Doc: "Address to sign on at; with it the nexus is not asked."},
			{Key: "web", Kind: transports.URLSetting,
				Doc: "Base of the web services; without it there are no offline messages."},
			{Key: "switchboard", Kind: transports.HostPortSetting,
				Doc: "Host and port that replace those of the switchboards that the server hands out."},
		},
	}
}

// Canonical implements transports.Network.
func (network) Canonical(address string) (transports.LegacyID, error) { return canonical(address) }

// Run implements transports.Network.
func (network) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	over, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(env, &acct, over, events)
	defer s.hangUp()
	err := s.signOn(ctx)
	if err == nil {
		err = s.serve(ctx, commands)
	}
	if ctx.Err() != nil {
		return nil
	}
	s.settle(ctx)
	if ctx.Err() != nil {
		return nil
	}
	var f *transports.Failure
	if !errors.As(err, &f) {
		f = connectionFailure(err)
	}
	return f
}

// withPort adds the port of the protocol to a host without one.
func withPort(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), defaultPort)
}
