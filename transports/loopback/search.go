package loopback

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"imgate/transports"
)

// maxFound is how many rows a search gives.
const maxFound = 20

// searchForm is SearchForm.
func (s *Server) searchForm(*line, transports.SearchForm) answer {
	return fetched(transports.FormResult{
		Instructions: "Fill in what you know. Parts of names are found too.",
		Fields:       []transports.Field{{Var: "name", Label: "Name"}, {Var: "nick", Label: "Nickname"}},
	}, nil)
}

// search is Search: every field that is filled in must be part of what the account has there.
func (s *Server) search(_ *line, c transports.Search) answer {
	wanted := map[string]string{}
	for _, f := range c.Fields {
		if f.Var != "name" && f.Var != "nick" {
			return fetched(nil, fmt.Errorf("%w: no field %q", transports.ErrInvalid, f.Var))
		}
		if f.Value != "" {
			wanted[f.Var] = strings.ToLower(f.Value)
		}
	}
	if len(wanted) == 0 {
		return fetched(nil, fmt.Errorf("%w: nothing to look for", transports.ErrInvalid))
	}
	var got transports.SearchResult
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		a := s.accounts[id]
		if !strings.Contains(string(id), wanted["name"]) || !strings.Contains(strings.ToLower(a.nick), wanted["nick"]) {
			continue
		}
		if len(got.Found) == maxFound {
			got.More = true
			break
		}
		got.Found = append(got.Found, transports.Found{ID: id, Fields: []transports.Field{
			{Var: "name", Label: "Name", Value: string(id)}, {Var: "nick", Label: "Nickname", Value: a.nick},
		}})
	}
	return fetched(got, nil)
}
