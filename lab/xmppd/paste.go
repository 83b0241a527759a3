package xmppd

import "strings"

// paste puts lines of YAML into a file of YAML as somebody does by hand: what is below a key of the first level goes
// below the key that the file has, or with the key to its end.
func paste(file, lines string) string {
	key := ""
	for _, line := range strings.SplitAfter(lines, "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case bare == "" || strings.HasPrefix(bare, "#"):
		case !strings.HasPrefix(line, " "):
			if key = bare + "\n"; !strings.Contains("\n"+file, "\n"+key) {
				file += key
			}
		default:
			file = below(file, key, line)
		}
	}
	return file
}

// below adds a line at the end of what is below key.
func below(file, key, line string) string {
	at := strings.Index("\n"+file, "\n"+key) + len(key)
	for at < len(file) && (file[at] == ' ' || file[at] == '\n') {
		at += strings.Index(file[at:]+"\n", "\n") + 1
	}
	return file[:at] + line + file[at:]
}
