package main

import (
	"fmt"
	"strings"
)

// lines tells in which line of the file a key stands, for messages: the TOML decoder does not say. It reads as
// much of TOML as it takes to find headers and keys; what it misses falls back to the line of the table.
type lines map[string]int

// of gives the line of a dotted key, of the nearest table around it, or 0.
func (l lines) of(key string) int {
	for {
		if n, ok := l[key]; ok {
			return n
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

func locate(source string) lines {
	found := lines{}
	table, services := "", -1
	multi := ""
	for i, line := range strings.Split(source, "\n") {
		n := i + 1
		if multi != "" {
			if strings.Contains(line, multi) {
				multi = ""
			}
			continue
		}
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			name := strings.TrimSpace(strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t"))
			if name == "service" {
				services++
			}
			table = underService(name, services)
			found[table] = n
		case strings.HasPrefix(line, "["):
			name := strings.TrimSpace(strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t"))
			table = underService(name, services)
			found[table] = n
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			found[dotted(table, strings.Trim(strings.TrimSpace(key), `"'`))] = n
			for _, quotes := range []string{`"""`, `'''`} {
				if strings.Count(value, quotes) == 1 {
					multi = quotes
				}
			}
		}
	}
	return found
}

// underService gives the table of the newest [[service]] its number.
func underService(name string, service int) string {
	if name == "service" {
		return fmt.Sprintf("service[%d]", service)
	}
	if rest, ok := strings.CutPrefix(name, "service."); ok {
		return fmt.Sprintf("service[%d].%s", service, rest)
	}
	return name
}

// nearest is the known name that a mistyped one is most likely meant for; empty when none is near.
func nearest(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := editDistance(name, k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// editDistance counts the letters to insert, delete or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
