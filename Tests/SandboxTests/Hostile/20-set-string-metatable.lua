-- expect: script
-- It cannot be replaced.
setmetatable('', {})
