package main

import (
	"net"
	"net/url"
	"time"

	"imgate/state"
	"imgate/transports"
)

// A config is the configuration file, with every default filled in. The names of its keys are those of the
// tables in schema.go.
type config struct {
	DataDir string
	Admins  []string
	Log     logConfig

	XMPP      xmppConfig
	Seal      sealConfig
	Registry  registryConfig
	Limits    limitsConfig
	Files     filesConfig
	HTTP      httpConfig
	Metrics   metricsConfig
	SOAP      soapConfig
	XMLRPC    xmlrpcConfig
	Reconnect state.Config
	Services  []serviceConfig
}

type logConfig struct{ Level, Format string }

// A tlsConfig is the client-side TLS of one connection.
type tlsConfig struct{ Mode, CA, Name string }

type xmppConfig struct {
	Server          string
	Secret          transports.Secret
	Users           []string
	TLS             tlsConfig
	LinkGrace       time.Duration
	Linger          time.Duration
	ResyncPerSecond int
	StopTimeout     time.Duration
}

type sealConfig struct {
	Key        transports.Secret
	KeyFile    string // where Key comes from; empty: not from a file
	AllowPlain bool
}

type registryConfig struct{ Undo time.Duration }

type limitsConfig struct {
	RegistrationsPerHour int
	MessagesPerMinute    int
	MessageBytes         int
	ChatPasswords        bool
}

type filesConfig struct {
	Upload   string
	MaxBytes int
}

type httpConfig struct {
	Listen, PublicURL, CertFile, KeyFile string
	TrustedProxies                       []string
	Connections                          int // of one address at a time
}

type metricsConfig struct{ Listen string }

type soapConfig struct {
	C2S             string
	TLS             tlsConfig
	OtherLoginState string
	DefaultDomain   string
	Conference      string
	SessionIdle     time.Duration
	Sessions        int
}

type xmlrpcConfig struct {
	Listen, User       string
	Password           transports.Secret
	CertFile, KeyFile  string
	Presence, Groups   string
	Strict             bool
	LinkBySubscription bool
}

// A serviceConfig is one [[service]].
type serviceConfig struct {
	Name, Type, Domain string
	Server             string            // overrides [xmpp]
	Secret             transports.Secret // likewise
	Users              []string          // likewise
	Network            networkConfig
}

// A networkConfig is [service.network]: what every network has, and the settings of this one.
type networkConfig struct {
	Server          string
	TLS             tlsConfig
	Burst           int
	PerMinute       int
	SourceAddresses []string
	AllowHosts      []string
	Charset         string
	Settings        transports.Settings
	Hosts           []string // that the settings name, besides Server
	Web             web      // how the network is spoken to over HTTP
}

// A web says whether a network wants HTTP: it does when it has a setting that is an URL.
type web struct {
	Wanted bool
	Secure bool // every URL that is set is https, and at least one is: then nothing goes by http
	Plain  bool // some URL that is set is http
	Clear  bool // and not of this machine: what goes there can be read
}

// places notes which hosts the settings name.
func (n *networkConfig) places(settings []transports.Setting) {
	https := false
	for _, set := range settings {
		value := n.Settings.Text(set.Key)
		switch set.Kind {
		case transports.HostPortSetting:
			if value != "" {
				n.Hosts = append(n.Hosts, hostOf(value))
			}
		case transports.URLSetting:
			n.Web.Wanted = true
			u, err := url.Parse(value)
			if err != nil || value == "" {
				continue
			}
			n.Hosts = append(n.Hosts, u.Hostname())
			if u.Scheme == "https" {
				https = true
				continue
			}
			n.Web.Plain = true
			n.Web.Clear = n.Web.Clear || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
		}
	}
	n.Web.Secure = https && !n.Web.Plain
}

// defaults is the configuration of an empty file.
func defaults() *config {
	return &config{
		DataDir: "/var/lib/imgate",
		Log:     logConfig{"info", "text"},
		XMPP: xmppConfig{
			Server: "127.0.0.1:5347", TLS: tlsConfig{Mode: "off"}, LinkGrace: time.Minute, Linger: 90 * time.Second,
			ResyncPerSecond: 5000, StopTimeout: 10 * time.Second,
		},
		Registry: registryConfig{Undo: 168 * time.Hour},
		Limits:   limitsConfig{RegistrationsPerHour: 5, MessagesPerMinute: 120, MessageBytes: 65536},
		Files:    filesConfig{MaxBytes: 20 << 20},
		HTTP:     httpConfig{Listen: "127.0.0.1:8280", Connections: 256},
		Metrics:  metricsConfig{Listen: "127.0.0.1:9280"},
		SOAP: soapConfig{
			C2S: "127.0.0.1:5222", TLS: tlsConfig{Mode: "start"}, OtherLoginState: "disabled",
			SessionIdle: 10 * time.Minute, Sessions: 5,
		},
		XMLRPC:    xmlrpcConfig{Presence: "struct", Groups: "each"},
		Reconnect: state.Defaults(nil),
	}
}

func defaultService() serviceConfig {
	return serviceConfig{Network: networkConfig{
		TLS: tlsConfig{Mode: "off"}, Burst: 1, PerMinute: 9, Charset: "windows-1252", Settings: transports.Settings{},
	}}
}
