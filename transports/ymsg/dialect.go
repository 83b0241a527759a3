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
	version uint16
	client  string // what we say we are, in key 135: servers are known to look at its shape
}

// dialects are the versions that are spoken. Both sign on alike; servers tell those of 10 how often to ping.
var dialects = map[int64]dialect{
	9:  {version: 9, client: "5, 5, 0, 1246"},
	10: {version: 10, client: "5, 6, 0, 1358"},
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
