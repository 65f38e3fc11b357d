package knowledge

// ShippedFrom makes a shipped fact base of what Compile wrote.
func ShippedFrom(compiled []byte) Shipped { return shippedFrom(compiled) }
