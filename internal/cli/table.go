package cli

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// shownContent is how much of a content a list shows, in columns.
const shownContent = 40

// plainStyle is columns side by side, without lines: what people can copy and awk.
func plainStyle() table.Style {
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	return style
}

// table writes rows below a header, which may be nil.
func (s *session) table(header table.Row, rows []table.Row) error {
	writer := table.NewWriter()
	writer.SetStyle(plainStyle())
	writer.SuppressTrailingSpaces()
	if header != nil {
		writer.AppendHeader(header)
	}
	writer.AppendRows(rows)
	if _, err := fmt.Fprintln(s.Stdout, writer.Render()); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// facts writes names and values, without those that are empty.
func (s *session) facts(facts [][2]string) error {
	var rows []table.Row
	for _, fact := range facts {
		if fact[1] != "" {
			rows = append(rows, table.Row{fact[0], fact[1]})
		}
	}
	return s.table(nil, rows)
}
