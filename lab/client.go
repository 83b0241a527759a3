package lab

import (
	"net"
	"path/filepath"
	"strconv"
)

// A Place is where a service of the lab is to listen.
type Place struct {
	What    string // for people: "MSN's switchboards"
	Address string // host:port
}

// Places are where a lab with these options listens, without those for which the system chooses a port.
func (o Options) Places() []Place {
	var list []Place
	for _, p := range places {
		if address := o.place(p.service); o.Ports != AnyPorts {
			list = append(list, Place{p.what, address})
		}
	}
	return list
}

// Client is what leads a client of a network ("aim", "icq", "msn", "yahoo") to the lab: server, and what else it needs, by the keys of
// [service.network]. The key tls_ca is there if Options.Dir was.
func (l *Lab) Client(network string) map[string]string {
	switch network {
	case "msn":
		web := "https://" + l.addresses[WebTLS]
		with := map[string]string{"server": l.addresses[MSNP], "nexus": web + "/rdr/pprdr.asp", "web": web}
		if l.dir != "" {
			with["tls_ca"] = filepath.Join(l.dir, CAFile)
		}
		return with
	case "yahoo":
		return map[string]string{"server": l.addresses[YMSG], "file_url": "http://" + l.addresses[Files]}
	}
	return map[string]string{"server": l.addresses[OSCAR]}
}

// place is where a service listens.
func (o Options) place(service string) string {
	host := o.Listen
	if host == "" {
		host = defaultListen
	}
	for _, p := range places {
		if p.service != service {
			continue
		}
		port := p.port
		switch {
		case o.Ports == AnyPorts:
			port = 0
		case o.Ports > 0:
			port = o.Ports + p.offset
		}
		return net.JoinHostPort(host, strconv.Itoa(port))
	}
	return ""
}
