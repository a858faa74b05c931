"""The functions behind mpr.web.search. Their bodies are bound when they are made (SQL-standard bodies, PostgreSQL 14),
so that an index over them is built alike whatever the search path is, restored dumps included."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from django.db import migrations

# Latin, Greek and Cyrillic letters with case or accents; whatever else is compared as it is.
_BLOCKS = ((0x00C0, 0x024F), (0x0370, 0x052F), (0x1E00, 0x1FFF))


def _folds() -> Iterator[tuple[str, str]]:
    for first, last in _BLOCKS:
        for number in range(first, last + 1):
            letter = chr(number)
            base = unicodedata.normalize("NFD", letter)[0].lower()
            if base != letter and len(base) == 1 and letter.isalpha():
                yield letter, base
    yield from zip("øØđĐłŁħĦıſß", "ooddllhhiss", strict=True)


_PAIRS = dict(_folds())
_FROM, _TO = "".join(_PAIRS), "".join(_PAIRS.values())

MAKE = f"""
CREATE FUNCTION mpr_folded(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower((CASE WHEN octet_length(given) = length(given) THEN given
              ELSE translate(normalize(given), '{_FROM}', '{_TO}') END) COLLATE "C");

CREATE FUNCTION mpr_folded(given text, others text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN mpr_folded(given || coalesce((SELECT string_agg(chr(10) || other, '') FROM unnest(others) other), ''));

-- Pieces of three letters anywhere; the first two of each word, padded with blanks, which a piece has nowhere else at
-- its beginning unless a word begins behind it; and the first three of all, behind a sign that no text has.
-- Dear, so that nobody thinks of computing it for row after row where an index has it.
CREATE FUNCTION mpr_pieces(given text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 20000
RETURN ARRAY(
    SELECT substr(mpr_folded(given), place, 3) FROM generate_series(1, length(given) - 2) place
    UNION
    SELECT piece FROM regexp_split_to_table(mpr_folded(given), '[ -/:-@\\[-`{{-~\\n]+') word,
                      unnest(ARRAY['  ' || left(word, 1), ' ' || left(word, 2)]) piece
    WHERE word <> ''
    UNION
    SELECT chr(1) || left(mpr_folded(given), place) FROM generate_series(1, 3) place
);

CREATE FUNCTION mpr_pieces(given text, others text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 20000
RETURN mpr_pieces(mpr_folded(given, others));

-- What the pieces of a text must have to hold all words of a query; words of one or two letters only begin words.
CREATE FUNCTION mpr_wanted(query text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT piece FROM string_to_table(mpr_folded(query), ' ') word, LATERAL (
        SELECT substr(word, place, 3) FROM generate_series(1, length(word) - 2) place
        UNION SELECT lpad(word, 3) WHERE length(word) BETWEEN 1 AND 2
    ) pieces(piece)
);

-- The same, and the one that says that the text begins like the query.
CREATE FUNCTION mpr_begun(query text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN mpr_wanted(query) || (chr(1) || left(mpr_folded(query), 3));

-- Patterns that a text must match besides: its pieces may stand apart. Words of three letters are pieces.
CREATE FUNCTION mpr_patterns(query text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT '%' || regexp_replace(word, '([\\\\%_])', '\\\\\\1', 'g') || '%'
    FROM string_to_table(mpr_folded(query), ' ') word WHERE length(word) > 3
);

CREATE FUNCTION mpr_rank(given text, query text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000
RETURN (SELECT CASE WHEN folded = wanted THEN 0
                    WHEN starts_with(folded, wanted) THEN 1
                    WHEN strpos(regexp_replace(folded, '[ -/:-@\\[-`{{-~]+', ' ', 'g'), ' ' || wanted) > 0 THEN 2
                    ELSE 3 END
        FROM (SELECT mpr_folded(given) AS folded, mpr_folded(query) AS wanted) both_folded);
"""
NAMES = (
    "mpr_rank(text, text)",
    "mpr_patterns(text)",
    "mpr_begun(text)",
    "mpr_wanted(text)",
    "mpr_pieces(text, text[])",
    "mpr_pieces(text)",
    "mpr_folded(text, text[])",
    "mpr_folded(text)",
)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [migrations.RunSQL(MAKE, "".join(f"DROP FUNCTION {name};" for name in NAMES))]
