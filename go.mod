module silkwire

go 1.26
