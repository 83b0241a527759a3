// Package e2e holds the tests of the real program against real XMPP servers and real clients, and what they
// need: the driver of slixmpp clients. What is here and not a test is for tests only.
package e2e

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"imgate/xmltree"
)

// ErrMissing means that slixmpp is not installed.
var ErrMissing = errors.New("slixmpp is not installed (Debian package python3-slixmpp)")

// python is Debian's, which finds Debian's slixmpp.
const python = "/usr/bin/python3"

//go:embed driver/driver.py
var program string

// A Driver is a process that runs real XMPP clients. Its methods may be called from any goroutine.
type Driver struct {
	stdin   io.WriteCloser
	cmd     *exec.Cmd
	running sync.WaitGroup

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	clients map[string]*Client
	ended   error
}

// An answer is what a command came to.
type answer struct {
	ID     int    `json:"id"`
	Client string `json:"client"`
	XML    string `json:"xml"`
	Error  string `json:"error"`
	Gone   bool   `json:"gone"`
	Ready  bool   `json:"ready"`
}

// A CommandError is how a command failed: the condition of a stanza error, or the driver's words.
type CommandError struct {
	Condition string
	Stanza    *xmltree.Element // the stanza of type error; nil if there was none
}

// Error implements error.
func (e *CommandError) Error() string { return "the client was answered: " + e.Condition }

// StartDriver starts the process; stderr gets what Python says. The error is ErrMissing where there is no
// slixmpp. Close the driver, or it lives on.
func StartDriver(ctx context.Context, stderr io.Writer) (*Driver, error) {
	if err := exec.CommandContext(ctx, python, "-c", "import slixmpp").Run(); err != nil {
		return nil, ErrMissing
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &Driver{stdin: stdin, cmd: cmd, waiting: map[int]chan answer{}, clients: map[string]*Client{}}
	d.running.Go(func() { d.listen(stdout) })
	return d, nil
}

// Close ends all clients and the process.
func (d *Driver) Close() error {
	d.stdin.Close()
	d.running.Wait()
	return d.cmd.Wait()
}

// listen is the goroutine that hears the process until it ends.
func (d *Driver) listen(stdout io.Reader) {
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			d.end(err)
			return
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			d.end(fmt.Errorf("the driver says %q: %w", line, err))
			_, _ = io.Copy(io.Discard, stdout)
			return
		}
		d.hear(a)
	}
}

func (d *Driver) hear(a answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case a.Client != "":
		if c := d.clients[a.Client]; c != nil {
			c.hear(a)
		}
	case a.ID != 0:
		if w := d.waiting[a.ID]; w != nil {
			w <- a
			delete(d.waiting, a.ID)
		}
	}
}

func (d *Driver) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = fmt.Errorf("the driver ended: %w", err)
	for id, w := range d.waiting {
		close(w)
		delete(d.waiting, id)
	}
}

// Args are the arguments of a command, as driver.py knows them.
type Args map[string]any

// do gives a command and waits for its answer. The stanza is nil where the answer has none. The error is a
// *CommandError, the context's, or tells that the driver ended.
func (d *Driver) do(ctx context.Context, client, what string, args Args) (*xmltree.Element, error) {
	w := make(chan answer, 1)
	if err := d.give(client, what, args, w); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%s %s: %w", client, what, ctx.Err())
	case a, ok := <-w:
		if !ok {
			return nil, d.ended
		}
		return a.result()
	}
}

func (d *Driver) give(client, what string, args Args, w chan answer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended != nil {
		return d.ended
	}
	d.last++
	command := Args{"id": d.last, "client": client, "do": what}
	for k, v := range args {
		command[k] = v
	}
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	d.waiting[d.last] = w
	_, err = d.stdin.Write(append(line, '\n'))
	return err
}

func (a answer) result() (stanza *xmltree.Element, err error) {
	if a.XML != "" {
		if stanza, err = xmltree.Parse(a.XML, xmltree.Limits{Bytes: 16 << 20}); err != nil {
			return nil, err
		}
	}
	if a.Error != "" {
		return nil, &CommandError{a.Error, stanza}
	}
	return stanza, nil
}
