package text

import "strings"

// OrdinaryWords is the list that Ordinary searches.
func OrdinaryWords() []string { return strings.Fields(ordinaryText) }
