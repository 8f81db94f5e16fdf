package models

// Role is what the bearer of an API key may do.
type Role string

// The three roles; each may what the one before it may.
const (
	RoleReader   Role = "reader"   // look
	RoleSender   Role = "sender"   // send messages, and cancel or retry a single one
	RoleOperator Role = "operator" // all of it: the scheduler, many messages at once, erasing
)

// Roles lists the roles, the least first.
func Roles() []Role { return []Role{RoleReader, RoleSender, RoleOperator} }

// Known reports whether it is one of the three.
func (r Role) Known() bool { return r.rank() > 0 }

// Includes reports whether the bearer of this role may do what other asks for.
// What is no role includes nothing, and is included by none.
func (r Role) Includes(other Role) bool { return other.Known() && r.rank() >= other.rank() }

func (r Role) rank() int {
	switch r {
	case RoleReader:
		return 1
	case RoleSender:
		return 2
	case RoleOperator:
		return 3
	}
	return 0
}
