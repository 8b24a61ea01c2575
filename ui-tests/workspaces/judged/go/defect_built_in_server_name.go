package main

// builtInServerName expects a server name that is built in, whatever KV_SERVER_NAME says.
func builtInServerName(s *service) {
	s.serverName = func() (string, error) { return "datasvc.built-in.test", nil }
}
