package handlers

// BatchAnswer tells what became of each line of a batch.
type BatchAnswer struct {
	// Nothing was stored, and the rest is what would be; left out otherwise.
	DryRun bool `json:"dry_run,omitzero" validate:"optional" example:"false"`
	// Stored by this request.
	Accepted int `json:"accepted" example:"2"`
	// Stored before, under the same keys.
	Duplicates int `json:"duplicates" example:"0"`
	// Not valid: see the results.
	Refused int `json:"refused" example:"1"`
	// Hit by a failure of the store: send them again, under the same keys.
	Failed int `json:"failed" example:"0"`
	// Whether the batch was read to its end; otherwise error says why not.
	Complete bool          `json:"complete" example:"true"`
	Error    string        `json:"error,omitempty" example:"the body is not valid JSON, from byte 4711 on; nothing from there on was read"`
	Results  []BatchResult `json:"results"`
} //	@name	BatchAnswer

// BatchResult is what became of one line: an id where it is stored – in a dry run
// where its key gives it one –, otherwise errors or an error.
type BatchResult struct {
	// Number of the line, or of the element, from 1.
	Line      int    `json:"line" example:"1"`
	ID        string `json:"id,omitempty" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10"`
	Status    string `json:"status,omitempty" enums:"pending,scheduled" example:"pending"`
	Duplicate bool   `json:"duplicate,omitzero" validate:"optional" example:"false"`
	// The fields that are wrong; the field line where the line as a whole is.
	Errors []FieldProblem `json:"errors,omitempty"`
	// The store failed, and has the line or not.
	Error string `json:"error,omitempty" example:"the store failed, and may have this line or not: send it again under the same idempotency key"`
} //	@name	BatchResult
