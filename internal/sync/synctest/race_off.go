//go:build !race

package synctest

// RaceDetector is off.
const RaceDetector = false
