package transporttest

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"time"

	"imgate/transports"
)

// selfPhrases are commands about the user alone, and about files.
var selfPhrases = map[string]phrase{
	"nick": {1, `"NICK"`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.SetNick{Tag: tag(), Nick: a[0]}, nil
	}},
	"tune": {2, `"ARTIST" "TITLE"`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.SetPresence{Tag: tag(), Show: transports.Online, Tune: &transports.Tune{Artist: a[0], Title: a[1]}}, nil
	}},
	"privacy": {1, "all|contacts", func(a []string, tag tagger) (transports.Command, error) {
		mode := transports.AllowAll
		if a[0] == "contacts" {
			mode = transports.AllowContacts
		}
		return transports.SetPrivacy{Tag: tag(), Mode: mode}, nil
	}},
	"send-file": {3, `NAME "FILE" "TEXT"`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.SendFile{Tag: tag(), To: id(a[0]), Name: a[1], Size: int64(len(a[2])), Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader([]byte(a[2]))), nil
		}}, nil
	}},
	"take-file": {1, "OFFER", func(a []string, tag tagger) (transports.Command, error) {
		return transports.AnswerFile{Tag: tag(), Offer: a[0], Accept: true}, nil
	}},
	"refuse-file": {1, "OFFER", func(a []string, tag tagger) (transports.Command, error) {
		return transports.AnswerFile{Tag: tag(), Offer: a[0]}, nil
	}},
}

// fileTime is how long an actor reads a file that was given to it.
const fileTime = time.Minute

// readFile reads a file to its end, and says in words what it was.
func readFile(f transports.FileData) string {
	ctx, cancel := context.WithTimeout(context.Background(), fileTime)
	defer cancel()
	body, err := f.Open(ctx)
	if err != nil {
		return fmt.Sprintf("file %s: %v", f.Offer, err)
	}
	h := sha1.New()
	n, err := io.Copy(h, body)
	_ = body.Close() // it was read
	if err != nil {
		return fmt.Sprintf("file %s: %v", f.Offer, err)
	}
	return fmt.Sprintf("file %s: %d bytes, SHA-1 %x", f.Offer, n, h.Sum(nil))
}
