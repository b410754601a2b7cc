package local

// applicationID marks a SQLite file as a store of ours ("BWls").
const applicationID = 0x42576c73

// migrations lead from each version of the layout to the next; the file's
// user_version counts those done. One that was released is never changed.
var migrations = []string{version1}

// version1 is the first layout.
//
// Events and their documents are apart, because lists read the columns of many
// events and the documents of few. An event's id holds its time (see idOf), so
// that order of id is order of time for every index, the full-text one
// included, and retention deletes from one end.
const version1 = `
CREATE TABLE events (
	id          INTEGER PRIMARY KEY,
	delivery_id BLOB NOT NULL UNIQUE,
	time        INTEGER NOT NULL,
	dataset     TEXT, kind TEXT, provider TEXT, action TEXT, outcome TEXT, error_code TEXT,
	account     TEXT, recipient TEXT, region TEXT,
	user        TEXT, source_ip TEXT, destination_ip TEXT, production TEXT, source TEXT
) STRICT;
CREATE INDEX events_user      ON events (user, id)      WHERE user IS NOT NULL;
CREATE INDEX events_source_ip ON events (source_ip, id) WHERE source_ip IS NOT NULL;

CREATE TABLE documents (id INTEGER PRIMARY KEY, doc TEXT NOT NULL) STRICT;

CREATE TABLE alerts (
	key       INTEGER PRIMARY KEY,
	id        TEXT NOT NULL UNIQUE,
	short_id  TEXT, revision INTEGER NOT NULL, state TEXT, count INTEGER NOT NULL,
	time      INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
	severity  INTEGER NOT NULL, level TEXT, rule_id TEXT, rule_name TEXT, controls TEXT,
	message   TEXT, subject TEXT, user TEXT, source_ip TEXT, action TEXT, outcome TEXT,
	account   TEXT, region TEXT, production TEXT,
	doc       TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_time     ON alerts (time, key);
CREATE INDEX alerts_short_id ON alerts (short_id);

CREATE TABLE evidence (
	delivery_id BLOB NOT NULL, alert INTEGER NOT NULL, PRIMARY KEY (delivery_id, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_alert ON evidence (alert);

CREATE TABLE hours (
	hour INTEGER NOT NULL, dataset TEXT NOT NULL, account TEXT NOT NULL, events INTEGER NOT NULL,
	PRIMARY KEY (hour, dataset, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE origins (
	source TEXT NOT NULL, dataset TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
	first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, stored INTEGER NOT NULL, events INTEGER NOT NULL,
	PRIMARY KEY (source, dataset, account, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE events_words USING fts5 (
	words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '` + wordChars + `'");
CREATE VIRTUAL TABLE alerts_words USING fts5 (
	words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '` + wordChars + `'");
`

// wordChars are the ASCII characters besides letters and digits that a word of
// the full-text index may hold (see words.go).
const wordChars = `-._:/@+=`
