package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli/importing"
	"auto-message-sender/internal/client"
)

// importFlags is the command line of import.
type importFlags struct {
	campaign      string
	format        string
	refusals      string
	ignoreUnknown bool
	again         bool
	dryRun        bool
	inFlight      int
	lines         int
}

func newImportCommand(p Process) *cobra.Command {
	s, flags := &session{Process: p}, importFlags{}
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Have the messages of a file sent, each of them once",
		Long: `Have the messages of a file sent, each of them once. FILE is - for standard input.

Formats: CSV whose first line names the columns (to, content, and where wanted priority,
send_at, validity_period, reference; separated by comma, semicolon or tab), lines of JSON
with these fields, what export writes – as new messages: what tells of their outcome is
passed over, and erased ones are skipped –, or documents as mongoexport writes them.

Where messages have a status, those that are pending or scheduled are sent. Others are
skipped, and counted: they were sent, called off, or failed, or are being sent. --again
sends them, too.

Importing the same file again sends nothing twice: each line is known by the campaign, by
what it says, and by how many equal lines stand before it. So after an interruption the same
command goes on, and a corrected file sends the corrected lines alone. Another --campaign, or
another API key, sends all of it again. So does a repeat after the server has deleted the
messages: RETENTION with RETENTION_ACTION=delete forgets them at that age, while erase keeps
what a line is known by. Without --campaign it is the file's name without its folder: another
file of the same name counts as the same campaign, and its equal lines as sent.

Lines that are refused go into a file with their number and the reason. Corrected, that file
can be imported.`,
		Example: "  auto-message-sender import customers.csv --dry-run\n" +
			"  auto-message-sender import customers.csv --campaign spring-sale\n" +
			"  mongoexport --db auto_message_sender --collection messages | auto-message-sender import - --campaign move",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.importFile(cmd.Context(), args[0], flags)
		},
	}
	s.flags(command.Flags(), longWait)
	set := command.Flags()
	set.StringVar(&flags.campaign, "campaign", "", "name that tells this import from others; files under one name are one campaign (default: the file's name, without its folder)")
	set.StringVar(&flags.format, "format", "auto", "csv, ndjson or mongo; auto goes by the file's ending and beginning")
	set.StringVar(&flags.refusals, "errors", "", "file for refused lines, overwritten (default: FILE.errors.csv or .ndjson, or the next free name)")
	set.BoolVar(&flags.ignoreUnknown, "ignore-unknown", false, "pass over columns and fields that are not known")
	set.BoolVar(&flags.again, "again", false, "send also what has a status other than pending or scheduled, such as what was sent")
	set.BoolVar(&flags.dryRun, "dry-run", false, "only read the file and count; numbers and contents are not judged")
	set.IntVar(&flags.inFlight, "in-flight", 4, "requests that are under way at the same time, 1 to 16")
	set.IntVar(&flags.lines, "batch", 5000, fmt.Sprintf("lines in one request at most, 1 to %d; fewer where the server takes long", client.MaxBatchLines))
	_ = command.RegisterFlagCompletionFunc("format",
		cobra.FixedCompletions([]string{"auto", "csv", "ndjson", "mongo"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// check finds what is wrong with the flags.
func (f *importFlags) check(path string) error {
	if f.inFlight < 1 || f.inFlight > 16 {
		return usage("--in-flight must be from 1 to 16")
	}
	if f.lines < 1 || f.lines > client.MaxBatchLines {
		return usage("--batch must be from 1 to %d", client.MaxBatchLines)
	}
	if path == "-" && f.campaign == "" && !f.dryRun {
		return usage("standard input has no name; say --campaign NAME, and the same one to go on after an interruption")
	}
	return nil
}

// nameCampaign gives the import its name, and tells it.
func (f *importFlags) nameCampaign(s *session, path string) {
	switch {
	case f.dryRun:
	case f.campaign != "":
		s.tell("campaign: %s", f.campaign)
	default:
		f.campaign = filepath.Base(path)
		s.tell("campaign: %s (the file's name, without its folder). Another file of this name counts as the same campaign, and its\n"+
			"equal lines as sent already; a file of another name is sent anew. --campaign NAME says which campaign it is.", f.campaign)
	}
}

// input is the file to import.
type input struct {
	io.Reader

	size int64 // -1: not known
	read int64 // bytes; only the reading goroutine may ask
}

// Read is part of io.Reader.
func (i *input) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	i.read += int64(n)
	return n, err //nolint:wrapcheck // a reader's errors pass as they are
}

func (s *session) importFile(ctx context.Context, path string, flags importFlags) (err error) {
	if err := flags.check(path); err != nil {
		return err
	}
	in := &input{Reader: s.Stdin, size: -1}
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the person's own choice
		if err != nil {
			return usage("%w", err)
		}
		defer func() { _ = file.Close() }()
		in.Reader = file
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	options := importing.Options{
		Name: path, Format: importing.Format(flags.format), Zone: s.Zone, IgnoreUnknown: flags.ignoreUnknown, Again: flags.again,
	}
	in.Reader = s.tellFinal(in.Reader, path, options)
	source, format, err := importing.Open(in, options)
	if err != nil {
		return usage("%s: %w", path, err)
	}
	flags.nameCampaign(s, path)
	run := importing.Import{
		Source: source, Campaign: flags.campaign, InFlight: flags.inFlight, Lines: flags.lines, Patience: s.wait, Now: s.Now,
		Position: func() int64 { return in.read },
	}
	if !flags.dryRun {
		c, err := s.patientClient(0) // the import itself waits
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Alive(ctx); err != nil && client.StatusOf(err) == 0 {
			return err //nolint:wrapcheck // explained gives it its words
		}
		run.Server = c
		run.Refusals = &importing.Refusals{Open: func() (*os.File, error) { return openRefusals(flags.refusals, path, format) }}
	}
	return s.runImport(ctx, run, in.size)
}

// runImport runs it, and tells what became of it.
func (s *session) runImport(ctx context.Context, run importing.Import, size int64) error {
	bar := s.newBar(size, "importing")
	run.Progress = func(tally importing.Tally, position int64) { bar.set(position, tally.String()) }
	run.Waiting = func(delay time.Duration, why error) {
		bar.clear()
		s.waiting(delay, why)
	}
	var refusals firstRefusals
	run.Refused = refusals.add
	// Most of the memory is what counts equal lines, and stays: letting as much again
	// become garbage would save no time.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	tally, err := run.Run(ctx)
	bar.end()
	refusals.tell(s)
	refused := ""
	if run.Refusals != nil {
		name, closeErr := run.Refusals.Close()
		if refused = name; err == nil {
			err = closeErr
		}
	}
	passed := run.Source.PassedOver()
	if len(passed) > 0 {
		s.tell("passed over, for it only tells what became of messages that were exported: %s; each line is a new message", strings.Join(passed, ", "))
	}
	return s.imported(ctx, tally, refused, run.Server == nil, err)
}

// importedJSON is the answer with --json: the sum of what the API said.
type importedJSON struct {
	importing.Tally

	DryRun     bool   `json:"dry_run,omitzero"`
	Complete   bool   `json:"complete"` // false: the same command goes on
	ErrorsFile string `json:"errors_file,omitempty"`
}

// imported tells what became of the file, and returns what the exit code is made of.
func (s *session) imported(ctx context.Context, tally importing.Tally, refused string, dryRun bool, err error) error {
	if s.json {
		body, failed := json.Marshal(importedJSON{Tally: tally, DryRun: dryRun, Complete: err == nil, ErrorsFile: refused})
		if failed != nil {
			return fmt.Errorf("write the answer: %w", failed)
		}
		if failed := s.printJSON(body); failed != nil {
			return failed
		}
	} else if failed := s.print("%s", tally.Summary(dryRun)); failed != nil {
		return failed
	}
	if refused != "" {
		s.tell("the refused lines are in %s, each with its reason: correct them there and import that file", refused)
	}
	if err != nil {
		if !dryRun {
			s.tell("it is not complete. The same command goes on: what was accepted is not sent twice")
		}
		if ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return interrupted("the counts above are what is known; what was under way may have been accepted as well")
		}
		return err
	}
	if tally.Refused > 0 {
		return &Error{Code: ExitRefused, Cause: fmt.Errorf("%d lines were refused", tally.Refused)}
	}
	return nil
}

// openRefusals makes the file for refused lines. One that nobody named is never one
// that is there: somebody may be correcting it.
func openRefusals(name, path string, format importing.Format) (*os.File, error) {
	const mode = 0o600 // recipients and contents
	if name != "" {
		return os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode) //nolint:gosec,wrapcheck // the person's own choice; wrapped by the caller
	}
	if path == "-" {
		path = "import"
	}
	ending := ".ndjson"
	if format == importing.FormatCSV {
		ending = ".csv"
	}
	for n := 1; n < 1000; n++ {
		name := path + ".errors" + ending
		if n > 1 {
			name = fmt.Sprintf("%s.errors-%d%s", path, n, ending)
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode) //nolint:gosec // beside the person's own file
		if !errors.Is(err, fs.ErrExist) {
			return file, err //nolint:wrapcheck // wrapped by the caller
		}
	}
	return nil, errors.New("there are a thousand already; name one with --errors, or delete " + strings.TrimSuffix(path, ending) + ".errors*")
}
