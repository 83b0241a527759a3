package msnp

import "imgate/transports"

// Unproven implements transports.Candid: what no server that was tried ever asked for, and is held to vectors and to the lab.
func (network) Unproven(settings transports.Settings) []string {
	list := []string{
		"the answers to a server's challenges (CHL), and waiting when it says that commands come too fast",
	}
	if settings.Text("web") != "" {
		list = append(list, "the answer to the lock of the store of offline messages")
	}
	return list
}
