//go:build !race

package discord_test

// many is how many ask at once.
const many = 1000
