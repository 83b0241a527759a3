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
	"sync"

	"imgate/adapters/xmlrpc"
)

// rpcConnections is how many connections one address may have to the XML-RPC listener.
const rpcConnections = 64

// An rpcServer is the listener of [xmlrpc], and the door behind it.
type rpcServer struct {
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	tls      bool
}

// openRPC listens at xmlrpc.listen; nothing is served until run.
func (s *server) openRPC(c *config) error {
	t, err := c.XMLRPC.tls()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.XMLRPC.Listen)
	if err != nil {
		return fmt.Errorf("xmlrpc.listen: %w", err)
	}
	if t == nil && !c.XMLRPC.here() {
		s.log.Warn("the password of XML-RPC comes without TLS; set xmlrpc.cert_file and xmlrpc.key_file, or listen on loopback", "listen", c.XMLRPC.Listen)
	}
	door := xmlrpc.New(xmlrpc.Options{
		Gateway: s.gateway, Log: s.log, User: c.XMLRPC.User, Password: c.XMLRPC.Password,
		PresenceArray: c.XMLRPC.Presence == "array", JoinGroups: c.XMLRPC.Groups == "join",
		Strict: c.XMLRPC.Strict, LinkBySubscription: c.XMLRPC.LinkBySubscription,
	})
	s.rpc = &rpcServer{log: s.log, tls: t != nil, listener: newCapped(l, rpcConnections, []netip.Prefix{}, s.log), http: &http.Server{
		Handler: door, TLSConfig: t, ReadHeaderTimeout: webHeaderTime, IdleTimeout: webIdleTime,
		WriteTimeout: xmlrpc.LongestAnswer, MaxHeaderBytes: webHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
	return nil
}

// run serves until ctx ends: then what is being answered has webStopTime.
func (r *rpcServer) run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.Background(), webStopTime)
		defer cancel()
		if err := r.http.Shutdown(stop); err != nil {
			r.log.Warn("some XML-RPC calls were cut off", "err", errors.Join(err, r.http.Close()))
		}
	})
	serve := r.http.Serve
	if r.tls {
		serve = func(l net.Listener) error { return r.http.ServeTLS(l, "", "") }
	}
	r.log.Info("programs are served by XML-RPC", "address", r.listener.Addr().String(), "tls", r.tls)
	if err := serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
		r.log.Error("the XML-RPC listener is closed", "err", err)
	}
	parts.Wait()
}

// tls is the certificate to show; nil where there is none.
func (x xmlrpcConfig) tls() (*tls.Config, error) { return keyPair("xmlrpc", x.CertFile, x.KeyFile) }

// here reports whether only this machine reaches the listener.
func (x xmlrpcConfig) here() bool { return isLoopback(hostOf(x.Listen)) }

// checkRPC finds what would let strangers in.
func (r *configReader) checkRPC(c *config) {
	x := c.XMLRPC
	if _, err := x.tls(); err != nil {
		r.wrong("xmlrpc.cert_file", "%v", err)
	}
	if (x.User == "") != x.Password.Empty() {
		r.wrong("xmlrpc.password", "xmlrpc.user and xmlrpc.password go together")
	}
	if x.Listen != "" && !x.here() && x.Password.Empty() {
		r.wrong("xmlrpc.listen", "%s is reached from other machines: set xmlrpc.user and xmlrpc.password, or listen on 127.0.0.1. Whoever gets in may read and change every roster", x.Listen)
	}
}
