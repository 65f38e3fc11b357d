package knowledge

import (
	"context"
	"fmt"
	"strconv"

	"silkwire/knowledge/kv"
)

// schema is the version of what the records mean. Version 1 kept a revision's
// edits inside the revision, without the digest of the state after it, and not
// which revisions touched a record.
const schema = 2

// OldSchemaError says that the records are of an older schema, and that Migrate
// must come before anything is written.
type OldSchemaError struct{ Schema int }

// Error names both versions and what to do.
func (e *OldSchemaError) Error() string {
	return fmt.Sprintf("its records are of schema %d and this silkwire writes schema %d: start silkwire once, or use a subcommand that writes, and they are migrated", e.Schema, schema)
}

// readSchema is the version of the records in a store; an empty one has the
// newest. The error wraps kv.ErrNewer for one that is unknown.
func readSchema(tx kv.Tx) (int, error) {
	value, err := tx.Get([]byte(schemaKey))
	if err != nil {
		return 0, err
	}
	if value == nil {
		number, err := readNumber(tx)
		if err != nil || number == 0 {
			return schema, err
		}
		return 1, nil
	}
	version, err := strconv.Atoi(string(value))
	switch {
	case err != nil || version < 1:
		return 0, fmt.Errorf("its schema is %q: %w", value, kv.ErrDamaged)
	case version > schema:
		return 0, fmt.Errorf("its records are of schema %d and this silkwire knows up to %d: %w", version, schema, kv.ErrNewer)
	}
	return version, nil
}

func schemaValue(version int) []byte { return strconv.AppendInt(nil, int64(version), 10) }

func schemaOf(ctx context.Context, store kv.Store) (version int, err error) {
	err = store.View(ctx, func(tx kv.Tx) error {
		version, err = readSchema(tx)
		return err
	})
	return version, err
}

// Migrate brings the records of an older schema to the newest, in one
// transaction; for records that are there already it does nothing. copied is
// called before with the old version: what it returns stops the migration. It
// returns the version that was found. The error wraps kv.ErrNewer where a later
// silkwire wrote the records.
func Migrate(ctx context.Context, store kv.Store, copied func(from int) error) (from int, err error) {
	if from, err = schemaOf(ctx, store); err != nil || from == schema {
		return from, err
	}
	if err := copied(from); err != nil {
		return from, err
	}
	err = store.Update(ctx, func(tx kv.Tx) error {
		number, err := readNumber(tx)
		if err != nil {
			return err
		}
		var all sum
		for n := uint64(1); n <= number; n++ {
			rev, err := readHead(tx, n)
			if err != nil {
				return err
			}
			all.turn(rev.Edits)
			rev.State, rev.Size = all.String(), len(rev.Edits)
			if rev.Author == shippedAuthor {
				rev.Origin = FromShipped
			}
			if err := logRevision(tx, rev); err != nil {
				return err
			}
		}
		s, err := stateOf(tx)
		if err != nil {
			return err
		}
		if s.sum() != all {
			return fmt.Errorf("the log and the state disagree: %w", kv.ErrDamaged)
		}
		return tx.Put([]byte(schemaKey), schemaValue(schema))
	})
	if err != nil {
		return from, fmt.Errorf("migrate from schema %d to %d: %w", from, schema, err)
	}
	return from, nil
}
