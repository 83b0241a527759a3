package gateway

import (
	"testing"
	"time"

	"imgate/transports"
)

// Everybody is answered in the language of the request; what the gateway says by itself is in that of the client, or of
// the setting.
func TestTheUsersLanguage(t *testing.T) {
	play(t, func(w *world) {
		w.says(`<iq type='get' id='r' from='%s' to='%s' xml:lang='de-AT'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.hears(`Geben Sie Ihr Loopback-Konto ein.`)
		w.says(`<iq type='set' id='r' from='%s' to='%s' xml:lang='es'><query xmlns='jabber:iq:register'><username>alice</username></query></iq>`, laptop, domain)
		w.hears(`Falta la contraseña.`)
		w.says(`<message from='mallory@example.net/x' to='%s' type='chat' xml:lang='es'><body>help</body></message>`, domain)
		w.hears(`no atiende a usuarios de example.net`)
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.says(`<presence from='%s' to='%s' xml:lang='de'/>`, laptop, domain)
		w.link.take()
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced})
		w.after(time.Second)
		w.hears(`Abgemeldet: Ihr Konto hat sich bei Loopback von anderswo angemeldet.`, `Ihr Loopback-Konto aliceliddell hat sich`)
		w.says(`<message from='%s' to='%s' type='chat'><body>status</body></message>`, laptop, domain)
		w.hears(`Abgemeldet:`)
		w.says(`<message from='%s' to='%s' type='chat' xml:lang='xx-not a tag'><body>status</body></message>`, laptop, domain)
		w.hears(`Signed off:`)
		w.settings("language", "es")
		w.hears(`Los ajustes están guardados.`)
		w.says(`<message from='%s' to='%s' type='chat' xml:lang='de'><body>status</body></message>`, laptop, domain)
		w.hears(`Desconectado:`)
		w.settings("language", "tlh")
		w.hears(`El valor de «language»`)
		has(t, w.runs(laptop, "settings"), "Ajustes de Loopback", "Deutsch", "español")
		has(t, w.runs(laptop, "forget-me"), "todo lo que se guarda")
	})
}

// What a network calls the fields of its forms is said in the user's language too, also where old clients ask.
func TestFormsOfNetworksAreInTheUsersLanguage(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		for payload, want := range map[string]string{
			"<query xmlns='jabber:iq:search'/>": `<query xmlns="jabber:iq:search"><instructions>Füllen Sie aus, was Sie wissen. & label="Spitzname"`,
			"<query xmlns='jabber:iq:agents'/>": `<description>Der Zugang zu Loopback.`,
			"<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/commands'/>": `name="Befehle"`,
		} {
			w.says(`<iq type='get' id='q' from='%s' to='%s' xml:lang='de'>%s</iq>`, laptop, domain, payload)
			w.after(0)
			w.hears(want)
		}
	})
}
