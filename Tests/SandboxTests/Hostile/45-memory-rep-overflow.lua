-- expect: script resulting string too large
-- A length beyond 64 bits.
string.rep('xxxxxxxx', math.maxinteger)
