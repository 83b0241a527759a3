package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// buildBinary builds imgate once for all tests.
var buildBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "imgate-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "imgate")
	out, err := exec.Command("go", "build", "-race", "-o", path, "imgate/cmd/imgate").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	// The race detector lets every process sleep for a second before it ends, which is most of the time of the
	// small commands.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=20"); err != nil {
		panic(err)
	}
	// These tests wait for servers and for what never comes: more of them at a time than there are processors.
	flag.Parse()
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := at.Value.Set(strconv.Itoa(4 + runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if path, err := buildBinary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}
