package ymsg

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"imgate/transports"
)

const (
	versionKey     = "version"
	defaultVersion = 10
)

// A dialect is what one version of the protocol has of its own.
type dialect struct {
	version  uint16
	client   string // what we say we are, in key 135: servers are known to look at its shape
	clientID string // the same as a number, in key 244; only of those with token
	token    bool   // a challenge of kind 1 or 2 is answered by way of the sign-on service (unproven)
	late     bool   // lists, presence, edits and requests of version 15 and later (unproven)
}

// dialects are the versions that are spoken. 9 and 10 sign on alike; servers tell those of 10 how often to ping. The others no
// server was seen to speak: they are as libpurple and others have described them.
var dialects = map[int64]dialect{
	9:  {version: 9, client: "5, 5, 0, 1246"},
	10: {version: 10, client: "5, 6, 0, 1358"},
	11: {version: 11, client: "6,0,0,1922", clientID: "524223", token: true},
	12: {version: 12, client: "7,0,1,1", clientID: "524223", token: true},
	13: {version: 13, client: "7.5.0.647", clientID: "524223", token: true},
	14: {version: 14, client: "7.5.0.647", clientID: "524223", token: true},
	15: {version: 15, client: "8.1.0.421", clientID: "2097087", token: true, late: true},
	16: {version: 16, client: "9.0.0.2162", clientID: "4194239", token: true, late: true},
}

// versions are the values of the setting.
func versions() []string {
	var list []string
	for _, v := range slices.Sorted(maps.Keys(dialects)) {
		list = append(list, strconv.FormatInt(v, 10))
	}
	return list
}

// dialectOf is the version that the service is configured for.
func dialectOf(settings transports.Settings) (dialect, error) {
	version := settings.Number(versionKey)
	if version == 0 {
		version = defaultVersion
	}
	d, ok := dialects[version]
	if !ok {
		return dialect{}, throttled(longPause, "the service is configured for a version of the protocol that imgate does not speak",
			fmt.Errorf("version %d", version))
	}
	return d, nil
}

// Unproven implements transports.Candid.
func (network) Unproven(settings transports.Settings) []string {
	var list []string
	if d, err := dialectOf(settings); err == nil && d.token {
		list = append(list, fmt.Sprintf("version %d of the protocol: no server was seen to speak it; imgate has it from descriptions", d.version))
		if settings.Text(loginURLKey) == "" {
			list = append(list, fmt.Sprintf("without login_url, servers that ask those of version %d for a token let nobody in", d.version))
		}
	}
	if settings.On(picturesKey) {
		list = append(list, "pictures: no server was seen to have them; imgate has them from descriptions")
	}
	return list
}
