-- expect: script prints addresses
-- Addresses in a format.
local _ = string.format('%p', {})
