-- expect: script
-- A length that is a text.
table.unpack(setmetatable({}, { __len = function() return 'x' end }), 1, 1e300)
