package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestTheSupervisorIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", path)
	notify("READY=1\nSTATUS=running")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, err := conn.Read(b)
	if err != nil || string(b[:n]) != "READY=1\nSTATUS=running" {
		t.Errorf("heard %q, %v", b[:n], err)
	}
	t.Setenv("NOTIFY_SOCKET", path+".gone")
	notify("STOPPING=1") // nobody listens, and nothing happens
	for usec, want := range map[string]time.Duration{"": 0, "x": 0, "-1": 0, "30000000": 15 * time.Second} {
		t.Setenv("WATCHDOG_USEC", usec)
		if got := watchdogEvery(); got != want {
			t.Errorf("WATCHDOG_USEC=%q: every %v, want %v", usec, got, want)
		}
	}
}
