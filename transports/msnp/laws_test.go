package msnp

import (
	"testing"

	"go.uber.org/goleak"

	lab "imgate/lab/msnp"
	"imgate/transports"
	"imgate/transports/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every dialect is held to the laws.
func TestLaws(t *testing.T) {
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			set := settings()
			set["dialects"] = transports.Value{List: []string{d.name}}
			group := []string{"Lab"}
			transporttest.Laws(t, transporttest.Harness{
				Network:  New(),
				Settings: set,
				Account:  alice(),
				Friend:   echo,
				Room:     "tea",
				Contacts: []transports.Contact{
					{ID: echo, Name: "Echo Bot", Groups: group}, {ID: "awaybot@lab.example", Name: "Away Bot", Groups: group},
					{ID: "typist@lab.example", Name: "Typist", Groups: group}, {ID: "sleeper@lab.example", Name: "Sleeper", Groups: group},
				},
				Start: func(testing.TB) transporttest.Peer {
					p := newPeer(lab.Options{})
					if !d.offline {
						p.lacks = append(p.lacks, transporttest.Stores)
					}
					return p
				},
			})
		})
	}
}
