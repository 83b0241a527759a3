package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A codec is one body's both directions, so that tables and fuzz targets can treat all alike.
type codec struct {
	name   string
	decode func([]byte) (Body, error)
}

func codecOf[T any, P interface {
	*T
	decode(*reader)
}]() codec {
	var zero T
	return codec{fmt.Sprintf("%T", zero), func(b []byte) (Body, error) {
		v, err := Decode[T, P](b)
		if err != nil {
			return nil, err
		}
		return any(v).(Body), nil
	}}
}

var codecs = []codec{
	codecOf[SNAC](), codecOf[Error](), codecOf[TLVs](), codecOf[Words](), codecOf[Names](), codecOf[Hello](),
	codecOf[LoginKey](), codecOf[Versions](), codecOf[ReadyFamilies](), codecOf[ServiceWanted](), codecOf[Idle](),
	codecOf[Motd](), codecOf[WarnedBy](), codecOf[Migration](), codecOf[Rates](), codecOf[RateChanged](),
	codecOf[User](), codecOf[Users](), codecOf[BARTs](), codecOf[InfoWanted](), codecOf[InfoWanted2](),
	codecOf[Info](), codecOf[ICBMParams](), codecOf[Outgoing](), codecOf[Incoming](), codecOf[HostAck](),
	codecOf[PeerError](), codecOf[WarnWanted](), codecOf[TypingNote](), codecOf[MissedList](), codecOf[Fragments](), codecOf[Text](),
	codecOf[Item](), codecOf[Items](), codecOf[Feedbag](), codecOf[FeedbagVersion](), codecOf[AuthAsk](),
	codecOf[AuthReply](), codecOf[AddedBy](), codecOf[ICQData](), codecOf[ICQStored](), codecOf[ICQMessage](),
	codecOf[ICQMeta](), codecOf[ICQBasic](), codecOf[ICQMore](), codecOf[ICQFound](),
	codecOf[ICQTLVs](), codecOf[BART](), codecOf[BARTInfo](), codecOf[IconData](), codecOf[IconStatus](), codecOf[IconWanted](), codecOf[IconFound](),
	codecOf[RoomRef](), codecOf[RoomInfo](), codecOf[RoomQuery](), codecOf[RoomWords](), codecOf[Rendezvous](),
	codecOf[FileProposal](), codecOf[DirWanted](), codecOf[DirEntry](), codecOf[DirResults](),
}

