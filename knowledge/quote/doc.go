// Package quote takes prices in from outside: from files that an operator imports, and
// from a provider that is asked over HTTP on a schedule. It checks them against the fact
// base, keeps the last of each day beside it, and shows them in its Snapshots. For most
// uses: Open a Book once, Read a file, Check its rows, and give them to Take.
//
// A price is never made up or mended: it is taken as it was given, digit by digit, or it
// is left out and named with its line and column. It may import knowledge and its
// storage, a JSON path library and the list of currencies in golang.org/x/text.
package quote
