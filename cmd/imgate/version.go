package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"imgate/transports"
)

// versionCommand prints the version.
type versionCommand struct{}

// release is the version of the next release; a build from a tag says so by its module version.
const release = "0.1.0-dev"

func version() string {
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return release
}

// commit is the revision that this binary was built from, where the build recorded it.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	revision, modified := "unknown", ""
	if info == nil {
		return revision
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = " (modified)"
			}
		}
	}
	return revision + modified
}

// Run prints commit, Go version, networks and dialects.
func (versionCommand) Run(out *output) error {
	out.printf("imgate %s\ncommit %s\n%s %s/%s\n", version(), commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	var names []string
	for _, n := range networks() {
		names = append(names, n.Info().Type+dialects(n.Info()))
	}
	out.printf("networks %s\n", strings.Join(names, " "))
	return nil
}

// dialects are the versions of its protocol that a network speaks, where it has a choice of them.
func dialects(info transports.Info) string {
	for _, set := range info.Settings {
		if (set.Key == "dialects" || set.Key == "version") && len(set.Choices) > 0 {
			return "(" + strings.Join(set.Choices, " ") + ")"
		}
	}
	return ""
}
