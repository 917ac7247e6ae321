-- expect: script
-- A length that lies.
table.sort(setmetatable({}, { __len = function() return math.maxinteger end }))
