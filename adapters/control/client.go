package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"time"
)

// ErrNotRunning says that nobody answers at the socket.
var ErrNotRunning = errors.New("no gateway is running there")

// A RefusedError is the gateway's no, in a sentence.
type RefusedError struct{ Text string }

// Error implements error.
func (r *RefusedError) Error() string { return r.Text }

// maxLine bounds one line of an answer.
const maxLine = 1 << 20

// Ask makes one request at the socket and gives each line of the answer but the last to each, and the last one's
// text. Errors: ErrNotRunning, *RefusedError, or what the system says.
func Ask(ctx context.Context, path string, r Request, each func(Line)) (string, error) {
	if err := r.check(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRequest, err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return "", ErrNotRunning
	}
	if err != nil {
		return "", fmt.Errorf("control socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if verbs()[r.Verb].time > 0 {
		_ = conn.SetDeadline(time.Now().Add(longTime + verbTime))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	b, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	if _, err := conn.Write(append(b, '\n')); err != nil {
		return "", fmt.Errorf("control socket: %w", err)
	}
	return readAnswer(conn, each)
}

func readAnswer(conn net.Conn, each func(Line)) (string, error) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	for lines.Scan() {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return "", fmt.Errorf("control socket: the answer is no JSON: %w", err)
		}
		switch {
		case l.Error != "":
			return "", &RefusedError{l.Error}
		case l.End:
			return l.Text, nil
		}
		each(l)
	}
	return "", errors.Join(errors.New("control socket: the gateway went away before it had answered"), lines.Err())
}
