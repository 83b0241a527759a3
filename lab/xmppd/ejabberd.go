package xmppd

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	ejabberdFile  = "ejabberd.yml"
	ejabberdUsers = "users.term"
	ejabberdReady = "the accounts are there"
)

// ejabberd is one Erlang node without a name: so it needs no epmd, and nobody can reach it but by XMPP. It is
// started by erl itself, since ejabberdctl wants a user and directories of the system's. The accounts are made
// by the node once ejabberd has started; then it says that it is ready.
func ejabberd() ways {
	return ways{name: "ejabberd", lay: layEjabberd, processes: func(c *Config) ([]process, error) {
		erl, err := exec.LookPath("erl")
		libraries, _ := filepath.Glob("/usr/lib/*/ejabberd-*/ebin/ejabberd.app") // the pattern is right
		if err != nil || len(libraries) == 0 {
			return nil, missing("ejabberd")
		}
		makeAccounts := `{ok,U}=file:consult("` + ejabberdUsers + `"),` +
			`[case ejabberd_auth:try_register(N,H,P) of ok->ok;{error,exists}->ok end||{N,H,P}<-U],` +
			`io:format("` + ejabberdReady + `~n").`
		return []process{{
			args: []string{
				erl, "+sbwt", "none", "-noinput", "-mnesia", "dir", `"mnesia"`, "-s", "ejabberd", "-eval", makeAccounts,
			},
			env: []string{
				"EJABBERD_CONFIG_PATH=" + c.path(ejabberdFile), "EJABBERD_LOG_PATH=" + c.path("ejabberd.log"),
				"ERL_LIBS=" + filepath.Dir(filepath.Dir(filepath.Dir(libraries[0]))),
				"HOME=" + c.Dir, "ERL_CRASH_DUMP_BYTES=0",
			},
			ports: []int{c.C2S, c.Component}, says: ejabberdReady,
		}}, nil
	}}
}

func layEjabberd(c *Config) error {
	if c.Extra != "" || c.Global != "" {
		return fmt.Errorf("lines of Lua are for Prosody, not for ejabberd")
	}
	if err := c.folders("upload"); err != nil {
		return err
	}
	if c.TLS || c.ComponentTLS {
		if err := c.joinKey(); err != nil {
			return err
		}
	}
	var users strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Users)) {
		fmt.Fprintf(&users, "{%s,%s,%s}.\n", erlang(name), erlang(c.Host), erlang(c.Users[name]))
	}
	if err := c.file(ejabberdUsers, users.String()); err != nil {
		return err
	}
	return c.file(ejabberdFile, paste(c.yaml(), c.Pasted))
}

// joinKey writes certificate and key into one file.
func (c *Config) joinKey() error {
	var all []byte
	for _, name := range []string{certificateFile, keyFile} {
		text, err := os.ReadFile(c.path(name))
		if err != nil {
			return err
		}
		all = append(all, text...)
	}
	return c.file(bothFile, string(all))
}

// yaml is the configuration file. S2s is forbidden: ejabberd would ask the DNS for the domain of a component that
// is away.
func (c *Config) yaml() string {
	var hosts, names []string
	for _, domain := range slices.Sorted(maps.Keys(c.Components)) {
		hosts = append(hosts, fmt.Sprintf("%s: {password: %s}", yaml(domain), yaml(c.Components[domain])))
		names = append(names, yaml(domain))
	}
	var b strings.Builder
	fmt.Fprintf(&b, ejabberdGlobal, yaml(c.Host), c.C2S, yaml(c.ip()), maxStanza, c.yamlTLS(c.TLS, "starttls"))
	if c.Pasted == "" {
		fmt.Fprintf(&b, ejabberdService, c.Component, yaml(c.ip()), strings.Join(hosts, ", "), c.yamlTLS(c.ComponentTLS, "tls"))
	}
	if c.Upload {
		fmt.Fprintf(&b, "  - {port: %d, ip: \"127.0.0.1\", module: ejabberd_http, request_handlers: {\"/upload\": mod_http_upload}}\n", c.HTTP)
	}
	fmt.Fprintf(&b, ejabberdAccess, strings.Join(names, ", "), yaml(c.Host))
	b.WriteString(ejabberdModules)
	if c.Privileges {
		b.WriteString("  mod_privilege: {roster: {both: components}, message: {outgoing: components}}\n")
	}
	if c.Rooms {
		fmt.Fprintf(&b, "  mod_muc: {host: %s}\n", yaml(c.rooms()))
	}
	if c.Upload {
		fmt.Fprintf(&b, "  mod_http_upload: {host: %s, docroot: %s, put_url: %s, access: upload}\n", yaml(c.upload()), yaml(c.path("upload")),
			yaml("http://"+address(c.HTTP)+"/upload"))
	}
	return b.String()
}

// yamlTLS are the options of a listener; it needs a certificate of its own, since that of the host is not found by
// the name of a component.
func (c *Config) yamlTLS(on bool, option string) string {
	if !on {
		return ""
	}
	return fmt.Sprintf(", %s: true, certfile: %s", option, yaml(c.path(bothFile)))
}

const ejabberdGlobal = `hosts: [%s]
loglevel: info
listen:
  - {port: %d, ip: %s, module: ejabberd_c2s, access: all, max_stanza_size: %d%s}
`

const ejabberdService = "  - {port: %d, ip: %s, module: ejabberd_service, hosts: {%s}%s}\n"

const ejabberdAccess = `acl:
  components: {server: [%s]}
  local: {server: %s}
access_rules:
  components: {allow: components}
  upload: [{allow: components}, {allow: local}]
s2s_access: none
auth_method: internal
`

const ejabberdModules = `modules:
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_last: {}
  mod_offline: {}
  mod_ping: {}
  mod_privacy: {}
  mod_private: {}
  mod_pubsub: {plugins: [flat, pep]}
  mod_roster: {}
  mod_time: {}
  mod_vcard: {search: false}
  mod_version: {}
`

// yaml quotes s; what is a string of JSON is one of YAML.
func yaml(s string) string {
	quoted, _ := json.Marshal(s) // a string never fails
	return string(quoted)
}

// erlang is s as a binary of Erlang, byte by byte.
func erlang(s string) string {
	var all []string
	for i := range len(s) {
		all = append(all, strconv.Itoa(int(s[i])))
	}
	return "<<" + strings.Join(all, ",") + ">>"
}
