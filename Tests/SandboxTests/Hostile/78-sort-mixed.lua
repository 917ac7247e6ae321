-- expect: script attempt to compare
-- Numbers among texts.
table.sort({ 1, 'x', 2 })
