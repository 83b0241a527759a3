package e2e_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"imgate/lab"
)

// configuration is what the binary runs with: short waits, so that scenes need not take minutes.
const configuration = `
data_dir = %q
[log]
level = "info"
[xmpp]
server = %q
secret = %q
users = ["localhost"]
linger = "1s"
link_grace = "30s"
[seal]
key = %q
[files]
max_bytes = 100000
[http]
listen = "127.0.0.1:0"
[soap]
c2s = %q
tls = "off"
[reconnect]
first = "10ms"
initial = "1s"
max = "3s"
[[service]]
name = %[6]q
type = %[6]q
domain = "%[6]s.localhost"
[service.network]
sign_ons = { burst = 100, per_minute = 6000 }
`

// A setup is what differs between configurations.
type setup struct {
	dir     string // the data are in "data" below it
	server  string // where components come
	secret  string // of the component
	key     string // the file of the sealing key
	c2s     string // where clients come
	service string // the one that there is
	lab     *lab.Lab
	with    map[string]string // settings of the network, each a value of TOML; may be nil
}

// written is the configuration file of a setup.
func written(u setup) string {
	text := fmt.Sprintf(configuration, filepath.Join(u.dir, "data"), u.server, u.secret, "file:"+u.key, u.c2s, u.service)
	lines := map[string]string{}
	for key, value := range u.lab.Client(u.service) {
		lines[key] = strconv.Quote(value)
	}
	maps.Copy(lines, u.with)
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		text += key + " = " + lines[key] + "\n"
	}
	return text
}
