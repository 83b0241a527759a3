package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"imgate/lab/xmppd"
)

// barred is an authentication module of Prosody that has juliet's account and does not let it in.
const barred = `
local new_sasl = require "util.sasl".new;
local provider = {};
function provider.test_password(username, password) return password == "capulet"; end
function provider.get_password(username) return "capulet"; end
function provider.user_exists(username) return true; end
function provider.get_sasl_handler()
	return new_sasl(module.host, { plain = function() return "capulet", false; end });
end
module:provides("auth", provider);
`

// TestAnAccountThatIsBarred is one that the XMPP server knows and does not let in: its users are told so, and not that
// the password is wrong.
func TestAnAccountThatIsBarred(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mod_auth_barred.lua"), []byte(barred), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSoapStage(t, soapSetting{
		kind: xmppd.Prosody, global: `plugin_paths = { "` + dir + `" }`, extra: "authentication = \"barred\"\n",
	})
	if code := s.web(t).signsIn("juliet@localhost", "capulet"); code != "account.ACCOUNT_INACTIVE" {
		t.Errorf("%q", code)
	}
}
