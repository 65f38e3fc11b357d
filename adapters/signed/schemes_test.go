package signed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What Slack's page on signatures shows as its example.
const (
	slackSecret = "8f742231b10e8888abcd99yyyzzz85a5"
	slackStamp  = "1531420618"
	slackSigned = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	slackBody   = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)

// The first key of RFC 8032, section 7.1, and what OpenSSL signs with it.
const (
	discordSeed   = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	discordPublic = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	discordStamp  = "1700000000"
	discordSigned = "1695961a47c91a1ec033b819b7e87e3dbc583dd0cee6d1fd0216f58ac87b6228ae531ddbf91fb7bc28d7edf7f08604da16f54624f38a6bc0614e4dc13cd47f0f"
	discordBody   = `{"type":1}`
)

// headers pairs names and values; the same name may come again.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		h.Add(pair[0], pair[1])
	}
	return h
}

func slackHeaders(stamp, signature string) http.Header {
	return headers("X-Slack-Request-Timestamp", stamp, "X-Slack-Signature", signature)
}

func discordHeaders(stamp, signature string) http.Header {
	return headers("X-Signature-Timestamp", stamp, "X-Signature-Ed25519", signature)
}

func slackSign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func discordSign(t testing.TB, stamp string, body []byte) string {
	t.Helper()
	seed, err := hex.DecodeString(discordSeed)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(seed), append([]byte(stamp), body...)))
}

