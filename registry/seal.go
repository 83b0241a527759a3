package registry

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"imgate/transports"
)

// A Sealer seals secrets one by one with XChaCha20-Poly1305. The registration key and the field's name are
// the associated data, so that a sealed value moved to another place does not open.
type Sealer struct {
	current uint32
	keys    map[uint32]cipher.AEAD
}

// Errors of sealing.
var (
	ErrKeyFile    = errors.New("not a sealing key")
	ErrUnknownKey = errors.New("sealed with a key that is not in the key file")
	ErrUnsealable = errors.New("does not open with its key: the file was changed, or the value was moved")
	ErrPlain      = errors.New("the registry holds a plain secret, and allow_plain is off")
)

const (
	keyPrefix  = "imgate-key-1"
	sealPlain  = 0
	sealX      = 1
	sealHeader = 1 + 4
)

// NewKey makes the text of a key file with one fresh key: "imgate-key-1 ID KEY", ID eight hexadecimal
// digits, KEY 32 bytes in base64.
func NewKey() (string, error) {
	var id [4]byte
	var key [chacha20poly1305.KeySize]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	if _, err := rand.Read(key[:]); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return fmt.Sprintf("%s %x %s\n", keyPrefix, id, base64.StdEncoding.EncodeToString(key[:])), nil
}

// ParseKeys reads a key file: one key a line, the first seals, all open. Blank lines and lines that begin
// with # are skipped. Errors wrap ErrKeyFile and never quote the file.
func ParseKeys(text string) (*Sealer, error) {
	s := &Sealer{keys: map[uint32]cipher.AEAD{}}
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimSpace(scan.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, aead, err := parseKeyLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if len(s.keys) == 0 {
			s.current = id
		}
		s.keys[id] = aead
	}
	if len(s.keys) == 0 {
		return nil, fmt.Errorf("%w: it holds no key; make one with: imgate key new FILE", ErrKeyFile)
	}
	return s, nil
}

func parseKeyLine(line string) (uint32, cipher.AEAD, error) {
	f := strings.Fields(line)
	if len(f) != 3 || f[0] != keyPrefix {
		return 0, nil, fmt.Errorf("%w: expected %q, an id and a key", ErrKeyFile, keyPrefix)
	}
	var id uint32
	if _, err := fmt.Sscanf(f[1], "%08x", &id); err != nil || len(f[1]) != 8 {
		return 0, nil, fmt.Errorf("%w: the id is eight hexadecimal digits", ErrKeyFile)
	}
	key, err := base64.StdEncoding.DecodeString(f[2])
	if err != nil || len(key) != chacha20poly1305.KeySize {
		return 0, nil, fmt.Errorf("%w: the key is %d bytes in base64", ErrKeyFile, chacha20poly1305.KeySize)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: unusable key", ErrKeyFile)
	}
	return id, aead, nil
}

// seal gives nil for the empty secret. A nil Sealer stores plainly.
func (s *Sealer) seal(secret transports.Secret, place []byte) ([]byte, error) {
	if secret.Empty() {
		return nil, nil
	}
	if s == nil {
		return append([]byte{sealPlain}, secret.Reveal()...), nil
	}
	aead := s.keys[s.current]
	out := make([]byte, sealHeader+chacha20poly1305.NonceSizeX, sealHeader+chacha20poly1305.NonceSizeX+len(secret.Reveal())+aead.Overhead())
	out[0] = sealX
	binary.BigEndian.PutUint32(out[1:], s.current)
	nonce := out[sealHeader:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(out, nonce, []byte(secret.Reveal()), place), nil
}

// open is the reverse of seal. plain says whether unsealed values are acceptable.
func (s *Sealer) open(sealed, place []byte, plain bool) (transports.Secret, error) {
	if len(sealed) == 0 {
		return transports.Secret{}, nil
	}
	switch sealed[0] {
	case sealPlain:
		if !plain {
			return transports.Secret{}, ErrPlain
		}
		return transports.NewSecret(string(sealed[1:])), nil
	case sealX:
	default:
		return transports.Secret{}, fmt.Errorf("%w: unknown form %d", ErrUnsealable, sealed[0])
	}
	if len(sealed) < sealHeader+chacha20poly1305.NonceSizeX {
		return transports.Secret{}, fmt.Errorf("%w: too short", ErrUnsealable)
	}
	if s == nil {
		return transports.Secret{}, ErrUnknownKey
	}
	aead, ok := s.keys[binary.BigEndian.Uint32(sealed[1:])]
	if !ok {
		return transports.Secret{}, ErrUnknownKey
	}
	nonce, box := sealed[sealHeader:sealHeader+chacha20poly1305.NonceSizeX], sealed[sealHeader+chacha20poly1305.NonceSizeX:]
	text, err := aead.Open(nil, nonce, box, place)
	if err != nil {
		return transports.Secret{}, ErrUnsealable
	}
	return transports.NewSecret(string(text)), nil
}

// place is the associated data of one field of one registration.
func place(key Key, field string) []byte {
	return bytes.Join([][]byte{key.bytes(), []byte(field)}, []byte{0})
}

// sealRecord makes the stored form.
func (s *Sealer) sealRecord(r Registration) (record, error) {
	out := record{
		Name: string(r.Name), Typed: r.Typed, Created: r.Created, Removed: r.Removed,
		SubTo: r.Subs.To, SubFrom: r.Subs.From, Settings: r.Settings,
	}
	var err error
	if out.Password, err = s.seal(r.Password, place(r.Key, "password")); err != nil {
		return record{}, err
	}
	if out.Old, err = s.seal(r.Old, place(r.Key, "old")); err != nil {
		return record{}, err
	}
	for name, secret := range r.Kept {
		if out.Kept == nil {
			out.Kept = map[string][]byte{}
		}
		if out.Kept[name], err = s.seal(secret, place(r.Key, "kept "+name)); err != nil {
			return record{}, err
		}
	}
	return out, nil
}

// openRecord is the reverse of sealRecord.
func (s *Sealer) openRecord(key Key, in record, plain bool) (Registration, error) {
	r := Registration{
		Key: key, Name: transports.LegacyID(in.Name), Typed: in.Typed, Created: in.Created, Removed: in.Removed,
		Subs: Subscription{To: in.SubTo, From: in.SubFrom}, Settings: in.Settings,
	}
	var err error
	if r.Password, err = s.open(in.Password, place(key, "password"), plain); err != nil {
		return r, fmt.Errorf("password of %v: %w", key, err)
	}
	if r.Old, err = s.open(in.Old, place(key, "old"), plain); err != nil {
		return r, fmt.Errorf("former password of %v: %w", key, err)
	}
	for name, sealed := range in.Kept {
		if r.Kept == nil {
			r.Kept = map[string]transports.Secret{}
		}
		if r.Kept[name], err = s.open(sealed, place(key, "kept "+name), plain); err != nil {
			return r, fmt.Errorf("kept value %s of %v: %w", name, key, err)
		}
	}
	return r, nil
}
