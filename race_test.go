//go:build race

package main

import "time"

// thorough divides what the crash tests do without the race detector, which takes
// five times as long and looks for something else.
const thorough = 5

// stall is how long what stalls in the soak test does: what answers takes its time too.
const stall = time.Second
