package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"imgate/adapters/soap"
	"imgate/state"
)

// Limits of the HTTP listener. How long a body and an answer may take is the business of whoever serves the path.
const (
	webHeaderTime  = 10 * time.Second
	webIdleTime    = 2 * time.Minute
	webHeaderBytes = 16 << 10
	webStopTime    = 5 * time.Second
)

// A webServer is the listener of [http], and the doors behind it.
type webServer struct {
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	door     *soap.Door
	users    webUsers
	tls      bool
}

// openWeb listens at http.listen; nothing is served until run.
func (s *server) openWeb(c *config, users webUsers) error {
	t, err := c.HTTP.tls()
	if err != nil {
		return err
	}
	proxies, err := c.HTTP.proxies()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && t == nil && !a.IP.IsLoopback() {
		s.log.Warn("web clients' passwords come without TLS; set http.cert_file and http.key_file, or listen on loopback behind a proxy", "listen", c.HTTP.Listen)
	}
	var services []soap.Service
	for _, sc := range c.Services {
		services = append(services, soap.Service{Name: sc.Name, Type: sc.Type, Domain: sc.Domain})
	}
	l = newCapped(l, c.HTTP.Connections, proxies, s.log)
	w := &webServer{log: s.log, listener: l, tls: t != nil, users: users}
	w.door = soap.New(soap.Options{
		Gateway: s.gateway, Services: services, Prover: users, Presence: users, Log: s.log, Version: version(),
		OtherLogin: state.State(c.SOAP.OtherLoginState), DefaultDomain: c.SOAP.DefaultDomain,
		SessionIdle: c.SOAP.SessionIdle, Sessions: c.SOAP.Sessions, PublicURL: c.HTTP.PublicURL, TrustedProxies: proxies,
	})
	mux := http.NewServeMux()
	mux.Handle("/service/", w.door)
	w.http = &http.Server{
		Handler: mux, TLSConfig: t, ReadHeaderTimeout: webHeaderTime, IdleTimeout: webIdleTime,
		WriteTimeout: soap.LongestAnswer, MaxHeaderBytes: webHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.web = w
	return nil
}

// address is where it listens, for people on this machine.
func (w *webServer) address() string {
	scheme := "http://"
	if w.tls {
		scheme = "https://"
	}
	return scheme + w.listener.Addr().String()
}

// run serves until ctx ends: then whoever waits is answered, and what is being answered has webStopTime.
func (w *webServer) run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() { w.door.Run(ctx) })
	parts.Go(func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.Background(), webStopTime)
		defer cancel()
		if err := w.http.Shutdown(stop); err != nil {
			w.log.Warn("some HTTP requests were cut off", "err", errors.Join(err, w.http.Close()))
		}
	})
	serve := w.http.Serve
	if w.tls {
		serve = func(l net.Listener) error { return w.http.ServeTLS(l, "", "") }
	}
	w.log.Info("web clients are served", "address", w.address())
	if err := serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		w.log.Error("the HTTP listener is closed", "err", err)
	}
	parts.Wait()
	stop, cancel := context.WithTimeout(context.Background(), webStopTime)
	defer cancel()
	w.users.Close(stop)
}

// tls is the certificate to show; nil where there is none.
func (h httpConfig) tls() (*tls.Config, error) { return keyPair("http", h.CertFile, h.KeyFile) }

// keyPair reads the two files that a table of the configuration names; nil where it names none.
func keyPair(table, certFile, keyFile string) (*tls.Config, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "" || keyFile == "":
		return nil, fmt.Errorf("%[1]s.cert_file and %[1]s.key_file go together", table)
	}
	info, err := os.Stat(keyFile)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s.key_file: %w", table, err)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s.key_file: %s can be read by others (mode %04o); run: chmod 600 %s", table, keyFile, info.Mode().Perm(), keyFile)
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("%[1]s.cert_file, %[1]s.key_file: %[2]w", table, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// proxies are the addresses and networks whose word for a client's address is taken.
func (h httpConfig) proxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, s := range h.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if !strings.Contains(s, "/") {
			var a netip.Addr
			if a, err = netip.ParseAddr(s); err == nil {
				p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("http.trusted_proxies: %q is neither an address nor a network", s)
		}
		list = append(list, p)
	}
	return list, nil
}
