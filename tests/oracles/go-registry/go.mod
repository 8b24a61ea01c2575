module kvguard.example/go-registry

go 1.21
