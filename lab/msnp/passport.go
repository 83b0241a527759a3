package msnp

import (
	"net/http"
	"net/url"
	"strings"

	"imgate/lab/world"
	"imgate/transports/msnp/wire"
)

// Web is the web services: nexus and login of the passport, and the store of offline messages.
func (s *Server) Web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rdr/pprdr.asp", s.nexus)
	mux.HandleFunc("GET /login2.srf", s.signIn)
	mux.HandleFunc("POST /OimWS/oim.asmx", s.storeMail)
	mux.HandleFunc("POST /rsi/rsi.asmx", s.readMail)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ports.Up() {
			http.Error(w, "the service is down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// nexus names the address to sign on at.
func (s *Server) nexus(w http.ResponseWriter, r *http.Request) {
	w.Header()["PassportURLs"] = []string{"DARealm=Lab,DALogin=" + s.login(r)}
}

// signIn gives a ticket for the right password.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	name, password := credentials(r.Header.Get("Authorization"))
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[canonical(name)]
	if a == nil || a.password != password || s.faults.Take(world.WrongPassword, a.id, everybody) {
		w.Header().Set("Www-Authenticate", wire.Scheme+" da-status=failed")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Authentication-Info", wire.Scheme+" da-status=success,from-PP='"+s.ticket(a)+"'")
}

// ticket makes a ticket. mu is held.
func (s *Server) ticket(a *account) string {
	t := "t=" + secret() + "&p="
	s.tickets[t] = a.id
	return t
}

// Ticket makes a ticket for an account, for tests that have no passport.
func (s *Server) Ticket(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[canonical(name)]; a != nil {
		return s.ticket(a)
	}
	return ""
}

// credentials reads the field Authorization.
func credentials(field string) (name, password string) {
	for _, p := range strings.Split(strings.TrimPrefix(field, wire.Scheme), ",") {
		key, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		v, err := url.PathUnescape(v)
		if err != nil {
			continue
		}
		switch key {
		case "sign-in":
			name = v
		case "pwd":
			password = v
		}
	}
	return name, password
}

// bearer finds whose ticket it is, in whole or by its first part. mu is held.
func (s *Server) bearer(ticket string) *account {
	if id, ok := s.tickets[ticket]; ok {
		return s.accounts[id]
	}
	want, _ := wire.TicketParts(ticket)
	for t, id := range s.tickets {
		if part, _ := wire.TicketParts(t); part == want && want != "" {
			return s.accounts[id]
		}
	}
	return nil
}
