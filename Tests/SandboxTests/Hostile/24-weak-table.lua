-- expect: script '__mode' is not available
-- Weak tables would show it too.
setmetatable({}, { __mode = 'k' })
