package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"maps"

	"imgate/lab/world"
)

// maxBody is the longest request body in bytes.
const maxBody = 1 << 20

// A request is the JSON body of a POST; each path reads its own fields. Unknown fields are refused.
type request struct {
	Network  string      `json:"network"`
	Name     string      `json:"name"`
	Password string      `json:"password"`
	Count    int         `json:"count"`
	Contacts int         `json:"contacts"`
	Account  string      `json:"account"`
	Fault    world.Fault `json:"fault"`
	Times    int         `json:"times"`
	From     string      `json:"from"`
	To       string      `json:"to"`
	Text     string      `json:"text"`
	Show     string      `json:"show"`
	Status   string      `json:"status"`
	Down     string      `json:"down"`
}

// maxAccounts is how many accounts one request may make.
const maxAccounts = 100_000

// posts are the paths that change something. Their answer, if any, is sent as JSON.
var posts = map[string]func(world.Network, request) (any, error){
	"/accounts": func(n world.Network, r request) (any, error) {
		if r.Count > maxAccounts {
			return nil, fmt.Errorf("count: at most %d", maxAccounts)
		}
		if r.Contacts < 0 || r.Contacts > world.MaxContacts {
			return nil, fmt.Errorf("contacts: at most %d", world.MaxContacts)
		}
		if r.Password == "" {
			r.Password = world.Password
		}
		first, last, err := n.Add(r.Name, r.Password, r.Count)
		if err == nil && r.Contacts > 0 {
			err = n.Acquaint(r.Name, r.Count, r.Contacts)
		}
		return map[string]any{"first": first, "last": last, "count": max(r.Count, 1)}, err
	},
	"/fault":    func(n world.Network, r request) (any, error) { return nil, n.Fault(r.Account, r.Fault, r.Times) },
	"/say":      func(n world.Network, r request) (any, error) { return nil, n.Say(r.From, r.To, r.Text) },
	"/presence": func(n world.Network, r request) (any, error) { return nil, n.Present(r.Name, r.Show, r.Status) },
	"/restart": func(n world.Network, r request) (any, error) {
		var down time.Duration
		if r.Down != "" {
			var err error
			if down, err = time.ParseDuration(r.Down); err != nil || down < 0 {
				return nil, fmt.Errorf("down: a time such as 5s was expected")
			}
		}
		return nil, n.Restart(down)
	},
}

// handler is the control API.
func handler(networks map[string]world.Network) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /accounts", func(w http.ResponseWriter, r *http.Request) {
		out := []world.Account{}
		for _, name := range slices.Sorted(maps.Keys(networks)) {
			if want := r.URL.Query().Get("network"); want == "" || want == name {
				out = append(out, networks[name].Accounts()...)
			}
		}
		answer(w, http.StatusOK, out)
	})
	for path, do := range posts {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			q, err := read(r.Body)
			if err != nil {
				answer(w, http.StatusBadRequest, problem(err))
				return
			}
			n, ok := networks[q.Network]
			if !ok {
				answer(w, http.StatusBadRequest, problem(fmt.Errorf("network %q: one of %v was expected", q.Network, slices.Sorted(maps.Keys(networks)))))
				return
			}
			result, err := do(n, q)
			if err != nil {
				answer(w, status(err), problem(err))
				return
			}
			answer(w, http.StatusOK, result)
		})
	}
	return mux
}

func read(body io.Reader) (q request, err error) {
	d := json.NewDecoder(io.LimitReader(body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return request{}, fmt.Errorf("read JSON: %w", err)
	}
	return q, nil
}

func status(err error) int {
	switch {
	case errors.Is(err, world.ErrUnknown):
		return http.StatusNotFound
	case errors.Is(err, world.ErrExists):
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

func problem(err error) map[string]string { return map[string]string{"error": err.Error()} }

// answer writes v as JSON; nil is an empty object.
func answer(w http.ResponseWriter, code int, v any) {
	if v == nil {
		v = struct{}{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // nobody is there to hear of an error
}
