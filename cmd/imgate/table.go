package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"imgate/adapters/control"
	"imgate/registry"
)

// clean takes out what could move the cursor, change colours or turn the writing: names and texts come from
// strangers.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
}

// table writes rows for people.
func table(w io.Writer, rows ...[]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	_ = t.Flush() // who reads it no longer does not miss it
}

func writeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// standing is the state in one word or two.
func standing(r control.Registration) string {
	switch {
	case r.Damage != "":
		return "damaged"
	case !r.Removed.IsZero():
		return "removed"
	case r.Reason != "":
		return r.State + " (" + r.Reason + ")"
	}
	return r.State
}

func listTable(w io.Writer, list []control.Registration) {
	rows := [][]string{{"SERVICE", "USER", "NAME", "STATE", "SINCE", "FAILED", "NEXT ATTEMPT"}}
	for _, r := range list {
		since := r.Since
		if !r.Removed.IsZero() {
			since = r.Removed
		}
		rows = append(rows, []string{r.Service, r.User, r.Name, standing(r), when(since), fmt.Sprint(r.Attempt), when(r.NextAttempt)})
	}
	table(w, rows...)
}

func showTable(w io.Writer, r control.Registration) {
	rows := [][]string{
		{"user", r.User}, {"service", r.Service}, {"name", r.Name}, {"typed as", r.Typed}, {"state", standing(r)},
		{"text", r.Text}, {"since", when(r.Since)}, {"failed attempts", fmt.Sprint(r.Attempt)},
		{"next attempt", when(r.NextAttempt)}, {"last online", when(r.LastOnline)}, {"policy", r.Policy},
		{"contacts", fmt.Sprint(r.Contacts)}, {"registered", when(r.Created)}, {"removed", when(r.Removed)}, {"damage", r.Damage},
	}
	if f := r.Failure; f != nil {
		rows = append(rows, []string{"last failure", when(f.At) + " " + f.Kind + ": " + f.Text})
	}
	var told [][]string
	for _, row := range rows {
		if row[1] != "" {
			told = append(told, row)
		}
	}
	table(w, told...)
}

func historyTable(w io.Writer, story []registry.Transition) {
	rows := [][]string{{"WHEN", "STATE", "FAILED", "TEXT"}}
	for _, t := range story {
		name := string(t.State)
		if t.Reason != "" {
			name += " (" + string(t.Reason) + ")"
		}
		rows = append(rows, []string{when(t.At), name, fmt.Sprint(t.Attempt), t.Text})
	}
	table(w, rows...)
}
