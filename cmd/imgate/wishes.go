package main

import (
	"errors"

	"imgate/adapters/control"
)

// wished is the outcome of a wish, for programs.
type wished struct {
	Text         string                `json:"text"`
	Registration *control.Registration `json:"registration,omitempty"`
}

// wish asks the running gateway for a change; a file is never changed beside it.
func (n named) wish(out *output, verb, text string) error {
	p, err := placeOf(n.Config)
	if err != nil {
		return err
	}
	r, err := n.request(verb)
	if err != nil {
		return err
	}
	r.Text = text
	ctx, stop := interrupted()
	defer stop()
	lines, said, err := p.ask(ctx, r)
	if errors.Is(err, control.ErrNotRunning) {
		return errors.New(verb + " needs the gateway, which does not run; start it with: imgate run --config FILE")
	}
	if err != nil {
		return err
	}
	done := wished{Text: said}
	for _, l := range lines {
		done.Registration = l.Registration
	}
	if n.JSON {
		return writeJSON(out.out, done)
	}
	out.printf("%s\n", clean(said))
	if done.Registration != nil {
		out.printf("%s on %s: %s\n", clean(r.User), clean(r.Service), clean(standing(*done.Registration)))
	}
	return nil
}

// reconnectCommand signs on.
type reconnectCommand struct{ named }

// Help is the example of --help.
func (reconnectCommand) Help() string { return example("reconnect") }

// Run asks for it.
func (c reconnectCommand) Run(out *output) error { return c.wish(out, "reconnect", "") }

// disableCommand keeps a registration down.
type disableCommand struct {
	named
	Text string `placeholder:"WHY" help:"What the user is told."`
}

// Help is the example of --help.
func (disableCommand) Help() string { return example("disable") + ` --text "Please call us"` }

// Run asks for it.
func (c disableCommand) Run(out *output) error { return c.wish(out, "disable", c.Text) }

// enableCommand undoes it.
type enableCommand struct{ named }

// Help is the example of --help.
func (enableCommand) Help() string { return example("enable") }

// Run asks for it.
func (c enableCommand) Run(out *output) error { return c.wish(out, "enable", "") }

// removeCommand unregisters.
type removeCommand struct{ named }

// Help is the example of --help.
func (removeCommand) Help() string { return example("remove") }

// Run asks for it.
func (c removeCommand) Run(out *output) error { return c.wish(out, "remove", "") }

// restoreCommand undoes it.
type restoreCommand struct{ named }

// Help is the example of --help.
func (restoreCommand) Help() string { return example("restore") }

// Run asks for it.
func (c restoreCommand) Run(out *output) error { return c.wish(out, "restore", "") }
