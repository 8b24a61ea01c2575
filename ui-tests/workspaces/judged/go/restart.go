package main

import (
	"os"
	"syscall"
)

// executeAgain executes the program again in the same process; it gives why it cannot.
func executeAgain() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(program, os.Args, os.Environ())
}
