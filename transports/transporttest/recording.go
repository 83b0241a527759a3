package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The variables that say where talks are recorded from.
const (
	serverVar   = "IMGATE_TALK_SERVER"   // its address, as the network's roles want it
	programVar  = "IMGATE_TALK_PROGRAM"  // its name, for line 1
	versionVar  = "IMGATE_TALK_VERSION"  // its version, for line 1
	operatorVar = "IMGATE_TALK_OPERATOR" // a command that does what an operator line says
	onlyVar     = "IMGATE_TALK_ONLY"     // a part of the names of the talks to record; empty: all
)

// how is the last field of line 1.
const how = "recorded within the client, by imgate's transport"

// A Recording is what talks are recorded from: a real server, run by whoever records.
type Recording struct {
	Server   string
	Program  string
	Version  string
	Operator string
	Only     string
}

// RecordingFrom is what the environment says. The error says what it lacks.
func RecordingFrom(env func(string) string) (Recording, error) {
	r := Recording{env(serverVar), env(programVar), env(versionVar), env(operatorVar), env(onlyVar)}
	var errs []error
	for _, need := range []struct{ key, value string }{{serverVar, r.Server}, {programVar, r.Program}, {versionVar, r.Version}} {
		errs = append(errs, missing(need.key, need.value))
	}
	return r, errors.Join(errs...)
}

func missing(key, value string) error {
	if value != "" {
		return nil
	}
	return fmt.Errorf("%s is not set: talks are recorded from a server that runs", key)
}

// Operate has the operator do something: the words of an operator line.
func (r Recording) Operate(words string) error {
	if err := missing(operatorVar, r.Operator); err != nil {
		return err
	}
	out, err := exec.Command(r.Operator, strings.Fields(words)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// Record records the talks of scripts into dir, each in a test of its own. studio makes one for a script; its Origin, and its Operator
// if it has none, come from r. Where before is not empty the operator does that before each. last may change what is written.
func (r Recording) Record(t *testing.T, dir string, scripts []Script, before string, studio func(*testing.T, Script) Studio, last func([]byte) []byte) {
	for _, s := range scripts {
		if !strings.Contains(s.Name, r.Only) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			if err := r.record(filepath.Join(dir, s.Name+".talk"), s, before, studio(t, s), last); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func (r Recording) record(path string, s Script, before string, studio Studio, last func([]byte) []byte) error {
	if before != "" {
		if err := r.Operate(before); err != nil {
			return err
		}
	}
	studio.Origin = Talk{Server: r.Program, Version: r.Version, Date: time.Now().Format(time.DateOnly), How: how}
	if studio.Operator == nil {
		studio.Operator = r.Operate
	}
	var b bytes.Buffer
	if err := studio.Record(s, &b); err != nil {
		return err
	}
	talk := b.Bytes()
	if last != nil {
		talk = last(talk)
	}
	return os.WriteFile(path, talk, 0o644)
}

// DialTCP is the dial of those who record.
func DialTCP(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}
