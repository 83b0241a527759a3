package gateway

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/loopback"
)

// A listener keeps what sessions are told of charsets.
type listener struct {
	transports.Network

	mu   sync.Mutex // guards told: sessions run in goroutines of their own
	told []map[transports.LegacyID]string
}

func (l *listener) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	l.mu.Lock()
	l.told = append(l.told, acct.Charsets)
	l.mu.Unlock()
	return l.Network.Run(ctx, env, acct, commands, events)
}

func (l *listener) last() map[transports.LegacyID]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told[len(l.told)-1]
}

// What a session has learned of a contact's charset the next one knows, also after a restart; of strangers nothing is
// kept.
func TestLearnedCharsets(t *testing.T) {
	play(t, func(w *world) {
		l := &listener{Network: loopback.New(w.server)}
		w.stop()
		w.network = l
		w.start()
		w.online()
		if got := l.last(); got != nil {
			t.Errorf("told %v", got)
		}
		w.inside(func(a *account) {
			a.onLearned(transports.Learned{ID: "echobot", Charset: "windows-1251"})
			a.onLearned(transports.Learned{ID: "stranger", Charset: "windows-1253"})
		})
		w.after(time.Second)
		w.stop()
		w.start()
		w.says(`<presence from='%s' to='%s'/>`, laptop, domain)
		w.after(time.Minute)
		if got, want := l.last(), (map[transports.LegacyID]string{"echobot": "windows-1251"}); !reflect.DeepEqual(got, want) {
			t.Errorf("the last was told %v", got)
		}
		has(t, w.runs(laptop, "my-data"), `"charset": "windows-1251"`)
	})
}
