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
CREATE FUNCTION mpr_folded(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower((CASE WHEN octet_length(given) = length(given) THEN given
              ELSE translate(normalize(given), '{_FROM}', '{_TO}') END) COLLATE "C");

CREATE FUNCTION mpr_folded(given text, others text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN mpr_folded(given || coalesce((SELECT string_agg(chr(10) || other, '') FROM unnest(others) other), ''));

-- Pieces of three letters anywhere, and the first two of each word; padded with blanks, which a piece has nowhere else
-- at its beginning unless a word begins behind it.
CREATE FUNCTION mpr_pieces(given text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT substr(mpr_folded(given), place, 3) FROM generate_series(1, length(given) - 2) place
    UNION
    SELECT piece FROM regexp_split_to_table(mpr_folded(given), '[ -/:-@\\[-`{{-~\\n]+') word,
                      unnest(ARRAY['  ' || left(word, 1), ' ' || left(word, 2)]) piece
    WHERE word <> ''
);

CREATE FUNCTION mpr_pieces(given text, others text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN mpr_pieces(mpr_folded(given, others));

-- What the pieces of a text must have to hold all words of a query; words of one or two letters only begin words.
CREATE FUNCTION mpr_wanted(query text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT piece FROM string_to_table(mpr_folded(query), ' ') word, LATERAL (
        SELECT substr(word, place, 3) FROM generate_series(1, length(word) - 2) place
        UNION SELECT lpad(word, 3) WHERE length(word) BETWEEN 1 AND 2
    ) pieces(piece)
);

CREATE FUNCTION mpr_holds(folded text, query text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN NOT EXISTS (
    SELECT FROM string_to_table(mpr_folded(query), ' ') word WHERE length(word) > 2 AND strpos(folded, word) = 0
);

CREATE FUNCTION mpr_rank(given text, query text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT CASE WHEN folded = wanted THEN 0
                    WHEN starts_with(folded, wanted) THEN 1
                    WHEN strpos(regexp_replace(folded, '[ -/:-@\\[-`{{-~]+', ' ', 'g'), ' ' || wanted) > 0 THEN 2
                    ELSE 3 END
        FROM (SELECT mpr_folded(given) AS folded, mpr_folded(query) AS wanted) both_folded);
"""
NAMES = (
    "mpr_rank(text, text)",
    "mpr_holds(text, text)",
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
