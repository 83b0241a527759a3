package main

import (
	"imgate/transports"
	"imgate/transports/msnp"
	"imgate/transports/oscar"
	"imgate/transports/ymsg"
)

// networks are all that imgate knows, one line each.
func networks() []transports.Network {
	return []transports.Network{
		oscar.AIM(),
		oscar.ICQ(),
		ymsg.Yahoo(),
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
