package control

import (
	"context"
	"fmt"
	"iter"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
)

// Verbs are what a gateway lets administrators do. Every method may be called from any goroutine; those with a
// context wait no longer than it.
type Verbs interface {
	// Standings yields all registrations as they stand now, in the order of service and user.
	Standings() iter.Seq2[registry.Standing, error]
	// Standing is one of them.
	Standing(registry.Key) (registry.Standing, error)
	// Explain is Standing with the last transitions, the oldest first.
	Explain(registry.Key) (registry.Standing, []registry.Transition, error)
	// Wish tells a registration what is wanted and gives what comes of it, in a sentence.
	Wish(context.Context, registry.Key, state.Input) (string, error)
	// Trace gives what happens on the wire of a registration, redacted, to each, until ctx ends or each returns
	// false. The registration may come later.
	Trace(ctx context.Context, key registry.Key, each func(transports.TraceEvent) bool) error
	// Remove unregisters; Restore undoes it.
	Remove(context.Context, registry.Key) (string, error)
	Restore(context.Context, registry.Key) (string, error)
	// Backup copies the registry into a new file and gives its size in bytes.
	Backup(ctx context.Context, path string) (int64, error)
	// Rotate puts a new sealing key into use.
	Rotate(context.Context) (registry.Rotation, error)
	// Links are the links of all services.
	Links() []Link
}

const (
	verbTime = 30 * time.Second
	longTime = 10 * time.Minute
)

// A verb is one kind of request. run gives the last line; those before it go to say.
type verb struct {
	named   bool          // it has user and service
	changes bool          // it is logged
	time    time.Duration // 0: until the client sends anything, or goes
	run     func(ctx context.Context, v Verbs, r Request, say func(Line) bool) Line
}

func verbs() map[string]verb {
	return map[string]verb{
		"list":      {false, false, verbTime, list},
		"show":      {true, false, verbTime, show},
		"explain":   {true, false, verbTime, explain},
		"reconnect": {true, true, verbTime, wish(func(Request) state.Input { return state.Reconnect{} })},
		"disable":   {true, true, verbTime, wish(func(r Request) state.Input { return state.Disable{Text: r.Text} })},
		"enable":    {true, true, verbTime, wish(func(Request) state.Input { return state.Enable{} })},
		"remove": {true, true, verbTime, func(ctx context.Context, v Verbs, r Request, _ func(Line) bool) Line {
			return outcome(v.Remove(ctx, r.Key()))
		}},
		"restore": {true, true, verbTime, func(ctx context.Context, v Verbs, r Request, _ func(Line) bool) Line {
			return outcome(v.Restore(ctx, r.Key()))
		}},
		"backup": {false, true, longTime, backup},
		"rotate": {false, true, longTime, rotate},
		"trace":  {true, true, 0, trace},
		"links":  {false, false, verbTime, links},
	}
}

func outcome(text string, err error) Line {
	if err != nil {
		return Line{Error: err.Error()}
	}
	return Line{Text: text}
}

// list gathers first: a slow client must not hold the registry's file.
func list(_ context.Context, v Verbs, _ Request, say func(Line) bool) Line {
	var all []Registration
	for s, err := range v.Standings() {
		if err != nil {
			return outcome("", err)
		}
		all = append(all, Describe(s))
	}
	for i := range all {
		say(Line{Registration: &all[i]})
	}
	return Line{Text: fmt.Sprintf("%d registration(s)", len(all))}
}

func show(_ context.Context, v Verbs, r Request, say func(Line) bool) Line {
	s, err := v.Standing(r.Key())
	if err != nil {
		return outcome("", err)
	}
	d := Describe(s)
	say(Line{Registration: &d})
	return Line{}
}

func explain(_ context.Context, v Verbs, r Request, say func(Line) bool) Line {
	s, story, err := v.Explain(r.Key())
	if err != nil {
		return outcome("", err)
	}
	d := Describe(s)
	say(Line{Registration: &d})
	for i := range story {
		say(Line{Transition: &story[i]})
	}
	return Line{}
}

// wish also says where the registration stands then.
func wish(input func(Request) state.Input) func(context.Context, Verbs, Request, func(Line) bool) Line {
	return func(ctx context.Context, v Verbs, r Request, say func(Line) bool) Line {
		text, err := v.Wish(ctx, r.Key(), input(r))
		if err != nil {
			return outcome("", err)
		}
		if s, err := v.Standing(r.Key()); err == nil {
			d := Describe(s)
			say(Line{Registration: &d})
		}
		return Line{Text: text}
	}
}

func backup(ctx context.Context, v Verbs, r Request, say func(Line) bool) Line {
	n, err := v.Backup(ctx, r.Path)
	if err != nil {
		return outcome("", err)
	}
	say(Line{Bytes: n})
	return Line{}
}

func rotate(ctx context.Context, v Verbs, _ Request, say func(Line) bool) Line {
	got, err := v.Rotate(ctx)
	if err != nil {
		return outcome("", err)
	}
	say(Line{Rotation: &got})
	return Line{}
}

func links(_ context.Context, v Verbs, _ Request, say func(Line) bool) Line {
	for _, l := range v.Links() {
		say(Line{Link: &l})
	}
	return Line{}
}
