module imgate

go 1.26
