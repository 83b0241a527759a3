package main

import (
	"net"
	"os"
	"strconv"
	"time"
)

// notify tells systemd, if it asked (sd_notify(3)): "READY=1", "STATUS=…", "STOPPING=1", "WATCHDOG=1". A
// supervisor that does not listen is no error.
func notify(lines string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write([]byte(lines))
}

// watchdogEvery is how often the supervisor wants a sign of life, halved; 0 when it does not.
func watchdogEvery() time.Duration {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return 0
	}
	return time.Duration(usec) * time.Microsecond / 2
}
