package transports

import "time"

// A SettingKind says how a setting is written in the configuration.
type SettingKind uint8

// The kinds of settings. The hosts of a URLSetting and a HostPortSetting are configured hosts: Env.Dial and Env.HTTP may
// go to them and to others of their domains.
const (
	TextSetting     SettingKind = iota // TOML string
	ListSetting                        // TOML array of strings
	NumberSetting                      // TOML integer
	SwitchSetting                      // TOML boolean
	DurationSetting                    // TOML string as time.ParseDuration reads it
	URLSetting                         // TOML string, an absolute http or https URL or empty; asks for Env.HTTP
	HostPortSetting                    // TOML string, "host:port" or empty
)

// A Setting is one key that a network understands in [service.network].
type Setting struct {
	Key      string
	Kind     SettingKind
	Default  Value
	Required bool
	Choices  []string // for TextSetting, ListSetting and NumberSetting: the legal values; nil = any
	Doc      string   // one sentence for the operator
}

// A Value is a setting's value; the field that counts is told by the Setting's Kind.
type Value struct {
	Text     string
	List     []string
	Number   int64
	On       bool
	Duration time.Duration
}

// Settings are the values of one service. A key that was never set has the zero Value.
type Settings map[string]Value

// Text is the value of a TextSetting, URLSetting or HostPortSetting.
func (s Settings) Text(key string) string { return s[key].Text }

// List is the value of a ListSetting.
func (s Settings) List(key string) []string { return s[key].List }

// Number is the value of a NumberSetting.
func (s Settings) Number(key string) int64 { return s[key].Number }

// On is the value of a SwitchSetting.
func (s Settings) On(key string) bool { return s[key].On }

// Duration is the value of a DurationSetting.
func (s Settings) Duration(key string) time.Duration { return s[key].Duration }
