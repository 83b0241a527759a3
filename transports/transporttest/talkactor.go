package transporttest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"sync"
	"time"

	"imgate/transports"
)

// An Actor runs one session of a network, and is its user in words: the Do and See lines of talks.
type Actor struct {
	cancel   context.CancelFunc
	commands chan transports.Command
	seen     chan string // described events; the last is "ended …", then it is closed
	patience time.Duration
	tag      transports.Tag
	kept     map[string]transports.Secret // run's until ended is closed
	ended    chan struct{}
}

// Again is the Do line with which a user signs on once more, with what the session before has kept. Whoever plays the talk
// sees to it: an Actor is one session.
const Again = "again"

// A Role is whom an Actor plays.
type Role struct {
	Network  transports.Network
	Account  transports.Account
	Settings transports.Settings
	Dial     func(ctx context.Context, address string) (net.Conn, error)
	Env      *Env          // surroundings that watch the laws; nil: none do, and nothing is logged
	Patience time.Duration // how long Do and See wait; 0: a minute
}

// seenRoom is how many events may wait for their See line before the actor stops taking them.
const seenRoom = 4096

// Perform signs on in the background. The caller sees to it that the session ends, by its Dial or by Stop, and
// waits with Wait.
func Perform(role Role) *Actor {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Actor{
		cancel:   cancel,
		commands: make(chan transports.Command),
		seen:     make(chan string, seenRoom),
		patience: role.Patience,
		kept:     maps.Clone(role.Account.Kept),
		ended:    make(chan struct{}),
	}
	if a.kept == nil {
		a.kept = map[string]transports.Secret{}
	}
	if a.patience == 0 {
		a.patience = time.Minute
	}
	go a.run(ctx, role)
	return a
}

// run gives the session its environment and describes what it tells.
func (a *Actor) run(ctx context.Context, role Role) {
	defer close(a.ended)
	events := make(chan transports.Event)
	result := make(chan error, 1)
	var group sync.WaitGroup
	env := transports.Env{
		Go:       func(_ string, f func()) { group.Go(f) },
		Dial:     role.Dial,
		Peer:     role.Dial,
		Settings: role.Settings,
		Log:      slog.New(slog.DiscardHandler),
		HTTP:     webClient(role.Dial),
	}
	if role.Env != nil {
		env = role.Env.Env(role.Settings, role.Dial)
	}
	go func() { result <- role.Network.Run(ctx, env, role.Account, a.commands, events) }()
	for {
		select {
		case ev := <-events:
			if k, ok := ev.(transports.Keep); ok {
				a.kept[k.Name] = k.Secret
			}
			a.seen <- Describe(ev)
			if f, ok := ev.(transports.FileData); ok {
				group.Go(func() { a.seen <- readFile(f) })
			}
		case err := <-result:
			group.Wait()
			a.seen <- describeEnd(err)
			close(a.seen)
			return
		}
	}
}

func describeEnd(err error) string {
	if err == nil {
		return "ended"
	}
	f := transports.AsFailure(err)
	if f.After > 0 {
		return fmt.Sprintf("ended %s after %s", f.Kind, f.After)
	}
	return fmt.Sprintf("ended %s", f.Kind)
}

// Do carries out the words of a Do line: a command in words, or "stop", which ends the context.
func (a *Actor) Do(words string) error {
	if words == "stop" {
		a.cancel()
		return nil
	}
	cmd, err := ParseCommand(words, &a.tag)
	if err != nil {
		return err
	}
	timer := time.NewTimer(a.patience)
	defer timer.Stop()
	select {
	case a.commands <- cmd:
		return nil
	case <-a.ended:
		return fmt.Errorf("%q: the session has ended", words)
	case <-timer.C:
		return fmt.Errorf("%q: the session did not take the command", words)
	}
}

// Next waits for the next event in words; ok is false after the last, and when none came in time.
func (a *Actor) Next(within time.Duration) (words string, ok bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case words, ok = <-a.seen:
		return words, ok
	case <-timer.C:
		return "", false
	}
}

// See waits for the next event and says what is wrong when it is not what words say.
func (a *Actor) See(words string) error {
	got, ok := a.Next(a.patience)
	if !ok {
		return fmt.Errorf("nothing was seen instead of %s", words)
	}
	if got != words {
		return fmt.Errorf("seen\n  %s\ninstead of\n  %s", got, words)
	}
	return nil
}

// Kept waits for the end of the session, and gives what the next one is to have kept.
func (a *Actor) Kept() map[string]transports.Secret {
	<-a.ended
	return a.kept
}

// Stop ends the session's context.
func (a *Actor) Stop() { a.cancel() }

// Wait waits until the session has ended, and gives what nobody saw.
func (a *Actor) Wait() []string {
	<-a.ended
	a.cancel()
	var unseen []string
	for words := range a.seen {
		unseen = append(unseen, words)
	}
	return unseen
}
