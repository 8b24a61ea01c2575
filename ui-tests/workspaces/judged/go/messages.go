package main

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// fields are a message of the data service by the numbers of its fields. All of its fields are texts, bytes or numbers.
type fields struct {
	bytes   map[protowire.Number][]byte
	numbers map[protowire.Number]uint64
}

// codec writes and reads messages without code that is made from the interface's description.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(message any) ([]byte, error) {
	var text []byte
	for number, value := range message.(*fields).bytes {
		text = protowire.AppendTag(text, number, protowire.BytesType)
		text = protowire.AppendBytes(text, value)
	}
	return text, nil
}

func (codec) Unmarshal(text []byte, message any) error {
	read := fields{map[protowire.Number][]byte{}, map[protowire.Number]uint64{}}
	for len(text) > 0 {
		number, kind, length := protowire.ConsumeTag(text)
		if length < 0 {
			return protowire.ParseError(length)
		}
		text = text[length:]
		switch kind {
		case protowire.BytesType:
			read.bytes[number], length = protowire.ConsumeBytes(text)
		case protowire.VarintType:
			read.numbers[number], length = protowire.ConsumeVarint(text)
		default:
			return fmt.Errorf("the field %d has an unknown type", number)
		}
		if length < 0 {
			return protowire.ParseError(length)
		}
		text = text[length:]
	}
	*message.(*fields) = read
	return nil
}
