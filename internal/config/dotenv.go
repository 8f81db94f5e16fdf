package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// maxFileSize bounds .env and the files of secrets: a path to something else
// must not fill the memory.
const maxFileSize = 64 << 10

// readDotenv returns what a .env file sets, and warnings about it. A file that
// does not exist sets nothing; an empty path is no file.
func readDotenv(path string, found *problems) (set map[string]string, warnings []string) {
	if path == "" {
		return nil, nil
	}
	content, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		found.add(".env", "cannot be read: "+reason(err), "")
		return nil, nil
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // some editors' mark of UTF-8
	content = append(content, '\n')                       // without it godotenv takes any last line
	set, err = godotenv.UnmarshalBytes(content)
	if err != nil {
		set = readLines(content, found)
	}
	return set, append(strayNames(set), lostReferences(content, set)...)
}

// readLines reads a .env file that is broken somewhere, line by line, to report
// every bad line and still know the good ones. The errors of godotenv are not
// repeated, because they quote the rest of the file.
func readLines(content []byte, found *problems) map[string]string {
	set := map[string]string{}
	for i, line := range strings.Split(string(content), "\n") {
		parsed, err := godotenv.Unmarshal(line + "\n")
		if err != nil {
			found.add(".env", fmt.Sprintf("line %d is not of the form NAME=value, or has a quote that is not closed", i+1), "")
			continue
		}
		maps.Copy(set, parsed)
	}
	return set
}

// strayNames warns of names that are no setting: most are misspelt.
func strayNames(set map[string]string) []string {
	known := names()
	var warnings []string
	for name := range set {
		if slices.Contains(known, name) {
			continue
		}
		nearest, near := nearestName(name, known, lettersInDotenv)
		switch {
		case near:
			warnings = append(warnings, fmt.Sprintf(".env sets %s, which is not a setting; did you mean %s?", name, nearest))
		case looksLikeName(name):
			warnings = append(warnings, fmt.Sprintf(".env sets %s, which is not a setting", name))
		default:
			// The rest of a broken line, perhaps of a secret.
			warnings = append(warnings, ".env has a line whose name is not a setting")
		}
	}
	slices.Sort(warnings)
	return warnings
}

func looksLikeName(name string) bool {
	return len(name) <= 64 && regexp.MustCompile(`^[A-Z]+(_[A-Z0-9]+)+$`).MatchString(name)
}

// lostReferences warns of a $ that .env takes for a reference to a name which
// the file does not set: the value, perhaps a password, is silently cut short.
func lostReferences(content []byte, set map[string]string) []string {
	line := regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z0-9_.]+)[ \t]*[=:][ \t]*([^'\s].*)$`)
	reference := regexp.MustCompile(`(\\)?\$\{?([A-Z0-9_]+)`)
	var warnings []string
	for _, match := range line.FindAllSubmatch(content, -1) {
		name := string(match[1])
		if !slices.Contains(names(), name) {
			continue
		}
		for _, ref := range reference.FindAllSubmatch(match[2], -1) {
			if _, resolved := set[string(ref[2])]; !resolved && len(ref[1]) == 0 {
				warnings = append(warnings, name+" in .env has a $ that begins a reference to a name the file does not set; "+
					"if it is part of the value, put the value in single quotes")
				break
			}
		}
	}
	return warnings
}

// readFile reads a file of settings.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // reason takes the path out
	}
	if !info.Mode().IsRegular() && !isPipe(info) {
		return nil, errors.New("not a file")
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("larger than %d KiB", maxFileSize>>10)
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	return content, err               //nolint:wrapcheck // reason takes the path out
}

// isPipe allows <(command) of a shell.
func isPipe(info fs.FileInfo) bool { return info.Mode()&fs.ModeNamedPipe != 0 }

// reason returns why a file cannot be read without its path: where NAME_FILE was
// given the secret itself, the path is the secret.
func reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}
