package middleware

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

const challenge = `Bearer realm="auto-message-sender"`

// roleKey is where a request's context carries the role of its key.
type roleKey struct{}

// Role returns what the request's key may do, as Authenticate found out; no role
// where that has not been asked.
func Role(ctx context.Context) models.Role {
	role, _ := ctx.Value(roleKey{}).(models.Role)
	return role
}

// Authenticate lets in requests that show a key of the ring, in Authorization:
// Bearer or X-API-Key, and puts its name into the context as the actor, its role
// as Role. With an empty ring it lets everybody in, as handlers.Anonymous, who is
// an operator: without keys nobody is asked for one.
func Authenticate(keys *Keyring, problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		if keys.Empty() {
			admit(c, bearer{handlers.Anonymous, models.RoleOperator})
			return
		}
		key, shown := shownKey(c.Request.Header)
		caller, known := keys.find(key)
		switch {
		case !shown:
			refuseKey(c, problems, "", "an API key is needed: send it as Authorization: Bearer <key>, or as X-API-Key: <key>")
		case !known:
			refuseKey(c, problems, "invalid_token", "the API key is not known")
		default:
			admit(c, caller)
		}
	}
}

// Require lets a request pass whose key has the role, or one that includes it. It
// stands after Authenticate; without that nobody passes. The refusal names the
// role and the key, by its name, so that whoever reads it can ask for another.
func Require(role models.Role, problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		has := Role(ctx)
		if has.Includes(role) {
			c.Next()
			return
		}
		c.Header("WWW-Authenticate", fmt.Sprintf(`%s, error="insufficient_scope", scope="%s"`, challenge, role))
		problems.Answer(c, handlers.Refuse(http.StatusForbidden,
			fmt.Sprintf("this needs an API key with the role %s; the key %q has the role %s", role, handlers.Actor(ctx), has)))
	}
}

// admit goes on with the request as the caller's.
func admit(c *gin.Context, caller bearer) {
	ctx := handlers.WithActor(c.Request.Context(), caller.name)
	c.Request = c.Request.WithContext(context.WithValue(ctx, roleKey{}, caller.role))
	c.Next()
}

// refuseKey answers 401, with the code that RFC 6750 has for it, if any.
func refuseKey(c *gin.Context, problems *handlers.Problems, code, detail string) {
	asks := challenge
	if code != "" {
		asks += fmt.Sprintf(`, error=%q`, code)
	}
	c.Header("WWW-Authenticate", asks)
	problems.Answer(c, handlers.Refuse(http.StatusUnauthorized, detail))
}
