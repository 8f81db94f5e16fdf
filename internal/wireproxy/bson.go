package wireproxy

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The BSON types that a command document may hold, as far as this proxy must
// know how long they are. Source: bsonspec.org, version 1.1.
const (
	bsonDouble    = 0x01
	bsonString    = 0x02
	bsonDocument  = 0x03
	bsonArray     = 0x04
	bsonBinary    = 0x05
	bsonObjectID  = 0x07
	bsonBool      = 0x08
	bsonDate      = 0x09
	bsonNull      = 0x0A
	bsonInt32     = 0x10
	bsonTimestamp = 0x11
	bsonInt64     = 0x12
)

// nameCommand reads name, collection and database out of a command document:
// the first key, the first value where it is a string, and $db.
func nameCommand(document []byte) (Command, error) {
	var command Command
	rest := document[4:] // its length, which the caller has checked
	for len(rest) > 0 && rest[0] != 0 {
		kind := rest[0]
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return Command{}, fmt.Errorf("%w: a key without its end", errProtocol)
		}
		key := string(rest[1 : 1+end])
		rest = rest[end+2:]
		value, err := valueOf(kind, rest)
		if err != nil {
			return Command{}, err
		}
		switch {
		case command.Name == "":
			command.Name = key
			command.Collection = text(kind, value)
		case key == "$db":
			command.Database = text(kind, value)
			return command, nil
		}
		rest = rest[len(value):]
	}
	return command, nil
}

// valueOf returns the bytes of the value that rest begins with.
func valueOf(kind byte, rest []byte) ([]byte, error) {
	var length int
	switch kind {
	case bsonDocument, bsonArray:
		return sized(rest)
	case bsonString, bsonBinary:
		if len(rest) < 4 {
			return nil, fmt.Errorf("%w: a value cut off", errProtocol)
		}
		length = 4 + int(binary.LittleEndian.Uint32(rest))
		if kind == bsonBinary {
			length++ // its subtype
		}
	case bsonDouble, bsonDate, bsonTimestamp, bsonInt64:
		length = 8
	case bsonObjectID:
		length = 12
	case bsonInt32:
		length = 4
	case bsonBool:
		length = 1
	case bsonNull:
		length = 0
	default:
		return nil, fmt.Errorf("%w: a value of type 0x%02x in a command", errProtocol, kind)
	}
	if length > len(rest) {
		return nil, fmt.Errorf("%w: a value cut off", errProtocol)
	}
	return rest[:length], nil
}

// sized returns the first part of rest, whose length its first four bytes tell.
func sized(rest []byte) ([]byte, error) {
	if len(rest) < 4 {
		return nil, fmt.Errorf("%w: a length cut off", errProtocol)
	}
	length := binary.LittleEndian.Uint32(rest)
	if length < 5 || int64(length) > int64(len(rest)) {
		return nil, fmt.Errorf("%w: a section of %d bytes", errProtocol, length)
	}
	return rest[:length], nil
}

// text returns a string value without its length and its closing zero.
func text(kind byte, value []byte) string {
	if kind != bsonString || len(value) < 5 {
		return ""
	}
	return string(value[4 : len(value)-1])
}

// errorDocument is {ok: 0, errmsg, code, codeName}, as servers answer errors.
func errorDocument(fault Fault) []byte {
	document := make([]byte, 4, 128) // the length, put in below
	document = append(document, bsonDouble)
	document = append(document, "ok\x00"...)
	document = append(document, make([]byte, 8)...)
	document = appendString(document, "errmsg", fault.Message)
	document = append(document, bsonInt32)
	document = append(document, "code\x00"...)
	document = binary.LittleEndian.AppendUint32(document, uint32(fault.Code)) //nolint:gosec // the bits are the same
	document = appendString(document, "codeName", fault.CodeName)
	document = append(document, 0)
	binary.LittleEndian.PutUint32(document, uint32(len(document))) //nolint:gosec // a few hundred bytes
	return document
}

// appendString appends a string element.
func appendString(document []byte, key, value string) []byte {
	document = append(document, bsonString)
	document = append(document, key...)
	document = append(document, 0)
	document = binary.LittleEndian.AppendUint32(document, uint32(len(value)+1)) //nolint:gosec // short by nature
	document = append(document, value...)
	return append(document, 0)
}
