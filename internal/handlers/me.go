package handlers

import (
	"context"
	"errors"

	"auto-message-sender/internal/models"
)

// Identity tells callers who they are.
type Identity struct {
	role  func(ctx context.Context) models.Role
	keyed bool
}

// NewIdentity takes what tells a request's role, and whether there are keys at all.
func NewIdentity(role func(ctx context.Context) models.Role, keyed bool) (*Identity, error) {
	if role == nil {
		return nil, errors.New("handlers: Identity needs what tells a role")
	}
	return &Identity{role: role, keyed: keyed}, nil
}

// Me is who calls, and what they may do.
type Me struct {
	// Name of the key that was used; empty where no keys are configured.
	Name string `json:"name" example:"ops"`
	// Where no keys are configured, everybody is an operator.
	Role string `json:"role" enums:"reader,sender,operator" example:"operator"`
	// Whether a key was asked for.
	Authenticated bool `json:"authenticated" example:"true"`
} //	@name	Me

// Me tells callers who they are.
//
//	@Summary		Read who calls
//	@Description	The name and the role of the key that the request came with: a way to find out whether a key is good, and for what.
//	@ID				getMe
//	@Tags			service
//	@Produce		json,application/problem+json
//	@Success		200	{object}	Me
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/me [get]
func (i *Identity) Me(ctx context.Context, _ Nothing) (Me, error) {
	me := Me{Role: string(i.role(ctx)), Authenticated: i.keyed}
	if i.keyed {
		me.Name = Actor(ctx)
	}
	return me, nil
}
