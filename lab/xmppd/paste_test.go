package xmppd

import "testing"

func TestPaste(t *testing.T) {
	file := "hosts: [a]\nlisten:\n  - {port: 1}\nacl:\n  local: {server: a}\nmodules:\n  mod_a: {}\n"
	lines := "# a comment\n\nlisten:\n  - port: 2\n    hosts:\n      b: {}\nnew:\n  key: x\nmodules:\n  # why\n  mod_b:\n    c: d\n"
	want := "hosts: [a]\nlisten:\n  - {port: 1}\n  - port: 2\n    hosts:\n      b: {}\nacl:\n  local: {server: a}\nmodules:\n  mod_a: {}\n  mod_b:\n    c: d\nnew:\n  key: x\n"
	if got := paste(file, lines); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
