package gateway

import (
	"imgate/component/gateway/speech"
	"imgate/xmpp"
)

// In which language somebody is spoken to: the one of the user's settings, or else that of the stanza that is
// answered, or else of what the user's client has last said of itself.

// settingLanguage is a tag of RFC 5646; empty: as the client says.
const settingLanguage = "language"

// tongue is the language of what the account says by itself.
func (a *account) tongue() speech.Language {
	if l := a.setting(settingLanguage); l != "" {
		return speech.Match(l)
	}
	return a.lang
}

// hearTongue notes the language of a client.
func (a *account) hearTongue(p xmpp.Presence) {
	if l := speech.Match(p.Lang); p.Lang != "" && l != a.lang {
		a.lang = l
		a.publish()
	}
}

// tongueOf is the language of the answer to s.
func (a *account) tongueOf(s xmpp.Stanza) speech.Language {
	return spokenIn(a.setting(settingLanguage), s.Head().Lang, a.lang)
}

func spokenIn(setting, tag string, last speech.Language) speech.Language {
	switch {
	case setting != "":
		return speech.Match(setting)
	case tag != "":
		return speech.Match(tag)
	case last != "":
		return last
	}
	return speech.English
}

// tongue is the language of the desk's answer to s.
func (d *desk) tongue(svc *Service, s xmpp.Stanza) speech.Language {
	a := d.account(svc, s.Head().From)
	if a == nil {
		return speech.Match(s.Head().Lang)
	}
	v := a.view.Load()
	return spokenIn(settingIn(v.Settings, settingLanguage), s.Head().Lang, v.Lang)
}

// tongue is the language of an answer to s that a gives, or the desk where a is nil.
func tongue(a *account, svc *Service, s xmpp.Stanza) speech.Language {
	if a != nil {
		return a.tongueOf(s)
	}
	return svc.desk.tongue(svc, s)
}

// because is an error with a sentence.
func because(c xmpp.Condition, text speech.Text) *xmpp.Error { return xmpp.NewError(c, string(text)) }

// inWords is an error whose sentence is said in a language.
func inWords(e *xmpp.Error, l speech.Language) *xmpp.Error {
	out := *e
	out.Text = speech.Text(e.Text).In(l)
	return &out
}

// inLanguage says what people read of a form.
func inLanguage(f *xmpp.Form, l speech.Language) *xmpp.Form {
	say := func(s *string) { *s = speech.Text(*s).In(l) }
	say(&f.Title)
	say(&f.Instructions)
	for _, fields := range [][]xmpp.Field{f.Fields, f.Reported} {
		for i := range fields {
			say(&fields[i].Label)
			say(&fields[i].Desc)
			for j := range fields[i].Options {
				say(&fields[i].Options[j].Label)
			}
		}
	}
	return f
}