func mustScheme(t testing.TB) func(Scheme, error) Scheme {
	return func(s Scheme, err error) Scheme {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestNewSchemeRefuses(t *testing.T) {
	slack, discord := SlackV0, Ed25519
	tests := map[string]struct {
		make      func(string) (Scheme, error)
		key, want string
	}{
		"slackEmpty":        {slack, "", "empty"},
		"slackBlank":        {slack, " \n", "empty"},
		"discordEmpty":      {discord, "", "0 bytes"},
		"discordShort":      {discord, discordPublic[2:], "31 bytes"},
		"discordLong":       {discord, discordPublic + "00", "33 bytes"},
		"discordOdd":        {discord, discordPublic[1:], "not hexadecimal"},
		"discordNoHex":      {discord, strings.Repeat("xy", 32), "not hexadecimal"},
		"discordNothingYet": {discord, strings.Repeat("0", 64), "zeros"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := test.make(test.key)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, %v, want an error with %q", s, err, test.want)
			}
			if len(test.key) > 8 && strings.Contains(err.Error(), test.key) {
				t.Errorf("%q tells the key", err)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	slack := mustScheme(t)(SlackV0(slackSecret))
	other := mustScheme(t)(SlackV0(slackSecret + "x"))
	discord := mustScheme(t)(Ed25519(discordPublic))
	tests := map[string]struct {
		scheme Scheme
		header http.Header
		body   string
		want   error
	}{
		"slack":                  {slack, slackHeaders(slackStamp, slackSigned), slackBody, nil},
		"slackUpperCase":         {slack, slackHeaders(slackStamp, "v0="+strings.ToUpper(slackSigned[3:])), slackBody, nil},
		"slackEmptyBody":         {slack, slackHeaders(slackStamp, slackSign(slackSecret, slackStamp, nil)), "", nil},
		"slackOtherSecret":       {other, slackHeaders(slackStamp, slackSigned), slackBody, ErrSignature},
		"slackOtherBody":         {slack, slackHeaders(slackStamp, slackSigned), slackBody + " ", ErrSignature},
		"slackTruncatedBody":     {slack, slackHeaders(slackStamp, slackSigned), slackBody[:len(slackBody)-1], ErrSignature},
		"slackOtherStamp":        {slack, slackHeaders("1531420619", slackSigned), slackBody, ErrSignature},
		"slackZeros":             {slack, slackHeaders(slackStamp, "v0="+strings.Repeat("0", 64)), slackBody, ErrSignature},
		"slackNothing":           {slack, headers(), slackBody, ErrHeaders},
		"slackNoStamp":           {slack, headers("X-Slack-Signature", slackSigned), slackBody, ErrHeaders},
		"slackNoSignature":       {slack, headers("X-Slack-Request-Timestamp", slackStamp), slackBody, ErrHeaders},
		"slackTwoStamps":         {slack, headers("X-Slack-Request-Timestamp", slackStamp, "X-Slack-Request-Timestamp", "1", "X-Slack-Signature", slackSigned), slackBody, ErrHeaders},
		"slackTwoSignatures":     {slack, headers("X-Slack-Request-Timestamp", slackStamp, "X-Slack-Signature", slackSigned, "X-Slack-Signature", slackSigned), slackBody, ErrHeaders},
		"slackOtherVersion":      {slack, slackHeaders(slackStamp, "v1"+slackSigned[2:]), slackBody, ErrHeaders},
		"slackNoVersion":         {slack, slackHeaders(slackStamp, slackSigned[3:]), slackBody, ErrHeaders},
		"slackShort":             {slack, slackHeaders(slackStamp, slackSigned[:len(slackSigned)-2]), slackBody, ErrHeaders},
		"slackLong":              {slack, slackHeaders(slackStamp, slackSigned+"00"), slackBody, ErrHeaders},
		"slackNoHex":             {slack, slackHeaders(slackStamp, "v0="+strings.Repeat("zz", 32)), slackBody, ErrHeaders},
		"slackEmptySignature":    {slack, slackHeaders(slackStamp, "v0="), slackBody, ErrHeaders},
		"slackStampEmpty":        {slack, slackHeaders("", slackSign(slackSecret, "", []byte(slackBody))), slackBody, ErrHeaders},
		"slackStampSigned":       {slack, slackHeaders("+1531420618", slackSign(slackSecret, "+1531420618", []byte(slackBody))), slackBody, ErrHeaders},
		"slackStampNegative":     {slack, slackHeaders("-1531420618", slackSign(slackSecret, "-1531420618", []byte(slackBody))), slackBody, ErrHeaders},
		"slackStampWithFraction": {slack, slackHeaders("1531420618.5", slackSign(slackSecret, "1531420618.5", []byte(slackBody))), slackBody, ErrHeaders},
		"slackStampInMillis":     {slack, slackHeaders("1531420618000", slackSign(slackSecret, "1531420618000", []byte(slackBody))), slackBody, ErrHeaders},
		"slackStampEndless":      {slack, slackHeaders(strings.Repeat("9", 1<<20), slackSigned), slackBody, ErrHeaders},
		"slackStampWide":         {slack, slackHeaders("１５３１", slackSigned), slackBody, ErrHeaders},
		"slackStampSwallows":     {slack, slackHeaders(slackStamp+":token", slackSigned), slackBody[len("token"):], ErrHeaders},
		"discord":                {discord, discordHeaders(discordStamp, discordSigned), discordBody, nil},
		"discordOtherBody":       {discord, discordHeaders(discordStamp, discordSigned), `{"type":2}`, ErrSignature},
		"discordOtherStamp":      {discord, discordHeaders("1700000001", discordSigned), discordBody, ErrSignature},
		"discordZeros":           {discord, discordHeaders(discordStamp, strings.Repeat("0", 128)), discordBody, ErrSignature},
		"discordNothing":         {discord, headers(), discordBody, ErrHeaders},
		"discordSlackHeaders":    {discord, slackHeaders(slackStamp, slackSigned), discordBody, ErrHeaders},
		"discordShort":           {discord, discordHeaders(discordStamp, discordSigned[2:]), discordBody, ErrHeaders},
		"discordNoHex":           {discord, discordHeaders(discordStamp, strings.Repeat("zz", 64)), discordBody, ErrHeaders},
		"discordStampSwallows":   {discord, discordHeaders(discordStamp+"{", discordSigned), discordBody[1:], ErrHeaders},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stamp, id, err := test.scheme.Verify(test.header, []byte(test.body))
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if (err == nil) != (id != "") || (err == nil) != !stamp.IsZero() {
				t.Errorf("got stamp %v, id %q with error %v", stamp, id, err)
			}
		})
	}
}

// However a signature is written, it is one.
func TestVerifyNamesOneSignatureOnce(t *testing.T) {
	slack := mustScheme(t)(SlackV0(slackSecret))
	stamp, lower, err := slack.Verify(slackHeaders(slackStamp, slackSigned), []byte(slackBody))
	if err != nil || !stamp.Equal(time.Unix(1531420618, 0)) {
		t.Fatalf("got %v, %v", stamp, err)
	}
	_, upper, err := slack.Verify(slackHeaders(slackStamp, "v0="+strings.ToUpper(slackSigned[3:])), []byte(slackBody))
	if err != nil || upper != lower {
		t.Errorf("got %x, %v, want %x", upper, err, lower)
	}
}

// FuzzVerify looks for headers that are let through though nobody signed them,
// and for a stamp that is not the signed one.
func FuzzVerify(f *testing.F) {
	f.Add(slackStamp, slackSigned, []byte(slackBody))
	f.Add(discordStamp, discordSigned, []byte(discordBody))
	f.Add("", "", []byte(nil))
	f.Add("+1", "v0=", []byte("1"))
	f.Add("99999999999999999999", "v0="+strings.Repeat("g", 64), []byte("x"))
	f.Add("0001531420618", strings.Repeat("0", 128), []byte{0})
	slack := mustScheme(f)(SlackV0(slackSecret))
	discord := mustScheme(f)(Ed25519(discordPublic))
	f.Fuzz(func(t *testing.T, stamp, signature string, body []byte) {
		kept := bytes.Clone(body)
		for _, p := range []struct {
			scheme Scheme
			header func(stamp, signature string) http.Header
			right  string
		}{
			{slack, slackHeaders, slackSign(slackSecret, stamp, body)},
			{discord, discordHeaders, discordSign(t, stamp, body)},
		} {
			_, _, err := p.scheme.Verify(p.header(stamp, signature), body)
			if err == nil && !strings.EqualFold(signature, p.right) {
				t.Errorf("%q %q %q: let through, signed %q", stamp, signature, body, p.right)
			}
			if err != nil && !errors.Is(err, ErrHeaders) && !errors.Is(err, ErrSignature) {
				t.Errorf("%q %q: %v is of no kind", stamp, signature, err)
			}
			at, _, err := p.scheme.Verify(p.header(stamp, p.right), body)
			if seconds, bad := strconv.ParseInt(stamp, 10, 64); err == nil && (bad != nil || at.Unix() != seconds) {
				t.Errorf("%q: read as %v (%v)", stamp, at, bad)
			}
			if !bytes.Equal(body, kept) {
				t.Fatalf("the body changed from %q to %q", kept, body)
			}
		}
	})
}
