// Package ymsg signs accounts on to Yahoo! Messenger networks, over YMSG 10 or 9, and, unproven, 11 to 16. What differs between
// versions is data (dialect).
//
// A session has at most two goroutines beside Run: one that reads the connection and, while something is being
// written, one that writes it. All state belongs to Run, which while signing on waits for a third.
package ymsg

import (
	"context"
	"errors"
	"net"
	"strings"

	"imgate/transports"
)

const defaultPort = "5050"

// Yahoo is the network of Yahoo! Messenger.
func Yahoo() transports.Network { return network{} }

type network struct{}

// powers are those of every session.
const powers = transports.CanEditContacts | transports.CanGroup | transports.CanType | transports.CanAttention | transports.CanStyle |
	transports.CanOffline | transports.CanInvisible | transports.CanAuthorize | transports.CanBlock | transports.CanRooms | transports.CanIdle

// unprovenPowers are those of services that switch them on.
const unprovenPowers = transports.CanAvatar | transports.CanSetAvatar | transports.CanSendFiles | transports.CanReceiveFiles

// powers are those of this session.
func (s *session) powers() transports.Powers {
	p := powers
	if s.pictures.on {
		p |= transports.CanAvatar
	}
	if s.sendsFiles() {
		p |= transports.CanSendFiles | transports.CanReceiveFiles
	}
	if s.setsPicture() {
		p |= transports.CanSetAvatar
	}
	return p
}

// Info implements transports.Network.
func (network) Info() transports.Info {
	return transports.Info{
		Type:     "yahoo",
		Name:     "Yahoo",
		NameHint: "Yahoo ID",
		Settings: []transports.Setting{{
			Key: versionKey, Kind: transports.NumberSetting, Default: transports.Value{Number: defaultVersion}, Choices: versions(),
			Doc: "The version of the protocol: 10, or 9 for servers that know no better; 11 to 16 are unproven.",
		}, {
			Key: loginURLKey, Kind: transports.URLSetting,
			Doc: "Where the sign-on service of versions 11 to 16 is, without pwtoken_get: https://login.example.net/config. Unproven.",
		}, {
			Key: fileURLKey, Kind: transports.URLSetting,
			Doc: "Where files are handed over, without notifyft: http://filetransfer.example.net. Empty: no files.",
		}, {
			Key: picturesKey, Kind: transports.SwitchSetting,
			Doc: "Whether contacts' pictures are fetched, and with file_url the user's own is told; the hosts that they lie on must be in allow_hosts. Unproven.",
		}},
		Powers:      powers | unprovenPowers,
		Avatars:     transports.AvatarLimits{Types: []string{"image/png", "image/jpeg", "image/gif"}, Side: 96}, // as clients scaled them
		NamePattern: namePattern,
	}
}

// Canonical implements transports.Network.
func (network) Canonical(address string) (transports.LegacyID, error) { return canonical(address) }

// Run implements transports.Network.
func (network) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	s := newSession(env, acct, events)
	defer s.hangUp()
	if err := s.apart(func() error { return s.signOn(ctx, &acct) }); err != nil {
		return s.ended(ctx, err)
	}
	return s.serve(ctx, commands)
}

// apart runs f in a goroutine of its own and waits for it: signing on calls deep, and a stack that has grown for
// it would stay so for as long as the session lasts.
func (s *session) apart(f func() error) error {
	err := errPanic
	done := make(chan struct{})
	s.env.Go("ymsg sign-on", func() {
		defer close(done)
		err = f()
	})
	<-done
	return err
}

// errPanic ends a session whose sign-on panicked; the gateway has seen to the panic.
var errPanic = errors.New("panic while signing on")

// ended tells what Run returns after err.
func (s *session) ended(ctx context.Context, err error) error {
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
func withPort(address, port string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}
