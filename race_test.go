//go:build race

package main

// thorough divides what the crash tests do without the race detector, which takes
// five times as long and looks for something else.
const thorough = 5
