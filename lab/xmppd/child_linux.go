package xmppd

import "syscall"

// childAttr lets the server end with us, however we end, and not hear the terminal's Ctrl-C before we do.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
