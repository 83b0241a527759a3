// Package lab runs small legacy servers on this machine, for trials, tests and benchmarks: AIM, ICQ, Yahoo and MSN.
// They have accounts and bots from the start, forget everything at the end, commit faults on demand, and are
// steered over HTTP. Nothing of it is meant for an address that others can reach.
package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"imgate/lab/msnp"
	"imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/lab/ymsg"
)

// The services of a lab, in the order of their ports above Options.Ports.
const (
	OSCAR   = "oscar"   // AIM and ICQ
	YMSG    = "ymsg"    // Yahoo
	Files   = "files"   // where Yahoo's files are handed over, over HTTP
	MSNP    = "msnp"    // MSN's notification server
	Board   = "board"   // MSN's switchboards
	Web     = "web"     // passport and offline messages, over HTTP
	WebTLS  = "webtls"  // the same over TLS
	Control = "control" // the HTTP API
)

// places are the services with their usual ports and their places above a base.
var places = [...]struct {
	service string
	what    string // for people
	port    int
	offset  int
}{
	{OSCAR, "AIM and ICQ", 5190, 0},
	{YMSG, "Yahoo", 5050, 4},
	{Files, "Yahoo's files", 8465, 7},
	{MSNP, "MSN", 1863, 1},
	{Board, "MSN's switchboards", 1864, 2},
	{Web, "MSN's web services", 8463, 3},
	{WebTLS, "the same over TLS", 8464, 6},
	{Control, "control of the lab", 8290, 5},
}

const defaultListen = "127.0.0.1"

// AnyPorts as Options.Ports lets the system choose a free port for each service.
const AnyPorts = -1

// Options are where a lab listens and how its servers behave.
type Options struct {
	Listen string // IP address; empty: 127.0.0.1. Only loopback addresses are taken
	Ports  int    // 0: the usual ports; AnyPorts; else the base to which each service's place is added
	Dir    string // for files that clients need: the lab's CA is lab-ca.pem; empty: none is written
	Rates  bool   // OSCAR: today's rate limits
	Logins bool   // OSCAR: today's limit of sign-ons per address
	Log    *slog.Logger
}

// A Lab is a running lab.
type Lab struct {
	oscar     *oscar.Server
	ymsg      *ymsg.Server
	msnp      *msnp.Server
	control   *http.Server
	dir       string // of Options
	addresses map[string]string
	served    chan struct{} // closed when the control server has ended
	forget    func() bool   // lets go of the context given to Start
}

// Start starts the lab. It ends with Close, or when ctx ends; Close waits in both cases. The error names
// the port that could not be taken.
func Start(ctx context.Context, o Options) (*Lab, error) {
	if o.Listen == "" {
		o.Listen = defaultListen
	}
	if ip := net.ParseIP(o.Listen); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: the lab is for loopback addresses only", o.Listen)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Lab{dir: o.Dir, addresses: map[string]string{}, served: make(chan struct{})}
	l.oscar = oscar.New(oscar.Options{Rates: o.Rates, Logins: o.Logins, Log: o.Log})
	l.ymsg = ymsg.New(ymsg.Options{Log: o.Log})
	l.msnp = msnp.New(msnp.Options{Log: o.Log})
	networks := map[string]world.Network{"aim": l.oscar.AIM(), "icq": l.oscar.ICQ(), "yahoo": l.ymsg.Yahoo(), "msn": l.msnp.MSN()}
	l.control = &http.Server{Handler: handler(networks), ReadHeaderTimeout: 10 * time.Second}
	if err := l.listen(o); err != nil { // and then nothing serves the control API yet
		l.oscar.Close()
		l.ymsg.Close()
		l.msnp.Close()
		return nil, err
	}
	l.forget = context.AfterFunc(ctx, l.stop)
	return l, nil
}

// listen opens the ports.
func (l *Lab) listen(o Options) error {
	address, err := l.oscar.Listen(o.place(OSCAR))
	if err != nil {
		return fmt.Errorf("AIM and ICQ: %w", err)
	}
	l.addresses[OSCAR] = address.String()
	if address, err = l.ymsg.Listen(o.place(YMSG)); err != nil {
		return fmt.Errorf("Yahoo: %w", err)
	}
	l.addresses[YMSG] = address.String()
	if address, err = l.ymsg.ListenWeb(o.place(Files)); err != nil {
		return fmt.Errorf("Yahoo's files: %w", err)
	}
	l.addresses[Files] = address.String()
	if err := l.listenMSN(o); err != nil {
		return fmt.Errorf("MSN: %w", err)
	}
	c, err := net.Listen("tcp", o.place(Control))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	l.addresses[Control] = c.Addr().String()
	go func() {
		defer close(l.served)
		if err := l.control.Serve(c); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("control", "err", err)
		}
	}()
	return nil
}

// listenMSN opens the four ports of MSN, and writes the CA of the one with TLS.
func (l *Lab) listenMSN(o Options) error {
	ca, err := newAuthority(net.ParseIP(o.Listen))
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	for _, p := range []struct {
		service string
		listen  func(address string) (net.Addr, error)
	}{
		{MSNP, l.msnp.Listen}, {Board, l.msnp.ListenBoard}, {Web, l.msnp.ListenWeb},
		{WebTLS, func(address string) (net.Addr, error) { return l.msnp.ListenWebTLS(address, ca.tls) }},
	} {
		address, err := p.listen(o.place(p.service))
		if err != nil {
			return err
		}
		l.addresses[p.service] = address.String()
	}
	if o.Dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(o.Dir, CAFile), ca.certificate, 0o600)
}

// Address gives the host:port of a service (OSCAR, YMSG, Files, MSNP, Board, Web, WebTLS, Control); empty if the lab does not have it.
func (l *Lab) Address(service string) string { return l.addresses[service] }

// OSCAR gives the server of AIM and ICQ.
func (l *Lab) OSCAR() *oscar.Server { return l.oscar }

// YMSG gives the server of Yahoo.
func (l *Lab) YMSG() *ymsg.Server { return l.ymsg }

// MSNP gives the servers of MSN.
func (l *Lab) MSNP() *msnp.Server { return l.msnp }

// Close ends all sessions and servers and waits for them. It may be called again.
func (l *Lab) Close() {
	l.forget()
	l.stop()
	<-l.served
}

func (l *Lab) stop() {
	_ = l.control.Close() // all that can fail is to close what is closed
	l.oscar.Close()
	l.ymsg.Close()
	l.msnp.Close()
}
