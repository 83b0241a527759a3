package oscar

import "imgate/transports"

// Unproven implements transports.Candid.
func (network) Unproven(settings transports.Settings) []string {
	if !settings.On(settingFiles) {
		return nil
	}
	return []string{"files: no AIM or ICQ client of others was there to send one; imgate has them from descriptions and two recorded headers"}
}
