//go:build !race

package main

import "time"

const thorough = 1

const stall = 2 * time.Second
