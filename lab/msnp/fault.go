package msnp

import (
	"strings"

	"imgate/lab/world"
)

// strikes are the faults that end or spoil a session, each on what it does. mu is held.
var strikes = map[world.Fault]func(*session){
	world.Reset:              func(x *session) { x.l.Close(true); x.part() },
	world.Stall:              func(x *session) { x.l.Stall() },
	world.Garbage:            func(x *session) { x.l.Raw([]byte(nonsense)) },
	world.OtherLocation:      func(x *session) { x.out("OTH") },
	world.OtherLocationShort: func(x *session) { x.out("OTH") },
	world.Kicked:             func(x *session) { x.out("") },
	world.Maintenance:        func(x *session) { x.out("SSD") },
	world.Drop:               func(x *session) { x.l.Close(false); x.part() },
	world.TruncatedSignoff:   func(x *session) { x.l.Raw([]byte("OU")); x.l.Close(false); x.part() },
}

// onShow are the strikes that wait for a sign-on, in the order in which they are tried.
var onShow = [...]world.Fault{
	world.OtherLocation, world.OtherLocationShort, world.Kicked, world.Drop, world.TruncatedSignoff,
}

// nonsense is what a broken server says.
var nonsense = strings.Repeat("\x00garbage\xFF\r\n", 8)

// strike commits a fault that waits for the session of x's account. mu is held.
func (x *session) strike() {
	for _, f := range onShow {
		if x.s.faults.Take(f, x.a.id, everybody) {
			strikes[f](x)
			return
		}
	}
}
