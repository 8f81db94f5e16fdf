package wireproxy

import (
	"sync"
	"time"
)

// Command is what a hook is told of a command before it is executed.
type Command struct {
	Name       string // as sent: "update", "find", "hello"…
	Database   string // its $db
	Collection string // empty for commands on a database or the server
}

// Write reports whether the command changes documents, and so takes its turn.
func (c Command) Write() bool {
	switch c.Name {
	case "insert", "update", "delete", "findAndModify", "findandmodify":
		return true
	}
	return false
}

// Effect is what is done to a command.
type Effect int

// The effects. Whatever they are, the server or the network could do the same.
const (
	// Pass executes the command and hands back its reply.
	Pass Effect = iota
	// LoseReply executes the command, then closes the connection in place of the reply.
	LoseReply
	// Cut closes the connection; the command is not executed.
	Cut
	// Refuse answers with an error; the command is not executed.
	Refuse
)

// Fault is what becomes of one command. The zero Fault lets it pass.
type Fault struct {
	Delay  time.Duration // waited first, without holding up other connections
	Hold   *Hold         // waited for likewise, where it is not nil
	Effect Effect
	// Code, CodeName and Message are the error of Refuse.
	Code     int32
	CodeName string
	Message  string
}

// Hold keeps one command back until it is let go. Its client may have given up long
// before; the command is executed all the same, late, as one that was stuck in a
// network.
type Hold struct{ reached, let, done chan struct{} }

// NewHold returns a hold for one command.
func NewHold() *Hold {
	return &Hold{reached: make(chan struct{}), let: make(chan struct{}), done: make(chan struct{})}
}

// Reached is closed when the command is being held.
func (h *Hold) Reached() <-chan struct{} { return h.reached }

// Let lets the command go, once, and returns when it has been executed.
func (h *Hold) Let() {
	close(h.let)
	<-h.done
}

// NotWritablePrimary returns the answer of a server that has just lost an
// election: what drivers see in a failover.
func NotWritablePrimary() Fault {
	return Fault{
		Effect: Refuse, Code: 10107, CodeName: "NotWritablePrimary",
		Message: "not primary",
	}
}

// Hook decides about a command. It is called from every connection at once.
type Hook func(Command) Fault

// Target chooses commands; an empty field matches any.
type Target struct {
	Name       string
	Collection string
	Database   string
}

// matches reports whether the target means this command.
func (t Target) matches(c Command) bool {
	return (t.Name == "" || t.Name == c.Name) &&
		(t.Collection == "" || t.Collection == c.Collection) &&
		(t.Database == "" || t.Database == c.Database)
}

// Times returns a hook that applies the fault to the first n commands that the
// target means, and lets everything else pass. hits tells how many there were.
func Times(n int, target Target, fault Fault) (hook Hook, hits func() int) {
	var mu sync.Mutex
	done := 0
	hook = func(c Command) Fault {
		mu.Lock()
		defer mu.Unlock()
		if done >= n || !target.matches(c) {
			return Fault{}
		}
		done++
		return fault
	}
	hits = func() int {
		mu.Lock()
		defer mu.Unlock()
		return done
	}
	return hook, hits
}

// Away is a hook that cuts every connection, also those that only ask for the
// server's state: to a driver, the server is gone.
func Away(Command) Fault { return Fault{Effect: Cut} }
