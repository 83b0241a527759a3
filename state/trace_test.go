package state

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"imgate/transports"
)

var update = flag.Bool("update", false, "write what the machine does into the traces, to be read before it is committed")

// epoch is the instant at which every trace begins.
func epoch() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// still is the schedule without jitter: a first attempt comes at once, the first retry after 15 s.
func still() Config {
	c := Defaults(func() float64 { return 0 })
	c.Jitter = 0
	c.Version = "now"
	return c
}

func TestTraces(t *testing.T) {
	files, err := filepath.Glob("testdata/*.trace")
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, file := range files {
		runTraceFile(t, file)
	}
}

// runTraceFile plays every section of a file; with -update it writes the answers into it.
func runTraceFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var p *player
	name := ""
	scan := bufio.NewScanner(strings.NewReader(string(text)))
	for n := 1; scan.Scan(); n++ {
		line := scan.Text()
		switch {
		case strings.HasPrefix(line, "== "):
			name, p = line[3:], &player{}
		case strings.HasPrefix(line, "at "):
			command, want, checked := strings.Cut(line, " -> ")
			got, err := p.play(command)
			if err != nil {
				t.Fatalf("%s:%d: %v", file, n, err)
			}
			if checked {
				line = command + " -> " + got
				if got != want && !*update {
					t.Errorf("%s:%d: %s\n %s\n got  %s\n want %s", file, n, name, command, got, want)
				}
			}
		}
		out = append(out, line)
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A player feeds one machine from the lines of a section.
type player struct {
	m *Machine
}

func (p *player) play(line string) (string, error) {
	f := strings.Fields(line)
	after, err := time.ParseDuration(f[1])
	if err != nil {
		return "", err
	}
	now := epoch().Add(after)
	switch f[2] {
	case "new":
		policy := FollowPresence
		if len(f) > 3 {
			policy = Policy(f[3])
		}
		p.m = New(still(), policy, now)
		return "(nothing)", nil
	case "restart":
		cfg := still()
		if len(f) > 3 {
			cfg.Version = f[3]
		}
		p.m = Load(cfg, p.m.Snapshot(), now)
		s := p.m.Snapshot()
		text := fmt.Sprintf("%s attempt %d", label(s), s.Attempt)
		if !s.NextAttempt.IsZero() {
			text += fmt.Sprintf(" not before %v", s.NextAttempt.Sub(epoch()))
		}
		return text, nil
	}
	in, err := parseInput(f[2:])
	if err != nil {
		return "", err
	}
	return show(p.m.Step(now, in)), nil
}

func parseInput(f []string) (Input, error) {
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(f[i], 10, 64)
		return n
	}
	plain := map[string]Input{
		"wanted": Wanted{}, "unwanted": Unwanted{}, "due": Due{}, "reconnect": Reconnect{},
		"credentials": Credentials{}, "fresh-credentials": Credentials{Fresh: true},
		"sign-off": SignOff{}, "disable": Disable{}, "enable": Enable{},
		"link-lost": LinkLost{}, "link-back": LinkBack{}, "removed": Removed{}, "stop": Stop{},
	}
	if in, ok := plain[f[0]]; ok {
		return in, nil
	}
	switch f[0] {
	case "signed-on":
		return HasSignedOn{number(1)}, nil
	case "deferred":
		until, err := time.ParseDuration(f[2])
		return Deferred{number(1), epoch().Add(until)}, err
	case "policy":
		policy, ok := ParsePolicy(f[1])
		if !ok {
			return nil, fmt.Errorf("policy %q", f[1])
		}
		return SetPolicy{policy}, nil
	case "ended":
		return parseEnded(number(1), f[2:])
	}
	return nil, fmt.Errorf("unknown input %q", f[0])
}

func parseEnded(n uint64, f []string) (Input, error) {
	if f[0] == "hung-up" {
		return Ended{Number: n}, nil
	}
	for k := transports.Broken; k <= transports.Suspended; k++ {
		if k.String() != f[0] {
			continue
		}
		failure := &transports.Failure{Kind: k}
		if len(f) > 1 {
			var err error
			if failure.After, err = time.ParseDuration(f[1]); err != nil {
				return nil, err
			}
		}
		return Ended{n, failure}, nil
	}
	return nil, fmt.Errorf("unknown failure %q", f[0])
}

func label(s Snapshot) string {
	if s.Reason == "" {
		return string(s.State)
	}
	return fmt.Sprintf("%s(%s)", s.State, s.Reason)
}

// show writes actions as the traces have them; a save that may come late is left out.
func show(actions []Action) string {
	var parts []string
	for _, a := range actions {
		switch a := a.(type) {
		case Dial:
			parts = append(parts, fmt.Sprintf("dial %d", a.Number))
		case HangUp:
			parts = append(parts, fmt.Sprintf("hang up %d", a.Number))
		case Wake:
			if a.At.IsZero() {
				parts = append(parts, "no wake")
			} else {
				parts = append(parts, fmt.Sprintf("wake %v", a.At.Sub(epoch())))
			}
		case Announce:
			parts = append(parts, "announce "+label(a.Snapshot))
		case TellOtherLocation:
			parts = append(parts, "other location")
		case Save:
			if a.Durable {
				parts = append(parts, "store")
			}
		case Prove:
			parts = append(parts, "prove")
		case TakeBack:
			parts = append(parts, "take back")
		case Answer:
			parts = append(parts, "answer "+a.What.String())
		}
	}
	if len(parts) == 0 {
		return "(nothing)"
	}
	return strings.Join(parts, "; ")
}
