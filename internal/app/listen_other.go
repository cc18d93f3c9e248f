//go:build !unix

package app

// openFiles is how many files this process may have open, where nobody says.
func openFiles() int { return 16_384 }
