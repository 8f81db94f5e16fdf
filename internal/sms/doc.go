// Package sms knows what a message must be like before a provider can take it –
// a recipient in E.164 and a content that is not too long – and how many SMS the
// content makes.
//
// Both doors use it, by the same Rules. What POST /messages refuses here was never
// stored; what somebody inserted into the database by hand is inspected when it is
// adopted, and becomes failed with the text given here. Hence the errors: they say
// what is wrong and show what is right, and never repeat the number or the content,
// because they end up in logs and in the store.
//
// Segments are counted as networks do it (3GPP TS 23.038 and 23.040): GSM-7 where
// every character has a place in it, otherwise UCS-2 for all of them. What is
// counted here is what it will cost; the provider splits the text itself.
package sms
