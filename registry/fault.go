package registry

import (
	"fmt"
	"runtime/debug"
)

// sound runs f, which reads the file's pages where they lie in memory. Of a file that is cut short a page may be a fault of memory, and of one
// whose pages point anywhere bbolt panics: that is ErrDamaged. It holds for what f does in its own goroutine.
func sound(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return f()
}
