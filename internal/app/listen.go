package app

import (
	"net"

	"golang.org/x/net/netutil"
)

// Files that are kept for what is no connection of a client's: the database, those to Google
// and the portals; and how many connections of clients are enough in any case.
const (
	filesKept       = 256
	mostConnections = 10_000
)

// limited accepts so many connections at a time that the process keeps files for its work,
// however many clients hold theirs: further ones wait.
func limited(l net.Listener) net.Listener {
	return netutil.LimitListener(l, connections(openFiles()))
}

// connections is how many connections a process takes that may open so many files.
func connections(files int) int {
	return max(16, min(files-filesKept, files/4*3, mostConnections))
}
