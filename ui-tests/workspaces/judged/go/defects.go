package main

var defects = map[string]func(*service){
	"built-in-server-name":        builtInServerName,
	"dies-of-a-bad-update":        diesOfABadUpdate,
	"ends-for-its-archive":        endsForItsArchive,
	"exits-at-the-first-value":    exitsAtTheFirstValue,
	"falls-back":                  fallsBack,
	"fixed-port":                  fixedPort,
	"key-of-file-name":            keyOfFileName,
	"names-nothing":               namesNothing,
	"repairs":                     repairs,
	"restarts-at-the-first-value": restartsAtTheFirstValue,
	"restarts-for-a-change":       restartsForAChange,
}
