package transporttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the environment lacks is said, all at once; the rest need not be there.
func TestRecordingFrom(t *testing.T) {
	set := map[string]string{programVar: "Escargot"}
	_, err := RecordingFrom(func(key string) string { return set[key] })
	if err == nil || !strings.Contains(err.Error(), serverVar) || !strings.Contains(err.Error(), versionVar) || strings.Contains(err.Error(), onlyVar) {
		t.Errorf("%v", err)
	}
	set[serverVar], set[versionVar] = "127.0.0.1:5050", "1"
	if r, err := RecordingFrom(func(key string) string { return set[key] }); err != nil || r.Server != "127.0.0.1:5050" || r.Program != "Escargot" {
		t.Errorf("%+v %v", r, err)
	}
}

// The operator is a command with the words behind it; what it says is in the error.
func TestOperate(t *testing.T) {
	command := filepath.Join(t.TempDir(), "operator")
	if err := os.WriteFile(command, []byte("#!/bin/sh\n[ \"$1 $2\" = 'kick alice' ] || { echo no such thing; exit 1; }\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := Recording{Operator: command}
	if err := r.Operate("kick  alice"); err != nil {
		t.Error(err)
	}
	if err := r.Operate("restart"); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("%v", err)
	}
	if err := (Recording{}).Operate("restart"); err == nil || !strings.Contains(err.Error(), operatorVar) {
		t.Errorf("%v", err)
	}
}
