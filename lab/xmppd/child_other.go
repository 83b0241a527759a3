//go:build !linux

package xmppd

import "syscall"

func childAttr() *syscall.SysProcAttr { return nil }
