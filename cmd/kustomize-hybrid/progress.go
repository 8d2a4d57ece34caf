package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// patience is how long a command may take before it says that it works.
const patience = time.Second

// screen is the terminal that a person looks at: it shows a line while a command works. Nothing
// but a terminal ever sees it.
type screen struct {
	terminal io.Writer
	quiet    bool

	mu     sync.Mutex
	shown  bool
	within bool // somebody has written half a line
	done   bool
	quit   chan struct{}
}

// begin has the line come up after a while, and count the seconds, until the command ends.
func (s *screen) begin(what string) {
	if s == nil || s.quiet || !isTerminal(s.terminal) || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return
	}
	s.quit = make(chan struct{})
	go func() {
		start := time.Now()
		for wait := patience; ; wait = time.Second {
			select {
			case <-s.quit:
				return
			case <-time.After(wait):
				s.draw(fmt.Sprintf("%s: working, %d s", what, int(time.Since(start)/time.Second)))
			}
		}
	}()
}

func (s *screen) draw(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.done && !s.within {
		fmt.Fprintf(s.terminal, "\r%s\x1b[K", line)
		s.shown = true
	}
}

// end takes the line away, for good.
func (s *screen) end() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	if s.quit != nil && !s.done {
		close(s.quit)
	}
	s.done = true
}

func (s *screen) clear() {
	if s.shown {
		fmt.Fprint(s.terminal, "\r\x1b[K")
	}
	s.shown = false
}

// beside is a stream that may be the same terminal: what is written there takes the line away
// first.
type beside struct {
	stream io.Writer
	screen *screen
}

func (b beside) Write(p []byte) (int, error) {
	if b.screen == nil || !isTerminal(b.stream) {
		return b.stream.Write(p)
	}
	b.screen.mu.Lock()
	defer b.screen.mu.Unlock()
	b.screen.clear()
	b.screen.within = len(p) > 0 && p[len(p)-1] != '\n'
	return b.stream.Write(p)
}

// summary says what was done, but not where nobody wants to know.
func (c cli) summary(format string, args ...any) error {
	if c.screen != nil && c.screen.quiet {
		return nil
	}
	return c.answer(format, args...)
}

// answer writes what was asked for.
func (c cli) answer(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.out, format, args...); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}
