package text

// OrdinaryWords is the list that Ordinary searches.
func OrdinaryWords() []string { return ordinary() }
