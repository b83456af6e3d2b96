-- The three names most like a misspelt one, for the words of an error; none where there are no names at all.
-- name: what was written
-- names: list of the names there are
create macro close_matches(name, names) as
    coalesce(
        array_to_string(
            list_transform(
                list_reverse_sort(
                    list_transform(
                        names,
                        lambda known: {
                            'likeness': jaro_winkler_similarity(lower(known), lower(name))
                                + case when contains(lower(known), lower(name)) then 1 else 0 end,
                            'known': known
                        }
                    )
                )[1:3],
                lambda found: found.known
            ),
            ', '
        ),
        'none'
    )
