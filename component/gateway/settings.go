package gateway

import (
	"maps"
	"slices"
	"strings"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/richtext"
	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The names of the users' own settings, in the form and in the registry.
const (
	settingPolicy    = "policy"    // when to sign on
	settingInvisible = "invisible" // "1": hidden from contacts
	settingStrangers = "strangers" // what becomes of messages of those who are on no list
	settingRoster    = "roster"    // "0": contacts are not put into the roster
	settingNotices   = "notices"   // "0": no words about a connection that is down for long
	settingAvatar    = "avatar"    // "0": the user's picture is not shown there
	settingProfile   = "profile"   // "1": the user's vCard is the profile there
	settingCharset   = "charset"   // of text that declares none; empty: the service's
)

// What becomes of messages of strangers.
const (
	acceptStrangers = "accept"
	askStrangers    = "ask" // the gateway tells them, so that nobody speaks in the user's roster who is not in it
	dropStrangers   = "drop"
)

// defaults are the settings that nobody has changed.
var defaultSettings = map[string]string{
	settingPolicy: string(state.FollowPresence), settingInvisible: "0", settingStrangers: acceptStrangers,
	settingRoster: "1", settingNotices: "1", settingCharset: "", settingAvatar: "1", settingProfile: "0", settingLanguage: "",
}

// setting is the user's setting of that name.
func (a *account) setting(name string) string { return settingIn(a.reg.Settings, name) }

func settingIn(settings map[string]string, name string) string {
	if v, ok := settings[name]; ok {
		return v
	}
	return defaultSettings[name]
}

// settingsForm shows the settings as they are.
func settingsForm(network string, now map[string]string) *xmpp.Form {
	list := func(name, label string, options ...xmpp.Option) xmpp.Field {
		return xmpp.Field{Var: name, Type: xmpp.ListSingleField, Label: label, Values: []string{settingIn(now, name)}, Options: options}
	}
	flag := func(name, label string) xmpp.Field {
		return xmpp.Field{Var: name, Type: xmpp.BooleanField, Label: label, Values: []string{settingIn(now, name)}}
	}
	return &xmpp.Form{
		Type: xmpp.FormForm, Title: string(speech.Of("Settings for %s", network)), Instructions: "Changes take effect at once; the charset at the next sign-on.",
		Fields: []xmpp.Field{
			list(settingPolicy, "Sign on", xmpp.Option{Label: "while I am available", Value: string(state.FollowPresence)},
				xmpp.Option{Label: "all the time", Value: string(state.Always)}, xmpp.Option{Label: "only when I ask", Value: string(state.ByHand)}),
			flag(settingInvisible, "Hide me from my contacts there"),
			list(settingStrangers, "Messages of people who are not on my list", xmpp.Option{Label: "as those of contacts", Value: acceptStrangers},
				xmpp.Option{Label: "told by the gateway", Value: askStrangers}, xmpp.Option{Label: "dropped", Value: dropStrangers}),
			flag(settingAvatar, "Show my picture there"),
			flag(settingProfile, "Make my vCard my profile there: names, addresses and all"),
			flag(settingRoster, "Put my contacts into my roster"),
			flag(settingNotices, "Tell me in words when the connection stays down"),
			list(settingLanguage, "Language", languages()...),
			{Var: settingCharset, Type: xmpp.TextSingleField, Label: "Charset of text that declares none", Values: []string{settingIn(now, settingCharset)}},
		},
	}
}

// readSettings takes from a submitted form what it has, over what was; the error tells which value is wrong.
func readSettings(f *xmpp.Form, now map[string]string) (map[string]string, *xmpp.Error) {
	out := maps.Clone(now)
	if out == nil {
		out = map[string]string{}
	}
	for name := range defaultSettings {
		if f.Field(name) == nil {
			continue
		}
		value := strings.TrimSpace(f.Value(name))
		if !validSetting(name, &value) {
			return nil, because(xmpp.NotAcceptable, speech.Of("The value of “%s” is not one of those that it can have.", name))
		}
		out[name] = strings.Clone(value)
		if value == defaultSettings[name] {
			delete(out, name)
		}
	}
	return out, nil
}

// validSetting reports whether a setting may have the value, which it spells as it is stored.
func validSetting(name string, value *string) bool {
	switch name {
	case settingPolicy:
		_, ok := state.ParsePolicy(*value)
		return ok
	case settingStrangers:
		return slices.Contains([]string{acceptStrangers, askStrangers, dropStrangers}, *value)
	case settingLanguage:
		return *value == "" || slices.Contains(speech.Languages(), speech.Language(*value))
	case settingCharset:
		_, err := richtext.CharsetOf(*value)
		return err == nil
	}
	switch *value {
	case "1", "true":
		*value = "1"
	case "0", "false":
		*value = "0"
	default:
		return false
	}
	return true
}

func (d *desk) commandSettings(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	a := d.account(svc, q.From)
	if a == nil {
		d.fail(svc, q, xmpp.RegistrationRequired, "Register first.")
		return
	}
	f := submitted(e)
	if f == nil {
		d.ask(svc, q, e, settingsForm(svc.title(), a.view.Load().Settings))
		return
	}
	a.post(settingsItem{f, commandAsker{svc, q, e}})
}

// settingsItem is a submitted form of settings.
type settingsItem struct {
	form  *xmpp.Form
	asker asker
}

func (settingsItem) isItem() {}

func (a *account) onSettings(it settingsItem) {
	if a.over {
		it.asker.answer(a, "", xmpp.NewError(xmpp.ItemNotFound, "There is no registration."))
		return
	}
	settings, refusal := readSettings(it.form, a.reg.Settings)
	if refusal != nil {
		it.asker.answer(a, "", refusal)
		return
	}
	policy := a.setting(settingPolicy)
	a.reg.Settings = settings
	a.store(a.logStore, registry.SetSettings{Key: a.key, Settings: maps.Clone(settings)})
	a.publish()
	if now := a.setting(settingPolicy); now != policy {
		p, _ := state.ParsePolicy(now)
		a.step(state.SetPolicy{Policy: p})
	}
	a.presenceChanged()
	a.askSoon()
	a.tellProfile()
	a.afterStored(func(err error) {
		if err != nil {
			it.asker.answer(a, "", xmpp.NewError(xmpp.InternalServerError, "The settings could not be stored."))
			return
		}
		it.asker.answer(a, "The settings are stored.", nil)
	})
}

// networkSettings are the service's, with the user's own charset.
func (a *account) networkSettings() transports.Settings {
	charset := a.setting(settingCharset)
	if charset == "" {
		return a.svc.Settings
	}
	s := maps.Clone(a.svc.Settings)
	if s == nil {
		s = transports.Settings{}
	}
	s["charset"] = transports.Value{Text: charset}
	return s
}

// languages are those in which the gateway speaks, by their own names.
func languages() []xmpp.Option {
	list := []xmpp.Option{{Label: "as my client says"}}
	for _, l := range speech.Languages() {
		list = append(list, xmpp.Option{Label: l.Name(), Value: string(l)})
	}
	return list
}
