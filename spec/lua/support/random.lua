-- random.lua: numbers drawn from a seed, the same on every machine.

---@param seed integer
---@return fun(n: integer): integer from 1 to n
return function(seed)
  local s = seed * 0x9E3779B97F4A7C15 + 0x1234567
  return function(n)
    s = s ~ (s << 13)
    s = s ~ (s >> 7)
    s = s ~ (s << 17)
    return (s >> 11) % n + 1
  end
end
