package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"imgate/transports"
)

// maxSecretFile bounds a file that holds a secret.
const maxSecretFile = 64 << 10

// readSecret resolves a secret: literal, "file:PATH" or "env:NAME". A file must not be readable by others; one
// line end at its end does not count. No error quotes the secret.
func readSecret(s string) (transports.Secret, error) {
	if path, ok := strings.CutPrefix(s, "file:"); ok {
		return secretFile(path)
	}
	if name, ok := strings.CutPrefix(s, "env:"); ok {
		v, found := os.LookupEnv(name)
		if !found || v == "" {
			return transports.Secret{}, fmt.Errorf("the environment has no %s", name)
		}
		return transports.NewSecret(v), nil
	}
	return transports.NewSecret(s), nil
}

func secretFile(path string) (transports.Secret, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return transports.Secret{}, fmt.Errorf("there is no file %s", path)
	case err != nil:
		return transports.Secret{}, fmt.Errorf("%s can't be read: %w", path, underlying(err))
	case !info.Mode().IsRegular() || info.Size() > maxSecretFile:
		return transports.Secret{}, fmt.Errorf("%s is no file of at most %d bytes", path, maxSecretFile)
	case info.Mode().Perm()&0o077 != 0:
		return transports.Secret{}, fmt.Errorf("%s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return transports.Secret{}, fmt.Errorf("%s can't be read: %w", path, underlying(err))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return transports.Secret{}, fmt.Errorf("%s is empty", path)
	}
	return transports.NewSecret(text), nil
}

// underlying takes the path out of an error of the file system, where the message names it already.
func underlying(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
