package component

import (
	"io"
	"net"
	"syscall"
	"testing"
)

// TestPromptAcknowledgement: after what was read has been handed over, the kernel is told not to delay its acknowledgement.
func TestPromptAcknowledgement(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	quick := option(t, near)
	quick(0) // as it is while requests and answers take turns
	w := &watched{Conn: near, acknowledge: acknowledge(near)}
	if _, err := far.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	if _, err := io.ReadFull(w, one); err != nil || quick(-1) != 0 {
		t.Fatalf("%v; acknowledged before it was handed over", err)
	}
	if _, err := io.ReadFull(w, one); err != nil || quick(-1) != 1 {
		t.Fatalf("%v; the acknowledgement is still delayed", err)
	}
}

// option gives what sets TCP_QUICKACK, or with -1 tells what it is.
func option(t *testing.T, conn net.Conn) func(int) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return func(value int) int {
		t.Helper()
		err := raw.Control(func(fd uintptr) {
			var failed error
			if value < 0 {
				value, failed = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK)
			} else {
				failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, value)
			}
			if failed != nil {
				t.Fatal(failed)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// TestNothingToAcknowledge: what is not TCP is read as it is.
func TestNothingToAcknowledge(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		_, _ = far.Write([]byte("ab"))
		_ = far.Close()
	}()
	all, err := io.ReadAll(&watched{Conn: near, acknowledge: acknowledge(near)})
	if string(all) != "ab" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
}
