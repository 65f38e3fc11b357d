// Package bot is the conversation: what is asked (Request), what can be asked
// (Command), what is answered (Reply), and the Router that brings them
// together with limits, permissions, recovery and logs.
//
// It knows no platform and no facts. Adapters turn their wire format into a
// Request and draw the Reply; package commands supplies the Commands. It may
// import the standard library, golang.org/x (time/rate, text, net/idna) and an edit
// distance, and nothing of ours.
package bot
