-- SPDX-License-Identifier: ISC
-- sqlite3 on a file: journal, indexes, joins, a roll-back, WAL, an integrity check.
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, kind INTEGER);
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
INSERT INTO kind (name) VALUES ('bolt'), ('nut'), ('washer'), ('screw');
BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO item SELECT i, 'item' || (i * 7919 % 3001), (i * 37 % 1000) / 10.0, i % 4 + 1 FROM n;
COMMIT;
CREATE INDEX by_name ON item (name);
SELECT kind.name, count(*), round(avg(price), 3), max(item.name) FROM item JOIN kind ON kind.id = item.kind
	GROUP BY kind.name ORDER BY kind.name;
BEGIN;
DELETE FROM item WHERE id % 2;
SELECT count(*) FROM item;
ROLLBACK;
SELECT count(*), sum(id) FROM item;
UPDATE item SET price = price * 2 WHERE name LIKE 'item1%';
SELECT name, price FROM item WHERE name >= 'item99' ORDER BY name LIMIT 5;
PRAGMA journal_mode = WAL;
DELETE FROM item WHERE id > 2500;
INSERT INTO item (name, kind) SELECT name || '-copy', kind FROM item WHERE id < 100;
PRAGMA wal_checkpoint(TRUNCATE);
VACUUM;
PRAGMA integrity_check;
SELECT count(*), total(price) FROM item;
INSERT INTO kind (name) VALUES ('bolt');
SELECT group_concat(name, ',') FROM kind;
