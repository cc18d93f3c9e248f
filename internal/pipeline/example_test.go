package pipeline_test

import (
	"fmt"
	"strconv"
	"time"

	"sheet24/internal/pipeline"
)

// How a program that holds a table's key signs a notification. Any library for
// standardwebhooks.com makes the same.
func ExampleSign() {
	key := []byte("0123456789abcdef0123456789abcdef")
	body := []byte(`{"sheet_id":"1A","gid":0,"event":"row_edited","row_id":5}`)
	sent := time.Unix(1795444078, 0)
	sig := pipeline.Signature{ID: "01934f6c", Timestamp: strconv.FormatInt(sent.Unix(), 10)}

	sig.Value = pipeline.Sign(key, sig.ID, sig.Timestamp, body)
	fmt.Println(sig.Value)
	fmt.Println(sig.Check(sent.Add(4 * time.Minute)))
	fmt.Println(sig.Check(sent.Add(6 * time.Minute)))
	// Output:
	// v1,rIw8tZGyeLJQ0aDbwxIUj+8rdeuyqSMtiKDoe3jcX3s=
	// <nil>
	// webhook_timestamp
}
