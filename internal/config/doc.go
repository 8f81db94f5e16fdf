// Package config reads the settings of the service and refuses wrong ones.
//
// A setting's value comes from the first of these that gives one:
//
//	the environment   NAME=value, or for a secret NAME_FILE=path of a file
//	.env              the same two, in the file given to Load
//	default           of the table in settings.go
//
// The table is the one place that knows a setting's default, meaning, example
// and rule; Config is what the table's values become. `config check`, the tests
// of env.prod and the tables in the documentation are driven by it, see Describe.
//
// Load reads, changes nothing, and reports every problem at once, so that a
// person mends a configuration in one round. What it reports never repeats a
// secret, nor a value that somebody may have put a secret into by mistake: an
// address, the path of a file, a line of .env. A start that fails half way
// through Load has therefore done nothing but read.
package config
