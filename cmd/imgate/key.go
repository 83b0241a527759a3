package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"imgate/registry"
)

// keyCommand is the group of the sealing key's commands.
type keyCommand struct {
	New    keyNewCommand    `cmd:"" help:"Make a key file that only its owner can read."`
	Rotate keyRotateCommand `cmd:"" help:"Put a new key into use, while the gateway runs or not."`
}

type keyNewCommand struct {
	File string `arg:"" type:"path" help:"Where to write it; it must not be there yet."`
}

// Help is the example of --help.
func (keyNewCommand) Help() string { return "Example: imgate key new /etc/imgate/seal.key" }

// Run makes the file.
func (k keyNewCommand) Run(out *output) error {
	if err := writeKey(k.File); err != nil {
		return err
	}
	out.printf("%s holds a new key. Whoever loses it loses every stored password; keep a copy apart from the registry.\n", k.File)
	return nil
}

func writeKey(path string) error {
	text, err := registry.NewKey()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage(fmt.Errorf("%s is there already; a key is never overwritten", path))
	}
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