func codecFor(t *testing.T, body Body) codec {
	t.Helper()
	for _, c := range codecs {
		if c.name == fmt.Sprintf("%T", body) {
			return c
		}
	}
	t.Fatalf("no codec for %T in the table", body)
	return codec{}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var cookie = Cookie{1, 2, 3, 4, 5, 6, 7, 8}

var class1 = RateClass{ID: 1, Window: 80, Clear: 2500, Alert: 2000, Limit: 1500, Disconnect: 800, Level: 6000, Max: 6000}

const class1Hex = "0001 00000050 000009C4 000007D0 000005DC 00000320 00001770 00001770"

var vectors = []struct {
	name string
	hex  string
	body Body
}{
	{"SNAC", "0004 0006 0000 00000007 AABB", SNAC{Kind: ICBMSend, Request: 7, Body: []byte{0xAA, 0xBB}}},
	{"SNAC with a prefix block", "0013 0019 8000 80000000 0006 0001 0002 0004 CC",
		SNAC{Kind: FeedbagAuthAsked, Flags: FlagPrefix, Request: 1 << 31, Prefix: TLVs{Uint16(1, 4)}, Body: []byte{0xCC}}},
	{"error with a subcode", "0004 0008 0002 000F", Error{CodeNotLoggedOn, TLVs{Uint16(ErrorSubcode, 15)}}},
	{"TLVs keep order and duplicates", "0005 0001 61 0001 0000 0005 0001 62", TLVs{String(5, "a"), Bytes(1, []byte{}), String(5, "b")}},
	{"words", "0001 0013", Words{1, 0x13}},
	{"names", "01 61 02 6262", Names{"a", "bb"}},
	{"hello with cookie", "00000001 0006 0002 C00C", Hello{1, TLVs{Bytes(TagCookie, []byte{0xC0, 0x0C})}}},
	{"login key", "0004 31323334", LoginKey{[]byte("1234")}},
	{"versions", "0001 0004 0013 0003", Versions{{1, 4}, {0x13, 3}}},
	{"ready", "0001 0004 0110 0629", ReadyFamilies{{1, 4, 0x110, 0x629}}},
	{"service wanted", "0010", ServiceWanted{Family: FamilyIcons}},
	{"idle", "0000003C", Idle{60}},
	{"motd", "0004 000B 0002 6869", Motd{4, TLVs{String(MotdText, "hi")}}},
	{"warned by nobody", "0064", WarnedBy{Level: 100}},
	{"warned by bob", "0064 03 626F62 0000 0000", WarnedBy{Level: 100, By: User{Name: "bob"}}},
	{"migration", "0001 0004 0005 0003 613A31", Migration{Words{4}, TLVs{String(TagServer, "a:1")}}},
	{"rates, short", "0001 " + class1Hex + " 0001 0002 0001 0002 0004 0006",
		Rates{Classes: []RateClass{class1}, Groups: []RateGroup{{1, []Kind{ClientReady, ICBMSend}}}}},
	{"rates, long", "0001 " + class1Hex + "00000005 01 0001 0001 0004 0006",
		Rates{Classes: []RateClass{limited(class1)}, Groups: []RateGroup{{1, []Kind{ICBMSend}}}, Long: true}},
	{"rate change, short", "0003" + class1Hex, RateChanged{Code: RateLimited, Class: class1}},
	{"rate change, long", "0003" + class1Hex + "00000005 01", RateChanged{RateLimited, limited(class1), true}},
	{"users", "03 426F62 0000 0001 0001 0002 0030 03 616C69 000A 0000",
		Users{{"Bob", 0, TLVs{Uint16(UserClass, ClassAway|ClassFree)}}, {Name: "ali", Warning: 10}}},
	{"BART", "0001 01 02 ABCD", BARTs{{BARTIcon, 1, []byte{0xAB, 0xCD}}}},
	{"info wanted", "0002 03 626F62", InfoWanted{2, "bob"}},
	{"info wanted 2", "00000002 03 626F62", InfoWanted2{WantAway, "bob"}},
	{"info", "03 626F62 0000 0000 0004 0003 6F7574", Info{User{Name: "bob"}, TLVs{String(InfoAway, "out")}}},
	{"parameters", "0000 0000000B 1F40 03E7 03E7 00000000", ICBMParams{0, ICBMAllowed | ICBMMissing | ICBMEvents, 8000, 999, 999, 0}},
	{"outgoing", "0102030405060708 0001 03 626F62 0003 0000", Outgoing{cookie, ChannelText, "bob", TLVs{Flag(MessageAck)}}},
	{"incoming", "0102030405060708 0001 03 626F62 0000 0000 0016 0004 00000001",
		Incoming{cookie, ChannelText, User{Name: "bob"}, TLVs{Uint32(MessageSent, 1)}}},
	{"ack", "0102030405060708 0001 03 626F62", HostAck{cookie, ChannelText, "bob"}},
	{"peer error", "0102030405060708 0002 03 626F62 0003 99", PeerError{cookie, ChannelRendezvous, "bob", 3, []byte{0x99}}},
	{"warning", "0001 03 626F62", WarnWanted{Anonymous: true, Name: "bob"}},
	{"typing", "0102030405060708 0001 03 626F62 0002", TypingNote{cookie, ChannelText, "bob", TypingBegun}},
	{"missed", "0001 03 626F62 0000 0000 0002 0003", MissedList{{1, User{Name: "bob"}, 2, 3}}},
	{"fragments", "05 01 0003 010102 01 01 0006 0000 0000 6869",
		Fragments{{FragmentFeatures, 1, []byte{1, 1, 2}}, {FragmentText, 1, []byte{0, 0, 0, 0, 'h', 'i'}}}},
	{"text", "0002 0000 00E9", Text{CharsetUnicode, 0, []byte{0, 0xE9}}},
	{"items", "0003 626F62 0001 0002 0000 000A 0066 0000 0131 0002 4262",
		Items{{"bob", 1, 2, BuddyItem, TLVs{Bytes(ItemPending, []byte{}), String(ItemAlias, "Bb")}}}},
	{"feedbag", "00 0001 0000 0000 0000 0001 0006 00C8 0002 0001 00000009",
		Feedbag{0, Items{{Class: GroupItem, TLVs: TLVs{Uint16(ItemMembers, 1)}}}, 9}},
	{"feedbag version", "00000009 0003", FeedbagVersion{9, 3}},
	{"authorisation asked", "03 626F62 0002 6869 0000", AuthAsk{"bob", "hi", 0}},
	{"stored messages are asked for", "0001 000A 0800 A2860100 3C00 0200", ICQData{100002, ICQOfflineGet, 2, []byte{}}},
	{"a stored message", "A4860100 EA07 0B 15 10 17 01 00 0E00 6F6E6520666F72206C6174657200", ICQStored{
		100004, time.Date(2026, 11, 21, 16, 23, 0, 0, time.UTC), ICQPlain, []byte("one for later")}},
	{"authorisation granted", "03 626F62 01 0002 6F6B", AuthReply{"bob", true, "ok"}},
	{"added by", "03 626F62 0000", AddedBy{"bob"}},
}

func limited(c RateClass) RateClass {
	c.Elapsed, c.Dropping = 5, 1
	return c
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			want := unhex(t, v.hex)
			got, err := Encode(v.body)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("encoded\n% X, want\n% X", got, want)
			}
			back, err := codecFor(t, v.body).decode(want)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Encode(back)
			if err != nil || !bytes.Equal(again, want) {
				t.Errorf("decoded %+v, which encodes to\n% X (%v), want\n% X", back, again, err, want)
			}
			if fmt.Sprintf("%+v", back) != fmt.Sprintf("%+v", v.body) {
				t.Errorf("decoded\n%+v, want\n%+v", back, v.body)
			}
		})
	}
}

// Cut anywhere, a value is an error or a value, never a panic and never bytes from beyond the end.
func TestCutVectors(t *testing.T) {
	for _, v := range vectors {
		c := codecFor(t, v.body)
		whole := unhex(t, v.hex)
		for n := range whole {
			padded := append(bytes.Clone(whole[:n]), bytes.Repeat([]byte{0xEE}, 64)...)
			a, errA := c.decode(whole[:n:n])
			b, errB := c.decode(padded[:n])
			if (errA == nil) != (errB == nil) || !reflect.DeepEqual(a, b) {
				t.Errorf("%s cut at %d: what lies behind the end is read", v.name, n)
			}
		}
	}
}
