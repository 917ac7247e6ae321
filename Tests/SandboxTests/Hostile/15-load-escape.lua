-- expect: script unknown name 'secret'
-- Loaded code sees the same globals and no more.
local f = load('return secret')
f()
