package transporttest

import (
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

func TestFields(t *testing.T) {
	for words, want := range map[string][]string{
		"":                        nil,
		"a  b":                    {"a", "b"},
		`send bob "hi \"you\"\n"`: {"send", "bob", "hi \"you\"\n"},
		`"" x`:                    {"", "x"},
	} {
		if got, err := Fields(words); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q %v", words, got, err)
		}
	}
	if _, err := Fields(`a "b`); err == nil {
		t.Error("an open quote is taken")
	}
}

func TestParseCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last := transports.Tag(6)
		for _, tt := range []struct {
			words string
			want  transports.Command
		}{
			{`send bob "hi"`, transports.SendMessage{Tag: 7, To: "bob", Body: richtext.Plain("hi")}},
			{"typing bob paused", transports.SendTyping{To: "bob", State: transports.TypingPaused}},
			{`presence xa "gone"`, transports.SetPresence{Tag: 8, Show: transports.XA, Status: "gone"}},
			{"invisible", transports.SetPresence{Tag: 9, Show: transports.Online, Invisible: true}},
			{"idle 5m", transports.SetPresence{Tag: 10, Show: transports.Online, IdleSince: time.Now().Add(-5 * time.Minute)}},
			{"add bob", transports.AddContact{Tag: 11, ID: "bob"}},
			{`change bob "Bob" "A" "B C"`, transports.ChangeContact{Tag: 12, ID: "bob", Name: "Bob", Groups: []string{"A", "B C"}}},
			{"remove bob", transports.RemoveContact{Tag: 13, ID: "bob"}},
			{"block bob on", transports.Block{Tag: 14, ID: "bob", On: true}},
			{`answer bob no "why"`, transports.AnswerAuth{Tag: 15, To: "bob", Reason: "why"}},
			{"profile bob", transports.FetchProfile{Tag: 16, ID: "bob"}},
			{"attention bob", transports.SendAttention{Tag: 17, To: "bob"}},
			{"handed-over 3", transports.HandedOver{Seq: 3}},
			{"picture off", transports.SetAvatar{Tag: 18}},
			{"fetch-picture bob 0A", transports.FetchAvatar{Tag: 19, ID: "bob", Hash: "0A"}},
			{`set-profile nick "Al"`, transports.SetProfile{Tag: 20, Fields: []transports.Field{{Var: "nick", Value: "Al"}}}},
			{`search nick "Al"`, transports.Search{Tag: 21, Fields: []transports.Field{{Var: "nick", Value: "Al"}}}},
			{"list-rooms", transports.ListRooms{Tag: 22}},
			{`join "tea party"`, transports.JoinRoom{Tag: 23, Room: "tea party", Create: true}},
			{`say "tea party" "no room"`, transports.SayRoom{Tag: 24, Room: "tea party", Body: richtext.Plain("no room")}},
			{`invite "tea party" bob`, transports.InviteRoom{Tag: 25, Room: "tea party", To: "bob"}},
			{`leave "tea party"`, transports.LeaveRoom{Room: "tea party"}},
			{"decline den", transports.AnswerInvite{Room: "den"}},
			{`nick "Al & Co"`, transports.SetNick{Tag: 26, Nick: "Al & Co"}},
			{`tune "A" "B"`, transports.SetPresence{Tag: 27, Show: transports.Online, Tune: &transports.Tune{Artist: "A", Title: "B"}}},
			{"privacy contacts", transports.SetPrivacy{Tag: 28, Mode: transports.AllowContacts}},
			{"take-file 7", transports.AnswerFile{Tag: 29, Offer: "7", Accept: true}},
			{"refuse-file 7", transports.AnswerFile{Tag: 30, Offer: "7"}},
			{`ask bob "me"`, transports.AddContact{Tag: 31, ID: "bob", Groups: []string{"Friends"}, Reason: "me"}},
		} {
			if got, err := ParseCommand(tt.words, &last); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: %+v %v", tt.words, got, err)
			}
		}
		for _, words := range []string{"", "fly", "send bob", "typing bob madly", "presence asleep", "idle soon", "handed-over x", `send "bob`, "join", "set-profile nick", `search nick "x" age`} {
			if got, err := ParseCommand(words, &last); err == nil {
				t.Errorf("%q: %+v", words, got)
			}
		}
	})
}

func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			event transports.Event
			want  string
		}{
			{transports.Progress{Step: "BOS"}, `progress "BOS"`},
			{transports.SignedOn{Name: "Alice"}, `signed-on "Alice"`},
			{transports.ContactList{}, "contacts"},
			{transports.ContactList{Contacts: []transports.Contact{{ID: "bob", Name: "Bob", Groups: []string{"A"}}, {ID: "eve", Pending: true}}}, `contacts bob "Bob" in "A", eve pending`},
			{transports.Contacted{Contact: transports.Contact{ID: "bob"}}, "contacted bob"},
			{transports.ContactGone{ID: "bob"}, "contact-gone bob"},
			{transports.Presence{From: "bob", Show: transports.Away, Status: "x", IdleSince: time.Now().Add(-3 * time.Minute)}, `presence bob away "x" idle 3m0s`},
			{transports.Message{From: "bob", Body: richtext.Plain("hi"), Stored: true, Auto: true, Seq: 2}, `message bob "hi" stored auto seq 2`},
			{transports.TypingFrom{From: "bob", State: transports.TypingActive}, "typing bob active"},
			{transports.Done{Tag: 3, Proof: transports.Accepted}, "done 3 accepted"},
			{transports.Done{Tag: 3, Err: fmt.Errorf("no: %w", transports.ErrBusy)}, "done 3 error busy"},
			{transports.Done{Tag: 3, Err: fmt.Errorf("odd")}, `done 3 error "odd"`},
			{transports.AuthRequest{From: "bob", Reason: "please"}, `auth-request bob "please"`},
			{transports.Notice{Text: "x"}, `notice "x"`},
			{transports.RoomTopic{Room: "den"}, `room-topic "den" ""`},
			{transports.RoomJoined{Room: "den", Nick: "Al"}, `room-joined "den" as "Al"`},
			{transports.RoomLeft{Room: "den"}, `room-left "den" ""`},
			{transports.Occupant{Room: "den", ID: "bob"}, `occupant "den" bob goes`},
			{transports.RoomMessage{Room: "den", From: "bob", Body: richtext.Plain("hi"), Own: true}, `room-message "den" bob "hi" own`},
			{transports.Invited{Room: "den", From: "bob", Reason: "tea"}, `invited "den" by bob "tea"`},
			{transports.Done{Tag: 3, Result: transports.SearchResult{Found: []transports.Found{{ID: "bob", Fields: []transports.Field{{Var: "nick", Value: "B"}}}}}}, `done 3 written found bob nick "B"`},
			{transports.Done{Tag: 3, Result: transports.AvatarResult{Image: transports.Image{Type: "image/gif", Data: []byte("GIF")}}}, `done 3 written picture image/gif of 3 bytes`},
			{transports.Done{Tag: 3, Result: transports.RoomsResult{Rooms: []transports.RoomInfo{{Room: "den"}}}}, `done 3 written rooms "den"`},
			{transports.FileOffer{Offer: "7", From: "bob", Name: "tarts.txt", Size: 12}, `file-offer 7 bob "tarts.txt" of 12 bytes`},
			{transports.FileData{Offer: "7"}, "file-data 7"},
			{transports.Presence{From: "bob", Tune: &transports.Tune{Artist: "A", Title: "B"}}, `presence bob offline tune "A" "B"`},
		} {
			if got := Describe(tt.event); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		}
	})
}
