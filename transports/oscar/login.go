package oscar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// The ways of showing a password. A login by FLAP hides it so that everybody can read it, and is therefore never taken
// because a server, or somebody in its place, does not answer the other: the operator asks for it.
const (
	settingLogin   = "login"
	loginBUCP      = "bucp"
	loginFLAP      = "flap"
	settingSeveral = "several_clients"
	settingFiles   = "files"
)

func ownSettings() []transports.Setting {
	return []transports.Setting{
		{
			Key: settingLogin, Kind: transports.TextSetting, Default: transports.Value{Text: loginBUCP}, Choices: []string{loginBUCP, loginFLAP},
			Doc: "how the password is shown: bucp by a hash; flap in a way that whoever listens can read, for servers that offer nothing else",
		},
		{
			Key: settingSeveral, Kind: transports.SwitchSetting,
			Doc: "let other clients of an account stay signed on beside imgate, where they ask for it too",
		},
		{
			Key: settingFiles, Kind: transports.SwitchSetting,
			Doc: "take files, from their senders' machines, whose addresses must be in allow_hosts. Unproven",
		},
	}
}

// login asks the login server for the address and the cookie of BOS.
func (s *session) login(ctx context.Context, acct *transports.Account) (server string, cookie []byte, err error) {
	address := s.env.Settings.Text("server")
	if address == "" {
		return "", nil, failure(transports.Throttled, "no server is configured", nil)
	}
	address = withPort(address, defaultPort)
	way, name := s.loginByBUCP, "BUCP login"
	if s.env.Settings.Text(settingLogin) == loginFLAP {
		way, name = s.loginByFLAP, "FLAP login"
	}
	if err := s.progress(ctx, name); err != nil {
		return "", nil, err
	}
	defer s.hangUp()
	answer, err := way(ctx, address, acct)
	if err != nil {
		return "", nil, err
	}
	return s.granted(answer, address)
}

// loginByBUCP answers the server's challenge (SNAC 17/06, 17/07, 17/02), and gives the TLVs of SNAC 17/03.
func (s *session) loginByBUCP(ctx context.Context, address string, acct *transports.Account) ([]byte, error) {
	if err := s.connect(ctx, address, wire.Hello{Version: 1}); err != nil {
		return nil, err
	}
	name := wire.String(wire.TagName, s.display)
	reply, err := s.query(ctx, wire.KeyRequest, wire.TLVs{name}, wire.KeyReply, wire.LoginReply)
	if errors.Is(err, transports.ErrUnsupported) {
		f := throttled(time.Hour, "the server does not offer the way of signing on that the gateway is set to")
		f.Err = fmt.Errorf(`a server of login = "flap": %w`, err)
		return nil, f
	}
	if err != nil {
		return nil, err
	}
	if reply.Kind == wire.KeyReply {
		key, err := wire.Decode[wire.LoginKey](reply.Body)
		if err != nil {
			return nil, err
		}
		reply, err = s.query(ctx, wire.LoginRequest, s.credentials(
			name, wire.Bytes(wire.TagHash, wire.LoginHash(key.Key, acct.Password.Reveal(), true)), wire.Flag(wire.TagHashOfHash)), wire.LoginReply)
		if err != nil {
			return nil, err
		}
	}
	return reply.Body, nil
}

// loginByFLAP shows the password in the sign-on frame, and gives the TLVs of the sign-off frame that answers it.
func (s *session) loginByFLAP(ctx context.Context, address string, acct *transports.Account) (answer []byte, err error) {
	hello := wire.Hello{Version: 1, TLVs: s.credentials(
		wire.String(wire.TagName, s.display), wire.Bytes(wire.TagRoasted, wire.Roast([]byte(acct.Password.Reveal()))))}
	if err := s.connect(ctx, address, hello); err != nil {
		return nil, err
	}
	err = s.exchange(ctx, nil, false, func(f wire.Frame) (bool, error) {
		if f.Channel != wire.SignOff {
			return false, nil
		}
		answer = f.Data
		return true, nil
	})
	return answer, err
}

// credentials are the TLVs of a login: whose it is, and who we are.
func (s *session) credentials(whose ...wire.TLV) wire.TLVs {
	multiple := wire.MultipleSingle
	if s.env.Settings.On(settingSeveral) {
		multiple = wire.MultipleMany
	}
	return append(append(wire.TLVs(whose), s.dialect.client...), wire.Uint8(wire.TagMultiple, multiple))
}

// granted reads the answer to a login. A server that names no port means the one of the login.
func (s *session) granted(answer []byte, login string) (server string, cookie []byte, err error) {
	tlvs, err := wire.Decode[wire.TLVs](answer)
	if err != nil {
		return "", nil, err
	}
	if code, ok := tlvs.Number(wire.TagLoginError); ok && code != 0 {
		return "", nil, loginFailure(uint16(code))
	}
	server = tlvs.String(wire.TagServer)
	cookie, ok := tlvs.Get(wire.TagCookie)
	if server == "" || !ok {
		return "", nil, failure(transports.Broken, "the login server names no server to go to", nil)
	}
	s.admitted = true
	_, port, err := net.SplitHostPort(login)
	if err != nil {
		port = defaultPort
	}
	if name := tlvs.String(wire.TagName); fold(name) == fold(s.display) {
		s.display = name
	}
	return withPort(server, port), cookie, nil
}
