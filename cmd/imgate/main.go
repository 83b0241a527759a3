// Command imgate is a gateway between XMPP and AIM, ICQ, MSN and Yahoo networks. `imgate --help` lists its
// commands.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// commandLine is the command line.
type commandLine struct {
	Run     runCommand     `cmd:"" help:"Run the gateway."`
	Check   checkCommand   `cmd:"" help:"Find every mistake in a configuration file."`
	Trial   trialCommand   `cmd:"" help:"Run everything on this machine, with nothing configured."`
	Lab     labCommand     `cmd:"" help:"Run small legacy servers on this machine."`
	Probe   probeCommand   `cmd:"" help:"Sign on to a network once, and say how long each step takes."`
	Trace   traceCommand   `cmd:"" help:"Look at the wire of one registration, without its secrets."`
	Key     keyCommand     `cmd:"" help:"Make or rotate the sealing key."`
	Backup  backupCommand  `cmd:"" help:"Copy the registry, while the gateway runs or not."`
	Hints   hintsCommand   `cmd:"" help:"Print what an XMPP server needs for the services of a configuration."`
	Recover recoverCommand `cmd:"" help:"Put a copy of the registry back."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Registrations registrationsCommand `cmd:"" help:"Look at and change registrations."`
}

func main() {
	os.Exit(execute(os.Args[1:], &output{os.Stdout, os.Stderr}))
}

// execute runs one command line and gives the exit code: 0 done, 1 failed, 2 wrong usage or configuration.
func execute(args []string, out *output) int {
	var line commandLine
	exited, code := false, 0
	parser, err := kong.New(&line, kong.Name("imgate"),
		kong.Description("A gateway between XMPP and AIM, ICQ, MSN and Yahoo networks."),
		kong.Writers(out.out, out.err), kong.Exit(func(c int) { exited, code = true, c }))
	if err != nil {
		fmt.Fprintln(out.err, "imgate:", err)
		return 1
	}
	ctx, err := parse(parser, args, &exited)
	if exited {
		return code
	}
	if err != nil {
		complain(out.err, err)
		return 2
	}
	err = ctx.Run(out)
	if err != nil {
		complain(out.err, err)
	}
	return exitCode(err)
}

// parse keeps kong from going on after --help has been printed.
func parse(parser *kong.Kong, args []string, exited *bool) (*kong.Context, error) {
	ctx, err := parser.Parse(args)
	if err != nil && !*exited {
		var p *kong.ParseError
		if errors.As(err, &p) {
			return nil, fmt.Errorf("%w; imgate --help lists the commands", err)
		}
	}
	return ctx, err
}

func complain(w io.Writer, err error) {
	var m *mistakes
	if errors.As(err, &m) {
		fmt.Fprintln(w, m)
		return
	}
	fmt.Fprintln(w, "imgate:", err)
}
