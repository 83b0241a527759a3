package main

import (
	"imgate/transports"
	"imgate/transports/msnp"
	"imgate/transports/oscar"
)

// networks are all that imgate knows, one line each.
func networks() []transports.Network {
	return []transports.Network{
		oscar.AIM(),
		oscar.ICQ(),
		msnp.New(),
	}
}

func networkNamed(kind string) transports.Network {
	for _, n := range networks() {
		if n.Info().Type == kind {
			return n
		}
	}
	return nil
}
