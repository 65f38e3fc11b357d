package signed

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mostDigits of a timestamp in seconds last until the year 5138.
const mostDigits = 11

// slackV0 is an app's signing secret.
type slackV0 []byte

// SlackV0 is how Slack signs: X-Slack-Signature is "v0=" and the HMAC-SHA256 of
// "v0:", X-Slack-Request-Timestamp, ":" and the body, in hexadecimal, with the
// app's signing secret as the key. An empty secret is an error, since anybody
// can sign with that.
func SlackV0(secret string) (Scheme, error) {
	if strings.TrimSpace(secret) == "" {
		return nil, errors.New("the signing secret is empty")
	}
	return slackV0(secret), nil
}

// Verify is Scheme's.
func (s slackV0) Verify(h http.Header, body []byte) (stamp time.Time, id string, err error) {
	text, stamp, err := timestamp(h, "X-Slack-Request-Timestamp")
	if err != nil {
		return time.Time{}, "", err
	}
	got, err := signature(h, "X-Slack-Signature", "v0=", sha256.Size)
	if err != nil {
		return time.Time{}, "", err
	}
	mac := hmac.New(sha256.New, s)
	mac.Write([]byte("v0:" + text + ":"))
	mac.Write(body)
	if !hmac.Equal(got, mac.Sum(nil)) {
		return time.Time{}, "", ErrSignature
	}
	return stamp, string(got), nil
}

// discordKey is an application's public key.
type discordKey ed25519.PublicKey

// Ed25519 is how Discord signs: X-Signature-Ed25519 is the signature over
// X-Signature-Timestamp and the body, one directly after the other, in
// hexadecimal. publicKeyHex is the application's public key as the developer
// portal shows it. A key of another form is an error, and so are zeros only:
// signatures can be made up for those.
func Ed25519(publicKeyHex string) (Scheme, error) {
	key, err := hex.DecodeString(publicKeyHex)
	if err != nil {
		// hex's own errors quote what they read.
		return nil, errors.New("the public key is not hexadecimal")
	}
	if len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the public key has %d bytes, not %d", len(key), ed25519.PublicKeySize)
	}
	if strings.Trim(publicKeyHex, "0") == "" {
		return nil, errors.New("the public key is all zeros")
	}
	return discordKey(key), nil
}

// Verify is Scheme's.
func (k discordKey) Verify(h http.Header, body []byte) (stamp time.Time, id string, err error) {
	text, stamp, err := timestamp(h, "X-Signature-Timestamp")
	if err != nil {
		return time.Time{}, "", err
	}
	got, err := signature(h, "X-Signature-Ed25519", "", ed25519.SignatureSize)
	if err != nil {
		return time.Time{}, "", err
	}
	if !ed25519.Verify(ed25519.PublicKey(k), append([]byte(text), body...), got) {
		return time.Time{}, "", ErrSignature
	}
	return stamp, string(got), nil
}

// only returns the value of a header that must be there once.
func only(h http.Header, name string) (string, error) {
	values := h.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("%w: %s is there %d times", ErrHeaders, name, len(values))
	}
	return values[0], nil
}

// timestamp reads a header with seconds since 1970: digits and nothing else,
// so that nothing of what follows in the signed text can pass for a part of it.
func timestamp(h http.Header, name string) (string, time.Time, error) {
	text, err := only(h, name)
	if err != nil {
		return "", time.Time{}, err
	}
	if text == "" || len(text) > mostDigits || strings.Trim(text, "0123456789") != "" {
		return "", time.Time{}, fmt.Errorf("%w: %s is not a time in seconds", ErrHeaders, name)
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("%w: %s: %w", ErrHeaders, name, err)
	}
	return text, time.Unix(seconds, 0), nil
}

// signature reads a header with a prefix and size bytes in hexadecimal.
func signature(h http.Header, name, prefix string, size int) ([]byte, error) {
	text, err := only(h, name)
	if err != nil {
		return nil, err
	}
	digits, ok := strings.CutPrefix(text, prefix)
	if !ok || len(digits) != hex.EncodedLen(size) {
		return nil, fmt.Errorf("%w: %s has not the form of a signature", ErrHeaders, name)
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrHeaders, name, err)
	}
	return b, nil
}
