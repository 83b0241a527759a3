package main

import (
	"errors"
	"fmt"

	"imgate/adapters/control"
	"imgate/registry"
	"imgate/xmpp"
)

// registrationsCommand is the group of administrators' commands.
type registrationsCommand struct {
	List      listCommand      `cmd:"" help:"All registrations and where they stand."`
	Show      showCommand      `cmd:"" help:"One registration."`
	Explain   explainCommand   `cmd:"" help:"One registration, and what became of it: its last 50 changes of state."`
	Reconnect reconnectCommand `cmd:"" help:"Sign on now, as the user could ask for."`
	Disable   disableCommand   `cmd:"" help:"Sign off, and stay so until it is enabled."`
	Enable    enableCommand    `cmd:"" help:"Undo disable; also ends the state disabled (broken)."`
	Remove    removeCommand    `cmd:"" help:"Unregister the user; restore undoes it for registry.undo."`
	Restore   restoreCommand   `cmd:"" help:"Undo a removal."`
}

// listCommand lists all.
type listCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	JSON   bool   `name:"json" help:"For programs: one object a line."`
}

// Help is the example of --help.
func (listCommand) Help() string {
	return "Example: imgate registrations list --config /etc/imgate/imgate.toml\n\nWhile no gateway runs it is read from the registry."
}

// Run prints the list.
func (l listCommand) Run(out *output) error {
	p, err := placeOf(l.Config)
	if err != nil {
		return err
	}
	ctx, stop := interrupted()
	defer stop()
	lines, _, err := p.ask(ctx, control.Request{Verb: "list"})
	if errors.Is(err, control.ErrNotRunning) {
		err = p.read(func(r *registry.Registry) error {
			for s, err := range r.Standings() {
				if err != nil {
					return err
				}
				d := control.Describe(s)
				lines = append(lines, control.Line{Registration: &d})
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	list := make([]control.Registration, 0, len(lines))
	for _, line := range lines {
		if line.Registration == nil {
			continue
		}
		list = append(list, *line.Registration)
		if l.JSON {
			if err := writeJSON(out.out, line.Registration); err != nil {
				return err
			}
		}
	}
	if !l.JSON {
		listTable(out.out, list)
	}
	return nil
}

// A named is what commands about one registration have in common.
type named struct {
	Config  string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	JSON    bool   `name:"json" help:"For programs: one object."`
	User    string `arg:"" name:"jid" help:"The user's address, without resource."`
	Service string `arg:"" help:"The service's name in the configuration."`
}

func example(verb string) string {
	return "Example: imgate registrations " + verb + " --config /etc/imgate/imgate.toml juliet@example.org aim"
}

// request makes the request, with the user's address in its one spelling.
func (n named) request(verb string) (control.Request, error) {
	user, err := xmpp.ParseJID(n.User)
	if err != nil || !user.IsBare() || user.Local == "" {
		return control.Request{}, usage(fmt.Errorf("%q is not the address of a user; it should be like juliet@example.org", n.User))
	}
	return control.Request{Verb: verb, User: user.String(), Service: n.Service}, nil
}

// story is what explain tells.
type story struct {
	Registration *control.Registration `json:"registration"`
	History      []registry.Transition `json:"history"`
}

// look asks for one registration, and reads it from the file while no gateway runs.
func (n named) look(verb string) (story, error) {
	p, err := placeOf(n.Config)
	if err != nil {
		return story{}, err
	}
	r, err := n.request(verb)
	if err != nil {
		return story{}, err
	}
	ctx, stop := interrupted()
	defer stop()
	lines, _, err := p.ask(ctx, r)
	if errors.Is(err, control.ErrNotRunning) {
		lines, err = p.lookUp(r.Key())
	}
	var s story
	for _, l := range lines {
		if l.Registration != nil {
			s.Registration = l.Registration
		}
		if l.Transition != nil {
			s.History = append(s.History, *l.Transition)
		}
	}
	if err == nil && s.Registration == nil {
		err = fmt.Errorf("there is no registration of %s on %s; imgate registrations list has them all", r.User, r.Service)
	}
	return s, err
}

func (p place) lookUp(key registry.Key) (lines []control.Line, err error) {
	err = p.read(func(r *registry.Registry) error {
		s, found, err := r.Standing(key)
		if err != nil || !found {
			return err
		}
		d := control.Describe(s)
		lines = append(lines, control.Line{Registration: &d})
		story, err := r.History(key)
		for i := range story {
			lines = append(lines, control.Line{Transition: &story[i]})
		}
		return err
	})
	return lines, err
}

// showCommand shows one.
type showCommand struct{ named }

// Help is the example of --help.
func (showCommand) Help() string { return example("show") }

// Run prints it.
func (s showCommand) Run(out *output) error {
	got, err := s.look("show")
	if err != nil {
		return err
	}
	if s.JSON {
		return writeJSON(out.out, got.Registration)
	}
	showTable(out.out, *got.Registration)
	return nil
}

// explainCommand tells the timeline of one.
type explainCommand struct{ named }

// Help is the example of --help.
func (explainCommand) Help() string { return example("explain") }

// Run prints it.
func (e explainCommand) Run(out *output) error {
	got, err := e.look("explain")
	if err != nil {
		return err
	}
	if e.JSON {
		return writeJSON(out.out, got)
	}
	showTable(out.out, *got.Registration)
	out.printf("\n")
	historyTable(out.out, got.History)
	return nil
}
