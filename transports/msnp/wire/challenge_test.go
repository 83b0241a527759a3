package wire

import "testing"

// Vectors of the MD5 challenge: the example of the protocol's old description (hypothetic.org). Those of the mix: the
// example of MSNPiki's page on MSNP11 challenges, and five more that other clients' tests have.
func TestChallenges(t *testing.T) {
	if got := ProductMSNP8.AnswerMD5("15570131571988941333"); got != "8f2f5a91b72102cd28355e9fc9000d6e" {
		t.Errorf("MD5: %s", got)
	}
	for challenge, want := range map[string]string{
		"22210219642164014968": "85ecb0db8f32113df79ce0892b9a102c",
		"36819795137093047918": "e7ad3cb09d3e9e4e7c720175984809e9",
		"21948129323261853323": "59bcf63ed21f44906c3d3e121ddbed65",
		"41525959199453244913": "dcb8ff529e4dd12cc43389851128d2db",
		"31744216663023315951": "d15553d0ea89c9f63bbb98a208fa4235",
		"14494180082586329971": "4e11d4cd56a65bdf04f60aa133db7ebc",
	} {
		if got := ProductMSNP11.AnswerMix(challenge); got != want {
			t.Errorf("%s: %s, not %s", challenge, got, want)
		}
	}
}
