//go:build !race

package main

const thorough = 1
