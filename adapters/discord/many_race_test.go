//go:build race

package discord_test

// many is fewer under the race detector, which takes ten times as long: three seconds
// stay three seconds.
const many = 100
