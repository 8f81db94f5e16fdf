package wireproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// Operation codes of the wire protocol.
// Source: MongoDB manual, "MongoDB Wire Protocol", section "Opcodes".
const (
	opReply      = 1
	opQuery      = 2004 // only the first hello of a connection, from older drivers
	opCompressed = 2012
	opMsg        = 2013
)

// Flags of an OP_MSG.
const (
	flagChecksum     = 1 << 0  // a CRC-32C follows the sections
	flagMoreToCome   = 1 << 1  // of a request: no reply is awaited
	flagExhaustReply = 1 << 16 // the server may send further replies unasked
)

const (
	headerSize = 16       // length, request id, response to, operation code: int32 each
	maxMessage = 64 << 20 // MongoDB's own limit is 48,000,000 bytes
)

// errProtocol is the reason for closing a connection that says something this
// proxy cannot follow.
var errProtocol = errors.New("wire proxy: not followed")

// message is one message of the protocol, header included.
type message []byte

func (m message) requestID() uint32 { return binary.LittleEndian.Uint32(m[4:]) }
func (m message) opCode() uint32    { return binary.LittleEndian.Uint32(m[12:]) }

// flags returns the flag bits of an OP_MSG.
func (m message) flags() uint32 { return binary.LittleEndian.Uint32(m[headerSize:]) }

// awaitsReply reports whether the server will answer this request.
func (m message) awaitsReply() bool {
	return m.opCode() != opMsg || m.flags()&flagMoreToCome == 0
}

// readMessage reads one whole message.
func readMessage(from net.Conn) (message, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, fmt.Errorf("wire proxy: read length: %w", err)
	}
	length := binary.LittleEndian.Uint32(size[:])
	// Every message has at least four bytes after its header: the flags.
	if length < headerSize+4 || length > maxMessage {
		return nil, fmt.Errorf("%w: a message of %d bytes", errProtocol, length)
	}
	m := make(message, length)
	copy(m, size[:])
	if _, err := io.ReadFull(from, m[4:]); err != nil {
		return nil, fmt.Errorf("wire proxy: read message: %w", err)
	}
	return m, nil
}

// command names the command in a request. An OP_QUERY, which can only be a
// hello, gets no collection, so that no write is ever seen in it.
func (m message) command() (Command, error) {
	switch m.opCode() {
	case opQuery:
		return Command{Name: "hello"}, nil
	case opMsg:
		body, err := m.body()
		if err != nil {
			return Command{}, err
		}
		return nameCommand(body)
	case opCompressed:
		// A write inside it would pass without taking its turn.
		return Command{}, fmt.Errorf("%w: compression; leave compressors out of the URI", errProtocol)
	default:
		return Command{}, fmt.Errorf("%w: operation code %d", errProtocol, m.opCode())
	}
}

// body returns the command document of an OP_MSG: its one section of kind 0.
func (m message) body() ([]byte, error) {
	rest := m[headerSize+4:]
	if m.flags()&flagChecksum != 0 {
		if len(rest) < 4 {
			return nil, fmt.Errorf("%w: checksum cut off", errProtocol)
		}
		rest = rest[:len(rest)-4]
	}
	for len(rest) > 0 {
		kind := rest[0]
		rest = rest[1:]
		section, err := sized(rest)
		if err != nil {
			return nil, err
		}
		if kind == 0 {
			return section, nil
		}
		// Kind 1 holds the statements of a write; its size covers its name too.
		rest = rest[len(section):]
	}
	return nil, fmt.Errorf("%w: no command document", errProtocol)
}

// withoutExhaust takes back the leave to send several replies, so that there is
// one reply to each request. Nobody in these tests sends checksums, which this
// would break.
func (m message) withoutExhaust() message {
	if m.opCode() == opMsg && m.flags()&flagChecksum == 0 {
		binary.LittleEndian.PutUint32(m[headerSize:], m.flags()&^flagExhaustReply)
	}
	return m
}

// refusal returns the reply to request that carries the fault's error.
func refusal(request message, fault Fault) message {
	document := errorDocument(fault)
	reply := make(message, 0, headerSize+24+len(document))
	reply = binary.LittleEndian.AppendUint32(reply, 0) // the length, put in below
	reply = binary.LittleEndian.AppendUint32(reply, 1)
	reply = binary.LittleEndian.AppendUint32(reply, request.requestID())
	if request.opCode() == opQuery {
		// An OP_REPLY: flags, cursor id, starting from, number of documents.
		reply = binary.LittleEndian.AppendUint32(reply, opReply)
		reply = append(reply, make([]byte, 16)...)
		reply = binary.LittleEndian.AppendUint32(reply, 1)
	} else {
		// An OP_MSG: flags, then one section of kind 0.
		reply = binary.LittleEndian.AppendUint32(reply, opMsg)
		reply = append(reply, make([]byte, 5)...)
	}
	reply = append(reply, document...)
	binary.LittleEndian.PutUint32(reply, uint32(len(reply))) //nolint:gosec // a few hundred bytes
	return reply
}
