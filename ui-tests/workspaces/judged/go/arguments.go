package main

import (
	"flag"
	"fmt"
	"os"
)

type arguments struct {
	config string
	listen string
	// defect changes the sound service; nil leaves it as it is.
	defect func(*service)
}

func parseArguments(given []string) (arguments, error) {
	flags := flag.NewFlagSet("needle", flag.ContinueOnError)
	config := flags.String("config", "", "the configuration file")
	listen := flags.String("listen", "", "the address to listen on")
	name := flags.String("defect", "", "what is wrong with the service")
	if err := flags.Parse(given); err != nil {
		return arguments{}, err
	}
	if *config == "" || *listen == "" {
		return arguments{}, fmt.Errorf("usage: needle --config FILE --listen ADDRESS [--defect NAME]")
	}
	defect, known := defects[*name]
	if *name != "" && !known {
		return arguments{}, fmt.Errorf("there is no defect %s", *name)
	}
	return arguments{config: *config, listen: *listen, defect: defect}, nil
}

func variable(name string) (string, error) {
	if value := os.Getenv(name); value != "" {
		return value, nil
	}
	return "", fmt.Errorf("the variable %s is missing", name)
}
