package scene

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/BurntSushi/toml"

	"imgate/component/gateway"
	msn "imgate/lab/msnp"
	"imgate/lab/oscar"
	"imgate/lab/world"
	yahoo "imgate/lab/ymsg"
	"imgate/transports"
	"imgate/transports/msnp"
	aim "imgate/transports/oscar"
	"imgate/transports/ymsg"
)

// A legacy is a network of the lab behind pipes, and how the gateway is to reach it.
type legacy struct {
	name     string
	network  transports.Network
	world    world.Network
	route    gateway.Route
	settings transports.Settings
	close    func()
}

// set changes settings, each written in TOML.
func (l *legacy) set(with map[string]string) error {
	for key, value := range with {
		i := slices.IndexFunc(l.network.Info().Settings, func(s transports.Setting) bool { return s.Key == key })
		if i < 0 {
			return fmt.Errorf("%s has no setting %q", l.name, key)
		}
		var v transports.Value
		into := any(&v.Text)
		switch l.network.Info().Settings[i].Kind {
		case transports.ListSetting:
			into = &v.List
		case transports.NumberSetting:
			into = &v.Number
		case transports.SwitchSetting:
			into = &v.On
		}
		var doc map[string]toml.Primitive
		meta, err := toml.Decode(key+" = "+value, &doc)
		if err != nil {
			return err
		}
		if err := meta.PrimitiveDecode(doc[key], into); err != nil {
			return err
		}
		l.settings[key] = v
	}
	return nil
}

// legacies makes the network of a service.
var legacies = map[string]func() legacy{
	"aim": func() legacy {
		s := oscar.New(oscar.Options{Advertise: "lab:1", Rates: true})
		return oscarOf(s, "aim", aim.AIM(), s.AIM())
	},
	"icq": func() legacy {
		s := oscar.New(oscar.Options{Advertise: "lab:1", Rates: true})
		return oscarOf(s, "icq", aim.ICQ(), s.ICQ())
	},
	"yahoo": func() legacy {
		s := yahoo.New(yahoo.Options{})
		return legacy{
			name: "yahoo", network: ymsg.Yahoo(), world: s.Yahoo(), close: s.Close,
			route: gateway.Route{
				Dial: pipesTo(func(string) func(net.Conn) { return s.ServeConn }),
				HTTP: &http.Client{Transport: door{s.Web()}},
			},
			settings: transports.Settings{"server": {Text: "lab:1"}, "charset": {Text: "windows-1252"}, "file_url": {Text: "http://lab"}},
		}
	},
	"msn": func() legacy {
		s := msn.New(msn.Options{Board: "board:1"})
		return legacy{
			name: "msn", network: msnp.New(), world: s.MSN(), close: s.Close,
			route: gateway.Route{
				Dial: pipesTo(func(address string) func(net.Conn) {
					if address == "board:1" {
						return s.ServeBoard
					}
					return s.ServeConn
				}),
				HTTP: &http.Client{Transport: door{s.Web()}},
			},
			settings: transports.Settings{
				"server": {Text: "lab:1"}, "nexus": {Text: "http://lab/rdr/pprdr.asp"}, "web": {Text: "http://lab"},
			},
		}
	},
}

// oscarOf is a network that speaks OSCAR.
func oscarOf(s *oscar.Server, name string, network transports.Network, side world.Network) legacy {
	return legacy{
		name: name, network: network, world: side, close: s.Close,
		route: gateway.Route{
			Dial: pipesTo(func(string) func(net.Conn) { return s.ServeConn }),
			Peer: pipesTo(s.ServePeer),
		},
		settings: transports.Settings{"server": {Text: "lab:1"}, "charset": {Text: "windows-1252"}},
	}
}

// pipesTo dials whoever serves an address.
func pipesTo(serves func(address string) func(net.Conn)) func(context.Context, string) (net.Conn, error) {
	return func(_ context.Context, address string) (net.Conn, error) {
		here, there := net.Pipe()
		go serves(address)(there)
		return here, nil
	}
}

// A door is HTTP without a connection.
type door struct{ to http.Handler }

// RoundTrip implements http.RoundTripper.
func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	recorder := httptest.NewRecorder()
	d.to.ServeHTTP(recorder, r)
	answer := recorder.Result()
	answer.Request = r
	for name, values := range recorder.Result().Header { // as they are read from a connection
		delete(answer.Header, name)
		answer.Header[http.CanonicalHeaderKey(name)] = values
	}
	return answer, nil
}
